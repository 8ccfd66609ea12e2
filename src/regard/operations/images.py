"""From an `Image` member to a picture that may be analysed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from regard.errors import ImageTooLarge, InvalidParameter
from regard.media.images import Budget, Picture
from regard.media.sources import ObjectSource
from regard.operations.limits import OperationLimits

_ONE_OF = "Request has invalid parameters. An image needs exactly one of Bytes and S3Object; this one has {}."


@dataclass(frozen=True, slots=True)
class ImageRules:
    """What one operation asks of a picture, in pixels and bytes; the stricter of this and the mode's limit holds."""

    min_side: int = 80
    max_side: int | None = None
    max_inline_bytes: int | None = None


class Pictures:
    """Opens the pictures that requests bring or name."""

    def __init__(self, source: ObjectSource, limits: OperationLimits) -> None:
        self._source = source
        self._limits = limits
        self._is_aws = limits.inline_bytes is not None

    def open(self, image: Mapping[str, Any], rules: ImageRules) -> Picture:
        """The picture of an `Image` structure.

        Raises InvalidParameter for both or neither of Bytes and S3Object and for a picture too small, ImageTooLarge,
        InvalidImageFormat, InvalidS3Object.
        """
        picture = Picture(self._bytes(image, rules), Budget(self._limits.formats, self._limits.max_pixels))
        self._check_sides(picture, rules)
        return picture

    def _bytes(self, image: Mapping[str, Any], rules: ImageRules) -> bytes:
        data, named = image.get("Bytes"), image.get("S3Object")
        if (data is None) == (named is None):
            raise InvalidParameter(_ONE_OF.format("neither" if data is None else "both"))
        if data is None:
            return self._object(named)
        limits = [n for n in (self._limits.inline_bytes, rules.max_inline_bytes) if n is not None]
        if self._is_aws and len(data) > min(limits):
            raise ImageTooLarge(f"Image size is too large. It is {len(data)} bytes; the limit is {min(limits)}.")
        return bytes(data)

    def _object(self, named: Any) -> bytes:
        bucket, key = named.get("Bucket"), named.get("Name")
        for member, value in (("Bucket", bucket), ("Name", key)):
            if not value:
                raise InvalidParameter(f"Request has invalid parameters. S3Object has no {member}.")
        return self._source.read(bucket, key, named.get("Version"), self._limits.object_bytes)

    def _check_sides(self, picture: Picture, rules: ImageRules) -> None:
        width, height = picture.size
        if min(width, height) < rules.min_side:
            raise InvalidParameter(
                f"Request has invalid parameters. Image dimensions: {width} x {height} pixels; "
                f"each side must be at least {rules.min_side} pixels."
            )
        most = self._limits.max_side
        if self._is_aws and rules.max_side is not None:
            most = min(most, rules.max_side)
        if max(width, height) > most:
            raise ImageTooLarge(
                f"Input image dimensions {width} x {height} exceed maximum dimension size of {most} pixels"
            )
