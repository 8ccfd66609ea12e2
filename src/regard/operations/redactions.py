"""Redaction as a request: a picture is redacted at once, a video becomes a job."""

import errno
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from regard.errors import ImageTooLarge, InternalServerError, InvalidParameter
from regard.jobs.redaction_records import RedactionJob
from regard.jobs.redactions import RedactionJobs
from regard.media.images import is_picture
from regard.media.small_frames import SmallFrames
from regard.media.sources import ObjectSource
from regard.media.video_errors import VideoError
from regard.media.video_limits import VideoLimits
from regard.redaction.pictures import RedactedPicture
from regard.redaction.settings import RedactionSettings

MOST_VIDEO_BYTES = 10 << 30  # of an object; as Rekognition's limit for stored video
_MAGIC_BYTES = 12
_SMALLEST = 16  # of the pictures that are only made to see whether there are any


class RedactionOperations:
    """See the module."""

    def __init__(
        self,
        source: ObjectSource,
        most_picture_bytes: int,
        redact_picture: Callable[[bytes, RedactionSettings], RedactedPicture],
        jobs: RedactionJobs,
        limits: VideoLimits,
    ) -> None:
        self._source, self._most_picture_bytes = source, most_picture_bytes
        self._redact_picture, self._jobs, self._limits = redact_picture, jobs, limits

    def redact(
        self, owner: str, image: Mapping[str, Any], settings: RedactionSettings, suffix: str
    ) -> RedactedPicture | RedactionJob:
        """image: as the AWS route's `Image`, of a picture or a video. suffix: of a video's output.

        Raises InvalidParameter, InvalidS3Object, ImageTooLarge, LimitExceeded, InternalServerError.
        """
        data, named = image.get("Bytes"), image.get("S3Object")
        if (data is None) == (named is None):
            raise InvalidParameter("Request has invalid parameters. Give exactly one of bytes and object.")
        if data is not None and is_picture(data[:_MAGIC_BYTES]):
            return self._picture(bytes(data), settings)
        with self._jobs.arriving() as arrived:
            try:
                self._bring(data, named, arrived)
                with arrived.open("rb") as file:
                    is_still = is_picture(file.read(_MAGIC_BYTES))
                if is_still:
                    return self._picture(arrived.read_bytes(), settings)
                self._check(arrived)
                return self._jobs.submit(owner, settings, suffix, arrived)
            except OSError as error:
                if error.errno in (errno.ENOSPC, errno.EDQUOT):
                    raise InternalServerError("The disk of the data folder is full; nothing was changed") from error
                raise

    def _bring(self, data: bytes | None, named: Mapping[str, Any] | None, target: Path) -> None:
        if named is not None:
            bucket, key = str(named.get("Bucket")), str(named.get("Name"))
            self._source.copy(bucket, key, named.get("Version"), MOST_VIDEO_BYTES, target)
        else:
            target.write_bytes(data or b"")

    def _picture(self, data: bytes, settings: RedactionSettings) -> RedactedPicture:
        if len(data) > self._most_picture_bytes:
            raise ImageTooLarge(
                f"Image size is too large. It is {len(data)} bytes; the limit is {self._most_picture_bytes}."
            )
        if settings.marks:
            raise InvalidParameter("Request has invalid parameters. Marks are for videos; this is a picture.")
        return self._redact_picture(data, settings)

    def _check(self, video: Path) -> None:
        """Raises InvalidParameter for what is no video, so that the caller need not wait to hear it."""
        try:
            with SmallFrames(video, _SMALLEST, self._limits):
                pass
        except VideoError as error:
            message = str(error).replace(video.name, "The video")
            raise InvalidParameter(f"Request has invalid parameters. {message}") from error
