"""The detection error trade-off (DET) as a picture. Needs matplotlib, the extra `evaluate`."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator

from regard.cli.evaluate_report import Group, Report, Row

MOST_CURVES = 8  # of groups in one drawing; more cannot be told apart


def draw(report: Report, out: Path) -> list[Path]:
    """Writes `det.png` and `det.svg`: all pairs, and the groups that have most impostor pairs. Says where they are."""
    figure = Figure(figsize=(8, 6), layout="constrained")
    axes = figure.subplots()
    everyone, *groups = report.groups
    largest = sorted(groups, key=lambda group: len(group.scores.impostor), reverse=True)[:MOST_CURVES]
    _curves(axes, [everyone, *(group for group in groups if group in largest)])
    _dress(axes, report, len(groups) - len(largest))
    files = [out / "det.png", out / "det.svg"]
    for file in files:
        figure.savefig(file, dpi=150)
    return files


def _curves(axes: Axes, groups: Sequence[Group]) -> None:
    """A curve a group, with dots where the similarities of the tables are."""
    for index, group in enumerate(groups):
        _, false_matches, false_non_matches = group.scores.det_points()
        drawn = false_non_matches > 0
        colour, width = ("black", 2.0) if index == 0 else (f"C{index - 1}", 1.2)
        axes.step(
            false_matches[drawn],
            false_non_matches[drawn],
            where="post",
            label=group.name,
            color=colour,
            linewidth=width,
        )
        for row in group.rows:
            if _has_place(row):
                place = row.false_matches.value, row.false_non_matches.value
                axes.plot(*place, "o", color=colour, markersize=5)
                if index == 0:
                    axes.annotate(f"{row.similarity:g}", place, xytext=(5, 5), textcoords="offset points")


def _has_place(row: Row) -> bool:
    """Whether neither rate is 0, which has no place on a logarithmic axis."""
    return row.false_matches.events > 0 and row.false_non_matches.events > 0


def _dress(axes: Axes, report: Report, omitted: int) -> None:
    everyone = report.groups[0].scores
    axes.set_xscale("log")
    axes.set_yscale("log")
    percent = FuncFormatter(lambda rate, _: f"{100 * rate:g} %")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(numticks=12))
        axis.set_major_formatter(percent)
    axes.grid(True, which="major", alpha=0.4)
    axes.set_xlabel("false-match rate")
    axes.set_ylabel("false non-match rate")
    has_dots = any(_has_place(row) for row in report.groups[0].rows)
    notes = ["dots: similarities 80, 90, 95, 99"] * has_dots + [f"{omitted} smaller groups are not drawn"] * (
        omitted > 0
    )
    axes.set_title(
        f"Face model {report.curve.version}: {len(everyone.genuine):,} pairs of one person, "
        f"{len(everyone.impostor):,} of two\n{'; '.join(notes)}",
        fontsize=10,
    )
    axes.legend(fontsize=9)
