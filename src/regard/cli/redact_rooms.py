"""What `regard redact` asks of the application. `cli/redact_app.py` is the real one; tests have a smaller house."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from rich.console import Console

from regard.redaction.plan import Plan
from regard.redaction.report import Report
from regard.redaction.settings import RedactionSettings


class Stopped(Exception):
    """The work was cancelled."""


class Fault(Exception):
    """The work cannot be done; the message says why. `is_usage`: because the command was given wrongly."""

    def __init__(self, message: str, *, is_usage: bool = False) -> None:
        super().__init__(message)
        self.is_usage = is_usage


class Progress(Protocol):
    """As `redaction.work.Progress`."""

    @property
    def stage(self) -> str:
        """What is being done."""

    @property
    def share(self) -> float | None:
        """0..1 of all of it; None where that cannot be told."""

    @property
    def frames(self) -> int:
        """Planned by now."""


class RedactedVideo(Protocol):
    """As `redaction.work.Redacted`."""

    @property
    def plan(self) -> Plan:
        """What was covered."""

    @property
    def target(self) -> Path:
        """The output."""

    @property
    def left_out(self) -> tuple[str, ...]:
        """Streams that the output does not have, each with the reason."""


@dataclass(frozen=True, slots=True)
class Watch:
    """How the command follows the work and stops it."""

    on_progress: Callable[[Progress], None]
    is_cancelled: Callable[[], bool]


@runtime_checkable
class Rooms(Protocol):
    """Everything that the commands ask for. All raise Fault; what is watched raises Stopped."""

    def fetch(self, what: Sequence[str], console: Console) -> None:
        """Gets the networks for finding this that are not here yet."""

    def size_of(self, source: Path, *, is_video: bool) -> tuple[int, int]:
        """Upright width and height."""

    def redact_picture(self, source: Path, target: Path, settings: RedactionSettings) -> int:
        """Writes the picture; how many areas were covered."""

    def redact_video(self, source: Path, target: Path, settings: RedactionSettings, watch: Watch) -> RedactedVideo:
        """Plans and renders."""

    def plan_video(self, source: Path, settings: RedactionSettings, watch: Watch) -> Plan:
        """Says what would be covered."""

    def render_video(self, source: Path, plan: Plan, target: Path, watch: Watch) -> RedactedVideo:
        """Applies a plan."""

    def write_report(self, done: RedactedVideo, *, is_all: bool, watch: Watch) -> Report:
        """Looks at the output again and writes the report beside it."""
