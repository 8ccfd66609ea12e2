"""Whether a PNG holds all the rows that its header promises.

Pillow leaves rows that are missing at the end of the compressed data black and says nothing; libpng refuses such files.
"""

import struct
import zlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

_SIGNATURE_BYTES = 8
_HEADER = struct.Struct(">IIBBBBB")  # width, height, bits, colour type, compression, filter, interlace
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
_WHOLE = ((0, 0, 1, 1),)
# First column and row, and steps between columns and rows. Source: PNG specification, 8.2.
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_STEP = 1 << 20


def lacks_rows(data: bytes, stored: NDArray[np.generic]) -> bool:
    """Whether compressed data end too early.

    data: a PNG that Pillow has decoded. stored: its pixels, before any conversion. The data are looked at only where
    one of the last two rows is all zero, for interlacing writes every second row last.
    """
    if all(row.any() for row in stored[-2:]):
        return False
    try:
        return _inflated_bytes(data, _promised_bytes(data)) < _promised_bytes(data)
    except zlib.error:
        return True


def _inflated_bytes(data: bytes, most: int) -> int:
    """How many bytes the compressed data hold; what is beyond `most` is not counted."""
    inflater = zlib.decompressobj()
    total = 0
    for chunk in _compressed(data):
        rest = chunk
        while rest and total < most:
            total += len(inflater.decompress(rest, _STEP))
            rest = inflater.unconsumed_tail
    return total if total >= most else total + len(inflater.flush())


def _promised_bytes(data: bytes) -> int:
    """Bytes of all rows, each with the byte that names its filter."""
    width, height, bits, colour_type, _, _, is_interlaced = _HEADER.unpack_from(data, _SIGNATURE_BYTES + 8)
    total = 0
    for left, top, across, down in _ADAM7 if is_interlaced else _WHOLE:
        columns, rows = -(-(width - left) // across), -(-(height - top) // down)
        if columns > 0 and rows > 0:
            total += rows * (1 + (columns * bits * _CHANNELS[colour_type] + 7) // 8)
    return int(total)


def _compressed(data: bytes) -> Iterator[bytes]:
    """The contents of the IDAT chunks."""
    position = _SIGNATURE_BYTES
    while position + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        if kind == b"IDAT":
            yield data[position + 8 : position + 8 + length]
        position += 12 + length
