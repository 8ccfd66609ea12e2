"""Whether memory stays flat over hours: redacts a video that repeats a clip, and watches the memory of all processes.

Usage: python -m bench.long_video [--hours 3] [--clip FILE] [--work DIR] [--keep] [-- OPTION...]

The long file is made by copying the clip's packets over and over, so it takes seconds to make and every decoder reads
it; the clip by default is `film_with_sound.mp4` of shared/testdata, 640x360 with sound. What stands behind `--` goes to
`regard redact`. Prints the memory at 5 %, 50 % and 95 % of the time that the command took (the middle value of the two
per cent around each), the most, and what the output has: frames, seconds of sound. Exit code 1 when memory at 95 % is
more than `--most-growth` times that at 5 %, or frames or sound are missing.
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av

from bench.redaction_memory import watched
from bench.tables import table

_MOMENTS = (0.05, 0.5, 0.95)
_AROUND = 0.01
_TIME_LIMIT_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Streams:
    """What a file has."""

    frames: int
    sound_seconds: float  # 0 where there is none
    megabytes: float


def repeated(clip: Path, target: Path, seconds: float) -> Path:
    """A file of about so many seconds that shows the clip again and again, its packets copied."""
    with av.open(str(clip)) as source, av.open(str(target), "w") as container:
        chosen = [source.streams.video[0], *source.streams.audio[:1]]
        copies = {one.index: container.add_stream_from_template(one) for one in chosen}
        length = _length(clip)
        for turn in range(max(1, round(seconds / length))):
            source.seek(0)
            for packet in source.demux(chosen):
                if packet.pts is None or packet.dts is None or packet.pts * packet.time_base >= length:
                    continue
                shift = round(turn * length / packet.time_base)
                packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                packet.stream = copies[packet.stream.index]
                container.mux(packet)
    return target


def streams_of(path: Path) -> Streams:
    """Counted by packets, without decoding."""
    frames, sound = 0, 0.0
    with av.open(str(path)) as container:
        for packet in container.demux([*container.streams.video[:1], *container.streams.audio[:1]]):
            if packet.size and packet.stream.type == "video":
                frames += 1
            elif packet.size and packet.pts is not None:
                sound = max(sound, float((packet.pts + (packet.duration or 0)) * packet.time_base))
    return Streams(frames, sound, path.stat().st_size / 1e6)


def memory_at(looks: Sequence[tuple[float, float]], moment: float) -> float:
    """MiB around a moment, given as a share of the time. looks: seconds and MiB, at least one."""
    end = looks[-1][0]
    near = [mib for seconds, mib in looks if abs(seconds / max(end, 1e-9) - moment) <= _AROUND]
    return statistics.median(near or [min(looks, key=lambda look: abs(look[0] - moment * end))[1]])


def _length(clip: Path) -> Fraction:
    """Seconds after which the clip begins again: that of its pictures, so that both streams stay together."""
    with av.open(str(clip)) as source:
        ends = [
            (packet.pts + (packet.duration or 0)) * packet.time_base
            for packet in source.demux(video=0)
            if packet.pts is not None
        ]
    return Fraction(max(ends))


def main(arguments: Sequence[str] | None = None) -> int:
    """See the module."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    own, further = (given[: given.index("--")], given[given.index("--") + 1 :]) if "--" in given else (given, [])
    options = _parser().parse_args(own)
    options.work.mkdir(parents=True, exist_ok=True)
    source, target = options.work / f"long-{options.hours:g}h.mp4", options.work / f"long-{options.hours:g}h.out.mp4"
    repeated(options.clip, source, options.hours * 3600)
    target.unlink(missing_ok=True)
    before, looks = streams_of(source), list[tuple[float, float]]()
    command = [Path(sys.executable).with_name("regard"), "redact", source, target, *further]
    run = watched(command, _TIME_LIMIT_SECONDS, on_look=lambda seconds, mib: looks.append((seconds, mib)))
    if run.failed:
        print(f"regard redact failed after {run.seconds:.0f} s, {run.most_mib:.0f} MiB at most: {run.said}")
        return 1
    after = streams_of(target)
    memory = [memory_at(looks, moment) for moment in _MOMENTS]
    print(_report(before, after, run.seconds, [*memory, run.most_mib]))
    if not options.keep:
        source.unlink()
        target.unlink()
    is_whole = after.frames == before.frames and abs(after.sound_seconds - before.sound_seconds) < 0.5
    return 0 if is_whole and memory[-1] <= options.most_growth * memory[0] else 1


def _report(before: Streams, after: Streams, seconds: float, memory: Sequence[float]) -> str:
    heads = ["", "frames", "sound, s", "MB"]
    rows = [
        [name, f"{one.frames:,}", f"{one.sound_seconds:,.1f}", f"{one.megabytes:,.1f}"]
        for name, one in (("input", before), ("output", after))
    ]
    names = [*(f"at {moment:.0%}" for moment in _MOMENTS), "at most"]
    figures = [["MiB", *(f"{mib:.0f}" for mib in memory)]]
    speed = f"{seconds:,.0f} s, {before.frames / seconds:.1f} frames a second"
    return "\n\n".join([table(heads, rows), table(["memory of all processes", *names], figures), speed])


def _parser() -> argparse.ArgumentParser:
    testdata = Path(__file__).parents[2] / "shared" / "testdata"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=3.0)
    parser.add_argument("--clip", type=Path, default=testdata / "clips" / "film_with_sound.mp4")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "regard-redaction")
    parser.add_argument("--keep", action="store_true", help="the long file and its output")
    parser.add_argument("--most-growth", type=float, default=1.15)
    return parser


if __name__ == "__main__":
    sys.exit(main())
