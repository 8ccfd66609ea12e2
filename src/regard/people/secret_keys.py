"""Secrets of a data folder that stay the same for its life: made at first use, kept under the master key."""

from sqlalchemy import insert, select

from regard.storage import schema
from regard.storage.open import Storage


def kept_secret(storage: Storage, name: str) -> bytes:
    """32 random bytes, the same ones at each call. Raises KeyProblem where the row was altered."""
    table, keyring, context = schema.secrets, storage.keyring, f"secret:{name}"
    with storage.writing() as connection:
        wrapped = connection.execute(select(table.c.wrapped).where(table.c.name == name)).scalar()
        if wrapped is None:
            wrapped = keyring.wrap(keyring.new_key(), context)
            connection.execute(insert(table).values(name=name, wrapped=wrapped))
    return keyring.unwrap(wrapped, context)
