"""How well shots are told apart, beside PySceneDetect in the same run: hard cuts, and dissolves and fades.

    python -m bench.shots [--testdata DIR]

Hard cuts: precision, recall and F1 on the annotated clips of `shared/testdata` (`clips/cuts.json`, not part of the
repository), frames within ranges that are ambiguous, dissolve or fade counted neither way, as in `bench.cuts`.
PySceneDetect is run with its defaults. Our constants were chosen on these clips; what that is worth is told by choosing
the least novelty of a cut anew on some clips and judging on the others.
Soft transitions: found where they overlap what was found by half of both together. Shots of the clips are mixed with
each other, by a random generator with a fixed seed; false ones are counted over the clips as they are. Prints Markdown.
"""

import argparse
import itertools
import json
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from scenedetect import AdaptiveDetector, ContentDetector, detect
from scenedetect.detector import SceneDetector

from regard.analysis.cuts import NOVEL, CutFinder
from regard.analysis.frame_measures import FrameMeasurer, Measured
from regard.analysis.shots import ShotFinder
from regard.media.thumbs import THUMB_HEIGHT, THUMB_WIDTH

Thumbs = list[tuple[int, NDArray[np.uint8]]]  # microseconds, (72, 128, 3) RGB
Truth = Mapping[str, Any]
DETECTORS: Mapping[str, Callable[[], SceneDetector]] = {
    "PySceneDetect ContentDetector": ContentDetector,
    "PySceneDetect AdaptiveDetector": AdaptiveDetector,
}
CHUNK_FRAMES = 400
CHOICES = np.arange(0.15, 0.66, 0.05)
MIXED_FRAMES, MIXES, LENGTHS = 70, 120, (10, 15, 25, 40, 60)


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--testdata", type=Path, help="the folder; shared/testdata beside the repository")
    chosen = parser.parse_args()
    folder = (chosen.testdata or Path(__file__).parents[2] / "shared" / "testdata") / "clips"
    if not (folder / "cuts.json").is_file():
        parser.exit(2 if chosen.testdata else 0, f"shots are not measured: there is no {folder / 'cuts.json'}\n")
    truths: dict[str, Truth] = json.loads((folder / "cuts.json").read_bytes())
    clips = {name: _thumbs(folder / name) for name in truths}
    _print_cuts(folder, truths, clips)
    _print_apart(truths, clips)
    _print_soft(truths, clips)


def _print_cuts(folder: Path, truths: Mapping[str, Truth], clips: Mapping[str, Thumbs]) -> None:
    print("| detector | clip | cuts | found | false | precision | recall | F1 |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name in ("ours", *DETECTORS):
        total = np.zeros(3)
        for clip, truth in truths.items():
            told = _ours(clips[clip]) if name == "ours" else _theirs(folder / clip, DETECTORS[name]())
            counts = _counts(told, truth)
            total += counts
            print(f"| {name} | {clip} | {_figures(counts)} |", flush=True)
        print(f"| {name} | all | {_figures(total)} |")


def _print_apart(truths: Mapping[str, Truth], clips: Mapping[str, Thumbs]) -> None:
    """The least novelty of a cut, chosen on all clips but one and judged on that one."""
    print("\n| judged on | least novelty as chosen on the others | cuts | found | false | precision | recall | F1 |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    counts = {
        (clip, least): _counts(_plain_cuts(clips[clip], least), truths[clip]) for clip in truths for least in CHOICES
    }
    total = np.zeros(3)
    for judged in truths:
        others = {least: sum((counts[one, least] for one in truths if one != judged), np.zeros(3)) for least in CHOICES}
        best = max(_f1(one) for one in others.values())
        least = float(np.median([choice for choice in CHOICES if _f1(others[choice]) == best]))
        found = _counts(_plain_cuts(clips[judged], least), truths[judged])
        total += found
        print(f"| {judged} | {least:.2f} | {_figures(found)} |")
    print(f"| all | in the product {NOVEL} | {_figures(total)} |")


def _print_soft(truths: Mapping[str, Truth], clips: Mapping[str, Thumbs]) -> None:
    print("\n| soft transitions | there | found | others | CPU ms a frame |")
    print("| --- | ---: | ---: | ---: | ---: |")
    begin, frames = time.process_time(), sum(len(thumbs) for thumbs in clips.values())
    told = {clip: _finder(thumbs) for clip, thumbs in clips.items()}
    seconds = time.process_time() - begin
    soft = {clip: [(one.first, one.last) for one in finder.transitions()] for clip, finder in told.items()}
    true = {clip: list(_gradual(truths[clip])) for clip in clips}
    counts = sum((_matched(soft[clip], true[clip]) for clip in clips), np.zeros(3))
    print(f"| of the clips as they are ({frames} frames) | {_three(counts)} | {seconds / frames * 1000:.2f} |")
    mixes = list(_mixes(truths, clips))
    for kind, length in itertools.product(("dissolve", "fade"), LENGTHS):
        some = [mix for mix in mixes if (mix.kind, mix.length) == (kind, length)]
        counts = sum((_matched(_soft(mix.thumbs), [mix.span]) for mix in some), np.zeros(3))
        print(f"| {kind}s of {length} frames, made | {_three(counts)} | |", flush=True)


def _ours(thumbs: Thumbs) -> set[int]:
    """First frames of shots that follow the one before at once; a soft transition is no cut."""
    shots = _finder(thumbs).shots()
    return {right.first for left, right in itertools.pairwise(shots) if right.first == left.last + 1}


def _finder(thumbs: Thumbs) -> ShotFinder:
    finder = ShotFinder()
    for begin in range(0, len(thumbs), CHUNK_FRAMES):
        measurer = FrameMeasurer(())
        for time_us, thumb in thumbs[begin : begin + CHUNK_FRAMES]:
            measurer.add(time_us, thumb, is_damaged=False)
        finder.add(Measured.of_rows(measurer.measured().rows()))
    return finder


def _soft(thumbs: Thumbs) -> list[tuple[int, int]]:
    return [(one.first, one.last) for one in _finder(thumbs).transitions()]


def _plain_cuts(thumbs: Thumbs, least: float) -> set[int]:
    finder = CutFinder(least)
    return {number for number, (time_us, thumb) in enumerate(thumbs) if finder.add(time_us, thumb)}


def _theirs(path: Path, detector: SceneDetector) -> set[int]:
    scenes = detect(str(path), detector)
    return {begin.frame_num for begin, _ in scenes[1:]}


def _counts(told: set[int], truth: Truth) -> NDArray[np.float64]:
    """(3,) true cuts, those found, those that are none."""
    hard = set(truth["hard_cuts"])
    excused = {frame for first, last in _excused(truth) for frame in range(first, last + 1)}
    return np.array([len(hard), len(told & hard), len(told - hard - excused)], np.float64)


def _excused(truth: Truth) -> Iterator[tuple[int, int]]:
    yield from (tuple(span) for span in truth.get("ignore_ranges", []))
    yield from _gradual(truth)


def _gradual(truth: Truth) -> Iterator[tuple[int, int]]:
    for span in [*truth.get("gradual", []), *truth.get("fade_out", [])]:
        yield span["start_frame"], span["end_frame"]


def _matched(told: Sequence[tuple[int, int]], true: Sequence[tuple[int, int]]) -> NDArray[np.float64]:
    """(3,) true spans, those found, told ones that are none."""
    found = [one for one in true if any(_overlap(one, other) >= 0.5 for other in told)]
    others = [one for one in told if not any(_overlap(one, other) >= 0.5 for other in true)]
    return np.array([len(true), len(found), len(others)], np.float64)


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> float:
    both = min(one[1], other[1]) - max(one[0], other[0]) + 1
    either = max(one[1], other[1]) - min(one[0], other[0]) + 1
    return max(0, both) / either


@dataclass(frozen=True, slots=True)
class _Mix:
    kind: str
    length: int
    span: tuple[int, int]
    thumbs: Thumbs


def _mixes(truths: Mapping[str, Truth], clips: Mapping[str, Thumbs]) -> Iterator[_Mix]:
    """Two shots each, one turning into the other at the end of the first's `MIXED_FRAMES`."""
    shots = [shot for clip in clips for shot in _pieces(clips[clip], truths[clip])]
    chance = random.Random(6)
    for number in range(MIXES):
        first, second = (_cut_out(shot, chance) for shot in chance.sample(shots, 2))
        kind, length = ("fade" if number % 4 == 0 else "dissolve"), LENGTHS[number % len(LENGTHS)]
        other = [np.zeros_like(one) for one in second] if kind == "fade" else second
        begin = MIXED_FRAMES - length
        shares = (np.arange(length) + 1) / (length + 1)
        mixed = [
            np.asarray(np.round(first[begin + at] * (1 - share) + other[at] * share), np.uint8)
            for at, share in enumerate(shares)
        ]
        frames = [*first[:begin], *mixed, *other[length:]]
        thumbs = [(at * 40_000, frame) for at, frame in enumerate(frames)]
        yield _Mix(kind, length, (begin, MIXED_FRAMES - 1), thumbs)


def _pieces(thumbs: Thumbs, truth: Truth) -> Iterator[list[NDArray[np.uint8]]]:
    """Annotated shots that are long enough, show something and have nothing ambiguous in them."""
    edges = [0, *truth["hard_cuts"], len(thumbs)]
    for begin, end in itertools.pairwise(edges):
        is_plain = not any(first < end and begin <= last for first, last in _excused(truth))
        is_shown = max(float(thumb.std()) for _, thumb in thumbs[begin:end]) > 10
        if end - begin >= MIXED_FRAMES and is_plain and is_shown:
            yield [thumb for _, thumb in thumbs[begin:end]]


def _cut_out(shot: list[NDArray[np.uint8]], chance: random.Random) -> list[NDArray[np.uint8]]:
    begin = chance.randrange(len(shot) - MIXED_FRAMES + 1)
    return shot[begin : begin + MIXED_FRAMES]


def _thumbs(path: Path) -> Thumbs:
    with av.open(path) as container:
        return [
            (
                round((frame.time or 0.0) * 1e6),
                np.asarray(
                    cv2.resize(
                        frame.to_ndarray(format="rgb24"), (THUMB_WIDTH, THUMB_HEIGHT), interpolation=cv2.INTER_AREA
                    ),
                    np.uint8,
                ),
            )
            for frame in container.decode(container.streams.video[0])
        ]


def _f1(counts: NDArray[np.float64]) -> float:
    cuts, found, false = counts
    return float(2 * found / max(1.0, cuts + found + false))


def _figures(counts: NDArray[np.float64]) -> str:
    cuts, found, false = counts
    precision, recall = found / max(1, found + false), found / max(1, cuts)
    return f"{cuts:.0f} | {found:.0f} | {false:.0f} | {precision:.3f} | {recall:.3f} | {_f1(counts):.3f}"


def _three(counts: NDArray[np.float64]) -> str:
    return " | ".join(f"{count:.0f}" for count in counts)


if __name__ == "__main__":
    main()
