"""Still pictures: the same format, size, colours and orientation, with what was found covered.

What a file says besides its pixels goes by default: place, time, device, comments, and above all the small copies of
the picture that cameras and phones put in. `keep` keeps Exif without such copies.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, JpegImagePlugin

from regard.analysis.results import ArraySource, PixelSource
from regard.analysis.tracks import Found
from regard.errors import InvalidImageFormat, InvalidParameter
from regard.media.images import NOT_A_PICTURE, Budget, Picture
from regard.redaction.covers import CoveredArea, CoverStyle, cover_image, cover_planes
from regard.redaction.settings import RedactionSettings

MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "HEIF": "image/heif",
    "AVIF": "image/avif",
    "GIF": "image/gif",
    "BMP": "image/bmp",
}
_OVALS = frozenset({"face", "person"})
_DEEP_GREY = frozenset({"I;16", "I;16L", "I;16B", "I"})
_USED_TO_SHOW = ExifTags.Base.Orientation  # once the pixels are upright, it would turn them again
_CHUNKS = 64  # bytes of a WebP file, in which it says how its pixels are written
_QUALITY = 92  # where the file does not say its own


class PictureFinder(Protocol):
    """`redaction.finding.Finder`, or a stand-in in tests."""

    def find_in_picture(self, source: PixelSource) -> list[Found]:
        """What is in a picture, in its upright pixels."""


@dataclass(frozen=True, slots=True)
class RedactedPicture:
    """A picture that was redacted."""

    data: bytes
    media_type: str
    covered: int  # areas


def redact_picture(data: bytes, finder: PictureFinder, settings: RedactionSettings, budget: Budget) -> RedactedPicture:
    """The picture with what `settings` names covered.

    Raises InvalidImageFormat and ImageTooLarge as `media.images.Picture`, InvalidParameter for one that moves.
    """
    kind = Picture(data, budget).format
    image = _opened(data, kind)
    if getattr(image, "n_frames", 1) > 1 and kind in ("GIF", "WEBP", "PNG", "AVIF"):
        raise InvalidParameter(f"The picture is an animation of {image.n_frames} frames; redact it as a video")  # type: ignore[attr-defined]
    exif, profile, options = image.getexif(), image.info.get("icc_profile"), _options(image, kind, data)
    try:
        upright = _workable(ImageOps.exif_transpose(image))
    except (OSError, ValueError, SyntaxError) as error:
        raise InvalidImageFormat(NOT_A_PICTURE) from error
    found = _found(upright, finder, settings)
    areas = [*(_area(one, settings) for one in found), *_regions(upright, settings)]
    covered = _covered(upright, areas, settings)
    if settings.metadata == "keep":
        options["exif"] = _without_copies(exif)
    if profile is not None and covered.mode == image.mode:
        options["icc_profile"] = profile
    written = io.BytesIO()
    covered.save(written, kind, **options)
    return RedactedPicture(written.getvalue(), MEDIA_TYPES[kind], len(areas))


def _opened(data: bytes, kind: str) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(data), formats=[kind])
        image.load()
        return image
    except (OSError, ValueError, SyntaxError) as error:
        raise InvalidImageFormat(NOT_A_PICTURE) from error


def _workable(image: Image.Image) -> Image.Image:
    """In a mode whose pixels can be covered: grey of 8 or 16 bits, RGB, or RGBA."""
    if image.mode in ("L", "RGB", "RGBA") or image.mode in _DEEP_GREY:
        return image
    if image.mode in ("1",):
        return image.convert("L")
    has_alpha = image.mode in ("LA", "PA", "La", "RGBa") or "transparency" in image.info
    return image.convert("RGBA" if has_alpha else "RGB")


def _found(image: Image.Image, finder: PictureFinder, settings: RedactionSettings) -> list[Found]:
    if not settings.kinds:
        return []
    found = finder.find_in_picture(ArraySource(_as_rgb(image)))
    return [one for one in found if one.score * 100 >= settings.confidence]


def _as_rgb(image: Image.Image) -> NDArray[np.uint8]:
    if image.mode in _DEEP_GREY:
        deep = np.asarray(image).astype(np.float32)
        grey = (deep * (255 / max(float(deep.max()), 1.0))).astype(np.uint8)
        return np.repeat(grey[:, :, None], 3, axis=2)
    return np.asarray(image.convert("RGB"))


def _area(found: Found, settings: RedactionSettings) -> CoveredArea:
    box, margin = np.asarray(found.box, np.float64), settings.margin
    grown = box + np.tile(box[2:] - box[:2], 2) * np.array([-margin, -margin, margin, margin])
    area = CoveredArea(grown, found.outline)
    if settings.shape == "outline":
        return replace(area, shape="outline" if found.outline is not None else "box")
    return area if found.kind in _OVALS else replace(area, shape="box")


def _regions(image: Image.Image, settings: RedactionSettings) -> list[CoveredArea]:
    size = np.array([*image.size, *image.size], np.float64)
    return [CoveredArea(np.array(region.box) * size, shape="box") for region in settings.regions]


def _covered(image: Image.Image, areas: Sequence[CoveredArea], settings: RedactionSettings) -> Image.Image:
    red, green, blue = bytes.fromhex(settings.fill[1:])
    style = CoverStyle(settings.way, settings.shape, (red, green, blue))
    pixels = np.array(image)
    if image.mode == "RGBA":
        colours = np.ascontiguousarray(pixels[:, :, :3])
        cover_image(colours, areas, style)
        pixels[:, :, :3] = colours
    elif image.mode == "RGB":
        cover_image(pixels, areas, style)
    elif image.mode == "L":
        cover_planes([pixels], (1, 1), areas, style, 0, 8, is_full_range=True)
    else:
        grey = pixels.astype(np.uint16)
        cover_planes([grey], (1, 1), areas, style, 0, 16, is_full_range=True)
        return Image.fromarray(grey)
    return Image.fromarray(pixels, image.mode) if image.mode == "RGBA" else Image.fromarray(pixels)


def _options(image: Image.Image, kind: str, data: bytes) -> dict[str, Any]:
    """How to write the format as the file had it."""
    if kind == "JPEG" and isinstance(image, JpegImagePlugin.JpegImageFile):
        sampling = JpegImagePlugin.get_sampling(image)
        options: dict[str, Any] = {"qtables": image.quantization, "progressive": bool(image.info.get("progressive"))}
        # CMYK has four tables; what is written is RGB.
        if image.mode not in ("L", "RGB") or sampling < 0:
            return {"quality": _QUALITY}
        return options | {"subsampling": sampling}
    if kind == "WEBP":
        return {"lossless": b"VP8L" in data[:_CHUNKS], "quality": _QUALITY}
    return {"quality": _QUALITY} if kind in ("HEIF", "AVIF") else {}


def _without_copies(exif: Image.Exif) -> bytes:
    """Exif without the orientation, which is done, and without pictures in it."""
    kept = Image.Exif()
    for tag, value in exif.items():
        if tag not in (_USED_TO_SHOW, *ExifTags.IFD):
            kept[tag] = value
    for part in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
        members = {tag: value for tag, value in exif.get_ifd(part).items() if tag != ExifTags.Base.MakerNote}
        if members:
            kept.get_ifd(part).update(members)
    return kept.tobytes()
