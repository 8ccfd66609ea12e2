"""Run by test_rekeying.py: kills a rotation of the master key before each of its calls that touch a file.

A process of its own, since it forks, which one with threads must not. Arguments: a folder with `data`, in which is one
collection, and `master-key`. Prints, for each kill, before what it happened and what opens the data afterwards.
"""

import os
import shutil
import signal
import sys
from pathlib import Path

from sqlalchemy import select

from regard.storage import schema
from regard.storage.errors import KeyProblem
from regard.storage.master_key import find_master_key
from regard.storage.open import Storage, open_storage
from regard.storage.rekeying import rotate_master_key

_TOUCHING = ("open", "os.link", "os.remove", "os.rename", "os.truncate", "sqlite3.connect")
_COMPLETE = "complete"


def main(original: Path) -> None:
    """One copy of the folder for each kill, until a rotation comes to its end."""
    rotate_master_key(_copy(original, "rehearsal") / "data", original.parent / "rehearsal" / "master-key", None, {})
    number, before = 0, ""
    while before != _COMPLETE:
        copy = _copy(original, str(number))
        before = _killed_before(copy, number)
        print(before, _outcome(copy, original), sep="\t")
        number += 1


def _copy(original: Path, name: str) -> Path:
    return Path(shutil.copytree(original, original.parent / name))


def _killed_before(folder: Path, number: int) -> str:
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        _kill_at(number, writing)
        rotate_master_key(folder / "data", folder / "master-key", None, {})
        os.write(writing, _COMPLETE.encode())
        os.kill(os.getpid(), signal.SIGKILL)
    os.close(writing)
    os.waitpid(child, 0)
    with os.fdopen(reading) as pipe:
        return pipe.read()


def _kill_at(number: int, writing: int) -> None:
    calls = iter(range(number))

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if event in _TOUCHING and next(calls, None) is None:
            os.write(writing, event.encode())
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


def _outcome(folder: Path, original: Path) -> str:
    with open_storage(folder / "data", folder / "master-key", None, {}) as storage, storage.reading() as connection:
        wrapped = connection.execute(select(schema.collections.c.wrapped_key)).scalar_one()
        content = storage.keyring.unwrap(wrapped, "collection:1").decode()
    old = find_master_key(original / "master-key", None, {})
    assert old is not None
    try:
        Storage.open(folder / "data", old).close()
    except KeyProblem:
        return f"{content} by the new key only"
    return f"{content} by the old key"


main(Path(sys.argv[1]))
