"""A new master key for a data folder, so that the old one opens nothing in it.

A key that came from a file is replaced there, in steps that a crash may part at any point:

1. the new key is written beside it, to FILE.new;
2. everything is wrapped anew in one transaction, and the old wrappings are scrubbed from the disk;
3. the old key is kept as FILE.old-FINGERPRINT, for backups and for other data folders that were made with it;
4. FILE.new becomes FILE.

Until the transaction ends FILE opens the folder, afterwards FILE.new, and `open_storage` tries both. Where FILE.new is
there already, it is used and not replaced: another data folder may have stopped at step 2 with it.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import BLOB, Connection, Table, bindparam, select, update

from regard.storage import schema
from regard.storage.errors import KeyProblem
from regard.storage.keyring import KEY_BYTES, Keyring
from regard.storage.master_key import (
    MasterKey,
    adopt_pending,
    pending_file,
    read_key_file,
    refuse_inside,
    required_key,
    write_key_file,
)
from regard.storage.open import DATABASE, Storage, open_with

_ROWS_AT_ONCE = 1000
_WRAPPED: tuple[tuple[Table, str, str, str], ...] = (
    # table, what names its row, what is wrapped, what the context begins with
    (schema.collections, "key", "wrapped_key", "collection"),
    (schema.subjects, "key", "wrapped_key", "subject"),
    (schema.secrets, "name", "wrapped", "secret"),
    (schema.access_keys, "id", "wrapped_secret", "access key"),
)


@dataclass(frozen=True, slots=True)
class Rotated:
    """What `rotate_master_key` has done."""

    file: Path  # where the new key is
    old_file: Path | None  # where the old one was put aside; None where it stays where it was
    values: int  # how many keys and secrets were wrapped anew


def rotate_master_key(
    folder: Path, file: Path | None, value: str | None, environ: Mapping[str, str], new_file: Path | None = None
) -> Rotated:
    """Wrap all keys of a data folder that no server uses under another master key.

    file, value, environ: where the old key is, as for `find_master_key`. new_file: a file with the new key, which is
    made if it is not there; None to replace the file that the old one is in.
    Raises KeyProblem where there is no data, no old key, or no file to put the new one; DataFolderInUse; DiskFull.
    """
    if not (folder / DATABASE).exists():
        raise KeyProblem(f"{folder} holds no data")
    old = required_key(folder, file, value, environ)
    destination = new_file or old.file
    if destination is None:
        raise KeyProblem(f"the master key comes from {old.source}, which cannot be replaced; give --new-key-file FILE")
    refuse_inside(folder, destination)
    with open_with(folder, old) as storage:
        new = _made(destination if new_file else pending_file(destination))
        if Keyring(new.key).derive("same") == storage.keyring.derive("same"):
            raise KeyProblem(f"{new.source} holds the key that {folder} has already")
        values = rewrap(storage, new)
    return Rotated(destination, None if new_file else adopt_pending(destination), values)


def rewrap(storage: Storage, new: MasterKey) -> int:
    """Wrap everything under `new`, all or nothing, and scrub. How many values there were.

    `storage` opens nothing afterwards; it is to be closed. Raises KeyProblem for a value that its key does not open.
    """
    keyring = Keyring(new.key)
    with storage.writing() as connection:
        values = sum(_rewrap_table(connection, storage.keyring, keyring, *columns) for columns in _WRAPPED)
    storage.scrub()
    return values


def _rewrap_table(
    connection: Connection, old: Keyring, new: Keyring, table: Table, name: str, wrapped: str, context: str
) -> int:
    row_name, row_wrapped = table.c[name], table.c[wrapped]
    change = (
        update(table)
        .where(row_name == bindparam("row", type_=row_name.type))
        .values({wrapped: bindparam("fresh", type_=BLOB)})
    )
    total, page = 0, select(row_name, row_wrapped).order_by(row_name).limit(_ROWS_AT_ONCE)
    rows = connection.execute(page).all()
    while rows:
        contexts = [f"{context}:{row}" for row, _ in rows]
        fresh = [new.wrap(old.unwrap(key, at), at) for (_, key), at in zip(rows, contexts, strict=True)]
        connection.execute(change, [{"row": row, "fresh": key} for (row, _), key in zip(rows, fresh, strict=True)])
        total += len(rows)
        rows = connection.execute(page.where(row_name > rows[-1][0])).all()
    return total


def _made(file: Path) -> MasterKey:
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_key_file(file, secrets.token_bytes(KEY_BYTES))
    except OSError as error:
        raise KeyProblem(f"the new master key cannot be written to {file}: {error.strerror}") from error
    return read_key_file(file)
