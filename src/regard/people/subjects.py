"""Subjects: the people of a governed collection, by the pseudonym that the operator chose."""

from typing import Any

from sqlalchemy import Connection, insert, select, update

from regard.people.acts import About
from regard.people.clock import DAY_MS
from regard.people.records import Collection, StoredFace, face_of, select_faces
from regard.storage import schema
from regard.storage.keyring import seal, subkey, unseal
from regard.storage.open import Storage


def subject_key(
    connection: Connection, storage: Storage, collection: Collection, name: str
) -> tuple[int, bytes] | None:
    """The row's key and the subject's own secret key; None where there is no such subject."""
    table = schema.subjects
    row = connection.execute(
        select(table.c.key, table.c.wrapped_key).where(table.c.collection_key == collection.key, table.c.name == name)
    ).first()
    return None if row is None else (row.key, storage.keyring.unwrap(row.wrapped_key, f"subject:{row.key}"))


def new_subject(
    connection: Connection, storage: Storage, collection: Collection, name: str, now_ms: int
) -> tuple[int, bytes]:
    """Makes a subject with a secret key of its own. Returns the row's key and the secret."""
    table = schema.subjects
    made = connection.execute(
        insert(table).values(
            collection_key=collection.key, name=name, wrapped_key=b"", created_ms=now_ms, last_interaction_ms=now_ms
        )
    ).inserted_primary_key
    assert made is not None
    row, secret = int(made[0]), storage.keyring.new_key()
    wrapped = storage.keyring.wrap(secret, f"subject:{row}")
    connection.execute(update(table).where(table.c.key == row).values(wrapped_key=wrapped))
    return row, secret


def about(connection: Connection, storage: Storage, collection: Collection, name: str, **fields: Any) -> About | None:
    """A governed collection's subject, as the subject of an act; None where there is no such subject."""
    found = subject_key(connection, storage, collection, name)
    return None if found is None else About(found[1], {"subject": name, **fields})


def interacted(connection: Connection, collection: Collection, name: str, now_ms: int) -> bool:
    """Starts the three years of retention anew, from when the subject was recognised or agreed again.

    Whether anything was written: within a day of the last time nothing is, and retention ends that much earlier.
    """
    table = schema.subjects
    done = connection.execute(
        update(table)
        .where(
            table.c.collection_key == collection.key,
            table.c.name == name,
            table.c.last_interaction_ms <= now_ms - DAY_MS,
        )
        .values(last_interaction_ms=now_ms)
    )
    return done.rowcount > 0


def sealed_crop(key: bytes, row: int, crop: bytes) -> bytes:
    """A crop under its subject's secret key: AES-256-GCM, bound to the subject's row."""
    return seal(subkey(key, "crops"), crop, f"crop:{row}")


def opened_crop(key: bytes, row: int, sealed: bytes) -> bytes:
    """What `sealed_crop` was given. Raises KeyProblem."""
    return unseal(subkey(key, "crops"), sealed, f"crop:{row}")


def faces_of_subject(connection: Connection, collection: Collection, subject: str) -> list[StoredFace]:
    """A subject's enrolled faces. In a sandbox a subject is an ExternalImageId, or the user of that name."""
    faces, users, subjects = schema.faces, schema.users, schema.subjects
    query = select_faces().where(faces.c.collection_key == collection.key)
    if collection.is_governed:
        query = query.where(subjects.c.name == subject)
    else:
        query = query.where((faces.c.external_image_id == subject) | (users.c.name == subject))
    return [face_of(row) for row in connection.execute(query).all()]
