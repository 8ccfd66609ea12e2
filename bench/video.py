"""How fast stored videos are analysed, what one walk for all five analyses saves, what jobs cost; memory over hours.

    python -m bench.video [--part analyses|together|jobs|workers|memory]... [--seconds 60] [--repeats 3] [--clip FILE]
                          [--workers-seconds 240] [--hours 3] [--memory-clip FILE] [--work DIR]

The video is H.264 of 1920x1080 at 25 frames a second, `--seconds` long, with faces, text, people who walk and cuts:
clips of shared/testdata, scaled and joined (`video_clips.py`), or `--clip` as it is. What is measured of it is what
`regard video` does, with the defaults of the five operations, on all processors, in one process whose networks were
loaded and run on pictures of that size beforehand: plan, decode, analyse, write the results. Whatever is compared is
measured in turns, and the turn that took the least time is shown, with the processor time of that turn, the decoding
processes' included. "Video per second" is seconds of video in a second, or hours in an hour.

- analyses: each of the five alone, and the parts of a walk that it needs: reading all packets for the plan; decoding
  all frames and throwing them away; the same with the thumbs of all frames and the choice and scaling of those that are
  looked at. "decoding" is the processor time of that last part as a share of the analysis's.
- together: the sum of the five alone, one after the other, against all five in one walk; the aim is half the time.
  Besides, for the one walk, how often each network ran and the wall time within it; networks run beside each other.
- jobs: all five in one walk, by `analyse_video` directly and as five jobs over an object of a local bucket, from before
  the first is queued to the end of the last, by one worker in this process; the aim is less than 5 % more.
- workers: the same five jobs over the video repeated to `--workers-seconds`, by one and by two `regard worker`
  processes, each of which has loaded its networks before.
- memory: `regard video all --json` over a video of `--hours`, `--memory-clip` again and again (320x180 with 20 cuts in
  35 seconds, so that it takes an hour or two); memory of all its processes at 5 %, 50 % and 95 % of the time, and the
  most.

Prints Markdown.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from bench.long_video import memory_at
from bench.redaction_frames import prepared
from bench.redaction_memory import watched
from bench.tables import table
from bench.video_clips import described, joined, longer
from bench.video_jobs import JobRoom
from bench.video_walks import DECODE, LOOKS, PLAN, WISHES, Cost, Walks, app_of, environment, in_turns

_TESTDATA = Path(__file__).parents[2] / "shared" / "testdata"
_PARTS = ("analyses", "together", "jobs", "workers", "memory")
_ALL = tuple(WISHES)
_STEPS = {PLAN: "reading packets", DECODE: "decoding", LOOKS: "decoding, thumbs, pictures"}
_WARM_FRAMES = 25
_MOMENTS = (0.05, 0.5, 0.95)
_TIME_LIMIT_SECONDS = 24 * 3600


def main(arguments: Sequence[str] | None = None) -> int:
    """See the module."""
    options = _parser().parse_args(arguments)
    options.work.mkdir(parents=True, exist_ok=True)
    parts = options.part or _PARTS
    if set(parts) - {"memory"}:
        video = options.clip or joined(_TESTDATA, options.work, options.seconds)
        _print_of_video(parts, video, options)
    return _print_memory(options.memory_clip, options.work, options.hours) if "memory" in parts else 0


def _print_of_video(parts: Sequence[str], video: Path, options: argparse.Namespace) -> None:
    short = prepared(video, options.work, most_frames=_WARM_FRAMES)
    app = app_of(options.work / "data")
    walks = Walks(app, video, options.work / "results")
    Walks(app, short, options.work / "results").analyse(_ALL)
    frames, looked_at = walks.looked_at()
    print(f"{described(video)}; {looked_at:,} of {frames:,} frames are looked at. {os.cpu_count()} processors.\n")
    if "analyses" in parts or "together" in parts:
        _print_walks(parts, walks, options.repeats)
    if "jobs" in parts or "workers" in parts:
        room = JobRoom(options.work / "jobs")
        try:
            _print_jobs(parts, room, video, short, options)
        finally:
            room.close()


def _print_walks(parts: Sequence[str], walks: Walks, repeats: int) -> None:
    acts: dict[str, Callable[[], object]] = {kind: partial(walks.analyse, [kind]) for kind in _ALL}
    if "analyses" in parts:
        acts |= {step: partial(walks.step, step) for step in _STEPS}
    if "together" in parts:
        acts |= {"all": partial(walks.analyse, _ALL)}
    costs = in_turns(acts, repeats)
    if "analyses" in parts:
        _print_analyses(costs, walks.seconds)
    if "together" in parts:
        _print_together(costs, walks)


def _print_analyses(costs: Mapping[str, Cost], seconds: float) -> None:
    looks = costs[LOOKS].cpu_seconds
    rows = [_cost_row(_STEPS[step], costs[step], seconds, "") for step in _STEPS]
    rows += [_cost_row(kind, costs[kind], seconds, f"{looks / costs[kind].cpu_seconds:.0%}") for kind in _ALL]
    print(table(["", "s", "processor s", "video per second", "decoding"], rows) + "\n", flush=True)


def _print_together(costs: Mapping[str, Cost], walks: Walks) -> None:
    apart = Cost(sum(costs[kind].seconds for kind in _ALL), sum(costs[kind].cpu_seconds for kind in _ALL))
    rows = [
        [*_cost_row("one after the other", apart, walks.seconds), "1.00"],
        [*_cost_row("in one walk", costs["all"], walks.seconds), f"{apart.seconds / costs['all'].seconds:.2f}"],
    ]
    print(table(["all five", "s", "processor s", "video per second", "times as fast"], rows) + "\n")
    networks = [[name, f"{runs:,}", f"{spent:.1f}"] for name, (runs, spent) in walks.networks_of(_ALL).items()]
    print(table(["network", "runs in one walk", "s"], networks) + "\n", flush=True)


def _print_jobs(parts: Sequence[str], room: JobRoom, video: Path, short: Path, options: argparse.Namespace) -> None:
    walks = Walks(room.app, video, options.work / "results")
    if "jobs" in parts:
        Walks(room.app, short, options.work / "results").analyse(_ALL)
        acts: dict[str, Callable[[], object]] = {
            "directly": partial(walks.analyse, _ALL),
            "as five jobs": partial(room.by_a_thread, video),
        }
        costs = in_turns(acts, options.repeats)
        whole = costs["directly"].seconds
        rows = [
            [*_cost_row(name, costs[name], walks.seconds), f"{costs[name].seconds / whole - 1:+.1%}"] for name in acts
        ]
        print(table(["all five in one walk", "s", "processor s", "video per second", "more"], rows) + "\n", flush=True)
    if "workers" in parts:
        long = longer(video, options.work, options.workers_seconds)
        seconds = Walks(room.app, long, options.work / "results").seconds
        taken = {count: min(room.by_processes(count, long, short) for _ in range(options.repeats)) for count in (1, 2)}
        rows = [
            [f"{count}", f"{spent:.1f}", f"{seconds / spent:.2f}", f"{taken[1] / spent:.2f}"]
            for count, spent in taken.items()
        ]
        print(described(long) + "\n")
        print(table(["worker processes", "s", "video per second", "times as fast"], rows) + "\n", flush=True)


def _print_memory(clip: Path, work: Path, hours: float) -> int:
    long, looks = longer(clip, work, hours * 3600), list[tuple[float, float]]()
    command: list[str | Path] = [Path(sys.executable).with_name("regard"), "video", "all", "--json", long]
    run = watched(command, _TIME_LIMIT_SECONDS, environment(), lambda seconds, mib: looks.append((seconds, mib)))
    print(described(long))
    if run.failed:
        print(f"regard video failed after {run.seconds:.0f} s, {run.most_mib:.0f} MiB at most: {run.said}")
        return 1
    figures = [*(memory_at(looks, moment) for moment in _MOMENTS), run.most_mib]
    heads = ["memory of all processes", *(f"at {moment:.0%}" for moment in _MOMENTS), "at most"]
    print("\n" + table(heads, [["MiB", *(f"{mib:.0f}" for mib in figures)]]))
    print(f"\n{run.seconds:,.0f} s, {hours * 3600 / run.seconds:.2f} video per second", flush=True)
    return 0


def _cost_row(name: str, cost: Cost, seconds: float, *more: str) -> list[str]:
    return [name, f"{cost.seconds:.1f}", f"{cost.cpu_seconds:.1f}", f"{seconds / cost.seconds:.2f}", *more]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", action="append", choices=_PARTS, help="may be given several times; all if none is")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--clip", type=Path)
    parser.add_argument("--workers-seconds", type=float, default=240.0)
    parser.add_argument("--hours", type=float, default=3.0)
    parser.add_argument("--memory-clip", type=Path, default=_TESTDATA / "clips" / "edited_20_cuts.mp4")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "regard-video")
    return parser


if __name__ == "__main__":
    sys.exit(main())
