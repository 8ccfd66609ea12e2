"""Which videos are taken, beyond what can be decoded at all."""

from dataclasses import dataclass, replace
from typing import Final

from regard.jobs.kinds import JobFault
from regard.media.video_facts import VideoFacts

_GIB: Final = 1024**3
_HOUR_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class VideoRules:
    """None allows everything."""

    codecs: frozenset[str] | None = None  # FFmpeg's names
    containers: frozenset[str] | None = None  # FFmpeg's names
    most_bytes: int | None = None
    most_ms: int | None = None

    def within(self, most_bytes: int) -> "VideoRules":
        """These, and no object of more than so many bytes."""
        return replace(self, most_bytes=min(most_bytes, self.most_bytes or most_bytes))

    def check_bytes(self, name: str, size: int) -> None:
        """Raises JobFault where an object of so many bytes is too large."""
        if self.most_bytes is not None and size > self.most_bytes:
            raise JobFault(f"{name} is {size:,} bytes; the limit is {self.most_bytes:,}")

    def check(self, name: str, found: VideoFacts) -> None:
        """Raises JobFault with the name, what is wrong with it and what is allowed."""
        facts = found.facts
        self.check_bytes(name, facts["file_bytes"])
        if self.containers is not None and self.containers.isdisjoint(found.container.split(",")):
            raise JobFault(f"{name} is in the container {facts['format']}; {_allowed(self.containers)}")
        if self.codecs is not None and facts["codec"] not in self.codecs:
            raise JobFault(f"{name} is encoded as {facts['codec']}; {_allowed(self.codecs)}")
        if self.most_ms is not None and facts["duration_ms"] > self.most_ms:
            raise JobFault(
                f"{name} is {facts['duration_ms'] / 1000:,.3f} seconds long; the limit is {self.most_ms / 1000:,.0f}"
            )


AWS_RULES: Final = VideoRules(
    codecs=frozenset({"h264"}),
    containers=frozenset({"mp4", "mov", "avi"}),
    most_bytes=10 * _GIB,
    most_ms=6 * _HOUR_MS,
)
"""Amazon's; under `--limits aws`."""

RELAXED_RULES: Final = VideoRules()
"""Whatever can be decoded."""


def _allowed(names: frozenset[str]) -> str:
    return f"allowed: {', '.join(sorted(names))}"
