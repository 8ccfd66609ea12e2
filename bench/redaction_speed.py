"""How fast each tool is end to end, beside decoding and encoding alone, and how much memory it takes."""

import sys
from collections.abc import Collection, Sequence
from pathlib import Path

from bench.redaction_frames import count_of, prepared
from bench.redaction_memory import Run
from bench.redaction_tools import DEFACE, Tool
from bench.tables import table

FULL_HD = (1920, 1080)
SPEED_CLIPS = (
    ("talk_show.mp4", FULL_HD),
    ("moderation.mp4", FULL_HD),
    ("talk_show.mp4", None),
    ("one_by_one_person.mp4", None),
)
_HEADS = ("clip", "tool", "frames/s", "of deface's", "alone, frames/s", "of alone", "memory MiB")


def speed_table(
    tools: Sequence[Tool], clips: Path, work: Path, most_frames: int | None, repeats: int, names: Collection[str] = ()
) -> str:
    """Markdown, of the clips of those names, or of all.

    In every round each tool runs once and its encoder alone once, so that all share the same weather.
    """
    rows = []
    for name, size in SPEED_CLIPS:
        if names and name not in names:
            continue
        source = prepared(clips / name, work, most_frames, size)
        title = f"{source.name.partition('-')[0]}, {size[1]}p" if size else clips.joinpath(name).stem
        runs = _rounds(tools, source, work, repeats)
        rows += _rows(f"{title}, {count_of(source)} frames", count_of(source), runs)
        print(f"timed {title}", file=sys.stderr, flush=True)
    return "### Speed\n\n" + table(_HEADS, rows)


def _rounds(tools: Sequence[Tool], source: Path, work: Path, repeats: int) -> dict[str, tuple[list[Run], list[Run]]]:
    """By the tool's name: its runs, and those of decoding and encoding alone."""
    runs: dict[str, tuple[list[Run], list[Run]]] = {tool.name: ([], []) for tool in tools}
    for _ in range(repeats):
        for tool in tools:
            whole, alone = runs[tool.name]
            whole.append(tool.run(source, work / f"speed.{tool.key}.mp4"))
            alone.append(tool.run_bare(source, work / f"speed.{tool.key}.alone.mp4"))
    return runs


def _rows(title: str, count: int, runs: dict[str, tuple[list[Run], list[Run]]]) -> list[list[str]]:
    peer = _rate(runs[DEFACE][0], count) if DEFACE in runs else None
    rows = []
    for name, (whole, alone) in runs.items():
        rate, bare = _rate(whole, count), _rate(alone, count)
        if rate is None:
            rows.append([title, name, "failed", "", "", "", ""])
            continue
        most = max(run.most_mib for run in whole)
        of_peer, of_bare = (f"{rate / other:.2f}" if other else "" for other in (peer, bare))
        rows.append([title, name, f"{rate:.1f}", of_peer, f"{bare:.1f}" if bare else "", of_bare, f"{most:.0f}"])
    return rows


def _rate(runs: Sequence[Run], count: int) -> float | None:
    """Frames a second of the quickest; None where one failed."""
    for run in runs:
        if run.failed:
            print(run.said, file=sys.stderr)
            return None
    return count / min(run.seconds for run in runs)
