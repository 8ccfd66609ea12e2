"""Unit vectors under ids in one folder: kept safely, searched by cosine, forgotten truly.

The file (`vector_files.py`) is the truth. In memory are the id of every slot and, where there are more than
`EXACT_VALUES`, one or two bits of every dimension (`vector_search.py`), from which a search takes candidates that are
then compared in the stored precision. Where there are fewer all rows are compared.

Which ids exist is known elsewhere. The owner of a file calls, when it starts, `file.remove(set(file.ids()) - known)`:
a crash can leave a row whose owner never heard that it was stored.
"""

import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from regard.storage.turns import Turns
from regard.storage.vector_files import VectorRows, destroy
from regard.storage.vector_search import BitPlanes

# A file of at most so many values (rows times dimension) is compared whole, which takes about 2 ms.
EXACT_VALUES = 2_000_000
# Where there are more, the rows that are compared in the stored precision: of so many values, but no fewer than these,
# and for each that is asked for so many. In a million they hold 99.9 % of the rows at the cosine from which somebody is
# named there, 0.64 in 128 dimensions and 0.61 in 640 (bench/search.py, "at the threshold").
CANDIDATE_VALUES = 128_000
CANDIDATES = 600
CANDIDATES_FOR_EACH = 8
# Rows are compared, moved and looked at so many at a time.
ROWS_AT_ONCE = 4096
# How far from 1 the length of a row may be.
LENGTH_TOLERANCE = 1e-3


class VectorFile:
    """Any number of threads may use one of these; one process owns the folder.

    A search sees a vector wholly or not at all, and never under another's id.
    """

    def __init__(self, rows: VectorRows, dimension: int) -> None:
        """See `open`."""
        self._rows = rows
        self._dimension = dimension
        self._ids = np.zeros(rows.slots, np.int64)  # by slot; 0 is free, below 0 half removed
        self._planes: BitPlanes | None = None
        self._free = np.zeros(0, np.int64)  # slots, ascending
        self._changing = threading.Lock()  # one change at a time; held while the disk is waited for
        self._turns = Turns()  # taken alone only while what searches see is changed in memory
        self._load()

    @classmethod
    def open(cls, folder: Path, dimension: int) -> "VectorFile":
        """The vectors of a folder, which is made if it is absent; what a crash left half done is cleared.

        Raises Corrupt when the folder holds another format or dimension, DiskFull when it cannot be made.
        """
        rows = VectorRows(folder, dimension)
        try:
            return cls(rows, dimension)
        except BaseException:
            rows.close()
            raise

    def add(self, ids: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Store unit rows (N, dimension) under ids above 0 that were never used; on the disk at return.

        Raises ValueError when an id or a row is not as said, DiskFull when there is no room; then nothing is stored.
        """
        numbers = np.asarray(ids, np.int64)
        self._check_rows(vectors)
        if len(numbers) != len(vectors):
            raise ValueError(f"{len(numbers)} ids came with {len(vectors)} vectors.")
        with self._changing:
            self._check_new(numbers)
            if self._free.size < numbers.size:
                self._grow(numbers.size - self._free.size)
            slots, free = np.split(self._free, [numbers.size])
            records = self._rows.encoded(numbers, vectors)
            self._rows.write(slots, records)
            self._free = free
            with self._turns.alone():
                self._show(slots, records)

    def remove(self, ids: Iterable[int]) -> None:
        """Forget vectors: their bytes are overwritten, on the disk too, at return. Unknown ids are passed over."""
        numbers = np.fromiter(ids, np.int64)
        with self._changing:
            # Also those that an attempt which the disk failed has left half removed.
            slots = self._slots_of(np.concatenate([numbers, -numbers]))
            with self._turns.alone():
                self._hide(slots)
            self._erase(slots)

    def ids(self) -> NDArray[np.int64]:
        """All ids, ascending."""
        with self._turns.shared():
            return np.sort(self._ids[self._ids > 0])

    def __len__(self) -> int:
        """How many vectors there are."""
        return self._live

    def search(self, queries: NDArray[np.float32], limit: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Ids and cosines of the nearest vectors, each (Q, k) with k = min(limit, vectors), best first, ties by id.

        queries: (Q, dimension) unit rows. All Q are answered from one state of the file. Cosines are those of the
        rows as stored, within about 0.002 of the exact ones.
        """
        self._check_rows(queries)
        if limit < 1:
            raise ValueError(f"{limit} results were asked for; at least 1 can be.")
        with self._turns.shared():
            count = min(limit, self._live)
            found = [self._nearest(query, count) for query in queries]
        ids = np.array([ids for ids, _cosines in found], np.int64).reshape(len(queries), count)
        cosines = np.array([cosines for _ids, cosines in found], np.float32).reshape(len(queries), count)
        return ids, cosines

    def vectors(self, ids: Sequence[int]) -> NDArray[np.float32]:
        """Unit rows (N, dimension) as stored, in the order of `ids`. Raises KeyError for an unknown id."""
        numbers = np.asarray(ids, np.int64)
        with self._turns.shared():
            slots = self._slots_of(numbers[numbers > 0])
            order = np.argsort(self._ids[slots])
            known = self._ids[slots][order]
            place = np.searchsorted(known, numbers)
            for number, at in zip(numbers.tolist(), place.tolist(), strict=True):
                if at == known.size or known[at] != number:
                    raise KeyError(number)
            records = self._rows.taken(slots)[order][place]
        unit: NDArray[np.float32] = records["row"] * records["scale"][:, None]
        return unit

    def compact(self) -> None:
        """Give the space of removed vectors back to the disk; searches go on meanwhile.

        The last rows move into free slots in place, so no second copy of the file ever exists.
        """
        with self._changing:
            self._erase(np.flatnonzero(self._ids < 0))
            movers = np.flatnonzero(self._ids[self._live :]) + self._live
            holes = np.sort(self._free)[: movers.size]
            for first in range(0, movers.size, ROWS_AT_ONCE):
                part = slice(first, first + ROWS_AT_ONCE)
                records = self._rows.taken(movers[part])
                self._rows.write(holes[part], records)
                with self._turns.alone():
                    self._show(holes[part], records)
                    self._hide(movers[part])
                self._erase(movers[part])
            with self._turns.alone():
                self._rows.cut(self._live)
                self._ids, self._free = self._ids[: self._live].copy(), self._free[:0]
                if not self._is_large():
                    self._planes = None
                elif self._planes is not None:
                    self._planes.cut(self._live)

    def destroy(self) -> None:
        """Overwrite everything and unlink it, the folder too. A search that comes later finds nothing."""
        with self._changing, self._turns.alone():
            self._forget_all()
            destroy(self._rows)

    def close(self) -> None:
        """Let go of the file. A search that comes later finds nothing."""
        with self._changing, self._turns.alone():
            self._forget_all()
            self._rows.close()

    def _forget_all(self) -> None:
        # The descriptor's number may soon be another file's.
        self._ids, self._free = self._ids[:0], self._free[:0]
        self._planes, self._live = None, 0

    def _load(self) -> None:
        """Take the state of the file into memory."""
        self._ids = np.zeros(self._rows.slots, np.int64)
        planes = BitPlanes(self._dimension, self._rows.slots) if self._is_large() else None
        for first, records in self._rows.repaired():
            ids = records["id"]
            self._ids[first : first + len(ids)] = ids
            if planes is not None:
                live = np.flatnonzero(ids)
                planes.put(live + first, records if live.size == len(records) else records[live])
        self._planes = planes
        self._live = int(np.count_nonzero(self._ids))
        self._newest = int(self._ids.max(initial=0))
        self._free = np.flatnonzero(self._ids == 0)
        self._remove_twins()

    def _remove_twins(self) -> None:
        """Of a row that a killed `compact` had copied and not yet removed, the copy further back goes."""
        order = np.argsort(self._ids, kind="stable")
        ordered = self._ids[order]
        twins = np.sort(order[1:][(ordered[1:] == ordered[:-1]) & (ordered[1:] > 0)])
        self._hide(twins)
        self._erase(twins)

    def _is_large(self) -> bool:
        return self._rows.slots * self._dimension > EXACT_VALUES

    def _show(self, slots: NDArray[np.int64], records: NDArray[np.void]) -> None:
        self._ids[slots] = records["id"]
        self._live += slots.size
        self._newest = max(self._newest, int(records["id"].max(initial=0)))
        if self._planes is not None:
            self._planes.put(slots, records)

    def _hide(self, slots: NDArray[np.int64]) -> None:
        """Searches do not see these any more; until `_erase` is through, their ids stay known for another attempt."""
        self._live -= int(np.count_nonzero(self._ids[slots] > 0))
        self._ids[slots] = -np.abs(self._ids[slots])
        if self._planes is not None:
            self._planes.drop(slots)

    def _erase(self, slots: NDArray[np.int64]) -> None:
        self._rows.clear(slots)
        self._ids[slots] = 0
        self._free = np.union1d(self._free, slots)

    def _grow(self, needed: int) -> None:
        former = self._rows.slots
        was_large = self._is_large()
        self._rows.grow(needed)
        ids = np.zeros(self._rows.slots, np.int64)
        with self._turns.alone():
            ids[:former] = self._ids
            self._ids = ids
            if self._is_large() and not was_large:
                self._load()
        self._free = np.flatnonzero(self._ids == 0)

    def _nearest(self, query: NDArray[np.float32], count: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        candidates = max(CANDIDATE_VALUES // self._dimension, CANDIDATES, CANDIDATES_FOR_EACH * count)
        if self._planes is None or 2 * candidates > self._live:
            slots = np.flatnonzero(self._ids > 0)
        else:
            slots = self._planes.candidates(query, candidates)
        cosines = np.empty(slots.size, np.float32)
        for first in range(0, slots.size, ROWS_AT_ONCE):
            records = self._rows.taken(slots[first : first + ROWS_AT_ONCE])
            cosines[first : first + len(records)] = (records["row"].astype(np.float32) @ query) * records["scale"]
        ids = self._ids[slots]
        if 0 < count < slots.size:
            best = np.flatnonzero(cosines >= np.partition(cosines, -count)[-count])
            ids, cosines = ids[best], cosines[best]
        order = np.lexsort((ids, -cosines))[:count]
        return ids[order], cosines[order]

    def _slots_of(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Slots, ascending, of those of the ids that are known."""
        return np.flatnonzero(np.isin(self._ids, ids[ids != 0]))

    def _check_rows(self, vectors: NDArray[np.float32]) -> None:
        if vectors.ndim != 2 or vectors.shape[1] != self._dimension:
            raise ValueError(f"Vectors of shape {vectors.shape} came where (N, {self._dimension}) is expected.")
        lengths = np.linalg.norm(vectors, axis=1)
        # Not >, which is false for NaN.
        wrong = np.flatnonzero(~(np.abs(lengths - 1) <= LENGTH_TOLERANCE))
        if wrong.size:
            raise ValueError(f"Row {wrong[0]} has the length {lengths[wrong[0]]:.4g}; rows of length 1 are expected.")

    def _check_new(self, ids: NDArray[np.int64]) -> None:
        if ids.size == 0:
            return
        if ids.min() < 1:
            raise ValueError(f"The id {ids.min()} came; ids begin at 1.")
        if np.unique(ids).size != ids.size:
            raise ValueError("An id came twice.")
        if ids.min() <= self._newest and np.isin(ids, self._ids).any():
            raise ValueError(f"The id {ids[np.isin(ids, self._ids)][0]} is taken; ids are never used again.")
