"""The ACLU's test of 2018 on public pictures: how many strangers does a search name, and how many of the enrolled?

    python -m bench.strangers [--testdata DIR]

In 2018 the ACLU searched 25,000 arrest photographs for the 535 members of the US Congress in Amazon Rekognition at its
default threshold of 80: 28 strangers were named. Here the people are LFW's. One in seven is a stranger, everybody else
enrolled, in turn for all seven, so that everybody is a stranger once and is looked for at most once. A stranger counts
as matched when anybody is returned, an enrolled person as found when the right one is returned first.

Regard's rows are at its defaults: a collection's own search, the quality filter of IndexFaces, and the threshold that a
collection of that size gets. The other rows are a fixed cosine of SFace, as programs with DeepFace, OpenCV or
InsightFace have it. Galleries live in a temporary directory, and nothing is kept. Needs `shared/testdata`.
"""

import argparse
import os
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.embed_people import People, embed, without_label_errors
from bench.strangers_trials import GROUPS, Answers, Trial, search, trials
from bench.tables import table
from regard.analysis.embedding import DEFAULT_VERSION, DIMENSIONS
from regard.analysis.verification import Rate
from regard.app import App
from regard.people.thresholds import curve_of
from regard.settings import Settings

# Cosines from which a program says "the same". DeepFace has distances, 1 - cosine (deepface/config/threshold.py);
# OpenCV's is of the zoo's demo; InsightFace names none, and its users pick one of the others.
FIXED = (
    (0.320, "DeepFace's 0.68, for ArcFace"),
    (0.363, "OpenCV's, for SFace"),
    (0.400, "InsightFace, common"),
    (0.407, "DeepFace's 0.593, for SFace"),
    (0.500, "InsightFace, strict"),
)
SIZES = (500, 1_000, 2_000)  # people enrolled
SEVERAL = 3  # pictures a person
_SFACE = "1.0"  # the version that is SFace alone
_HEADS = (
    "search",
    "least cosine",
    "strangers matched",
    "per 1,000, 95 %",
    "namesakes apart, per 1,000",
    "enrolled found",
    "%, 95 %",
    "wrong name",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One trial with the answers to all its questions."""

    trial: Trial
    strangers: Answers
    probes: Answers
    enrolled: int  # vectors searched


def report(app: App, testdata: Path) -> str:
    """The tables as Markdown."""
    everybody = embed(app, testdata / "lfw" / "images", sorted(DIMENSIONS))
    people = without_label_errors(everybody, testdata / "lfw" / "label_errors.csv")
    one = {version: _asked(people, version, 1) for version in sorted(DIMENSIONS)}
    parts = [
        f"### Strangers: {len(np.unique(people.people)):,} people, {len(people.people):,} pictures, {GROUPS} splits",
        f"Pictures without a face that was found: {people.faceless}; refused at enrolment by the quality filter: "
        f'{int(people.is_refused.sum())}. "Namesakes apart": without strangers matched with somebody who shares a word '
        "of their name, who are relatives or one person under two names. The curves are measured on the same people.",
        f"One picture a person, {_range(one[DEFAULT_VERSION])}:",
        table(_HEADS, [*_own_rows(people, one), *_fixed_rows(people, one[_SFACE])]),
        _several(people),
        _sizes(people),
    ]
    return "\n\n".join(parts) + "\n"


def _own_rows(people: People, asked: dict[str, list[Asked]]) -> list[list[str]]:
    return [_row(people, _name(version), version, asked[version]) for version in sorted(asked, reverse=True)]


def _fixed_rows(people: People, asked: list[Asked]) -> list[list[str]]:
    return [_row(people, words, _SFACE, asked, score) for score, words in FIXED]


def _several(people: People) -> str:
    """Three pictures a person, where there are so many."""
    faces = _asked(people, DEFAULT_VERSION, SEVERAL)
    users = _asked(people, DEFAULT_VERSION, SEVERAL, as_users=True)
    sface = _asked(people, _SFACE, SEVERAL)
    rows = [
        _row(people, _name(DEFAULT_VERSION), DEFAULT_VERSION, faces),
        _row(people, f"{_name(DEFAULT_VERSION)}, if a user had one mean vector", DEFAULT_VERSION, users),
        _row(people, _name(_SFACE), _SFACE, sface),
        *_fixed_rows(people, sface),
    ]
    return f"Up to {SEVERAL} pictures a person, {_range(faces)}; looked for are people with {SEVERAL}:\n\n" + table(
        _HEADS, rows
    )


def _sizes(people: People) -> str:
    """Galleries of several sizes."""
    rows = []
    for most in SIZES:
        asked = {version: _asked(people, version, 1, most) for version in (DEFAULT_VERSION, _SFACE)}
        size = f"{_range(asked[DEFAULT_VERSION])}: "
        rows.append(_row(people, size + _name(DEFAULT_VERSION), DEFAULT_VERSION, asked[DEFAULT_VERSION]))
        rows.append(_row(people, size + "cosine 0.363", _SFACE, asked[_SFACE], 0.363))
    return "Galleries of several sizes, one picture a person:\n\n" + table(_HEADS, rows)


def _asked(
    people: People, version: str, pictures: int, most: int | None = None, *, as_users: bool = False
) -> list[Asked]:
    asked = []
    embeddings = people.embeddings[version]
    for trial in trials(people, pictures, most):
        with tempfile.TemporaryDirectory() as folder:
            rows = np.concatenate([trial.strangers, trial.probes])
            answers = search(embeddings, trial, rows, Path(folder) / "gallery", as_users=as_users)
        strangers, probes = (
            Answers(answers.rows[part], answers.scores[part])
            for part in (slice(len(trial.strangers)), slice(len(trial.strangers), None))
        )
        asked.append(Asked(trial, strangers, probes, len(trial.enrolled) if as_users else trial.pictures))
    return asked


def _row(people: People, name: str, version: str, asked: Sequence[Asked], score: float | None = None) -> list[str]:
    """score: the fixed cosine; None for the safe one of each gallery's size."""
    curve = curve_of(version)
    least = [curve.score(curve.safe_similarity(each.enrolled)) if score is None else score for each in asked]
    matched = apart = found = wrong = 0
    for each, threshold in zip(asked, least, strict=True):
        is_match = each.strangers.scores >= threshold
        matched += int(is_match.sum())
        apart += int((is_match & ~_are_namesakes(people, each.trial.strangers, each.strangers.rows)).sum())
        is_right = people.people[each.probes.rows] == people.people[each.trial.probes]
        is_answer = each.probes.scores >= threshold
        found += int((is_answer & is_right).sum())
        wrong += int((is_answer & ~is_right).sum())
    strangers = sum(len(each.trial.strangers) for each in asked)
    probes = sum(len(each.trial.probes) for each in asked)
    return [
        name,
        f"{np.mean(least):.3f}",
        f"{matched:,} of {strangers:,}",
        _rate(Rate(matched, strangers), 1_000),
        _rate(Rate(apart, strangers), 1_000),
        f"{found:,} of {probes:,}",
        _rate(Rate(found, probes), 100),
        str(wrong),
    ]


def _are_namesakes(people: People, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.bool_]:
    pairs = zip(people.people[first], people.people[second], strict=True)
    return np.array([bool(_words(a) & _words(b)) for a, b in pairs], bool)


def _words(name: str) -> set[str]:
    return {word for word in re.split(r"[_-]", name.lower()) if len(word) > 2}


def _rate(rate: Rate, times: int) -> str:
    low, high = rate.interval()
    return f"{rate.value * times:.1f} ({low * times:.1f} to {high * times:.1f})"


def _name(version: str) -> str:
    return f"Regard {version}" + (", default" if version == DEFAULT_VERSION else "")


def _range(asked: Sequence[Asked]) -> str:
    sizes = sorted(each.enrolled for each in asked)
    return f"gallery of {sizes[0]:,}" + (f" to {sizes[-1]:,}" if sizes[-1] > sizes[0] else "")


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--testdata", type=Path, help="the folder of pictures; shared/testdata beside the repository")
    chosen = parser.parse_args()
    folder = chosen.testdata or Path(__file__).parents[2] / "shared" / "testdata"
    if not (folder / "lfw").is_dir():
        sentence = (
            f"strangers are not measured: {folder / 'lfw'} is no folder; name the one with the pictures by --testdata"
        )
        parser.exit(2 if chosen.testdata else 0, f"{sentence}\n")  # `make bench` goes on without them
    print(report(App(Settings.read(os.environ, limits="relaxed"), os.environ), folder))


if __name__ == "__main__":
    main()
