"""The vectors of each collection, turned by its secret rotation.

A vector is stored under the `key` of its row in the database, which is never given twice. The database is the truth:
what it does not know is overwritten when the server starts.
"""

import logging
import shutil
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from regard.people.records import Collection
from regard.storage import schema
from regard.storage.keyring import subkey
from regard.storage.open import Storage
from regard.storage.rotation import rotation
from regard.storage.vectors import VectorFile

Floats = NDArray[np.float32]
_LOG = logging.getLogger("regard.galleries")
_FIRST = 64  # nearest vectors looked at before it is known that more of them match


class Gallery:
    """The vectors of one collection's faces."""

    def __init__(self, file: VectorFile, turn: Floats) -> None:
        """`turn`: (D, D) orthogonal; it keeps cosines, and without it vectors of two collections cannot be compared."""
        self._file = file
        self._turn = turn

    def __len__(self) -> int:
        """How many vectors."""
        return len(self._file)

    def add(self, keys: Sequence[int], vectors: Floats) -> None:
        """Stores (N, D) rows of norm 1, durably at return. Raises DiskFull and leaves nothing then."""
        self._file.add(keys, np.ascontiguousarray(vectors @ self._turn, np.float32))

    def remove(self, keys: Iterable[int]) -> None:
        """Overwrites vectors on the disk; unknown keys are passed over."""
        self._file.remove(keys)

    def vectors(self, keys: Sequence[int]) -> Floats:
        """(N, D) rows of norm 1 as they were given to `add`, to the precision they are stored in. Raises KeyError."""
        rows = self._file.vectors(keys) @ self._turn.T
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)

    def at_least(self, probe: Floats, score: float, limit: int) -> list[tuple[int, float]]:
        """Keys and cosines of the vectors whose cosine with (D,) `probe` is `score` or more; best first."""
        wanted = min(_FIRST, limit)
        query = np.ascontiguousarray(probe[None] @ self._turn, np.float32)
        while True:
            keys, scores = self._file.search(query, wanted)
            found = [
                (int(key), float(cosine)) for key, cosine in zip(keys[0], scores[0], strict=True) if cosine >= score
            ]
            if len(found) < wanted or wanted >= limit:
                return found
            wanted = min(wanted * 8, limit)


class Galleries:
    """Opens the galleries of collections and keeps them open."""

    def __init__(self, storage: Storage, dimension_of: Callable[[str], int]) -> None:
        """`dimension_of`: the length of a vector by model version."""
        self._storage = storage
        self._folder = storage.folder / "vectors"
        self._dimension_of = dimension_of
        self._lock = threading.Lock()
        self._files: dict[int, VectorFile] = {}  # by the collection's key, as the rotations
        self._turns: dict[int, Floats] = {}
        self._reconcile()

    def faces(self, collection: Collection) -> Gallery:
        """One vector for each face."""
        path = self._folder / str(collection.key)
        dimension = self._dimension_of(collection.model_version)
        with self._lock:
            if collection.key not in self._files:
                self._files[collection.key] = VectorFile.open(path, dimension)
            if collection.key not in self._turns:
                self._turns[collection.key] = rotation(self.secret(collection, "rotation"), dimension)
            return Gallery(self._files[collection.key], self._turns[collection.key])

    def secret(self, collection: Collection, purpose: str) -> bytes:
        """A key of the collection for one purpose."""
        return subkey(self._storage.keyring.unwrap(collection.wrapped_key, f"collection:{collection.key}"), purpose)

    def destroy(self, collection_key: int) -> None:
        """Overwrites and removes all vectors of a collection."""
        folder = self._folder / str(collection_key)
        with self._lock:
            self._turns.pop(collection_key, None)
            file = self._files.pop(collection_key, None)
            if file is not None:
                file.destroy()
            elif folder.exists():
                _destroy_all(folder)

    def compact(self) -> None:
        """Gives back the space of removed vectors."""
        with self._lock:
            files = list(self._files.values())
        for file in files:
            file.compact()

    def close(self) -> None:
        """Closes every file."""
        with self._lock:
            for file in self._files.values():
                file.close()
            self._files.clear()

    def _reconcile(self) -> None:
        """Overwrites vectors that a crash left without a row."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._storage.reading() as connection:
            rows = connection.execute(select(schema.collections.c.key, schema.collections.c.model_version)).all()
            version_of = {row.key: row.model_version for row in rows}
            for folder in self._folder.iterdir():
                version = version_of.get(int(folder.name)) if folder.name.isdecimal() else None
                if version is None:
                    _destroy_all(folder)
                    continue
                file = VectorFile.open(folder, self._dimension_of(version))
                self._files[int(folder.name)] = file
                query = select(schema.faces.c.key).where(schema.faces.c.collection_key == int(folder.name))
                known = np.fromiter(connection.execute(query).scalars(), np.int64)
                file.remove(np.setdiff1d(file.ids(), known).tolist())
                lost = np.setdiff1d(known, file.ids()).size
                if lost:
                    _LOG.error(
                        "%d faces in %s have lost their vectors and cannot be found: index them again", lost, folder
                    )


def _destroy_all(folder: Path) -> None:
    """Overwrites every file below `folder`, whatever it is, and removes the folder."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("r+b") as file:
                file.write(bytes(path.stat().st_size))
    shutil.rmtree(folder, ignore_errors=True)
