"""What the entries of a log say is on the disk, and what is there."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import Connection, Table, func, select

from regard.people.open import People
from regard.people.records import collection_of
from regard.storage import schema

Held = dict[str, tuple[int, int]]  # by collection: faces and users


@dataclass
class Replay:
    """Entries, read one after the other."""

    faces: dict[str, int] = field(default_factory=dict)
    users: dict[str, int] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)
    done: Counter[tuple[str, str]] = field(default_factory=Counter)  # request and act
    acts: Counter[str] = field(default_factory=Counter)

    def take(self, data: bytes) -> None:
        """One more entry; fails where it cannot follow on those before."""
        entry = orjson.loads(data)
        assert entry["id"] not in self.ids, f"entry {entry['id']} is in the log twice"
        self.ids.add(entry["id"])
        self.done[entry["request"], entry["act"]] += 1
        self.acts[entry["act"]] += 1
        name, details = entry.get("collection"), entry["details"]
        if entry["act"] == "create collection":
            assert name not in self.faces, f"{name} is made while it is there"
            self.faces[name], self.users[name] = 0, 0
        elif entry["act"] == "delete collection":
            assert self.faces.pop(name) == details["faces"]
            del self.users[name]
        else:
            self._change(entry["act"], name, details)

    @property
    def held(self) -> Held:
        """What is on the disk after the entries so far."""
        return {name: (faces, self.users[name]) for name, faces in self.faces.items()}

    def _change(self, act: str, name: str, details: dict[str, Any]) -> None:
        if act == "enrol":
            self.faces[name] += details["faces"]
        elif act in ("delete faces", "erase subject"):
            self.faces[name] -= details["faces"]
            assert self.faces[name] >= 0
        elif act == "create user":
            self.users[name] += 1


def held_on_disk(people: People) -> Held:
    """By the tables; fails where the files of vectors and crops hold anything else than the tables say."""
    with people.storage.reading() as connection:
        collections = [collection_of(row) for row in connection.execute(select(schema.collections)).all()]
        faces, users = (_counts(connection, table) for table in (schema.faces, schema.users))
        crops = set(connection.execute(select(schema.faces.c.crop).where(schema.faces.c.crop.is_not(None))).scalars())
        waiting = connection.execute(select(func.count()).select_from(schema.outbox)).scalar_one()
    for collection in collections:
        assert len(people.galleries.faces(collection)) == faces.get(collection.key, 0), f"vectors of {collection.name}"
    assert people.storage.blobs.names() == crops
    assert waiting == 0, f"{waiting} entries are still in the outbox"
    return {one.name: (faces.get(one.key, 0), users.get(one.key, 0)) for one in collections}


def _counts(connection: Connection, table: Table) -> dict[int, int]:
    """Rows by the key of their collection."""
    query = select(table.c.collection_key, func.count()).group_by(table.c.collection_key)
    return {key: number for key, number in connection.execute(query).all()}
