"""Pictures drawn here, so that nothing has to be fetched and what is on them is known exactly."""

import functools
import struct
import zlib

import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont

from regard_conformance.fixtures import encoded

INLINE_LIMIT_BYTES = 5_242_880
EXIF_ORIENTATION = 0x0112

# What `signs` shows, a line each from the top; chosen so that no letter is mistaken for a digit.
SIGN_LINES = ("EXIT GATE", "PLATFORM 24")


@functools.cache
def signs() -> PIL.Image.Image:
    """(800, 600) two lines of black text, well apart, on white."""
    picture = PIL.Image.new("RGB", (800, 600), "white")
    draw = PIL.ImageDraw.Draw(picture)
    for top, line in zip((120, 380), SIGN_LINES, strict=True):
        draw.text((90, top), line, fill="black", font=PIL.ImageFont.load_default(88))
    return picture


@functools.cache
def two_colours() -> PIL.Image.Image:
    """(400, 300) pure red on the left three quarters, pure blue on the rest."""
    picture = PIL.Image.new("RGB", (400, 300), (255, 0, 0))
    picture.paste((0, 0, 255), (300, 0, 400, 300))
    return picture


def blank(width: int = 320, height: int = 240) -> PIL.Image.Image:
    """Even grey: nothing to find on it."""
    return PIL.Image.new("RGB", (width, height), (128, 128, 128))


@functools.cache
def blank_bytes(width: int = 320, height: int = 240) -> bytes:
    """`blank` as a PNG."""
    return encoded(blank(width, height))


@functools.cache
def padded_jpeg(size_bytes: int) -> bytes:
    """A valid JPEG of exactly `size_bytes`, filled up with comment segments in front of the picture."""
    plain = encoded(blank(), "JPEG")
    missing = size_bytes - len(plain)
    segments = []
    while missing:
        # A segment is 4 bytes of header and at most 65,533 of text; leave room for the header of a last one.
        length = missing if missing <= 60_000 else min(60_000, missing - 4)
        segments.append(b"\xff\xfe" + struct.pack(">H", length - 2) + b" " * (length - 4))
        missing -= length
    return plain[:2] + b"".join(segments) + plain[2:]


@functools.cache
def bomb(side: int = 20_000) -> bytes:
    """A small PNG file that is a `side` x `side` picture of one colour."""
    row = b"\x00" + b"\xff" * ((side + 7) // 8)
    pixels = zlib.compress(row * side, 9)
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def turned_jpeg(picture: PIL.Image.Image) -> bytes:
    """`picture` lying on its side in the file, with the Exif tag that says so: a reader sees it upright."""
    exif = PIL.Image.Exif()
    exif[EXIF_ORIENTATION] = 6  # turn by 90 degrees clockwise to see it upright
    return encoded(picture.transpose(PIL.Image.Transpose.ROTATE_90), "JPEG", exif=exif, quality=95)
