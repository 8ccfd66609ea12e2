"""How long it takes to analyse a video in this process, and to do only parts of that."""

import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.video_decoding import decode
from regard.app import App
from regard.jobs.kinds import StepWatch
from regard.jobs.videos import analyse_video
from regard.media.looks import Looks
from regard.media.video_facts import video_facts
from regard.media.video_limits import VideoLimits
from regard.operations import stored_video_wishes as wishes_of
from regard.settings import Settings

WISHES: Mapping[str, Mapping[str, Any]] = {
    "labels": wishes_of.label_wish({}),
    "faces": wishes_of.face_wish({}),
    "text": wishes_of.text_wish({}),
    "moderation": wishes_of.moderation_wish({}),
    "segments": wishes_of.segment_wish({"SegmentTypes": ["SHOT", "TECHNICAL_CUE"]}),
}
"""What `regard video all` asks for: the defaults of the five Start... operations, shots and technical cues."""

PLAN, DECODE, LOOKS = "plan", "decode", "looks"
_SILENT = StepWatch(lambda share: None, lambda: False)


@dataclass(frozen=True, slots=True)
class Cost:
    """What something took."""

    seconds: float
    cpu_seconds: float  # of this process and of its children that have ended


def measured(act: Callable[[], object]) -> Cost:
    """Runs it once."""
    began, busy = time.perf_counter(), _cpu_seconds()
    act()
    return Cost(time.perf_counter() - began, _cpu_seconds() - busy)


def in_turns(acts: Mapping[str, Callable[[], object]], repeats: int) -> dict[str, Cost]:
    """What each took in the turn in which it took the least time. In turns, so that other work on the machine falls on
    all of them.
    """
    turns = [{name: measured(act) for name, act in acts.items()} for _ in range(repeats)]
    return {name: min((turn[name] for turn in turns), key=lambda cost: cost.seconds) for name in acts}


def app_of(data: Path) -> App:
    """The application as `regard video` has it, with a data folder of its own."""
    environ = environment()
    return App(Settings.read(environ, limits="relaxed", data=data), environ)


def environment() -> dict[str, str]:
    """This process's, without settings of Regard's but for where its networks are."""
    kept = "REGARD_WEIGHTS"
    return {name: value for name, value in os.environ.items() if name == kept or not name.startswith("REGARD_")}


class Walks:
    """Ways through one video."""

    def __init__(self, app: App, video: Path, folder: Path) -> None:
        """folder: of results, which are removed again."""
        self._app, self._video, self._folder = app, video, folder
        self.seconds = video_facts(video, VideoLimits()).facts["duration_ms"] / 1000

    def analyse(self, kinds: Sequence[str]) -> None:
        """All of `analyse_video`, which `regard video` calls: plans, decodes, analyses and writes the results."""
        wishes = {kind: WISHES[kind] for kind in kinds}
        try:
            analyse_video(self._video, self._app.kinds, wishes, self._folder, VideoLimits(), _SILENT)
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def step(self, name: str) -> None:
        """PLAN: reads all packets. DECODE: decodes all frames in a child. LOOKS: besides makes all thumbs, chooses
        frames, and brings thumbs and pictures to this process.
        """
        if name == PLAN:
            video_facts(self._video, VideoLimits())
        elif name == DECODE:
            decode(self._video)
        else:
            side = max(kind.longer_side for kind in self._app.kinds.values())
            with Looks(self._video, side, VideoLimits()) as looks:
                for _ in looks:
                    pass

    def networks_of(self, kinds: Sequence[str]) -> dict[str, tuple[int, float]]:
        """How often each network runs while these kinds are analysed in one walk, and the seconds within it."""
        networks = self._app.engine.networks
        before = {name: (network.runs, network.seconds) for name, network in networks.items()}
        self.analyse(kinds)
        spent = {
            name: (network.runs - before.get(name, (0, 0.0))[0], network.seconds - before.get(name, (0, 0.0))[1])
            for name, network in networks.items()
        }
        return {name: spent[name] for name in sorted(spent, key=lambda name: -spent[name][1]) if spent[name][0]}

    def looked_at(self) -> tuple[int, int]:
        """How many frames there are, and how many of them the networks see."""
        with Looks(self._video, 64, VideoLimits()) as looks:
            chosen = [look.image is not None for look in looks]
        return len(chosen), sum(chosen)


def _cpu_seconds() -> float:
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system
