"""JPEG data to pixels through libjpeg-turbo, which can decode at a half, a quarter or an eighth.

libjpeg goes on after damage and only warns. Here a warning refuses the file, for a picture that is half grey or in
wrong colours must not be analysed; save one for padding, which cameras do write.
"""

import re
from collections.abc import Iterator

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]

# A file may hold any number of scans, each of which costs a pass over all blocks and may be a few bytes long: for a
# picture of 10,000 x 10,000 pixels 5 MB are enough for 40 minutes (141 bytes and 63 ms a scan).
# Encoders write about 10; previews and second pictures in the same file count too.
MOST_SCANS = 100
_SCAN_START = b"\xff\xda"
_FOUR_COLOURS = ("CMYK", "YCCK")
_SCAN = 0xDA
_WITHOUT_LENGTH = frozenset((0x01, *range(0xD0, 0xDA)))  # TEM, RST0 to RST7, SOI, EOI
_PADDING = re.compile(r"(\d+) extraneous bytes before marker")
_PADDED_END = re.compile(r"(\d+) extraneous bytes before marker 0xd9")
_END = b"\xff\xd9"
_QUALITY = 95


def has_too_many_scans(data: bytes) -> bool:
    """Whether decoding could take out of proportion to the number of pixels."""
    return data.count(_SCAN_START) > MOST_SCANS


def decoded(data: bytes, size: tuple[int, int], divisor: int) -> Pixels:
    """(H, W, 3) RGB as stored, each side divided by `divisor`: 1, 2, 4 or 8.

    size: (width, height) that the caller took from the header and checked. Raises ValueError where the data are damaged
    or of another size.
    """
    height, width, colours, _ = simplejpeg.decode_jpeg_header(data, strict=False)
    if (width, height) != size:
        raise ValueError(f"the decoder finds {width} x {height} pixels where the header has {size[0]} x {size[1]}")
    is_inked = colours in _FOUR_COLOURS
    pixels = _without_warning(data, "CMYK" if is_inked else "RGB", min(size) // divisor, divisor)
    return _from_inks(pixels) if is_inked else pixels


def encoded(pixels: Pixels) -> bytes:
    """A JPEG of (H, W, 3) RGB, colours at full size: for small pictures that are to be read again by networks."""
    return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(pixels), _QUALITY, "RGB", "444"))


def _without_warning(data: bytes, colours: str, min_side: int, divisor: int) -> Pixels:
    """Pixels of data that decode without a warning, if need be once harmless padding is taken out."""
    sides = {"min_width": min_side, "min_height": min_side, "min_factor": divisor} if divisor > 1 else {}

    def strict(data: bytes) -> Pixels:
        pixels: Pixels = simplejpeg.decode_jpeg(data, colours, strict=True, **sides)
        return pixels

    try:
        return strict(data)
    except ValueError as error:
        if not _PADDING.search(str(error)):
            raise
    # libjpeg tells its first warning only, so each repair is followed by another strict attempt.
    data = _without_gaps(data)
    try:
        return strict(data)
    except ValueError as error:
        padding = _PADDED_END.search(str(error))
        if padding is None:
            raise
    return strict(_without_padding(data, int(padding[1])))


def _without_gaps(data: bytes) -> bytes:
    """`data` without what lies between the segments before the first scan."""
    segments = list(_segments(data))
    end = segments[-1][2] if segments else 2
    return b"".join([data[:2], *(data[start:stop] for _, start, stop in segments), data[end:]])


def _without_padding(data: bytes, count: int) -> bytes:
    """`data` without the `count` bytes before its end marker.

    Raises ValueError where they are not one byte repeated: then they are picture data that a decoder which lost its
    way left over.
    """
    end = data.index(_END, max(stop for _, _, stop in _segments(data)))
    padding = data[end - count : end]
    if len(set(padding)) != 1:
        raise ValueError(f"{count} bytes of picture data are left over")
    return data[: end - count] + data[end:]


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """(marker, start, stop) of each segment up to the header of the first scan, that one included."""
    position = 2
    while (start := data.find(b"\xff", position)) >= 0 and start + 4 <= len(data):
        marker = data[start + 1]
        if marker in (0x00, 0xFF) or marker in _WITHOUT_LENGTH:
            position = start + 1
            continue
        position = start + 2 + int.from_bytes(data[start + 2 : start + 4], "big")
        yield marker, start, position
        if marker == _SCAN:
            return


def _from_inks(inks: Pixels) -> Pixels:
    """RGB of (H, W, 4) cyan, magenta, yellow and black, inverted as Adobe's programs and nearly all others do."""
    np.subtract(255, inks, out=inks)
    return np.asarray(Image.fromarray(inks, "CMYK").convert("RGB"))
