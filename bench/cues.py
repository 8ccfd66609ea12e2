"""Which technical cues are found: written cards made at random, and the clips of `shared/testdata` as they are.

    python -m bench.cues [--testdata DIR]

There is no free set of annotated slates and credits, so they are made: names and fields in four typefaces, on dark
grounds, standing or going up, compressed as JPEG, before or behind 10 s of one of the clips. That measures the rules
and the reading of text, not what designers think of. The clips as they are show what is found that is not there. The
networks that read text must have been fetched. Prints Markdown.
"""

import argparse
import os
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from regard.app import App
from regard.jobs.kinds import Row
from regard.media.looks import Look, Looks
from regard.media.video_errors import VideoError
from regard.media.video_facts import video_facts
from regard.media.video_limits import VideoLimits
from regard.operations.video_segments import SegmentKind
from regard.settings import Settings

Pixels = NDArray[np.uint8]
TRIALS, RATE, FILM_FRAMES = 4, 25, 250
WISH: Mapping[str, Any] = {"SegmentTypes": ["TECHNICAL_CUE"], "Filters": {}}
FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_TRIPLEX)
NAMES = ("Ada Quill", "Ben Marrow", "Cleo Stand", "Dov Harrow", "Ema Linde", "Finn Osier", "Gus Pell", "Hana Brook")
ROLES = ("Directed by", "Written by", "Camera", "Sound", "Music", "Editor", "Costumes", "Producer", "Cast")
FIELDS = (
    "TITLE: NIGHT TRAIN", "EPISODE: 4", "DURATION: 00:28:30", "TRT 00:30", "CLIENT: ACME", "DATE: 2023-04-02",
    "ASPECT RATIO: 16:9", "AUDIO: STEREO", "VERSION: 2", "HOUSE NO: A1234", "FORMAT: 1080i50", "SEASON: 2",
)  # fmt: skip


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--testdata", type=Path, help="the folder; shared/testdata beside the repository")
    chosen = parser.parse_args()
    folder = (chosen.testdata or Path(__file__).parents[2] / "shared" / "testdata") / "clips"
    if not (folder / "cuts.json").is_file():
        parser.exit(2 if chosen.testdata else 0, f"cues are not measured: there is no {folder / 'cuts.json'}\n")
    app = App(Settings.read(os.environ, limits="relaxed"), os.environ)
    kind = SegmentKind(app.text)
    _print_made(kind, folder)
    _print_clips(kind, folder)


def _print_made(kind: SegmentKind, folder: Path) -> None:
    print("| made | videos | found | within 0.5 s at both ends | other cues besides Content |")
    print("| --- | ---: | ---: | ---: | ---: |")
    pictures = _pictures(folder / "cars.mp4")
    for title, (name, make) in MADE.items():
        found, exact, others = 0, 0, 0
        for trial in range(TRIALS):
            chance = random.Random(trial)
            begin, cards = make(chance)
            frames = [*pictures[:begin], *cards, *pictures[begin:FILM_FRAMES]]
            cues = [row for row in _answered(kind, _looks(frames), {}) if _name(row) != "Content"]
            hits = [row for row in cues if _name(row) == name]
            found += bool(hits)
            exact += any(_is_near(row, begin, begin + len(cards) - 1) for row in hits)
            others += len(cues) - len(hits)
        print(f"| {title} | {TRIALS} | {found if name else '-'} | {exact if name else '-'} | {others} |", flush=True)


def _print_clips(kind: SegmentKind, folder: Path) -> None:
    print("\n| clip | seconds | cues |")
    print("| --- | ---: | --- |")
    limits = VideoLimits()
    for path in sorted(folder.iterdir()):
        try:
            facts = video_facts(path, limits).facts
            with Looks(path, kind.longer_side, limits) as looks:
                rows = _answered(kind, looks, facts, path)
        except VideoError:
            continue
        counts = Counter(_name(row) for row in rows)
        told = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
        print(f"| {path.name} | {facts['duration_ms'] / 1000:.0f} | {told} |", flush=True)


def _answered(
    kind: SegmentKind, looks: Iterable[Look], facts: Mapping[str, Any], path: Path | None = None
) -> list[Row]:
    analyser = kind.begin([WISH], facts)
    if path is not None:
        analyser.hear(path, VideoLimits())
    for look in looks:
        analyser.add(look)
    rows = analyser.rows()
    result = _Kept()
    kind.settle(lambda: iter([rows]), WISH, facts, result)
    return result.rows


class _Kept:
    """A result in memory."""

    rows: list[Row]

    def write(self, view: str, rows: Iterable[Row]) -> None:
        """Keeps the rows."""
        self.rows = list(rows)

    def write_sorted(self, view: str, rows: Iterable[Row], key: Callable[[Row], Any]) -> None:
        """Keeps them sorted."""
        self.rows = sorted(rows, key=key)


def _looks(frames: Sequence[Pixels]) -> Iterator[Look]:
    for number, frame in enumerate(frames):
        thumb = np.asarray(cv2.resize(frame, (128, 72), interpolation=cv2.INTER_AREA), np.uint8)
        image = frame if number % RATE == 0 else None
        yield Look(number, number * 1_000_000 // RATE, False, thumb, image)


def _pictures(path: Path) -> list[Pixels]:
    """Frames of 640 by 360, from the start again where there are too few."""
    import av

    with av.open(path) as container:
        frames = [
            frame.reformat(640, 360, "rgb24").to_ndarray() for frame in container.decode(container.streams.video[0])
        ]
    return [np.asarray(frames[at % len(frames)], np.uint8) for at in range(FILM_FRAMES)]


def _slate(chance: random.Random) -> tuple[int, list[Pixels]]:
    return 0, [_card(chance.sample(FIELDS, 6), chance, chance.choice((0, 20, 60)))] * (RATE * chance.randint(2, 6))


def _roll(chance: random.Random) -> tuple[int, list[Pixels]]:
    lines, dark, frames = _credits(chance, 16), chance.choice((0, 0, 15)), RATE * chance.randint(6, 9)
    font = chance.choice(FONTS)
    return FILM_FRAMES, [_card(lines, chance, dark, top=200 - 2 * at, font=font) for at in range(frames)]


def _cards_at(place: int) -> Callable[[random.Random], tuple[int, list[Pixels]]]:
    def made(chance: random.Random) -> tuple[int, list[Pixels]]:
        cards = [_card(_credits(chance, 4), chance, 0) for _ in range(3)]
        return place, [card for card in cards for _ in range(RATE * 2)]

    return made


def _notice(chance: random.Random) -> tuple[int, list[Pixels]]:
    return 0, [_card(["This programme contains", "flashing lights"], chance, 0)] * (RATE * 3)


def _credits(chance: random.Random, count: int) -> list[str]:
    return [chance.choice(ROLES if at % 2 == 0 else NAMES) for at in range(count)]


def _card(lines: Sequence[str], chance: random.Random, dark: int, top: int = 70, font: int | None = None) -> Pixels:
    image = np.full((360, 640, 3), dark, np.uint8)
    chosen = chance.choice(FONTS) if font is None else font
    for at, line in enumerate(lines):
        (width, _), _ = cv2.getTextSize(line, chosen, 0.8, 2)
        place = ((640 - width) // 2, top + 42 * at)
        cv2.putText(image, line, place, chosen, 0.8, (235, 235, 235), 2, cv2.LINE_AA)
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 60])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def _name(row: Row) -> str:
    return str(row["TechnicalCueSegment"]["Type"])


def _is_near(row: Row, first: int, last: int) -> bool:
    off: int = max(abs(row["StartFrameNumber"] - first), abs(row["EndFrameNumber"] - last))
    return off <= RATE // 2


MADE: Mapping[str, tuple[str, Callable[[random.Random], tuple[int, list[Pixels]]]]] = {
    "slates at the start": ("Slate", _slate),
    "credits going up at the end": ("EndCredits", _roll),
    "cards of credits at the end": ("EndCredits", _cards_at(FILM_FRAMES)),
    "cards of credits at the start": ("OpeningCredits", _cards_at(0)),
    "the same cards in the middle": ("", _cards_at(FILM_FRAMES // 2)),
    "a notice of 3 s at the start": ("", _notice),
}

if __name__ == "__main__":
    main()
