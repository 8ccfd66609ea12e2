"""`regard video` with the real rooms: the application's kinds of analysis, in this process."""

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from rich.console import Console

from regard.app import App
from regard.cli.progress import pull_missing
from regard.cli.redact_rooms import Fault, Stopped, Watch
from regard.cli.video_pictures import Covering, covered_pictures, face_finder
from regard.cli.video_rooms import Analysing, CoveredPicture, Row, WantedPicture
from regard.errors import ApiError
from regard.jobs.kinds import JobFault, StepStopped, StepWatch
from regard.jobs.results import ResultReader
from regard.jobs.videos import analyse_video
from regard.media.video_errors import VideoError
from regard.media.video_limits import VideoLimits
from regard.models.engine import ModelError
from regard.models.weights import WeightsError
from regard.operations import stored_video_wishes as wishes_of
from regard.redaction.settings import RedactionSettings
from regard.settings import Settings, SettingsError
from regard.storage.errors import DiskFull

_TASKS: Mapping[str, frozenset[str]] = {
    "labels": frozenset({"labels"}),
    "faces": frozenset({"faces"}),
    "text": frozenset({"text"}),
    "moderation": frozenset({"moderation", "labels"}),
    "segments": frozenset({"text"}),
}
_WISHES: Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]] = {
    "labels": wishes_of.label_wish,
    "faces": wishes_of.face_wish,
    "text": wishes_of.text_wish,
    "moderation": wishes_of.moderation_wish,
    "segments": wishes_of.segment_wish,
}


@dataclass(frozen=True, slots=True)
class Analysed:
    """As `Answer`, read from the disk."""

    facts: Mapping[str, Any]
    folders: Mapping[str, Path]  # of each kind's views

    def rows(self, kind: str, view: str) -> Iterator[Row]:
        """As `Answer`."""
        return ResultReader(self.folders[kind]).rows(view)


class AppVideoRooms:
    """As `VideoRooms`, made when first asked."""

    @cached_property
    def _app(self) -> App:
        return App(Settings.read(os.environ, limits="relaxed"), os.environ)

    def fetch(self, kinds: Collection[str], console: Console, *, has_pictures: bool) -> None:
        """As `VideoRooms`."""
        tasks = set().union(*(_TASKS[kind] for kind in kinds), {"faces"} if has_pictures else ())
        with _faults():
            pull_missing(self._app.store, console, tasks)

    def analyse(self, source: Path, wishes: Mapping[str, Mapping[str, Any]], folder: Path, watch: Watch) -> Analysed:
        """As `VideoRooms`."""
        step = StepWatch(lambda share: watch.on_progress(Analysing(share)), watch.is_cancelled)
        with _faults():
            asked = {kind: _WISHES[kind](wish) for kind, wish in wishes.items()}
            facts = analyse_video(source, self._app.kinds, asked, folder, VideoLimits(), step)
        return Analysed(facts, {kind: folder / kind for kind in asked})

    def pictures(
        self, source: Path, wanted: Sequence[WantedPicture], watch: Watch
    ) -> Mapping[WantedPicture, CoveredPicture]:
        """As `VideoRooms`."""
        with _faults():
            finder = face_finder(self._app.redactor(RedactionSettings()))
            return covered_pictures(source, wanted, Covering(finder, self._app.redact_picture), watch)


@contextmanager
def _faults() -> Iterator[None]:
    """Turns what the rooms raise into Fault and Stopped."""
    try:
        yield
    except StepStopped as error:
        raise Stopped from error
    except SettingsError as error:
        raise Fault(str(error), is_usage=True) from error
    except ApiError as error:
        raise Fault(error.message) from error
    except (JobFault, VideoError, WeightsError, ModelError, DiskFull) as error:
        raise Fault(str(error)) from error
    except OSError as error:
        raise Fault(f"{error.filename}: {error.strerror}" if error.filename else str(error)) from error
