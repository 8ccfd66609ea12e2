"""Finds the few rows of a large file that are worth an exact look, from one or two bits a dimension held in memory.

The bits lie in planes: one plane holds the same bit of all rows, 64 rows a word. For one query, each plane has a weight
(how large the query is in that dimension), and a row's score is the sum of the weights of those of its bits that agree
with the query's sign. Weights are rounded to powers of two, so the sum for 64 rows at once is a few logical operations
on whole words (a carry-save adder), and only the heaviest planes are added at all: in 640 dimensions the heaviest fifth
of them carries two thirds of the query.

How far a score can be from the cosine depends on the cosine and the dimension alone, not on whose faces these are,
because the rows come rotated by a random matrix (`rotation.py`): the count of candidates that keeps 999 of 1,000 rows
at a given cosine can be told beforehand. `bench/search.py` measures it.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

# Rows of so many dimensions or fewer keep a second bit, whether the value is far from zero.
TWO_BIT_DIMENSIONS = 256
# In units of the standard deviation: step of the best uniform two-bit quantiser of normal values (Max 1960, table II).
FAR = 0.9957
# At most so many planes are added for a query; for fewer rows than a million more, since time allows it.
PLANES_OF_MANY_ROWS = 96
PLANES_OF_FEW_ROWS = 160
PLANES_TIMES_ROWS = 48_000_000
# The weight of the heaviest plane is at most this power of two.
HIGHEST_LEVEL = 4
# Between the lightest plane that is added and the weight it stands for; measured best of 1.0, 1.3 and 1.6.
ROUNDING = 1.3
# Rows of one block: enough that numpy's calls cost little beside their work, so few that a dozen of its planes, 128 KiB
# each, stay in the processor's second-level cache.
BLOCK_ROWS = 1 << 20
FIRST_ROWS = 1 << 14  # of a block that has just been begun
# Rows whose bits are turned from rows into planes at once.
TURNED_ROWS = 1 << 13

Plane = NDArray[np.uint64]


class BitPlanes:
    """Bits of the rows in slots 0, 1, 2 ... of a file. Searches may run beside each other, changes only alone."""

    def __init__(self, dimension: int, slots: int) -> None:
        """Room for so many slots, none of which is live; more is made when it is needed."""
        self._dimension = dimension
        self._has_two_bits = dimension <= TWO_BIT_DIMENSIONS
        self._planes = dimension * (2 if self._has_two_bits else 1) + 1  # the last plane says which slots are live
        self._blocks: list[Plane] = []
        self._slots = 0  # behind the last that was ever put; blocks have room for more
        self._make_room(slots)

    def put(self, slots: NDArray[np.int64], records: NDArray[np.void]) -> None:
        """Take in the records of these slots, ascending."""
        if slots.size:
            self._slots = max(self._slots, int(slots[-1]) + 1)
            self._make_room(self._slots)
        for block, part in self._parts(slots):
            self._set(block, slots[part] % BLOCK_ROWS, self._packed(records[part]))

    def drop(self, slots: NDArray[np.int64]) -> None:
        """Forget the rows of these slots, ascending, bits and all."""
        for block, part in self._parts(slots):
            self._set(block, slots[part] % BLOCK_ROWS, None)

    def cut(self, slots: int) -> None:
        """Give up the room of the slots from this one on, which are not live."""
        self._slots = min(self._slots, slots)
        blocks = max(1, -(-slots // BLOCK_ROWS))
        words = -(-max(slots - (blocks - 1) * BLOCK_ROWS, FIRST_ROWS) // 64)
        del self._blocks[blocks:]
        self._blocks[-1] = self._blocks[-1][:, :words].copy()

    def candidates(self, query: NDArray[np.float32], count: int) -> NDArray[np.int64]:
        """Live slots, ascending, whose scores are the `count` highest; more where several have the lowest of these."""
        chosen = self._heaviest(query)
        words = -(-self._slots // 64)
        used = [block[:, : words - number * BLOCK_ROWS // 64] for number, block in enumerate(self._blocks)]
        masks = _highest([_sum(block, chosen) for block in used], [block[-1] for block in used], count)
        return np.concatenate([_slots(mask) + number * BLOCK_ROWS for number, mask in enumerate(masks)])

    def _heaviest(self, query: NDArray[np.float32]) -> list[tuple[int, int, bool]]:
        """Plane, power of two and whether the plane's zeros agree with the query; for the planes that are added."""
        size = np.abs(query)
        weights = np.concatenate([2 * size, size]) if self._has_two_bits else size
        count = min(max(PLANES_TIMES_ROWS // self._slots, PLANES_OF_MANY_ROWS), PLANES_OF_FEW_ROWS)
        order = np.argsort(-weights, kind="stable")[:count]
        least = max(weights[order[-1]], weights[order[0]] / 2**HIGHEST_LEVEL)
        heavy = order[weights[order] >= least]
        levels = np.rint(np.log2(weights[heavy] / (ROUNDING * least))).clip(min=0).astype(np.int64)
        is_negative = query[heavy % self._dimension] < 0
        return list(zip(heavy.tolist(), levels.tolist(), is_negative.tolist(), strict=True))

    def _packed(self, records: NDArray[np.void]) -> NDArray[np.uint8]:
        """(N, planes / 8): the bits of each row, plane after plane."""
        rows = records["row"]
        bits = np.ones((len(rows), self._planes), np.bool_)
        is_positive = np.greater_equal(rows, 0, out=bits[:, : self._dimension])
        if self._has_two_bits:
            far = np.minimum(FAR / np.sqrt(self._dimension) / records["scale"], 127).astype(np.int8)
            is_far = np.abs(rows) > far[:, None]
            # 00 far below zero, 01 just below, 10 just above, 11 far above: the second bit rises within each half.
            np.equal(is_far, is_positive, out=bits[:, self._dimension : -1])
        return np.packbits(bits, axis=1, bitorder="little")

    def _parts(self, slots: NDArray[np.int64]) -> Iterator[tuple[Plane, slice]]:
        """Stretches of `slots`, ascending, of which each lies in one block."""
        edges = np.searchsorted(slots, np.arange(len(self._blocks) + 1) * BLOCK_ROWS).tolist()
        for block, start, stop in zip(self._blocks, edges[:-1], edges[1:], strict=True):
            for first in range(start, stop, TURNED_ROWS):
                yield block, slice(first, min(first + TURNED_ROWS, stop))

    def _make_room(self, slots: int) -> None:
        for number in range(-(-slots // BLOCK_ROWS)):
            wanted = min(slots - number * BLOCK_ROWS, BLOCK_ROWS)
            if number == len(self._blocks):
                self._blocks.append(np.zeros((self._planes, -(-max(wanted, FIRST_ROWS) // 64)), np.uint64))
            words = self._blocks[number].shape[1]
            if wanted > words * 64:
                grown = np.zeros((self._planes, min(max(-(-wanted // 64), 2 * words), BLOCK_ROWS // 64)), np.uint64)
                grown[:, :words] = self._blocks[number]
                self._blocks[number] = grown

    @staticmethod
    def _set(block: Plane, slots: NDArray[np.int64], packed: NDArray[np.uint8] | None) -> None:
        """The slots (N) of a block get the bits of `packed` (N, planes / 8), or none."""
        octets = block.view(np.uint8)
        columns, column = np.unique(slots // 8, return_inverse=True)
        places = column * 8 + slots % 8
        is_other = np.ones(columns.size * 8, np.bool_)
        is_other[places] = False
        kept = octets[:, columns] & np.packbits(is_other, bitorder="little")
        if packed is not None:
            spread = np.zeros((columns.size * 8, packed.shape[1]), np.uint8)
            spread[places] = packed
            kept |= _turned(spread)[: len(kept)]
        octets[:, columns] = kept


def _turned(rows: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Bits (N, P / 8) of N rows as planes (P, N / 8)."""
    columns = np.ascontiguousarray(rows.T)
    planes = [np.packbits(columns & np.uint8(1 << bit), axis=1, bitorder="little") for bit in range(8)]
    return np.stack(planes, axis=1).reshape(-1, len(rows) // 8)


class _Adder:
    """Adds planes, each times a power of two, for all rows of a block at once."""

    def __init__(self, words: int) -> None:
        self._words = words
        self._waiting: list[list[Plane]] = []  # by power of two: fewer than three planes that are yet to be added
        self._spare: list[Plane] = []

    def add(self, plane: Plane, level: int) -> None:
        """`plane` is not changed."""
        while True:
            while level >= len(self._waiting):
                self._waiting.append([])
            waiting = self._waiting[level]
            waiting.append(plane)
            if len(waiting) < 3:
                return
            total, plane = self._added(*waiting)
            waiting[:] = [total]
            level += 1

    def add_zeros(self, other: "_Adder") -> None:
        """Add what the other would have for a sum had it counted zeros: three planes upside down sum up upside down."""
        for level, planes in enumerate(other._waiting):
            for plane in planes:
                self.add(~plane, level)

    def bits(self, count: int) -> list[Plane]:
        """The sums, lowest bit first, which have no more than `count` bits."""
        for level in range(count):
            while level >= len(self._waiting):
                self._waiting.append([])
            waiting = self._waiting[level]
            while len(waiting) < 2:
                waiting.append(np.zeros(self._words, np.uint64))
            carry = waiting[0] & waiting[1]
            waiting[:] = [waiting[0] ^ waiting[1]]
            self.add(carry, level + 1)
        return [waiting[0] for waiting in self._waiting[:count]]

    def _added(self, one: Plane, two: Plane, three: Plane) -> tuple[Plane, Plane]:
        """Sum and carry of three planes."""
        total = np.bitwise_xor(one, two, self._scratch())
        carry = np.bitwise_xor(one, three, self._scratch())
        np.bitwise_and(carry, total, carry)
        np.bitwise_xor(carry, one, carry)
        np.bitwise_xor(total, three, total)
        # What is no view of a block was made here and can be written over.
        self._spare.extend(plane for plane in (one, two, three) if plane.base is None)
        return total, carry

    def _scratch(self) -> Plane:
        return self._spare.pop() if self._spare else np.empty(self._words, np.uint64)


def _sum(block: Plane, chosen: Sequence[tuple[int, int, bool]]) -> list[Plane]:
    ones, zeros = _Adder(block.shape[1]), _Adder(block.shape[1])
    for plane, level, is_negative in chosen:
        (zeros if is_negative else ones).add(block[plane], level)
    ones.add_zeros(zeros)
    return ones.bits(sum(1 << level for _plane, level, _is_negative in chosen).bit_length())


def _highest(sums: Sequence[Sequence[Plane]], live: Sequence[Plane], count: int) -> list[Plane]:
    """For each block, the live rows whose sums are at least the `count`-th highest of all blocks."""
    undecided, chosen, wanted = list(live), [np.zeros_like(plane) for plane in live], count
    for bit in reversed(range(len(sums[0]))):
        ones = [plane & total[bit] for plane, total in zip(undecided, sums, strict=True)]
        found = sum(int(np.bitwise_count(plane).sum()) for plane in ones)
        if found >= wanted:
            undecided = ones
        else:
            wanted -= found
            chosen = [before | more for before, more in zip(chosen, ones, strict=True)]
            undecided = [before ^ less for before, less in zip(undecided, ones, strict=True)]
    return [sure | tied for sure, tied in zip(chosen, undecided, strict=True)]


def _slots(mask: Plane) -> NDArray[np.int64]:
    words = np.flatnonzero(mask)
    bits = np.unpackbits(mask[words].view(np.uint8).reshape(-1, 8), axis=1, bitorder="little")
    set_bits = np.flatnonzero(bits)
    return words[set_bits // 64] * 64 + set_bits % 64
