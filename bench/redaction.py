"""Redaction side by side with deface: what still shows, what is covered needlessly, how fast, in how much memory.

    python -m bench.peers --install --only deface          once; deface 1.5.0 in an environment of its own
    python -m bench.redaction [--part leaks|speed|stills] [--clips NAME,...] [--tools KEY,...] [--frames N]

Clips and stills are those of `shared/testdata`, which is no part of the repository. Every tool gets the same files and
is run as its command, at its defaults, one after the other on this machine. Prints Markdown.

**Which faces must be covered.** Faces are found in every frame of the input (`redaction_faces.py`), three ways:
*plain*, YuNet at 0.7 at the frame's own size, as the issue counts; *agreed*, YuNet at 0.7 at half, full and double
size, where CenterFace (0.2, full and up to double size) finds it too, then or at most 12 frames away in an unbroken
chain, so that what one network imagines is not counted; *other*, CenterFace at 0.5, where YuNet (0.3) agrees in the
same way. Regard looks with YuNet and deface with CenterFace: *agreed* is kinder to Regard and *other* to deface.

**Leaked, "seen"**: a face-frame that YuNet at 0.7 still finds in the same frame of the output (IoU 0.3 and more) and
that is as it was: less than half of the middle of its box (half as wide, half as high) was changed, or its details
correlate with the input's by 0.7 and more, after a blur of 0.15 of its width was taken away (a frame that lies open
between covered ones is encoded so coarsely that its pixels differ). A blur that looks like a face is no leak by this.
**Leaked, "open"**, stricter: less than 90 % of the ellipse in the box (axes 0.7 of its sides) was changed, or the
details correlate; finding it again is not asked. **Found again**, as the issue counts: *plain* face-frames that YuNet
finds in the output (IoU 0.3), whether covered or not. **Blinks**: runs of frames with an open *agreed* face, and the
longest. Tried on covers drawn around the reference faces: no leak; left out in every fifth frame: 200 per 1,000.

**Changed** is where the output differs from the same clip sent through the same decoder and encoder with nothing
covered ("alone"), on average over squares of 8 pixels, by more than 4 of 255 and 2.5 times what that encoder did to
the surroundings. What touches such pixels and differs by 1.75 and 1.5 times counts as well, and so do specks of up to
9 pixels and notches in a cover: blurred skin may be what it was. For areas the most that the encoder did nearby counts.

**Covered**: changed pixels as share of all, and as a ratio to deface. **Beside faces**: changed pixels outside of all
three references' boxes, their sides enlarged by 1.3: as share of the frame, and per frame in areas of an average face.
A head that turned away from the camera is covered on purpose and still counts here.

**Speed** is frames by seconds from the command's start to its end, loading of networks included; the least of
`--repeats`. *Alone* is decoding and encoding with the tool's settings. Memory is of all its processes together.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.peers import Peers, default_environments
from bench.redaction_faces import FaceFinder
from bench.redaction_frames import prepared
from bench.redaction_leaks import Clip, Figures, compare, summed
from bench.redaction_memory import Run
from bench.redaction_speed import speed_table
from bench.redaction_stills import stills_table
from bench.redaction_tools import DEFACE, Tool, centerface, tools
from bench.tables import table
from regard.models.weights import default_folder

CLIPS = (
    "talk_show.mp4", "one_by_one_person.mp4", "moderation.mp4", "pedestrians.avi", "composite.mp4",
    "two_faces_turning.gif", "faces_walking.gif", "film_with_sound.mp4", "cars.mp4",
)  # fmt: skip
_LEAK_HEADS = (
    "clip", "tool", "face-frames", "seen, agreed", "seen, plain", "open, agreed", "open, other", "found again",
    "blinks", "longest",
)  # fmt: skip
_AREA_HEADS = ("clip", "tool", "covered, %", "of deface's", "beside faces, %", "beside, faces a frame")


@dataclass(frozen=True, slots=True)
class Bench:
    """What the measurement of leaks works with."""

    tools: Sequence[Tool]
    finder: FaceFinder
    work: Path  # folder for prepared clips, outputs and faces that were found
    most_frames: int | None
    is_reusing: bool  # outputs that are there already

    def figures(self, clip: Path) -> dict[str, Figures]:
        """By the tool's name; a tool that failed is not in it."""
        source = prepared(clip, self.work, self.most_frames)
        ready = Clip(clip.name, source, self.finder.reference(source, self.work))
        found = {}
        for tool in self.tools:
            bare = self._made(tool.run_bare, source, self.work / f"{source.stem}.{tool.family}.alone.mp4")
            output = self._made(tool.run, source, self.work / f"{source.stem}.{tool.key}.mp4")
            if bare is not None and output is not None:
                found[tool.name] = compare(ready, output, bare, self.finder)
        return found

    def _made(self, make: Callable[[Path, Path], Run], source: Path, target: Path) -> Path | None:
        """The output; None where the tool failed, which is said on the error stream."""
        if self.is_reusing and target.is_file():
            return target
        run = make(source, target)
        if run.failed:
            print(f"{target.name} could not be made: {run.said}", file=sys.stderr)
        return None if run.failed else target


def leak_tables(bench: Bench, clips: Sequence[Path]) -> str:
    """Two tables in Markdown: what still shows, per 1,000 face-frames, and what is covered."""
    leaks: list[list[str]] = []
    areas: list[list[str]] = []
    totals: dict[str, list[Figures]] = {}
    for clip in clips:
        found = bench.figures(clip)
        print(f"measured {clip.name}", file=sys.stderr, flush=True)
        _add_rows(clip.stem, found, leaks, areas)
        if len(found) == len(bench.tools):  # so that all have the same clips in the last lines
            for name, figures in found.items():
                totals.setdefault(name, []).append(figures)
    _add_rows("all", {name: summed(figures) for name, figures in totals.items()}, leaks, areas)
    return "\n\n".join(
        [
            "### What still shows, per 1,000 face-frames", table(_LEAK_HEADS, leaks),
            "### What is covered", table(_AREA_HEADS, areas),
        ]
    )  # fmt: skip


def _add_rows(clip: str, found: dict[str, Figures], leaks: list[list[str]], areas: list[list[str]]) -> None:
    for name, one in found.items():
        seen, still = one.seen, one.open
        runs = still["agreed"].runs
        figures = [seen["agreed"], seen["plain"], still["agreed"], still["other"]]
        leaks.append(
            [
                clip, name, str(seen["agreed"].faces), *(f"{leak.per_thousand:.1f}" for leak in figures),
                f"{1000 * one.found_again / max(1, one.plain_faces):.1f}", str(len(runs)), str(max(runs, default=0)),
            ]
        )  # fmt: skip
        peer = found.get(DEFACE)
        ratio = f"{one.covered / peer.covered:.2f}" if peer and peer.covered else ""
        shares = [f"{100 * share / max(1, one.frames):.2f}" for share in (one.covered, one.beside)]
        areas.append([clip, name, shares[0], ratio, shares[1], f"{one.beside_faces / max(1, one.frames):.2f}"])


def main(arguments: Sequence[str] | None = None) -> int:
    """See the module."""
    options = _parser().parse_args(arguments)
    peers = Peers(options.peers)
    known = tools(peers)
    unknown = [key for key in options.tools if key not in known]
    if unknown:
        print(f"There is no tool '{unknown[0]}'; there are {', '.join(known)}", file=sys.stderr)
        return 2
    options.work.mkdir(parents=True, exist_ok=True)
    chosen = [known[key] for key in options.tools]
    try:
        finder = FaceFinder(default_folder(os.environ), centerface(peers))
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 2
    if "leaks" in options.part:
        bench = Bench(chosen, finder, options.work, options.frames, options.reuse)
        print(leak_tables(bench, [options.testdata / "clips" / name for name in options.clips or CLIPS]))
    if "speed" in options.part:
        clips = options.testdata / "clips"
        print(speed_table(chosen, clips, options.work, options.frames, options.repeats, options.clips or ()))
    if "stills" in options.part:
        print(stills_table(chosen, options.testdata, options.work, options.frames))
    return 0


def _parser() -> argparse.ArgumentParser:
    def names(listed: str) -> list[str]:
        return listed.split(",")

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", type=names, default=["leaks", "speed", "stills"], help="leaks,speed,stills")
    parser.add_argument("--clips", type=names, help="file names in clips/, for leaks and speed")
    parser.add_argument("--tools", type=names, default=["deface", "regard"], help="deface,deface-onnx,regard,...")
    parser.add_argument("--frames", type=int, help="at most so many of each clip, and so many stills")
    parser.add_argument("--repeats", type=int, default=2, help="of the measurement of speed")
    parser.add_argument("--reuse", action="store_true", help="take outputs that are in --work already")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "regard-redaction")
    parser.add_argument("--peers", type=Path, default=default_environments())
    parser.add_argument("--testdata", type=Path, default=Path(__file__).parents[2] / "shared" / "testdata")
    return parser


if __name__ == "__main__":
    sys.exit(main())
