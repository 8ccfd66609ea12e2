"""Whether two faces are of one person, on LFW pictures, at each face model version; 1.0 is SFace as its card has it.

Detection, alignment and embedding are tested together. A pair with a picture in which no face is found counts as
wrong in the accuracy; the other figures leave such pictures out, so their number stands above the tables. Pictures
under a wrong name are left out of "all pairs", not of pairs.csv.
"""

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.embed_people import People, embed, without_label_errors
from bench.tables import table
from regard.analysis.embedding import DEFAULT_VERSION, DIMENSIONS
from regard.analysis.verification import Rate, Scores
from regard.app import App
from regard.models import cards

_RATES = (1e-2, 1e-3, 1e-4, 1e-5)
_FOLDS = 10
_BLOCK = 512  # rows of the matrix of all pairs at a time

Floats = NDArray[np.float32]


def report(app: App, testdata: Path) -> str:
    """The tables as Markdown."""
    folder = testdata / "lfw"
    everybody = embed(app, folder / "images", sorted(DIMENSIONS))
    people = without_label_errors(everybody, folder / "label_errors.csv")
    versions = sorted(DIMENSIONS, reverse=True)
    pairs = [
        [_name(version), *_accuracy(everybody, version, folder / "pairs.csv"), _card(version)] for version in versions
    ]
    all_scores = {version: scores(people, version) for version in versions}
    rates = [
        [_name(version), f"{rate:g}", _threshold(found, rate), _interval(missed(found, rate))]
        for version, found in all_scores.items()
        for rate in _RATES
    ]
    first = all_scores[DEFAULT_VERSION]
    return (
        f"### Identity, {len(everybody.people) + everybody.faceless:,} LFW pictures, no face found in "
        f"{everybody.faceless}\n\n"
        + table(["pairs.csv, 10-fold", "pairs", "accuracy, 95 %", "the card's"], pairs)
        + f"\n\nAll pairs: {len(first.genuine):,} genuine, {len(first.impostor):,} impostor. The intervals take pairs "
        "for independent, which pairs that share a picture are not quite.\n\n"
        + table(["all pairs", "FMR", "cosine", "FNMR in %, 95 %"], rates)
        + "\n"
    )


def scores(people: People, version: str) -> Scores:
    """Cosines of all pairs of pictures."""
    rows, names = people.embeddings[version], np.unique(people.people, return_inverse=True)[1]
    genuine, impostor = [], []
    for start in range(0, len(rows), _BLOCK):
        block = slice(start, start + _BLOCK)
        cosines = rows[block] @ rows.T
        is_later = np.arange(len(rows)) > np.arange(start, start + len(cosines))[:, None]
        is_same = names[block, None] == names
        genuine.append(cosines[is_later & is_same])
        impostor.append(cosines[is_later & ~is_same])
    return Scores.of(np.concatenate(genuine), np.concatenate(impostor))


def threshold_at(found: Scores, rate: float) -> float:
    """The least score at which at most `rate` of the impostor pairs match."""
    allowed = int(rate * len(found.impostor))
    return float(np.nextafter(found.impostor[len(found.impostor) - 1 - allowed], np.float32(2)))


def missed(found: Scores, rate: float) -> Rate:
    """The FNMR at that score."""
    return found.false_non_matches(threshold_at(found, rate))


def fold_accuracy(cosines: Floats, is_same: NDArray[np.bool_]) -> Rate:
    """Pairs judged right, each by the threshold best for the other nine tenths; one without a cosine is wrong."""
    fold = np.random.default_rng(0).permutation(len(cosines)) % _FOLDS
    right = 0
    for number in range(_FOLDS):
        others = fold != number
        best = _best_threshold(cosines[others], is_same[others])
        judged = np.where(np.isnan(cosines[~others]), ~is_same[~others], cosines[~others] >= best)
        right += int((judged == is_same[~others]).sum())
    return Rate(right, len(cosines))


def _best_threshold(cosines: Floats, is_same: NDArray[np.bool_]) -> float:
    """The middle between two neighbouring scores that are told apart best."""
    is_scored = ~np.isnan(cosines)
    order = np.argsort(cosines[is_scored])
    rising, same = cosines[is_scored][order], is_same[is_scored][order]
    # With the threshold above the first k scores, right are k's different pairs and the rest's same ones.
    right = np.cumsum(~same)[:-1] + same.sum() - np.cumsum(same)[:-1]
    place = int(right.argmax())
    return float((rising[place] + rising[place + 1]) / 2)


def _accuracy(people: People, version: str, path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        pairs = list(csv.DictReader(file))
    row_of = dict(zip(people.pictures.tolist(), people.embeddings[version], strict=True))
    missing = np.full(DIMENSIONS[version], np.nan, np.float32)
    first, second = (np.stack([row_of.get(pair[side], missing) for pair in pairs]) for side in ("first", "second"))
    is_same = np.array([pair["same"] == "1" for pair in pairs])
    return [f"{len(pairs):,}", _interval(fold_accuracy(np.einsum("nd,nd->n", first, second), is_same))]


def _threshold(found: Scores, rate: float) -> str:
    return f"{threshold_at(found, rate):.3f}"


def _interval(rate: Rate) -> str:
    low, high = rate.interval()
    return f"{rate.value:.2%} ({low:.2%} to {high:.2%})".replace("%", "")


def _name(version: str) -> str:
    return version + (" (default)" if version == DEFAULT_VERSION else "")


def _card(version: str) -> str:
    return cards.SFACE.claimed if version == "1.0" else ""
