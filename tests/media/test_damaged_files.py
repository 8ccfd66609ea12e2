"""Damage that leaves something to decode, and padding that is no damage."""

import contextlib
import io
import struct
from pathlib import Path

import pytest
from PIL import Image

from regard.errors import ImageTooLarge, InvalidImageFormat
from regard.media.images import ALL_FORMATS, Budget, Picture
from tests.media.picture_files import colours, encoded, jpeg, noise

AWS = Budget()
AS_DRAWN = ["red", "green", "blue", "white"]
DAMAGED = [
    "TensorFlow-LICENSE",
    "bad_huffman.jpg",
    "corrupt.jpg",
    "corrupt34_2.jpg",
    "corrupt34_3.jpg",
    "corrupt34_4.jpg",
    "corrupted.png",
    "empty.png",
    "sigsegv.png",
    "truncated.jpg",
]


@pytest.mark.parametrize("at_least", [None, 64])
@pytest.mark.parametrize("name", DAMAGED)
def test_files_that_other_projects_found_damaged_are_refused(testdata: Path, name: str, at_least: int | None) -> None:
    data = (testdata / "damaged" / name).read_bytes()
    with pytest.raises(InvalidImageFormat, match="Request has invalid image format"):
        Picture(data, AWS).pixels(at_least=at_least)


def test_every_damaged_file_is_in_the_list(testdata: Path) -> None:
    assert sorted(path.name for path in (testdata / "damaged").iterdir()) == DAMAGED


@pytest.mark.parametrize("at_least", [None, 20])
@pytest.mark.parametrize("padding", [bytes(1), bytes(260), b"\x55" * 32], ids=["zero", "zeros", "fives"])
def test_padding_before_the_end_marker_is_no_damage(padding: bytes, at_least: int | None) -> None:
    picture = Picture(jpeg()[:-2] + padding + b"\xff\xd9", AWS)
    assert colours(picture.pixels(at_least=at_least)) == AS_DRAWN


def test_bytes_between_the_header_segments_are_no_damage() -> None:
    data = jpeg()
    tables = data.index(b"\xff\xdb")
    assert colours(Picture(data[:tables] + b"camera padding" + data[tables:], AWS).pixels()) == AS_DRAWN


def test_padding_in_the_header_and_at_the_end_is_no_damage() -> None:
    data = jpeg()
    tables = data.index(b"\xff\xdb")
    padded = data[:tables] + bytes(16) + data[tables:-2] + bytes(64) + data[-2:] + b"trailing"
    assert colours(Picture(padded, AWS).pixels()) == AS_DRAWN


def test_padding_in_the_header_does_not_hide_that_the_picture_breaks_off() -> None:
    data = encoded(noise(160, 120), "JPEG")
    tables = data.index(b"\xff\xdb")
    with pytest.raises(InvalidImageFormat):
        Picture(data[:tables] + bytes(16) + data[tables : len(data) // 2], AWS).pixels()


def test_padding_at_the_end_does_not_hide_that_the_picture_breaks_off() -> None:
    data = encoded(noise(160, 120), "JPEG")
    tables = data.index(b"\xff\xdb")
    start = data.index(b"\xff\xda")
    half = data[:tables] + bytes(16) + data[tables : (start + len(data)) // 2] + b"\xff\xd9"
    with pytest.raises(InvalidImageFormat):
        Picture(half, AWS).pixels()


def test_picture_data_left_over_is_damage() -> None:
    """As when a decoder loses its way in a wrong Huffman code and arrives early."""
    data = encoded(noise(160, 120), "JPEG")
    start = data.index(b"\xff\xda") + 14
    with pytest.raises(InvalidImageFormat):
        Picture(data[:-2] + data[start : start + 200].replace(b"\xff", b"\xfe") + b"\xff\xd9", AWS).pixels()


def test_a_smaller_frame_than_the_data_were_made_for_is_damage() -> None:
    data = bytearray(encoded(noise(160, 120), "JPEG"))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", 100, 100)
    with pytest.raises(InvalidImageFormat):
        Picture(bytes(data), AWS).pixels()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "HEIF", "AVIF"])
@pytest.mark.parametrize("seed", range(12))
def test_flipped_bytes_either_decode_or_are_refused(kind: str, seed: int) -> None:
    """No other exception, whatever the damage."""
    data = bytearray(encoded(noise(64, 64), kind))
    places = noise(16, 1, seed).tobytes()
    for place in range(0, len(places) - 1, 2):
        where = int.from_bytes(places[place : place + 2], "big") % min(len(data), 1 << 14)
        data[where] ^= places[place] | 1
    with contextlib.suppress(InvalidImageFormat, ImageTooLarge):
        assert Picture(bytes(data), Budget(ALL_FORMATS)).pixels().shape[2] == 3


def test_a_cmyk_picture_with_leftover_data_is_damage_too() -> None:
    data = encoded(noise(160, 120).convert("CMYK"), "JPEG")
    start = data.index(b"\xff\xda") + 18
    with pytest.raises(InvalidImageFormat):
        Picture(data[:-2] + data[start : start + 200].replace(b"\xff", b"\xfe") + b"\xff\xd9", AWS).pixels()


def test_pillow_alone_would_have_taken_it() -> None:
    """Why libjpeg is asked to be strict; when this fails, Pillow tells damage and `media/jpeg.py` may be simpler."""
    data = encoded(noise(160, 120), "JPEG")
    start = data.index(b"\xff\xda") + 14
    damaged = data[:-2] + data[start : start + 200].replace(b"\xff", b"\xfe") + b"\xff\xd9"
    assert Image.open(io.BytesIO(damaged)).convert("RGB").size == (160, 120)
