"""`regard redact` with the real rooms: the application's networks, the walks over a video, the report."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from rich.console import Console

from regard.app import App
from regard.cli.progress import pull_missing
from regard.cli.redact_rooms import Fault, RedactedVideo, Stopped, Watch
from regard.errors import ApiError
from regard.media.images import Picture
from regard.media.small_frames import SmallFrames
from regard.media.video_errors import VideoError
from regard.media.video_limits import VideoLimits
from regard.models.weights import WeightsError
from regard.redaction import report_writing, work
from regard.redaction.kept import KeptFault
from regard.redaction.plan import Plan, PlanFault
from regard.redaction.report import Report, ReportFault
from regard.redaction.report_writing import ReportOptions, write_report
from regard.redaction.settings import RedactionSettings, SettingsFault
from regard.redaction.whole_files import write_whole
from regard.settings import Settings, SettingsError

_USAGE = (SettingsFault, SettingsError, PlanFault, ReportFault, KeptFault)
_TASKS = {
    "faces": {"faces"},
    "text": {"text"},
    "plates": {"labels", "text"},
    "people": {"labels"},
    "screens": {"labels"},
}


class AppRooms:
    """As `Rooms`, made when first asked."""

    @cached_property
    def _app(self) -> App:
        return App(Settings.read(os.environ, limits="relaxed"), os.environ)

    def fetch(self, what: Sequence[str], console: Console) -> None:
        """As `Rooms`."""
        with _faults():
            pull_missing(self._app.store, console, set().union(*(_TASKS[name] for name in what)))

    def size_of(self, source: Path, *, is_video: bool) -> tuple[int, int]:
        """As `Rooms`."""
        with _faults():
            if not is_video:
                return Picture(source.read_bytes(), self._app.budget).size
            with SmallFrames(source, 16, VideoLimits()) as small:
                return small.info.width, small.info.height

    def redact_picture(self, source: Path, target: Path, settings: RedactionSettings) -> int:
        """As `Rooms`."""
        with _faults():
            done = self._app.redact_picture(source.read_bytes(), settings)
            write_whole(target, done.data)
            return done.covered

    def redact_video(self, source: Path, target: Path, settings: RedactionSettings, watch: Watch) -> RedactedVideo:
        """As `Rooms`."""
        with _faults():
            return work.redact_video(source, target, settings, self._app.redactor(settings), _watch(watch))

    def plan_video(self, source: Path, settings: RedactionSettings, watch: Watch) -> Plan:
        """As `Rooms`."""
        with _faults():
            return work.plan_video(source, settings, self._app.redactor(settings), _watch(watch))

    def render_video(self, source: Path, plan: Plan, target: Path, watch: Watch) -> RedactedVideo:
        """As `Rooms`."""
        with _faults():
            return work.render_video(source, plan, target, _watch(watch))

    def write_report(self, done: RedactedVideo, *, is_all: bool, watch: Watch) -> Report:
        """As `Rooms`."""
        options = ReportOptions(is_all, lambda share: watch.on_progress(_Checking(share)), watch.is_cancelled)
        with _faults():
            return write_report(done, self._app.redactor(done.plan.settings), options)


@dataclass(frozen=True, slots=True)
class _Checking:
    """How far the check of an output is, as `Progress`."""

    share: float
    stage: str = "checking"
    frames: int = 0


def _watch(watch: Watch) -> work.Watch:
    return work.Watch(watch.on_progress, watch.is_cancelled)


@contextmanager
def _faults() -> Iterator[None]:
    """Turns what the rooms raise into Fault and Stopped."""
    try:
        yield
    except (work.Cancelled, report_writing.Stopped) as error:
        raise Stopped from error
    except _USAGE as error:
        raise Fault(str(error), is_usage=True) from error
    except ApiError as error:
        raise Fault(error.message) from error
    except (VideoError, WeightsError) as error:
        raise Fault(str(error)) from error
    except OSError as error:
        raise Fault(f"{error.filename}: {error.strerror}" if error.filename else str(error)) from error
