"""A log whose every file is known: 600 entries in tiles, published in three steps, and five more in the journal."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from regard.ledger.entries import canonical
from regard.ledger.journal import Group, encoded
from regard.ledger.log import Ledger
from regard.ledger.merkle import CompactRange, leaf_hash
from regard.ledger.notes import Checkpoint, NoteSigner

SIGNER = NoteSigner("log.example/door", b"\x07" * 32)
OTHER_SIGNER = NoteSigner("log.example/door", b"\x08" * 32)
PUBLISHED, SIZE = 600, 605
JOURNAL = "journal/00000000000000000600"
FILES = [
    "vkey",
    "checkpoint",
    JOURNAL,
    "tile/0/000",
    "tile/0/001",
    "tile/0/002.p/8",
    "tile/0/002.p/88",
    "tile/1/000.p/2",
    "tile/entries/000",
    "tile/entries/001",
    "tile/entries/002.p/8",
    "tile/entries/002.p/88",
]


def entry_at(index: int, **changed: object) -> bytes:
    """An entry that says its number."""
    moment = f"2026-11-23T22:{index // 60 % 60:02}:{index % 60:02}.000Z"
    members = {
        "v": 1,
        "id": f"{index:08x}{index * 2654435761 % 2**32:08x}{'0' * 16}",
        "act": "search faces" if index % 3 else "compare",
        "began": moment,
        "ended": moment,
        "principal": "local" if index % 2 else "key-1",
        "request": f"request-{index}",
        "account": "123456789012",
        "region": "us-east-1",
        "collection": "door" if index % 5 else "gate",
        "details": {"gallery": index},
    }
    return canonical(members | changed)


def write_log(folder: Path, entries: Sequence[bytes], stops: Iterable[int], signer: NoteSigner = SIGNER) -> None:
    """A log that was published at every size in `stops`, the last of which is that of `entries`."""
    ledger = Ledger.open(folder, signer)
    start = 0
    for stop in stops:
        if stop > start:
            ledger.enqueue(entries[start:stop]).wait()
        ledger.publish()
        start = stop
    ledger.close()


def add_group(folder: Path, tree: CompactRange, entries: Sequence[bytes], signer: NoteSigner = SIGNER) -> None:
    """Enters into the journal what a server has made durable and not published yet. tree: of all before, grows."""
    first = tree.size
    for entry in entries:
        tree.append(leaf_hash(entry))
    note = signer.sign(Checkpoint(signer.name, tree.size, tree.root()).text)
    path = sorted((folder / "journal").iterdir())[-1]
    path.write_bytes(path.read_bytes() + encoded(Group(first, entries, note)))


def tree_over(entries: Iterable[bytes]) -> CompactRange:
    tree = CompactRange()
    for entry in entries:
        tree.append(leaf_hash(entry))
    return tree


def write_example(folder: Path) -> None:
    """The log of this module's first line."""
    entries = [entry_at(index) for index in range(SIZE)]
    write_log(folder, entries[:PUBLISHED], [200, 520, PUBLISHED])
    tree = tree_over(entries[:PUBLISHED])
    add_group(folder, tree, entries[600:602])
    add_group(folder, tree, entries[602:605])
