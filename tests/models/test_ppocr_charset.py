"""The characters in an ONNX file, against bytes laid out by hand from onnx.proto."""

from pathlib import Path

import pytest

from regard.models.engine import ModelError
from regard.models.ppocr_charset import characters


def counted(number: int, content: bytes) -> bytes:
    """A protobuf field of wire type 2 with fewer than 128 bytes."""
    return bytes([number << 3 | 2, len(content)]) + content


def entry(key: str, value: str) -> bytes:
    """A ModelProto.metadata_props entry."""
    return counted(14, counted(1, key.encode()) + counted(2, value.encode()))


IR_VERSION_8 = b"\x08\x08"
GRAPH = counted(7, b"\x0a\x03abc")


def test_characters_are_those_of_the_metadata_and_a_space_last(tmp_path: Path) -> None:
    file = tmp_path / "network.onnx"
    file.write_bytes(IR_VERSION_8 + GRAPH + entry("author", "x") + entry("character", "a\né\n水"))

    assert characters(file) == ["a", "é", "水", " "]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (IR_VERSION_8 + GRAPH + entry("author", "x"), "does not name the characters"),
        (b"", "not a readable ONNX file"),
        (b"\x89PNG\r\n\x1a\n", "not a readable ONNX file"),
        (GRAPH + b"\x72\x80", "not a readable ONNX file"),
    ],
    ids=["no characters", "empty", "a picture", "broken off"],
)
def test_a_file_without_characters_is_refused_by_name(tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "network.onnx"
    file.write_bytes(content)

    with pytest.raises(ModelError, match=f"network.onnx.*{reason}"):
        characters(file)
