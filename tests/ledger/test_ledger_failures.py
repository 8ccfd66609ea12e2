"""Disks that are full, fail, or were changed while the log was closed."""

import errno
import os
import resource
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from regard.ledger.errors import LedgerCorrupt, LedgerError, LedgerFull
from regard.ledger.log import Ledger
from regard.ledger.notes import Checkpoint, NoteSigner, NoteVerifier

SIGNER = NoteSigner("example.com/log", bytes(range(32)))
EIO = OSError(errno.EIO, os.strerror(errno.EIO))


@contextmanager
def files_limited_to(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def failing(name: str, error: BaseException, after: int = 0) -> Iterator[None]:
    """os.`name` fails once in this thread, after so many calls that do not."""
    real, calls, thread = getattr(os, name), iter(range(1_000_000)), threading.get_ident()

    def call(*args: object, **kwargs: object) -> object:
        if threading.get_ident() == thread and next(calls) == after:
            raise error
        return real(*args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, name, call)
        yield


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "ledger"


@pytest.fixture
def ledger(folder: Path) -> Iterator[Ledger]:
    opened = Ledger.open(folder, SIGNER)
    yield opened
    opened.close()


def reopened(ledger: Ledger) -> list[bytes]:
    """What is there when the process has gone on to its end and another one opens the log."""
    ledger.close()
    again = Ledger.open(ledger.folder, SIGNER)
    entries = list(again.entries(0))
    again.close()
    return entries


def published_size(folder: Path) -> int:
    return Checkpoint.parse(NoteVerifier(SIGNER.vkey).verify((folder / "checkpoint").read_bytes())).size


def journal_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in (folder / "journal").iterdir())


@pytest.mark.parametrize("room", [0, 1, 100, 1100], ids=["none", "a byte", "a header", "most of it"])
def test_full_disk_leaves_nothing_of_an_entry_and_the_next_one_is_taken(
    ledger: Ledger, folder: Path, room: int
) -> None:
    ledger.publish()
    ledger.append(b"before")
    before = journal_bytes(folder)
    with files_limited_to(before + room), pytest.raises(LedgerFull, match="could not write to the journal"):
        ledger.append(bytes(1000))
    assert (journal_bytes(folder), ledger.size) == (before, 1)
    assert ledger.append(b"after") == 1
    assert reopened(ledger) == [b"before", b"after"]


def test_full_disk_is_told_to_everybody_whose_entries_were_written_together(ledger: Ledger) -> None:
    tickets = [ledger.enqueue([b"one"]), ledger.enqueue([bytes(1000)])]
    with files_limited_to(500), pytest.raises(LedgerFull):
        tickets[1].wait()
    with pytest.raises(LedgerFull):
        tickets[0].wait()
    assert reopened(ledger) == []


def test_failing_disk_leaves_nothing_of_an_entry(ledger: Ledger) -> None:
    ledger.append(b"before")
    with failing("write", EIO), pytest.raises(LedgerError, match="Input/output error"):
        ledger.append(b"lost")
    assert ledger.append(b"after") == 1
    assert reopened(ledger) == [b"before", b"after"]


def test_interrupted_write_leaves_nothing_of_an_entry(ledger: Ledger) -> None:
    with failing("write", KeyboardInterrupt()), pytest.raises(KeyboardInterrupt):
        ledger.append(b"lost")
    assert ledger.append(b"after") == 0
    assert reopened(ledger) == [b"after"]


@pytest.mark.parametrize("call", ["ftruncate", "fsync"])
def test_nothing_is_taken_after_a_write_that_could_not_be_taken_back(ledger: Ledger, folder: Path, call: str) -> None:
    ledger.append(b"before")
    limit = journal_bytes(folder) + 500
    with files_limited_to(limit), failing(call, EIO), pytest.raises(LedgerError, match="nor take back") as caught:
        ledger.append(bytes(1000))
    assert not isinstance(caught.value, LedgerFull)
    with pytest.raises(LedgerError, match="before the log is opened again"):
        ledger.append(b"after")
    with pytest.raises(LedgerError, match="before the log is opened again"):
        ledger.publish()
    assert list(ledger.entries(0)) == [b"before"]
    assert reopened(ledger) == [b"before"]


def test_full_disk_while_publishing_loses_nothing(ledger: Ledger, folder: Path) -> None:
    ledger.enqueue([bytes(1000)] * 9).wait()
    ledger.publish()
    ledger.append(bytes(1000))
    with files_limited_to(9500), pytest.raises(LedgerFull, match="could not publish"):
        ledger.publish()
    assert published_size(folder) == 9
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []
    assert ledger.append(b"more") == 10
    ledger.publish()
    assert published_size(folder) == 11
    assert reopened(ledger) == [bytes(1000)] * 10 + [b"more"]


@pytest.mark.parametrize("call", ["fsync", "rename", "write", "unlink", "open"])
@pytest.mark.parametrize("after", range(0, 14, 2))
def test_publishing_that_failed_anywhere_succeeds_the_next_time(ledger: Ledger, call: str, after: int) -> None:
    ledger.enqueue([b"%d" % number for number in range(300)]).wait()
    ledger.publish()
    ledger.enqueue([b"%d" % number for number in range(300, 600)]).wait()
    with failing(call, EIO, after):
        try:
            ledger.publish()
        except LedgerError:
            assert list(ledger.entries(0)) == [b"%d" % number for number in range(600)]
    ledger.append(b"600")
    ledger.publish()
    assert published_size(ledger.folder) == 601
    assert not (ledger.folder / "tile" / "0" / "000.p").exists()
    assert not (ledger.folder / "tile" / "0" / "001.p").exists()
    assert reopened(ledger) == [b"%d" % number for number in range(601)]


@pytest.mark.parametrize("after", range(5))
def test_opening_that_failed_succeeds_the_next_time(folder: Path, after: int) -> None:
    with failing("fsync", EIO, after), pytest.raises(LedgerError, match="could not open"):
        Ledger.open(folder, SIGNER)
    ledger = Ledger.open(folder, SIGNER)
    assert ledger.append(b"entry") == 0
    ledger.close()


def test_checkpoint_names_only_what_is_on_the_disk(ledger: Ledger, folder: Path) -> None:
    """Each file is synced before it gets its name, each folder after, and `checkpoint` gets its name last."""
    calls: list[tuple[str, str]] = []
    fsync, rename = os.fsync, os.rename

    def synced(descriptor: int) -> None:
        calls.append(("sync", os.readlink(f"/proc/self/fd/{descriptor}")))
        fsync(descriptor)

    def renamed(source: Path, target: Path) -> None:
        calls.append(("rename", f"{source} {target}"))
        rename(source, target)

    ledger.enqueue([b"%d" % number for number in range(300)]).wait()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", synced)
        patch.setattr(os, "rename", renamed)
        ledger.publish()
    renames = [what.split() for call, what in calls if call == "rename"]
    last = calls.index(("rename", " ".join(renames[-1])))
    assert [target for _, target in renames] == [
        *(f"{folder}/tile/0/{name}" for name in ("000", "001.p/44")),
        f"{folder}/tile/1/000.p/1",
        *(f"{folder}/tile/entries/{name}" for name in ("000", "001.p/44")),
        f"{folder}/checkpoint",
    ]
    assert all(calls[calls.index(("rename", " ".join(pair))) - 1] == ("sync", pair[0]) for pair in renames)
    folders = {
        "",
        "/tile",
        "/tile/0",
        "/tile/0/001.p",
        "/tile/1",
        "/tile/1/000.p",
        "/tile/entries",
        "/tile/entries/001.p",
    }
    between = [what for call, what in calls[:last] if call == "sync"]
    assert {f"{folder}{name}" for name in folders} <= set(between)
    assert max(map(between.count, (f"{folder}{name}" for name in folders))) == 1
    assert calls[last + 1] == ("sync", str(folder))


def remove(path: str) -> Callable[[Path], None]:
    return lambda folder: shutil.rmtree(folder / path) if (folder / path).is_dir() else (folder / path).unlink()


def flip(path: str, byte: int) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        data = bytearray((folder / path).read_bytes())
        data[byte] ^= 1
        (folder / path).write_bytes(data)

    return change


def sign_again(signer: NoteSigner, checkpoint: Checkpoint) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / "checkpoint").write_bytes(signer.sign(checkpoint.text))

    return change


OTHER = NoteSigner("example.com/log", bytes(32))


@pytest.mark.parametrize(
    ("change", "message", "place"),
    [
        (remove("vkey"), "key of the log is missing", "vkey"),
        (remove("checkpoint"), "checkpoint is missing", "checkpoint"),
        (remove("journal"), "journal does not go on from entry 300", "journal"),
        (remove("tile/0/001.p/44"), "missing", "tile/0/001.p/44"),
        (remove("tile/entries/001.p/44"), "missing", "tile/entries/001.p/44"),
        (remove("tile/1"), "missing", "tile/1/000.p/1"),
        (flip("checkpoint", 0), "signature", "checkpoint"),
        (flip("tile/0/001.p/44", 5), "do not give the root", "tile"),
        (flip("tile/1/000.p/1", 5), "do not give the root", "tile"),
        (flip("tile/entries/001.p/44", 2), "not the one in the tree", "tile/entries/001.p/44, entry 0 of the file"),
        (sign_again(OTHER, Checkpoint("example.com/log", 300, bytes(32))), "not signed by", "checkpoint"),
        (sign_again(SIGNER, Checkpoint("example.com/log", 300, bytes(32))), "do not give the root", "tile"),
        (sign_again(SIGNER, Checkpoint("example.com/other", 300, bytes(32))), "is of the log", "checkpoint"),
    ],
    ids=[
        "no key",
        "no checkpoint",
        "no journal",
        "no tile",
        "no bundle",
        "no tile above",
        "checkpoint",
        "tile",
        "tile above",
        "bundle",
        "another key",
        "another root",
        "another log",
    ],
)
def test_changed_log_is_not_opened(
    ledger: Ledger, folder: Path, change: Callable[[Path], None], message: str, place: str
) -> None:
    ledger.enqueue([b"%d" % number for number in range(300)]).wait()
    ledger.close()
    change(folder)
    with pytest.raises(LedgerCorrupt, match=message) as caught:
        Ledger.open(folder, SIGNER)
    assert caught.value.place == place
    with pytest.raises(LedgerCorrupt):
        Ledger.open(folder, SIGNER)


def test_older_checkpoint_is_not_taken_for_the_newest(ledger: Ledger, folder: Path) -> None:
    ledger.append(b"0")
    ledger.publish()
    old = (folder / "checkpoint").read_bytes()
    ledger.append(b"1")
    ledger.close()
    (folder / "checkpoint").write_bytes(old)
    with pytest.raises(LedgerCorrupt, match="journal does not go on from entry 1"):
        Ledger.open(folder, SIGNER)
