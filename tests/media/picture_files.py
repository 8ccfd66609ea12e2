"""Picture files that tests make: red and green over blue and white, so that any turn, mirror or mix-up shows."""

import io
import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

RED, GREEN, BLUE, WHITE = (230, 20, 20), (20, 200, 40), (30, 40, 220), (255, 255, 255)
_NAMED = {"red": RED, "green": GREEN, "blue": BLUE, "white": WHITE, "black": (0, 0, 0), "grey": (128, 128, 128)}


def quarters(width: int = 160, height: int = 120) -> Image.Image:
    """Red top left, green top right, blue bottom left, white bottom right."""
    picture = Image.new("RGB", (width, height), WHITE)
    picture.paste(RED, (0, 0, width // 2, height // 2))
    picture.paste(GREEN, (width // 2, 0, width, height // 2))
    picture.paste(BLUE, (0, height // 2, width // 2, height))
    return picture


def noise(width: int, height: int, seed: int = 0) -> Image.Image:
    """A picture that hardly compresses."""
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


def encoded(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """The file."""
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def jpeg(width: int = 160, height: int = 120, **options: Any) -> bytes:
    """Quarters as JPEG."""
    return encoded(quarters(width, height), "JPEG", **({"quality": 90} | options))


def png(width: int = 160, height: int = 120, **options: Any) -> bytes:
    """Quarters as PNG."""
    return encoded(quarters(width, height), "PNG", **options)


def colours(pixels: NDArray[np.uint8]) -> list[str]:
    """Names of the colours in the middle of each quarter, in reading order."""
    height, width = pixels.shape[:2]
    places = [(height // 4, width // 4), (height // 4, 3 * width // 4)]
    places += [(3 * height // 4, width // 4), (3 * height // 4, 3 * width // 4)]
    return [_name(pixels[row, column]) for row, column in places]


def _name(pixel: NDArray[np.uint8]) -> str:
    return min(_NAMED, key=lambda name: int(np.abs(np.subtract(_NAMED[name], pixel, dtype=np.int64)).sum()))


def png_chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk with its length and check sum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(width: int, height: int, rows: bytes, bits: int = 8, colour_type: int = 2, extra: bytes = b"") -> bytes:
    """A PNG with any header over any compressed rows; `extra`: chunks before the picture data."""
    header = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0)
    chunks = png_chunk(b"IHDR", header) + extra + png_chunk(b"IDAT", rows) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def one_colour_png(width: int, height: int) -> bytes:
    """A valid black PNG of any size, one bit a pixel, that takes little memory to make."""
    packer = zlib.compressobj(1)
    row = bytes(1 + (width + 7) // 8)
    rows = b"".join(packer.compress(row * 100) for _ in range(height // 100))
    return png_of(width, height, rows + packer.compress(row * (height % 100)) + packer.flush(), bits=1, colour_type=0)
