"""Users in the database: found by name, and forgotten."""

from sqlalchemy import ColumnElement, Connection, delete, select, update

from regard.errors import ResourceNotFound
from regard.people.records import Collection, User, select_users, user_of
from regard.storage import schema


def user_named(connection: Connection, collection: Collection, name: str) -> User | None:
    """The user of that name, or None."""
    row = connection.execute(select_users().where(_is(collection, name))).first()
    return None if row is None else user_of(row)


def _is(collection: Collection, name: str) -> ColumnElement[bool]:
    return (schema.users.c.collection_key == collection.key) & (schema.users.c.name == name)


def found_user(connection: Connection, collection: Collection, name: str) -> User:
    """Raises ResourceNotFound."""
    user = user_named(connection, collection, name)
    if user is None:
        raise ResourceNotFound(f"The user id: {name} does not exist")
    return user


def forget_user(connection: Connection, collection: Collection, name: str) -> None:
    """Deletes the user of that name, if there is one, in the caller's transaction; its faces are released."""
    keys = select(schema.users.c.key).where(_is(collection, name)).scalar_subquery()
    connection.execute(update(schema.faces).where(schema.faces.c.user_key == keys).values(user_key=None))
    connection.execute(delete(schema.users).where(_is(collection, name)))


def faces_of_user(connection: Connection, user: User) -> list[int]:
    """The keys of a user's faces."""
    return list(connection.execute(select(schema.faces.c.key).where(schema.faces.c.user_key == user.key)).scalars())
