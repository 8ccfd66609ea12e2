"""What `regard evaluate faces` found: error rates by group beside the promise, and where the promise is broken."""

import math
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from rich.text import Text

from regard.analysis.verification import Rate, Scores, least_trials
from regard.cli.evaluate_pairs import Pairs
from regard.people.thresholds import Curve

SIMILARITIES = (80.0, 90.0, 95.0, 99.0)

# unsafe: even the lower bound of the FMR is above the promise; safe: even the upper is not. Between the two the pairs
# are too few where even none of them matching would not show it safe.
Verdict = Literal["safe", "unsafe", "perhaps unsafe", "too few pairs"]
_HEADS = ("Similarity", "promised", "FMR", "95 %", "FNMR", "95 %", "")
_STYLES: dict[Verdict, str] = {
    "safe": "green",
    "unsafe": "bold red",
    "perhaps unsafe": "yellow",
    "too few pairs": "dim",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One group at one similarity."""

    similarity: float
    promised: float  # FMR
    false_matches: Rate
    false_non_matches: Rate

    @property
    def verdict(self) -> Verdict:
        """Whether the similarity keeps what it promises, as far as the pairs say."""
        low, high = self.false_matches.interval()
        if low > self.promised:
            return "unsafe"
        if high <= self.promised:
            return "safe"
        return "too few pairs" if self.false_matches.trials < least_trials(self.promised) else "perhaps unsafe"


@dataclass(frozen=True, slots=True)
class Group:
    """The pairs of one group."""

    column: str | None  # None for all pairs
    value: str | None
    scores: Scores
    rows: tuple[Row, ...]

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.column}: {self.value or '(empty)'}" if self.column else "all pairs"

    @classmethod
    def of(cls, column: str | None, value: str | None, scores: Scores, curve: Curve) -> "Group":
        """Counted at `SIMILARITIES`."""
        thresholds = [(similarity, curve.score(similarity)) for similarity in SIMILARITIES]
        rows = [
            Row(
                similarity,
                curve.false_match_rate(similarity),
                scores.false_matches(threshold),
                scores.false_non_matches(threshold),
            )
            for similarity, threshold in thresholds
        ]
        return cls(column, value, scores, tuple(rows))


@dataclass(frozen=True, slots=True)
class Report:
    """All that was measured."""

    curve: Curve
    groups: tuple[Group, ...]  # all pairs first
    pictures: int
    left_out: dict[str, str]  # pictures, and why
    pairs_left_out: int

    @classmethod
    def of(cls, curve: Curve, pairs: Pairs, scores: NDArray[np.float32], left_out: dict[str, str]) -> "Report":
        """From (N,) scores of the pairs, nan where a picture is left out."""
        is_scored = ~np.isnan(scores)
        places: list[tuple[str | None, str | None, NDArray[np.bool_]]] = [(None, None, is_scored)]
        for column, values in pairs.groups.items():
            places += [(column, str(value), is_scored & (values == value)) for value in np.unique(values)]
        groups = tuple(
            Group.of(column, value, Scores.of(scores[place & pairs.is_same], scores[place & ~pairs.is_same]), curve)
            for column, value, place in places
        )
        return cls(curve, groups, len(pairs.pictures), left_out, int((~is_scored).sum()))

    def document(self) -> dict[str, Any]:
        """For `--json`: rates from 0 to 1, null where there is no pair."""
        return {
            "Model": self.curve.version,
            "Pictures": self.pictures,
            "LeftOut": [{"Picture": name, "Reason": reason} for name, reason in self.left_out.items()],
            "PairsLeftOut": self.pairs_left_out,
            "Groups": [_group_document(group) for group in self.groups],
            "Warnings": list(self.warnings()),
        }

    def warnings(self) -> Iterator[str]:
        """A sentence for each group and similarity that is unsafe, and for those of which the pairs say little."""
        for group in self.groups:
            for row in group.rows:
                if row.verdict == "unsafe":
                    yield _unsafe(group, row, self.curve)
            if unsure := [row for row in group.rows if row.verdict == "perhaps unsafe"]:
                yield _unsure(group, unsure)
            if few := [row for row in group.rows if row.verdict == "too few pairs"]:
                yield _too_few(group, few)


def safe_similarity(scores: Scores, rate: float, curve: Curve) -> float | None:
    """The least similarity, rounded up to 0.01, whose FMR on these pairs is at most `rate` by its upper bound.

    None where the pairs are too few for any.
    """
    count = len(scores.impostor)
    if count < least_trials(rate):
        return None
    # As many false matches as the bound allows: it rises with each.
    allowed = bisect_right(range(count), rate, key=lambda events: Rate(events, count).interval()[1]) - 1
    threshold = np.nextafter(scores.impostor[count - 1 - allowed], np.float32(np.inf))
    similarity = math.ceil(curve.similarity(float(threshold)) * 100) / 100
    return similarity if similarity < 100 else None


def _unsafe(group: Group, row: Row, curve: Curve) -> str:
    low, high = row.false_matches.interval()
    similarity = safe_similarity(group.scores, row.promised, curve)
    advice = f"ask for {similarity:g} here" if similarity else "no threshold can be shown to keep it with so few pairs"
    return (
        f"{group.name}: similarity {row.similarity:g} is unsafe. It promises a false-match rate of "
        f"{_percent(row.promised)}; here it is {_percent(row.false_matches.value)} "
        f"({_percent(low)} to {_percent(high)}); {advice}."
    )


def _unsure(group: Group, rows: list[Row]) -> str:
    named = ", ".join(f"{row.similarity:g}" for row in rows)
    return (
        f"{group.name}: similarity {named} may be unsafe: what is promised is inside the 95 % of the false-match rate."
    )


def _too_few(group: Group, rows: list[Row]) -> str:
    named = ", ".join(f"{row.similarity:g} ({least_trials(row.promised):,})" for row in rows)
    return (
        f"{group.name}: {len(group.scores.impostor):,} pairs of two people are too few to say whether a similarity is "
        f"safe. At least so many are needed: {named}."
    )


def show(report: Report, console: Console) -> None:
    """Prints the tables and the sentences."""
    _print(console, f"Face model {report.curve.version}; {report.pictures:,} pictures, the largest face of each")
    for group in report.groups:
        console.print(_table(group))
    _show_left_out(report, console)
    for sentence in report.warnings():
        _print(console, sentence)


def _show_left_out(report: Report, console: Console) -> None:
    if not report.left_out:
        return
    _print(console, f"{len(report.left_out):,} pictures and {report.pairs_left_out:,} pairs with them are left out:")
    for name, reason in report.left_out.items():
        _print(console, f"  {name}: {reason}")


def _print(console: Console, sentence: str, style: str = "") -> None:
    console.print(sentence, style=style, highlight=False, markup=False, soft_wrap=True)


def _table(group: Group) -> Table:
    genuine, impostor = len(group.scores.genuine), len(group.scores.impostor)
    error = group.scores.equal_error_rate()
    title = f"{group.name}: {genuine:,} pairs of one person, {impostor:,} of two"
    table = Table(title=Text(title + ("" if math.isnan(error) else f"; equal error rate {_percent(error)}")))
    for head in _HEADS:  # a narrow terminal breaks intervals and verdicts, and nothing else
        table.add_column(head, justify="right", no_wrap=head not in {"95 %", ""})
    table.title_justify = "left"
    for row in group.rows:
        cells = [
            f"{row.similarity:g}",
            _percent(row.promised),
            *_cells(row.false_matches),
            *_cells(row.false_non_matches),
        ]
        table.add_row(*cells, Text(row.verdict, _STYLES[row.verdict]))
    return table


def _cells(rate: Rate) -> tuple[str, str]:
    low, high = rate.interval()
    return (_percent(rate.value), f"{_percent(low)[:-2]} to {_percent(high)}") if rate.trials else ("-", "-")


def _percent(rate: float) -> str:
    """Two figures, without an exponent."""
    if rate == 0 or rate >= 0.1:
        return f"{100 * rate:.3g} %"
    digits = 1 - math.floor(math.log10(100 * rate))
    return f"{100 * rate:.{digits}f} %"


def _group_document(group: Group) -> dict[str, Any]:
    return {
        "Column": group.column,
        "Value": group.value,
        "GenuinePairs": len(group.scores.genuine),
        "ImpostorPairs": len(group.scores.impostor),
        "EqualErrorRate": group.scores.equal_error_rate(),
        "Thresholds": [
            {
                "Similarity": row.similarity,
                "PromisedFalseMatchRate": row.promised,
                "FalseMatches": _rate_document(row.false_matches),
                "FalseNonMatches": _rate_document(row.false_non_matches),
                "Verdict": row.verdict,
            }
            for row in group.rows
        ],
    }


def _rate_document(rate: Rate) -> dict[str, Any]:
    low, high = rate.interval()
    return {"Count": rate.events, "Pairs": rate.trials, "Rate": rate.value, "Low": low, "High": high}
