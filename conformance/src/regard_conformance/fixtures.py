"""What the cases draw on: pictures, a face where one was given, and the answers of earlier cases."""

import io
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import PIL.Image

# The face of scikit-image's astronaut (public domain, NASA), looked at by eye: left, top, right, bottom in pixels.
ASTRONAUT_FACE = (177, 64, 271, 181)


class Unavailable(Exception):
    """A case or an SDK cannot be tried here; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class FacePicture:
    """A picture of one person. `box` is where the face is, in pixels, where that is known."""

    picture: PIL.Image.Image
    box: tuple[int, int, int, int] | None

    def jpeg(self) -> bytes:
        """The picture as most clients send one."""
        return encoded(self.picture, "JPEG", quality=92)


class Fixtures:
    """What the requests of one SDK's cases are made from."""

    def __init__(
        self,
        face: FacePicture | None,
        s3_object: tuple[str, str] | None,
        s3_video: tuple[str, str] | None,
        limits: Literal["aws", "relaxed"],
    ) -> None:
        self._face = face
        self._s3_object = s3_object
        self._s3_video = s3_video
        self._limits = limits
        self.unique = f"regard-conformance-{uuid.uuid4().hex[:12]}"  # a name nobody else uses
        self._saved: dict[str, Mapping[str, Any]] = {}

    @property
    def face(self) -> FacePicture:
        """Raises Unavailable when no picture of a face is at hand."""
        if self._face is None:
            raise Unavailable(
                "needs a picture of a face: give --face-picture, or install scikit-image for its astronaut"
            )
        return self._face

    @property
    def s3_object(self) -> tuple[str, str]:
        """Bucket and key of a picture the endpoint can read; raises Unavailable when none was named."""
        if self._s3_object is None:
            raise Unavailable("needs a picture in a bucket of the endpoint: give --s3-object BUCKET/KEY")
        return self._s3_object

    @property
    def s3_video(self) -> tuple[str, str]:
        """Bucket and key of a video the endpoint can read; raises Unavailable when none was named."""
        if self._s3_video is None:
            raise Unavailable("needs a video in a bucket of the endpoint: give --s3-video BUCKET/KEY")
        return self._s3_video

    def under_aws_limits(self, request: dict[str, Any]) -> dict[str, Any]:
        """`request`, which only an endpoint with AWS's own limits refuses; raises Unavailable for others."""
        if self._limits != "aws":
            raise Unavailable("the endpoint's limits are relaxed")
        return request

    def save(self, name: str, answer: Mapping[str, Any]) -> None:
        """Keep an answer for later cases."""
        self._saved[name] = answer

    def saved(self, name: str) -> Mapping[str, Any]:
        """An earlier answer; raises Unavailable when that case had none."""
        if name not in self._saved:
            raise Unavailable(f"needs the answer of the case '{name}'")
        return self._saved[name]


def load_face(path: Path | None) -> FacePicture | None:
    """The picture at `path`, or scikit-image's astronaut where that package is installed, or None."""
    if path is not None:
        return FacePicture(PIL.Image.open(path).convert("RGB"), None)
    try:
        from skimage import data
    except ImportError:
        return None
    pixels: Any = data.astronaut  # the package has no types
    return FacePicture(PIL.Image.fromarray(pixels()), ASTRONAUT_FACE)


def encoded(picture: PIL.Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """The picture as a file's bytes."""
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()
