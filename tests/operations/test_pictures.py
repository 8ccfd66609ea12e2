"""From an Image member to a picture, within Amazon's limits or the wide ones."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from regard.errors import ApiError, ImageTooLarge, InvalidImageFormat, InvalidParameter, InvalidS3Object
from regard.media.sources import LocalBuckets
from regard.operations.images import ImageRules, Pictures
from regard.operations.limits import AWS, BY_NAME, MEBIBYTE, RELAXED
from tests.media.picture_files import encoded, jpeg, one_colour_png, png, quarters

EQUIPMENT = ImageRules(min_side=64, max_side=4096, max_inline_bytes=4 * MEBIBYTE)  # contract 5.1
PLAIN = ImageRules()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "photos").mkdir()
    return tmp_path


@pytest.fixture
def aws(folder: Path) -> Pictures:
    return Pictures(LocalBuckets(folder), AWS)


@pytest.fixture
def relaxed(folder: Path) -> Pictures:
    return Pictures(LocalBuckets(folder), RELAXED)


def padded(size: int) -> bytes:
    return png() + bytes(size - len(png()))


def test_bytes_and_objects_open_alike(aws: Pictures, folder: Path) -> None:
    (folder / "photos" / "a.png").write_bytes(png())
    named = aws.open({"S3Object": {"Bucket": "photos", "Name": "a.png"}}, PLAIN)
    inline = aws.open({"Bytes": png()}, PLAIN)
    assert (named.size, inline.size) == ((160, 120), (160, 120))
    assert (named.pixels() == inline.pixels()).all()


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ({}, "needs exactly one of Bytes and S3Object; this one has neither"),
        ({"Bytes": png(), "S3Object": {"Bucket": "photos", "Name": "a"}}, "this one has both"),
        ({"Bytes": b"", "S3Object": {}}, "this one has both"),
        ({"S3Object": {}}, "S3Object has no Bucket"),
        ({"S3Object": {"Bucket": "photos"}}, "S3Object has no Name"),
        ({"S3Object": {"Name": "a"}}, "S3Object has no Bucket"),
    ],
)
def test_an_image_names_one_picture(aws: Pictures, image: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidParameter, match=rf"^Request has invalid parameters\. .*{words}"):
        aws.open(image, PLAIN)


@pytest.mark.parametrize(
    ("size", "rules", "error"),
    [
        ((80, 80), PLAIN, None),
        ((79, 80), PLAIN, InvalidParameter),
        ((80, 79), PLAIN, InvalidParameter),
        ((64, 64), EQUIPMENT, None),
        ((63, 64), EQUIPMENT, InvalidParameter),
        ((10_000, 80), PLAIN, None),
        ((10_001, 80), PLAIN, ImageTooLarge),
        ((4096, 64), EQUIPMENT, None),
        ((4097, 64), EQUIPMENT, ImageTooLarge),
        ((64, 4097), EQUIPMENT, ImageTooLarge),
    ],
    ids=str,
)
def test_sides_within_amazons_limits(
    aws: Pictures, size: tuple[int, int], rules: ImageRules, error: type[ApiError] | None
) -> None:
    outcome = None
    try:
        aws.open({"Bytes": one_colour_png(*size)}, rules)
    except ApiError as raised:
        outcome = type(raised)
    assert outcome == error


@pytest.mark.parametrize(
    ("size", "rules", "error"),
    [
        ((79, 80), PLAIN, InvalidParameter),
        ((20_000, 80), PLAIN, None),
        ((20_001, 80), PLAIN, ImageTooLarge),
        ((4097, 64), EQUIPMENT, None),
        ((12_000, 12_500), PLAIN, None),
        ((12_000, 12_501), PLAIN, ImageTooLarge),
    ],
    ids=str,
)
def test_sides_within_the_wide_limits(
    relaxed: Pictures, size: tuple[int, int], rules: ImageRules, error: type[ApiError] | None
) -> None:
    outcome = None
    try:
        relaxed.open({"Bytes": one_colour_png(*size)}, rules)
    except ApiError as raised:
        outcome = type(raised)
    assert outcome == error


def test_the_sides_of_a_turned_picture_are_those_one_sees(aws: Pictures) -> None:
    block = Image.Exif()
    block[0x0112] = 6
    picture = aws.open({"Bytes": jpeg(300, 200, exif=block)}, PLAIN)
    assert picture.size == (200, 300)


def test_an_operation_may_have_a_stricter_limit_of_bytes(aws: Pictures) -> None:
    assert aws.open({"Bytes": padded(4 * MEBIBYTE)}, EQUIPMENT).size == (160, 120)
    with pytest.raises(ImageTooLarge, match="It is 4194305 bytes; the limit is 4194304"):
        aws.open({"Bytes": padded(4 * MEBIBYTE + 1)}, EQUIPMENT)
    assert aws.open({"Bytes": padded(5 * MEBIBYTE)}, PLAIN).size == (160, 120)
    with pytest.raises(ImageTooLarge, match="the limit is 5242880"):
        aws.open({"Bytes": padded(5 * MEBIBYTE + 1)}, PLAIN)


def test_wide_limits_have_no_limit_of_inline_bytes(relaxed: Pictures) -> None:
    assert relaxed.open({"Bytes": padded(6 * MEBIBYTE)}, EQUIPMENT).size == (160, 120)


def test_an_object_may_have_15_megabytes(aws: Pictures, relaxed: Pictures, folder: Path) -> None:
    image = {"S3Object": {"Bucket": "photos", "Name": "large.png"}}
    (folder / "photos" / "large.png").write_bytes(padded(15 * MEBIBYTE))
    assert aws.open(image, PLAIN).size == (160, 120)
    (folder / "photos" / "large.png").write_bytes(padded(15 * MEBIBYTE + 1))
    with pytest.raises(ImageTooLarge, match="15728641 bytes; the limit is 15728640"):
        aws.open(image, PLAIN)
    assert relaxed.open(image, PLAIN).size == (160, 120)


def test_a_version_is_handed_on(aws: Pictures, folder: Path) -> None:
    (folder / "photos" / "a.png").write_bytes(png())
    named = {"Bucket": "photos", "Name": "a.png"}
    assert aws.open({"S3Object": named | {"Version": "null"}}, PLAIN).size == (160, 120)
    with pytest.raises(InvalidS3Object, match="version '7' does not exist"):
        aws.open({"S3Object": named | {"Version": "7"}}, PLAIN)


def test_formats_follow_the_limits(aws: Pictures, relaxed: Pictures) -> None:
    data = encoded(quarters(), "WEBP")
    assert relaxed.open({"Bytes": data}, PLAIN).size == (160, 120)
    with pytest.raises(InvalidImageFormat):
        aws.open({"Bytes": data}, PLAIN)


def test_amazons_limits_are_amazons() -> None:
    """Contract 5.1 and 6."""
    assert BY_NAME["aws"] is AWS
    assert (AWS.inline_bytes, AWS.object_bytes, AWS.max_side) == (5_242_880, 15_728_640, 10_000)
    assert (AWS.faces, AWS.words, AWS.persons) == (100, 100, 15)
    assert (RELAXED.faces, RELAXED.words, RELAXED.persons) == (None, None, None)
