"""Still pictures: same format and colours, upright, covered, and without what files say besides."""

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms

from regard.errors import InvalidImageFormat, InvalidParameter
from regard.media.images import ALL_FORMATS, Budget
from regard.redaction.pictures import redact_picture
from regard.redaction.settings import RedactionSettings, Region
from tests.redaction.red_squares import RedSquares, is_red

SETTINGS = RedactionSettings(way="fill", fill="#00ff00")
BUDGET = Budget(ALL_FORMATS)


def picture(mode: str = "RGB") -> Image.Image:
    """A grey picture with a red square at (60, 30), and blue at its top left."""
    pixels = np.full((100, 160, 3), 128, np.uint8)
    pixels[30:60, 60:90] = (230, 60, 60)
    pixels[:20, :20] = (20, 20, 230)
    return Image.fromarray(pixels).convert(mode)


def written(image: Image.Image, kind: str, **options: Any) -> bytes:
    """The picture as a file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def redacted(data: bytes, settings: RedactionSettings = SETTINGS) -> Image.Image:
    """What comes back, decoded."""
    done = redact_picture(data, RedSquares(), settings, BUDGET)
    return Image.open(io.BytesIO(done.data))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "GIF", "AVIF", "HEIF"])
def test_picture_comes_back_covered_in_its_format(kind: str) -> None:
    data = written(picture(), kind)
    done = redact_picture(data, RedSquares(), SETTINGS, BUDGET)
    image = Image.open(io.BytesIO(done.data))
    assert (image.format, image.size, done.covered) == (kind, (160, 100), 1)
    pixels = np.asarray(image.convert("RGB"))
    assert not is_red(pixels).any()
    assert np.abs(pixels[2:18, 2:18].astype(int) - (20, 20, 230)).max() < 25
    assert done.media_type == f"image/{kind.lower()}"


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "LA", "1"])
def test_modes_of_pictures_stay_readable_and_regions_are_covered(mode: str) -> None:
    settings = replace(SETTINGS, what=(), regions=(Region((0, 0, 0.5, 1)),), fill="#ffffff")
    image = redacted(written(picture(mode), "PNG"), settings)
    pixels = np.asarray(image.convert("RGB"))
    assert (pixels[:, :79] == 255).all()
    assert (pixels[30:50, 120:150] < 255).any() or mode == "1"


def test_sixteen_bits_stay_sixteen() -> None:
    deep = Image.fromarray(np.linspace(0, 65535, 160 * 100).reshape(100, 160).astype(np.uint16))
    settings = replace(SETTINGS, what=(), regions=(Region((0, 0, 0.5, 1)),), fill="#ffffff")
    image = redacted(written(deep, "PNG"), settings)
    pixels = np.asarray(image)
    assert pixels.dtype == np.uint16
    assert (pixels[:, :79] == 65535).all()
    assert np.array_equal(pixels[:, 82:], np.asarray(deep)[:, 82:])


def test_transparency_stays() -> None:
    image = picture("RGBA")
    image.putalpha(Image.fromarray(np.tile(np.arange(160, dtype=np.uint8), (100, 1))))
    after = np.asarray(redacted(written(image, "PNG")))
    assert np.array_equal(after[..., 3], np.asarray(image)[..., 3])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turned_pictures_come_back_upright(orientation: int) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    data = written(picture(), "JPEG", exif=exif, quality=95)
    image = redacted(data)
    assert image.getexif().get(ExifTags.Base.Orientation) in (None, 1)
    assert image.size == ((160, 100) if orientation < 5 else (100, 160))
    assert not is_red(np.asarray(image)).any()


def test_colour_profile_stays() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert redacted(written(picture(), "JPEG", icc_profile=profile)).info["icc_profile"] == profile


def _described() -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Maker"
    exif[ExifTags.Base.ImageDescription] = "At home"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "N"
    return written(picture(), "JPEG", exif=exif, comment=b"a comment", xmp=b"<x:xmpmeta>where</x:xmpmeta>")


@pytest.mark.parametrize("said", [b"Maker", b"At home", b"Exif", b"a comment", b"xmpmeta"])
def test_what_a_file_says_besides_goes(said: bytes) -> None:
    data = _described()
    assert said in data
    assert said not in redact_picture(data, RedSquares(), SETTINGS, BUDGET).data


def test_kept_metadata_is_exif_without_pictures() -> None:
    data = _described()
    done = redact_picture(data, RedSquares(), replace(SETTINGS, metadata="keep"), BUDGET)
    exif = Image.open(io.BytesIO(done.data)).getexif()
    assert exif[ExifTags.Base.Make] == "Maker"
    assert exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] == "N"
    assert done.data.count(b"\xff\xd8\xff") == 1


def test_bytes_behind_the_end_go() -> None:
    data = written(picture(), "JPEG") + b"a second picture"
    assert b"a second picture" not in redact_picture(data, RedSquares(), SETTINGS, BUDGET).data


def test_quality_of_a_jpeg_stays() -> None:
    data = written(picture(), "JPEG", quality=55, subsampling=1)
    before, after = Image.open(io.BytesIO(data)), redacted(data)
    assert after.quantization == before.quantization  # type: ignore[attr-defined]  # of JPEG files


def test_lossless_webp_stays_exact_outside_of_covers() -> None:
    image = redacted(written(picture(), "WEBP", lossless=True))
    assert np.array_equal(np.asarray(image.convert("RGB"))[:20], np.asarray(picture())[:20])


def test_animation_is_no_picture() -> None:
    data = written(picture(), "GIF", save_all=True, append_images=[picture("L")])
    with pytest.raises(InvalidParameter, match="animation of 2 frames; redact it as a video"):
        redact_picture(data, RedSquares(), SETTINGS, BUDGET)


@pytest.mark.parametrize("data", [b"", b"text", written(picture(), "JPEG")[:400]], ids=["empty", "text", "cut off"])
def test_what_is_no_whole_picture_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidImageFormat):
        redact_picture(data, RedSquares(), SETTINGS, BUDGET)


def test_less_certain_than_asked_is_left_visible() -> None:
    done = redact_picture(written(picture(), "PNG"), RedSquares(), replace(SETTINGS, confidence=95), BUDGET)
    assert done.covered == 0
