"""Picture files to upright RGB arrays, with every budget checked before pixels are decoded.

    Picture(data, budget)          reads the header only
        .size                      upright width and height
        .pixels(at_least=1024)     decodes, scaled down by the JPEG decoder where that is enough

JPEG goes through libjpeg-turbo (`media/jpeg.py`), all else through Pillow. The
format is decided by the bytes, never by a name. Decoding reads memory only: nothing in a file can make it open another.
"""

import io
import struct
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image

from regard.errors import ImageTooLarge, InvalidImageFormat
from regard.media import jpeg, png

Pixels = NDArray[np.uint8]
Format = Literal["JPEG", "PNG", "WEBP", "HEIF", "AVIF", "GIF", "BMP"]

AWS_FORMATS: frozenset[Format] = frozenset(("JPEG", "PNG"))
ALL_FORMATS: frozenset[Format] = frozenset(get_args(Format))

NOT_A_PICTURE = "Request has invalid image format"  # the text clients match on, contract 15

# What Pillow and its plug-ins raise for damaged data, besides their own error.
_DAMAGED = (OSError, ValueError, SyntaxError, EOFError, struct.error, KeyError, IndexError, TypeError, RuntimeError)
_STILL_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis")  # others are of films
_EXIF_ORIENTATION = 0x0112
_FIRST_TURNED = 5  # orientations 5 to 8 swap width and height

# `Budget.max_pixels` is checked before any decoding and names its limit; Pillow's own check would only warn.
Image.MAX_IMAGE_PIXELS = None
pillow_heif.register_heif_opener(thumbnails=False)


@dataclass(frozen=True, slots=True)
class Budget:
    """What a file may cost before it is refused."""

    formats: frozenset[Format] = AWS_FORMATS
    max_pixels: int = 100_000_000  # width times height; as RGB three bytes each


class Picture:
    """A picture file whose header has been read and whose pixels have not.

    Raises InvalidImageFormat where `data` is no picture of an accepted format, ImageTooLarge where its width times
    height is over the budget. Not for use by two threads at once.
    """

    def __init__(self, data: bytes, budget: Budget) -> None:
        kind = _format_of(data)
        if kind is None or kind not in budget.formats or (kind == "JPEG" and jpeg.has_too_many_scans(data)):
            raise InvalidImageFormat(NOT_A_PICTURE)
        self.format: Format = kind
        self.data = data  # the file, as it came
        self._stored_size, self._orientation = _header(data, kind)
        self._jpeg: tuple[int, Pixels] | None = None
        width, height = self._stored_size
        if width * height > budget.max_pixels:
            raise ImageTooLarge(
                f"Image dimensions: {width} x {height} pixels exceed the maximum limit of {budget.max_pixels} pixels."
            )

    @property
    def size(self) -> tuple[int, int]:
        """Upright (width, height) in pixels of the file, whatever size `pixels` decodes."""
        width, height = self._stored_size
        return (height, width) if self._orientation >= _FIRST_TURNED else (width, height)

    def pixels(self, at_least: int | None = None) -> Pixels:
        """(H, W, 3) RGB, upright.

        at_least: pixels the longer side must have; the answer is the smallest that the decoder makes cheaply and that
        is no smaller, or the full size where the file itself is smaller. None: full size. Raises InvalidImageFormat
        where the data break off or do not decode.
        """
        if self.format != "JPEG":
            return self._full
        longer = max(self._stored_size)
        divisor = next((d for d in (8, 4, 2) if at_least is not None and longer // d >= at_least), 1)
        if self._jpeg is None or self._jpeg[0] > divisor:
            self._jpeg = divisor, _upright(self._decoded_jpeg(divisor), self._orientation)
        return self._jpeg[1]

    def _decoded_jpeg(self, divisor: int) -> Pixels:
        try:
            return jpeg.decoded(self.data, self._stored_size, divisor)
        except (*_DAMAGED, MemoryError) as error:
            raise InvalidImageFormat(NOT_A_PICTURE) from error

    @cached_property
    def _full(self) -> Pixels:
        try:
            return _upright(_rgb(_loaded(self.data, self.format)), self._orientation)
        except (*_DAMAGED, MemoryError) as error:
            raise InvalidImageFormat(NOT_A_PICTURE) from error


def is_picture(head: bytes) -> bool:
    """Whether a file that begins with these 12 bytes is a still picture; animated ones are taken for pictures too."""
    return _format_of(head) is not None and (head[4:8] != b"ftyp" or head[8:12] in _STILL_BRANDS)


def _format_of(data: bytes) -> Format | None:
    head = data[:12]
    if head[4:8] == b"ftyp":
        return "AVIF" if head[8:12] in (b"avif", b"avis") else "HEIF"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    starts: tuple[tuple[bytes, Format], ...] = (
        (b"\xff\xd8\xff", "JPEG"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"GIF87a", "GIF"),
        (b"GIF89a", "GIF"),
        (b"BM", "BMP"),
    )
    return next((kind for start, kind in starts if head.startswith(start)), None)


def _header(data: bytes, kind: Format) -> tuple[tuple[int, int], int]:
    """Stored size, and the Exif orientation where it is to be obeyed.

    AWS obeys it in JPEG and not in PNG (contract 5.2); the formats that AWS refuses are turned as any viewer would.
    """
    try:
        image = Image.open(io.BytesIO(data), formats=[kind])
        size = image.size
    except _DAMAGED as error:
        raise InvalidImageFormat(NOT_A_PICTURE) from error
    if kind == "PNG":
        return size, 1
    try:
        orientation = image.getexif().get(_EXIF_ORIENTATION, 1)
    except _DAMAGED:
        return size, 1  # a picture with a broken Exif block is still a picture
    return size, orientation if orientation in range(1, 9) else 1


def _loaded(data: bytes, kind: Format) -> Image.Image:
    image = Image.open(io.BytesIO(data), formats=[kind])
    image.load()
    if kind == "PNG" and png.lacks_rows(data, np.asarray(image)):
        raise ValueError("the PNG ends before its last row")
    return image


def _rgb(image: Image.Image) -> Pixels:
    """First frame as RGB: 16 bits scaled to 8, transparent parts over white.

    No step holds more than about eight bytes a pixel, and none wider numbers than the file's own.
    """
    if image.mode.startswith("I"):
        deep = np.asarray(image)
        grey = (deep >> 8).clip(0, 255).astype(np.uint8)
        return np.repeat(grey[..., None], 3, axis=2)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        opaque = Image.new("RGB", image.size, "white")
        opaque.paste(image, mask=image)
        image = opaque
    return np.asarray(image.convert("RGB"))


def _upright(pixels: Pixels, orientation: int) -> Pixels:
    """`pixels` turned and mirrored as Exif's `orientation`, 1 to 8, asks."""
    if orientation >= _FIRST_TURNED:
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)
