"""Where pictures that are not in the request come from, and where lists of results go: local folders that stand for
buckets, or one S3 service.

A client names a bucket, a key and perhaps a version; it can name nothing else, so it can reach no path outside the
folder and no host but the configured one.
"""

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import botocore.session
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from regard.errors import InvalidS3Object
from regard.media.object_rules import BLOCK_BYTES, OnBytes, check_names, check_size, copied, told_of_reading, unreadable
from regard.media.store_faults import status_of, sync_folder, told_of_file, told_of_service, unwritable

_ONLY_VERSION = "null"  # S3's own name for the version of an object that has none
_REASONS = {"403": "AccessDenied", "404": "no such object"}  # what botocore has for a code where there is no body


class ObjectSource(Protocol):
    """Reads objects whole. Safe to call from several threads."""

    def read(self, bucket: str, key: str, version: str | None, max_bytes: int) -> bytes:
        """The object's bytes.

        Raises InvalidS3Object where bucket, key or version is missing, empty or may not be read, ImageTooLarge above
        `max_bytes`, which is checked before the object is read.
        """

    def copy(self, bucket: str, key: str, version: str | None, max_bytes: int, target: Path) -> None:
        """The object as the file `target`, for what is too large for memory.

        Raises as `read`, and OSError where `target` cannot be written; a part of it may be there then.
        """

    def size(self, bucket: str, key: str, version: str | None) -> int:
        """How many bytes an object has, 0 too. Raises InvalidS3Object where it is missing or may not be read."""

    def bring(
        self, bucket: str, key: str, version: str | None, max_bytes: int, target: Path, on_bytes: OnBytes
    ) -> None:
        """As `copy`, to a file that only will be read: it may be the object itself by another name.

        on_bytes: told how many bytes came so far; what it raises ends the copying.
        """

    def write(self, bucket: str, key: str, data: Path) -> None:
        """Makes the file `data` an object, all of it or nothing; an object that has the key is replaced.

        Raises InvalidS3Object where the bucket is missing, the key cannot be one or it may not be written, OSError for
        what may be better another time: a full disk, a service that does not answer.
        """

    def check_writable(self, bucket: str, key: str) -> None:
        """Raises InvalidS3Object where it can be known without writing that `write` would; OSError as there."""


class LocalBuckets:
    """`FOLDER/BUCKET/KEY` as objects without versions."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, bucket: str, key: str, version: str | None, max_bytes: int) -> bytes:
        """As `ObjectSource.read`."""
        with self._opened(bucket, key, version, max_bytes) as file:
            data = file.read(max_bytes + 1)
        check_size(len(data), max_bytes, bucket, key)
        return data

    def copy(self, bucket: str, key: str, version: str | None, max_bytes: int, target: Path) -> None:
        """As `ObjectSource.copy`."""
        with self._opened(bucket, key, version, max_bytes) as file, target.open("wb") as copy:
            copied(file, copy, max_bytes, bucket, key)

    def bring(
        self, bucket: str, key: str, version: str | None, max_bytes: int, target: Path, on_bytes: OnBytes
    ) -> None:
        """As `ObjectSource.bring`."""
        with self._opened(bucket, key, version, max_bytes) as file:
            try:
                os.link(self._path(bucket, key, version), target)
            except OSError:  # another file system, or one without links, or the object is somebody else's
                with target.open("wb") as copy:
                    copied(file, copy, max_bytes, bucket, key, on_bytes)

    def size(self, bucket: str, key: str, version: str | None) -> int:
        """As `ObjectSource.size`."""
        with told_of_reading(bucket, key):
            return self._path(bucket, key, version).stat().st_size

    def write(self, bucket: str, key: str, data: Path) -> None:
        """As `ObjectSource.write`."""
        with told_of_file(bucket, key):
            path = self._target(bucket, key)
            path.parent.mkdir(parents=True, exist_ok=True)
            # Of another name than the object's, which may be as long as names can be.
            arriving = path.with_name(f".regard-{secrets.token_hex(8)}.part")
            try:
                with data.open("rb") as source, arriving.open("xb") as copy:
                    shutil.copyfileobj(source, copy, BLOCK_BYTES)
                    copy.flush()
                    os.fsync(copy.fileno())
                arriving.replace(path)
                sync_folder(path.parent)
            finally:
                arriving.unlink(missing_ok=True)

    def check_writable(self, bucket: str, key: str) -> None:
        """As `ObjectSource.check_writable`."""
        with told_of_file(bucket, key):
            folder = self._target(bucket, key).parent
            while not folder.exists():
                folder = folder.parent
            if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
                raise unwritable(bucket, key, os.strerror(errno.EACCES))

    def _target(self, bucket: str, key: str) -> Path:
        """The file that an object is or will be; links that lead out of the bucket are refused."""
        check_names(bucket, key, unwritable)
        parts = key.split("/")
        if any(part == "" or "\\" in part or "\0" in part for part in parts):
            raise unwritable(bucket, key, "no such name")
        top = (self._folder / bucket).resolve()
        if not top.is_dir() or top.parent != self._folder.resolve():
            raise unwritable(bucket, key, "no such bucket")
        folder = top.joinpath(*parts[:-1]).resolve()
        if folder != top and top not in folder.parents:
            raise unwritable(bucket, key, "no such folder")
        return folder / parts[-1]

    def _opened(self, bucket: str, key: str, version: str | None, max_bytes: int) -> BinaryIO:
        with told_of_reading(bucket, key):
            path = self._path(bucket, key, version)
            check_size(path.stat().st_size, max_bytes, bucket, key)
            return path.open("rb")

    def _path(self, bucket: str, key: str, version: str | None) -> Path:
        """The file of an object; links that lead out of the bucket are as good as missing."""
        if version not in (None, _ONLY_VERSION):
            raise unreadable(bucket, key, f"version '{version}' does not exist")
        check_names(bucket, key)
        parts = key.split("/")
        if any(part == "" or "\\" in part or "\0" in part for part in parts):
            raise unreadable(bucket, key, "no such object")
        top = (self._folder / bucket).resolve()
        path = top.joinpath(*parts).resolve()
        if not top.is_dir():
            raise unreadable(bucket, key, "no such bucket")
        if top.parent != self._folder.resolve() or top not in path.parents or not path.is_file():
            raise unreadable(bucket, key, "no such object")
        return path


class S3Endpoint:
    """One S3-compatible service; no other address is ever contacted, not even for credentials."""

    def __init__(self, endpoint: str, region: str, access_key_id: str | None, secret_access_key: str | None) -> None:
        options: dict[str, Any] = {
            "s3": {"addressing_style": "path"},
            "retries": {"mode": "standard"},
            "request_checksum_calculation": "when_required",  # other services than Amazon's do not all know them
        }
        if access_key_id is None:
            options["signature_version"] = UNSIGNED
        self._client = botocore.session.Session().create_client(
            "s3",
            region_name=region,
            endpoint_url=endpoint,
            aws_access_key_id=access_key_id,
            aws_secret_access_key=secret_access_key,
            config=Config(connect_timeout=5, read_timeout=30, ignore_configured_endpoint_urls=True, **options),
        )
        self._client.meta.events.register_first("needs-retry.s3", _follow_no_redirect)

    def read(self, bucket: str, key: str, version: str | None, max_bytes: int) -> bytes:
        """As `ObjectSource.read`."""
        with self._answered(bucket, key, version, max_bytes) as (body, length):
            data: bytes = body.read(max_bytes + 1)
            if length not in (None, len(data)):
                raise unreadable(bucket, key, "the object breaks off")
        check_size(len(data), max_bytes, bucket, key)
        return data

    def copy(self, bucket: str, key: str, version: str | None, max_bytes: int, target: Path) -> None:
        """As `ObjectSource.copy`."""
        self.bring(bucket, key, version, max_bytes, target, lambda _: None)

    def bring(
        self, bucket: str, key: str, version: str | None, max_bytes: int, target: Path, on_bytes: OnBytes
    ) -> None:
        """As `ObjectSource.bring`."""
        with self._answered(bucket, key, version, max_bytes) as (body, length), target.open("wb") as copy:
            if copied(body, copy, max_bytes, bucket, key, on_bytes) != length and length is not None:
                raise unreadable(bucket, key, "the object breaks off")

    def size(self, bucket: str, key: str, version: str | None) -> int:
        """As `ObjectSource.size`."""
        with _told_of_asking(bucket, key):
            length = self._client.head_object(**_names(bucket, key, version)).get("ContentLength")
        if length is None:
            raise unreadable(bucket, key, "the object store tells no size")
        return int(length)

    def write(self, bucket: str, key: str, data: Path) -> None:
        """As `ObjectSource.write`."""
        check_names(bucket, key, unwritable)
        with data.open("rb") as body, told_of_service(bucket, key):
            self._client.put_object(Bucket=bucket, Key=key, Body=body)

    def check_writable(self, bucket: str, key: str) -> None:
        """As `ObjectSource.check_writable`. Whoever may write into a bucket need not be allowed to ask for it."""
        check_names(bucket, key, unwritable)
        try:
            with told_of_service(bucket, key):
                self._client.head_bucket(Bucket=bucket)
        except InvalidS3Object as error:
            if not isinstance(error.__cause__, ClientError) or status_of(error.__cause__) != HTTPStatus.FORBIDDEN:
                raise

    @contextmanager
    def _answered(self, bucket: str, key: str, version: str | None, max_bytes: int) -> Iterator[tuple[Any, int | None]]:
        """The object's body and its length as it is told."""
        with _told_of_asking(bucket, key):
            answer = self._client.get_object(**_names(bucket, key, version))
            with closing(answer["Body"]) as body:
                length = answer.get("ContentLength")  # a service that sends in chunks tells none
                if length is not None:
                    check_size(length, max_bytes, bucket, key)
                yield body, length


def _names(bucket: str, key: str, version: str | None) -> dict[str, str]:
    """How S3 names an object. Raises InvalidS3Object."""
    check_names(bucket, key)
    return {"Bucket": bucket, "Key": key} | ({"VersionId": version} if version is not None else {})


@contextmanager
def _told_of_asking(bucket: str, key: str) -> Iterator[None]:
    """Turns what an S3 service refuses, or is not able to do, into InvalidS3Object."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "refused")  # where the status is 300, it has none
        raise unreadable(bucket, key, _REASONS.get(code, code)) from error
    except BotoCoreError as error:
        raise unreadable(bucket, key, "the object store does not answer") from error
    except ValueError as error:  # what botocore makes of numbers, times and texts that are none
        raise unreadable(bucket, key, "the object store's answer cannot be read") from error


def _follow_no_redirect(request_dict: dict[str, Any], response: Any, **_: Any) -> None:
    """Makes botocore take a redirect for an answer.

    By itself it asks for the bucket's region, is redirected again, and so on until Python's stack is full.
    """
    if response is not None and response[0] is not None and 300 <= response[0].status_code < 400:
        request_dict["context"]["s3_redirect"]["redirected"] = True
