"""The characters PP-OCR's recognition network can write, read out of its ONNX file without an ONNX library.

The runtime hides a file's metadata, so the few fields on the way are walked here. Field numbers are those of
`ModelProto.metadata_props` (14) and `StringStringEntryProto` (key 1, value 2) in onnx.proto.
"""

import mmap
from collections.abc import Iterator
from pathlib import Path

from regard.models.engine import ModelError

_METADATA, _KEY, _VALUE = 14, 1, 2
_VARINT, _EIGHT_BYTES, _COUNTED, _FOUR_BYTES = 0, 1, 2, 5  # protobuf's wire types


def characters(path: Path) -> list[str]:
    """The characters in the order of the network's classes 1, 2, ...; class 0 is CTC's blank.

    Raises ModelError when the file is no ONNX file that names its characters.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            for start, end in _fields(data, 0, len(data), _METADATA):
                (key,) = (data[a:b] for a, b in _fields(data, start, end, _KEY))
                if key == b"character":
                    (value,) = (data[a:b] for a, b in _fields(data, start, end, _VALUE))
                    # The space is the last class of all and is not in the list.
                    return [*value.decode().split("\n"), " "]
    except (IndexError, ValueError) as error:
        raise ModelError(f"{path.name} is not a readable ONNX file: {error}") from error
    raise ModelError(f"{path.name} does not name the characters of its classes")


def _fields(data: mmap.mmap, start: int, end: int, wanted: int) -> Iterator[tuple[int, int]]:
    """Where the counted fields numbered `wanted` of the message in `data[start:end]` lie."""
    while start < end:
        tag, start = _varint(data, start)
        number, wire_type = tag >> 3, tag & 7
        if wire_type == _VARINT:
            _, start = _varint(data, start)
        elif wire_type == _COUNTED:
            length, start = _varint(data, start)
            if number == wanted:
                yield start, start + length
            start += length
        elif wire_type in (_EIGHT_BYTES, _FOUR_BYTES):
            start += 8 if wire_type == _EIGHT_BYTES else 4
        else:
            raise ValueError(f"wire type {wire_type} at byte {start}")
    if start > end:
        raise ValueError(f"a field ends at byte {start}, after its message's end at {end}")


def _varint(data: mmap.mmap, start: int) -> tuple[int, int]:
    """A little-endian base-128 number and the place after it."""
    value = shift = 0
    while True:
        byte = data[start]
        value |= (byte & 0x7F) << shift
        start += 1
        shift += 7
        if not byte & 0x80:
            return value, start
