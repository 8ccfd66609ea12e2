"""The order in which a person reads the lines of a picture.

Rows from top to bottom and each from left to right, as a receipt or a form is read, but columns of running text one
after the other. "Top" is that of most of the text, so that a picture on its side is read in its own order.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regard.analysis import text_geometry

Floats = NDArray[np.float32]

_ROW_OVERLAP = 0.5  # of the lower block's height
_COLUMN_LINES = 4  # fewer lines above each other are not a column
_COLUMN_WORDS = 3.0  # mean words a line; items and prices beside each other have fewer
_COLUMN_GAP = 0.8  # of a line's height, to the line above
_COLUMN_OVERLAP = 0.5  # of the shorter line's length


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines that are read together, in the frame of most of the text."""

    lines: tuple[int, ...]
    words: int
    left: float
    top: float
    right: float
    bottom: float


def reading_order(quads: Sequence[Floats], word_counts: Sequence[int]) -> list[int]:
    """Indices of lines, with these quads and numbers of words, in reading order."""
    if not quads:
        return []
    return [line for block in _by_rows(_with_columns(_lines(quads, word_counts))) for line in block.lines]


def _lines(quads: Sequence[Floats], word_counts: Sequence[int]) -> list[_Block]:
    along = _main_direction(quads)
    across = np.array([-along[1], along[0]], np.float32)
    blocks = []
    for index, quad in enumerate(quads):
        x, y = quad @ along, quad @ across
        box = (float(x.min()), float(y.min()), float(x.max()), float(y.max()))
        blocks.append(_Block((index,), word_counts[index], *box))
    return sorted(blocks, key=lambda block: block.top)


def _main_direction(quads: Sequence[Floats]) -> Floats:
    """The direction nearest to all others, each line counted by its length."""
    directions = np.stack([text_geometry.direction(quad) for quad in quads])
    lengths = np.array([text_geometry.size(quad)[0] for quad in quads])
    agreement = (directions @ directions.T) @ lengths
    return np.asarray(directions[int(agreement.argmax())], np.float32)


def _with_columns(lines: list[_Block]) -> list[_Block]:
    """Columns of running text that stand side by side as one block each, and the other lines as they are."""
    columns = [column for column in _stacks(lines) if _is_running_text(column)]
    paired = [one for one in columns if any(_beside(one, other) for other in columns if other is not one)]
    taken = {line for column in paired for line in column.lines}
    rest = [line for line in lines if line.lines[0] not in taken]
    return sorted([*paired, *rest], key=lambda block: block.top)


def _stacks(lines: list[_Block]) -> list[_Block]:
    """Each line joined to the one closely above it."""
    stacks: list[list[_Block]] = []
    for line in lines:
        above = next((stack for stack in stacks if _continues(stack[-1], line)), None)
        if above is None:
            stacks.append([line])
        else:
            above.append(line)
    return [_joined(stack) for stack in stacks]


def _continues(above: _Block, line: _Block) -> bool:
    height = line.bottom - line.top
    gap = line.top - above.bottom
    shared = min(above.right, line.right) - max(above.left, line.left)
    shorter = min(above.right - above.left, line.right - line.left)
    return abs(gap) <= _COLUMN_GAP * height and shared >= _COLUMN_OVERLAP * shorter


def _joined(stack: list[_Block]) -> _Block:
    return _Block(
        tuple(line for block in stack for line in block.lines),
        sum(block.words for block in stack),
        min(block.left for block in stack),
        min(block.top for block in stack),
        max(block.right for block in stack),
        max(block.bottom for block in stack),
    )


def _is_running_text(block: _Block) -> bool:
    return len(block.lines) >= _COLUMN_LINES and block.words >= _COLUMN_WORDS * len(block.lines)


def _beside(one: _Block, other: _Block) -> bool:
    return _in_one_row(one, other) and (one.right <= other.left or other.right <= one.left)


def _in_one_row(one: _Block, other: _Block) -> bool:
    shared = min(one.bottom, other.bottom) - max(one.top, other.top)
    return shared >= _ROW_OVERLAP * min(one.bottom - one.top, other.bottom - other.top)


def _by_rows(blocks: list[_Block]) -> list[_Block]:
    """Blocks, sorted by their tops, in rows: what stands left of the topmost, itself, what stands right of it."""
    ordered: list[_Block] = []
    while blocks:
        first, *rest = blocks
        row = [block for block in rest if _in_one_row(first, block)]
        blocks = [block for block in rest if not _in_one_row(first, block)]
        middle = first.left + first.right
        ordered += _by_rows([block for block in row if block.left + block.right < middle])
        ordered.append(first)
        ordered += _by_rows([block for block in row if block.left + block.right >= middle])
    return ordered
