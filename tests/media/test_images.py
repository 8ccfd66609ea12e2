"""Picture files as clients send them, to upright RGB."""

import io
import struct
import zlib
from typing import Any

import numpy as np
import pillow_heif
import pytest
from PIL import Image
from PIL.Image import Transpose

from regard.errors import ImageTooLarge, InvalidImageFormat
from regard.media.images import ALL_FORMATS, AWS_FORMATS, Budget, Picture
from tests.media.memory import peak_growth
from tests.media.picture_files import (
    RED,
    colours,
    encoded,
    jpeg,
    noise,
    one_colour_png,
    png,
    png_chunk,
    png_of,
    quarters,
)

AWS = Budget()
RELAXED = Budget(ALL_FORMATS, 150_000_000)
AS_DRAWN = ["red", "green", "blue", "white"]

# How a camera that was held so stores an upright picture: the inverse of what a viewer does for each Exif value
# (CIPA DC-008, tag 274).
STORED = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_90,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_270,
}


def exif(orientation: int) -> Image.Exif:
    block = Image.Exif()
    block[0x0112] = orientation
    return block


def with_segment(data: bytes, marker: int, content: bytes) -> bytes:
    """A JPEG with one more segment at its start."""
    return data[:2] + bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content + data[2:]


@pytest.mark.parametrize("orientation", STORED)
def test_jpeg_is_turned_as_its_exif_orientation_asks(orientation: int) -> None:
    data = encoded(quarters().transpose(STORED[orientation]), "JPEG", quality=95, exif=exif(orientation))
    picture = Picture(data, AWS)
    assert picture.size == (160, 120)
    assert picture.pixels().shape == (120, 160, 3)
    assert colours(picture.pixels()) == AS_DRAWN


@pytest.mark.parametrize("orientation", [0, 1, 9, 255])
def test_jpeg_with_an_orientation_that_says_nothing_is_left_as_stored(orientation: int) -> None:
    picture = Picture(jpeg(exif=exif(orientation)), AWS)
    assert (picture.size, colours(picture.pixels())) == ((160, 120), AS_DRAWN)


@pytest.mark.parametrize("orientation", STORED)
def test_png_is_never_turned(orientation: int) -> None:
    picture = Picture(png(exif=exif(orientation)), AWS)
    assert (picture.size, colours(picture.pixels())) == ((160, 120), AS_DRAWN)


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("kind", ["WEBP", "AVIF"])
def test_relaxed_formats_are_turned_as_any_viewer_would(kind: str, orientation: int) -> None:
    data = encoded(quarters().transpose(STORED[orientation]), kind, quality=95, exif=exif(orientation).tobytes())
    picture = Picture(data, RELAXED)
    assert (picture.size, colours(picture.pixels())) == ((160, 120), AS_DRAWN)


@pytest.mark.parametrize("orientation", STORED)
def test_heic_is_turned_once(orientation: int) -> None:
    file = io.BytesIO()
    stored = quarters().transpose(STORED[orientation])
    pillow_heif.from_pillow(stored).save(file, quality=95, exif=exif(orientation).tobytes())
    picture = Picture(file.getvalue(), RELAXED)
    assert (picture.size, colours(picture.pixels())) == ((160, 120), AS_DRAWN)


def test_broken_exif_leaves_a_picture(recwarn: pytest.WarningsRecorder) -> None:
    data = with_segment(jpeg(), 0xE1, b"Exif\0\0II*\0\xff\xff\xff\xff" + b"\xff" * 40)
    assert colours(Picture(data, AWS).pixels()) == AS_DRAWN


def test_cmyk_of_adobe_programs_comes_out_in_its_colours() -> None:
    data = encoded(quarters().convert("CMYK"), "JPEG", quality=95)
    assert b"Adobe" in data  # Pillow writes it inverted with Adobe's marker, as Photoshop does
    assert colours(Picture(data, AWS).pixels()) == AS_DRAWN


def test_cmyk_is_decoded_scaled_like_any_jpeg() -> None:
    data = encoded(quarters(800, 600).convert("CMYK"), "JPEG", quality=95)
    pixels = Picture(data, AWS).pixels(at_least=200)
    assert (pixels.shape, colours(pixels)) == ((150, 200, 3), AS_DRAWN)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_grey_becomes_three_equal_channels(kind: str) -> None:
    pixels = Picture(encoded(Image.new("L", (100, 90), 77), kind), AWS).pixels()
    assert pixels.shape == (90, 100, 3)
    assert np.unique(pixels).tolist() == [77]


def test_16_bit_grey_keeps_its_upper_byte() -> None:
    ramp = np.linspace(0, 65535, 100 * 90).astype(np.uint16).reshape(90, 100)
    pixels = Picture(encoded(Image.fromarray(ramp), "PNG"), AWS).pixels()
    assert np.array_equal(pixels, np.repeat((ramp // 256).astype(np.uint8)[..., None], 3, axis=2))


def test_16_bit_colour_keeps_its_upper_byte() -> None:
    row = b"\0" + struct.pack(">HHH", 0xE614, 0x14FF, 0x1401) * 100
    pixels = Picture(png_of(100, 90, zlib.compress(row * 90), bits=16), AWS).pixels()
    assert np.unique(pixels.reshape(-1, 3), axis=0).tolist() == [[0xE6, 0x14, 0x14]]


@pytest.mark.parametrize(("opacity", "expected"), [(0, [255, 255, 255]), (255, list(RED)), (128, [242, 137, 137])])
def test_transparent_parts_are_shown_over_white(opacity: int, expected: list[int]) -> None:
    pixels = Picture(encoded(Image.new("RGBA", (90, 90), (*RED, opacity)), "PNG"), AWS).pixels()
    assert np.abs(pixels[45, 45].astype(int) - expected).max() <= 1


def test_transparent_grey_is_shown_over_white() -> None:
    pixels = Picture(encoded(Image.new("LA", (90, 90), (10, 0)), "PNG"), AWS).pixels()
    assert np.unique(pixels).tolist() == [255]


@pytest.mark.parametrize("transparency", [None, 0, bytes((0, 255, 255, 255))], ids=["none", "index", "bytes"])
def test_palette_is_resolved_and_its_transparent_entry_is_white(transparency: Any) -> None:
    picture = Image.new("P", (160, 120))
    picture.putpalette([*RED, 20, 200, 40, 30, 40, 220, 255, 255, 255])
    picture.paste(1, (80, 0, 160, 60))
    picture.paste(2, (0, 60, 80, 120))
    picture.paste(3, (80, 60, 160, 120))
    options = {} if transparency is None else {"transparency": transparency}
    expected = AS_DRAWN if transparency is None else ["white", *AS_DRAWN[1:]]
    assert colours(Picture(encoded(picture, "PNG", **options), AWS).pixels()) == expected


def test_one_bit_png_is_black_and_white() -> None:
    pixels = Picture(encoded(quarters().convert("1", dither=Image.Dither.NONE), "PNG"), AWS).pixels()
    assert np.unique(pixels).tolist() == [0, 255]


def test_progressive_jpeg_is_decoded_whole_and_scaled() -> None:
    picture = Picture(jpeg(800, 600, progressive=True), AWS)
    assert colours(picture.pixels()) == AS_DRAWN
    assert picture.pixels(at_least=100).shape == (600, 800, 3)  # never smaller than what was given before
    assert Picture(jpeg(800, 600, progressive=True), AWS).pixels(at_least=100).shape == (75, 100, 3)


@pytest.mark.parametrize(
    ("at_least", "longer_side"),
    [(None, 1000), (1001, 1000), (1000, 1000), (501, 1000), (500, 500), (126, 250), (1, 125)],
)
def test_jpeg_is_decoded_at_the_cheapest_size_that_is_large_enough(at_least: int | None, longer_side: int) -> None:
    picture = Picture(jpeg(600, 1000), AWS)
    pixels = picture.pixels(at_least=at_least)
    assert (max(pixels.shape), colours(pixels), picture.size) == (longer_side, AS_DRAWN, (600, 1000))


def test_a_larger_size_can_be_asked_for_after_a_smaller_one() -> None:
    picture = Picture(jpeg(600, 1000), AWS)
    assert [picture.pixels(at_least=n).shape[0] for n in (100, 400, 1000)] == [125, 500, 1000]


def test_scaled_decoding_turns_too() -> None:
    data = encoded(quarters(800, 400).transpose(Transpose.ROTATE_90), "JPEG", quality=95, exif=exif(6))
    pixels = Picture(data, AWS).pixels(at_least=200)
    assert (pixels.shape, colours(pixels)) == ((100, 200, 3), AS_DRAWN)


@pytest.mark.parametrize("size", [(801, 603), (83, 1999), (100, 91)], ids=str)
def test_sides_that_eight_does_not_divide_are_rounded_up(size: tuple[int, int]) -> None:
    pixels = Picture(jpeg(*size), AWS).pixels(at_least=max(size) // 8)
    assert pixels.shape[:2] == (-(-size[1] // 8), -(-size[0] // 8))


OTHERS = {
    "WEBP": lambda: encoded(quarters(), "WEBP", quality=95),
    "HEIF": lambda: encoded(quarters(), "HEIF", quality=95),
    "AVIF": lambda: encoded(quarters(), "AVIF", quality=95),
    "GIF": lambda: encoded(quarters(), "GIF"),
    "BMP": lambda: encoded(quarters(), "BMP"),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_formats_that_amazon_refuses_are_refused_in_aws_mode(kind: str) -> None:
    with pytest.raises(InvalidImageFormat, match="Request has invalid image format"):
        Picture(OTHERS[kind](), AWS)


@pytest.mark.parametrize("kind", OTHERS)
def test_formats_that_amazon_refuses_are_read_in_relaxed_mode(kind: str) -> None:
    picture = Picture(OTHERS[kind](), RELAXED)
    assert (picture.format, picture.size, colours(picture.pixels())) == (kind, (160, 120), AS_DRAWN)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
def test_of_an_animation_the_first_frame_is_taken(kind: str) -> None:
    frames = [Image.new("RGB", (160, 120), colour) for colour in ("black", "white")]
    data = encoded(quarters(), kind, save_all=True, append_images=frames, duration=100)
    assert colours(Picture(data, RELAXED).pixels()) == AS_DRAWN


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"hello, world",
        b"<svg xmlns='http://www.w3.org/2000/svg' xmlns:x='http://www.w3.org/1999/xlink'>"
        b"<image x:href='file:///etc/passwd' width='99' height='99'/></svg>",
        b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n(/etc/passwd) (r) file",
        b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2mp41",
        b"RIFF\x20\0\0\0WEBPVP8 ",
        b"data:image/png;base64,iVBORw0KGgo=",
        b"/9j/4AAQSkZJRgABAQAAAQABAAD",
        b"P6\n100 100\n255\n" + b"\0" * 30_000,
    ],
    ids=[
        "empty",
        "byte",
        "jpeg-start",
        "png-start",
        "text",
        "svg",
        "pdf",
        "eps",
        "mp4",
        "webp",
        "url",
        "base64",
        "ppm",
    ],
)
@pytest.mark.parametrize("budget", [AWS, RELAXED], ids=["aws", "relaxed"])
def test_what_is_no_picture_is_refused_by_its_header(data: bytes, budget: Budget) -> None:
    with pytest.raises(InvalidImageFormat, match="Request has invalid image format"):
        Picture(data, budget)


@pytest.mark.parametrize("kind", ["TIFF", "ICO", "TGA", "PPM", "JPEG2000", "PCX", "EPS", "PDF", "ICNS"])
def test_other_formats_that_the_library_knows_are_refused(kind: str) -> None:
    with pytest.raises(InvalidImageFormat):
        Picture(encoded(Image.new("RGB", (128, 128), RED), kind), RELAXED)


@pytest.mark.parametrize(
    "data",
    [
        png_of(2**31 - 1, 2**31 - 1, b""),
        png_of(20_000, 20_000, zlib.compress(b"\0" * 100)),
        png_of(100_000, 1_001, zlib.compress(b"")),
    ],
    ids=["largest", "square", "strip"],
)
def test_a_png_is_measured_by_its_header_before_it_is_decoded(data: bytes) -> None:
    with pytest.raises(ImageTooLarge, match=r"pixels exceed the maximum limit of 100000000 pixels"):
        Picture(data, AWS)


def test_a_jpeg_is_measured_by_its_header_before_it_is_decoded() -> None:
    data = bytearray(jpeg())
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", 60_000, 60_000)
    with pytest.raises(ImageTooLarge, match="60000 x 60000 pixels"):
        Picture(bytes(data), AWS)


@pytest.mark.parametrize("size", [(0, 0), (0, 100), (100, 0)], ids=str)
def test_a_png_without_an_area_is_no_picture(size: tuple[int, int]) -> None:
    with pytest.raises(InvalidImageFormat):
        Picture(png_of(*size, b""), AWS).pixels()


@pytest.mark.parametrize("size", [(160, 121), (161, 120), (320, 240), (5000, 5000)], ids=str)
def test_a_png_whose_header_promises_more_than_it_holds_is_refused(size: tuple[int, int]) -> None:
    rows = zlib.compress((b"\0" + b"\x80" * 160 * 3) * 120)
    with pytest.raises(InvalidImageFormat):
        Picture(png_of(*size, rows), AWS).pixels()


@pytest.mark.parametrize("lacking", [1, 2, 30, 119])
@pytest.mark.parametrize("interlace", [0, 1], ids=["plain", "interlaced"])
def test_a_png_that_lacks_its_last_rows_is_refused(interlace: int, lacking: int) -> None:
    rows = zlib.compress((b"\0" + b"\x80" * 160 * 3) * (120 - lacking))
    data = bytearray(png_of(160, 120, rows))
    data[28] = interlace
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    with pytest.raises(InvalidImageFormat):
        Picture(bytes(data), AWS).pixels()


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "LA", "RGBA", "I;16"])
@pytest.mark.parametrize("size", [(160, 120), (83, 97)], ids=str)
def test_a_black_png_is_whole(mode: str, size: tuple[int, int]) -> None:
    assert Picture(encoded(Image.new(mode, size), "PNG"), AWS).pixels().shape == (size[1], size[0], 3)


@pytest.mark.parametrize("size", [(160, 120), (83, 97), (81, 80)], ids=str)
def test_an_interlaced_black_png_is_whole(size: tuple[int, int]) -> None:
    width, height = size
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    rows = b"".join(
        bytes(1 + 3 * len(range(left, width, across))) * len(range(top, height, down))
        for left, top, across, down in passes
    )
    data = bytearray(png_of(width, height, zlib.compress(rows)))
    data[28] = 1
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    assert not Picture(bytes(data), AWS).pixels().any()


def test_a_png_with_a_wrong_check_sum_is_refused() -> None:
    data = bytearray(png())
    data[-20] ^= 0xFF
    with pytest.raises(InvalidImageFormat):
        Picture(bytes(data), AWS).pixels()


@pytest.mark.parametrize("share", [0.05, 0.5, 0.95, 0.999])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "HEIF", "AVIF"])
def test_a_file_that_breaks_off_is_refused(kind: str, share: float) -> None:
    data = encoded(noise(200, 150), kind)
    with pytest.raises(InvalidImageFormat):
        Picture(data[: int(len(data) * share)], RELAXED).pixels()


@pytest.mark.parametrize("options", [{}, {"progressive": True}], ids=["baseline", "progressive"])
@pytest.mark.parametrize("mode", ["RGB", "CMYK", "L"])
def test_a_jpeg_that_breaks_off_is_refused_at_every_scale(mode: str, options: dict[str, Any]) -> None:
    data = encoded(noise(400, 300).convert(mode), "JPEG", **options)
    with pytest.raises(InvalidImageFormat):
        Picture(data[: len(data) // 2] + b"\xff\xd9", AWS).pixels(at_least=100)


@pytest.mark.parametrize("kind", ["zip", "html", "zeros", "picture"])
@pytest.mark.parametrize("make", [jpeg, png])
def test_what_follows_a_whole_picture_is_nothing_to_us(make: Any, kind: str) -> None:
    tail = {
        "zip": b"PK\x03\x04" + bytes(100) + b"PK\x05\x06" + bytes(18),
        "html": b"<html><script>fetch('http://attacker.invalid')</script></html>",
        "zeros": bytes(100_000),
        "picture": make(90, 90),
    }[kind]
    picture = Picture(make() + tail, AWS)
    assert (picture.size, colours(picture.pixels())) == ((160, 120), AS_DRAWN)


def test_html_inside_a_png_is_a_comment() -> None:
    data = png()
    comment = png_chunk(b"tEXt", b"Comment\0<script>alert(1)</script>")
    assert colours(Picture(data[:33] + comment + data[33:], AWS).pixels()) == AS_DRAWN


BOMB = zlib.compress(bytes(200_000_000), 9)


@pytest.mark.parametrize(
    "chunk",
    [
        png_chunk(b"zTXt", b"Comment\0\0" + BOMB),
        png_chunk(b"iTXt", b"Comment\0\1\0\0\0" + BOMB),
        png_chunk(b"iCCP", b"profile\0\0" + BOMB),
    ],
    ids=["zTXt", "iTXt", "iCCP"],
)
def test_a_bomb_beside_the_pixels_is_refused(chunk: bytes) -> None:
    data = png()
    with pytest.raises(InvalidImageFormat):
        Picture(data[:33] + chunk + data[33:], AWS)


def test_a_jpeg_of_thousands_of_scans_is_refused_by_its_header() -> None:
    data = jpeg(progressive=True)
    last_scan = data[data.rindex(b"\xff\xda") : -2]
    with pytest.raises(InvalidImageFormat):
        Picture(data[:-2] + last_scan * 5_000 + data[-2:], AWS)


def test_a_jpeg_whose_two_headers_differ_is_refused() -> None:
    data = jpeg()
    frame = data.index(b"\xff\xc0")
    second = bytearray(data[frame : frame + 19])
    second[5:9] = struct.pack(">HH", 90, 90)
    with pytest.raises(InvalidImageFormat):
        Picture(data[:frame] + data[frame : frame + 19] + bytes(second) + data[frame + 19 :], AWS).pixels()


def test_the_formats_of_each_mode_are_amazons_and_ours() -> None:
    assert sorted(AWS_FORMATS) == ["JPEG", "PNG"]
    assert sorted(ALL_FORMATS - AWS_FORMATS) == ["AVIF", "BMP", "GIF", "HEIF", "WEBP"]


def test_a_png_of_400_million_pixels_costs_no_memory() -> None:
    data = one_colour_png(20_000, 20_000)

    def refuse() -> None:
        with pytest.raises(ImageTooLarge):
            Picture(data, AWS)

    assert peak_growth(refuse) < 20_000_000
