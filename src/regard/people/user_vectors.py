"""A user's one vector: the mean of the vectors of the user's faces.

The mean is shorter than 1 where the faces differ. Its length is kept beside it, so that the product with a probe is
the mean of the faces' cosines, and the curve of single faces errs to the safe side (`docs/concepts/similarity.md`).
"""

from collections.abc import Collection as Group

import numpy as np
from sqlalchemy import Connection, delete, select, update

from regard.people.galleries import Galleries
from regard.people.records import Collection, collection_of
from regard.storage import schema
from regard.storage.open import Storage

CREATED, UPDATING, ACTIVE = "CREATED", "UPDATING", "ACTIVE"


def renew_users(storage: Storage, galleries: Galleries, collection: Collection, users: Group[int]) -> None:
    """Computes the vectors of `users` anew from the faces they have now, and sets their status by it."""
    gallery = galleries.users(collection)
    for user in users:
        with storage.writing() as connection:
            faces = list(
                connection.execute(select(schema.faces.c.key).where(schema.faces.c.user_key == user)).scalars()
            )
            status = ACTIVE if faces else CREATED
            table = schema.users
            length = None
            gallery.remove([user])
            if faces:
                mean = galleries.faces(collection).vectors(faces).mean(0)
                length = float(np.linalg.norm(mean))
                gallery.add([user], np.asarray(mean / length, np.float32)[None])
            connection.execute(update(table).where(table.c.key == user).values(status=status, length=length))


def forget_users(connection: Connection, collection: Collection, name: str) -> list[int]:
    """Deletes the user of that name in the caller's transaction. Returns the key, or nothing where there is none."""
    table = schema.users
    is_it = (table.c.collection_key == collection.key) & (table.c.name == name)
    keys = list(connection.execute(select(table.c.key).where(is_it)).scalars())
    connection.execute(update(schema.faces).where(schema.faces.c.user_key.in_(keys)).values(user_key=None))
    connection.execute(delete(table).where(is_it))
    return keys


def mark_updating(connection: Connection, users: Group[int]) -> None:
    """Says in the caller's transaction that the vectors of `users` are out of date, so that a crash is made good."""
    table = schema.users
    connection.execute(update(table).where(table.c.key.in_(users)).values(status=UPDATING))


def renew_outdated(storage: Storage, galleries: Galleries) -> None:
    """Renews the users that a crash left out of date; for the start of the server."""
    users, collections = schema.users, schema.collections
    with storage.reading() as connection:
        rows = connection.execute(select(users.c.key, users.c.collection_key).where(users.c.status == UPDATING)).all()
        keys = {row.collection_key for row in rows}
        found = connection.execute(select(collections).where(collections.c.key.in_(keys))).all()
    for row in found:
        collection = collection_of(row)
        renew_users(
            storage, galleries, collection, [user.key for user in rows if user.collection_key == collection.key]
        )
