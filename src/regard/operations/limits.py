"""Amazon's limits and Regard's wider ones, chosen by `--limits`."""

from dataclasses import dataclass

from regard.jobs.video_rules import AWS_RULES, RELAXED_RULES, VideoRules
from regard.media.images import ALL_FORMATS, AWS_FORMATS, Format

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class OperationLimits:
    """What one mode allows; None means no limit."""

    formats: frozenset[Format]
    inline_bytes: int | None  # beyond what the service model checks by itself
    object_bytes: int
    max_side: int  # pixels
    max_pixels: int  # width times height
    faces: int | None
    words: int | None
    persons: int | None
    video: VideoRules


AWS = OperationLimits(
    formats=AWS_FORMATS,
    inline_bytes=5 * MEBIBYTE,
    object_bytes=15 * MEBIBYTE,
    max_side=10_000,
    max_pixels=100_000_000,
    faces=100,
    words=100,
    persons=15,
    video=AWS_RULES,
)
RELAXED = OperationLimits(
    formats=ALL_FORMATS,
    inline_bytes=None,
    object_bytes=100 * MEBIBYTE,
    max_side=20_000,
    max_pixels=150_000_000,
    faces=None,
    words=None,
    persons=None,
    video=RELAXED_RULES,
)
BY_NAME = {"aws": AWS, "relaxed": RELAXED}
