"""What a score is worth: the false-match rate (FMR) of a face model version on all impostor pairs, and its far tail.

    python -m bench.calibrate_identity PEOPLE --version 1.0 [--label-errors CSV] [--data WORDS] [--write]

PEOPLE is a folder with a folder of pictures a person, of which the face nearest the middle goes through the whole
pipeline, or an .npz file with `embeddings` (N, D), `person` (N,) and `picture` (N,). CSV lists pictures under a wrong
name (`image`, `is_really`, `kind`): they are left out; where the kind says that one person has two names, the two are
taken for one.
`--write` makes `src/regard/people/curves/VERSION.json` anew. Prints Markdown: scores, no names. Keeps no embedding.

The tail is a generalised Pareto distribution of what scores exceed the one at FMR 1e-3 by, fitted by
probability-weighted moments, which a handful of extreme pairs hardly move. Pairs that share a person are not
independent, so intervals come from drawing people, not pairs; the shape is taken one standard error on the careful
side.
"""

import argparse
import dataclasses
import datetime
import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.labelled_faces import Faces
from bench.tables import table
from regard.people import thresholds
from regard.people.thresholds import Tail

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TAIL_FROM = 1e-3  # FMR; higher, shape still changes with the threshold, lower, relatives outweigh strangers
MEASURED = 100  # pairs; beyond fewer the curve is called extrapolated
KNOTS = (0.0, -0.001, -0.01, -0.03, -0.06, *np.arange(-0.1, -2.95, -0.1).round(1))  # log10(FMR)
RATES = (1e-4, 1e-5, 1e-6, 1e-3 / 3689, 1e-7, 1e-8, 1e-9)  # 3,689: the gallery of testdata/README.md
HELD_OUT = (1e-4, 1e-5, 1e-6)
BINS = 20_000  # of cosines from -1 to 1
BLOCK = 512  # rows of the matrix of all pairs at a time
REPEATS = 400  # of the bootstrap
SPLITS = 40
DRAWN = 200_000  # pairs, to say how often names share a word
CURVES = Path(thresholds.__file__).parent / "curves"


@dataclass(frozen=True, slots=True)
class Extremes:
    """The impostor pairs above a score, lowest first."""

    scores: Floats  # (K,)
    people: Ints  # (K, 2)


def impostor_scores(faces: Faces) -> Iterator[tuple[Floats, Ints]]:
    """Cosines of all pairs of two people, each once, in blocks: (K,) and the pair's people (K, 2)."""
    columns = np.arange(len(faces.people))
    for start in range(0, len(columns), BLOCK):
        rows = columns[start : start + BLOCK]
        scores = faces.embeddings[rows] @ faces.embeddings.T
        wanted = (faces.people[rows, None] != faces.people[None]) & (columns[None] > rows[:, None])
        row, column = np.nonzero(wanted)
        yield scores[row, column].astype(np.float64), np.stack([faces.people[rows[row]], faces.people[column]], axis=1)


def histogram(faces: Faces) -> Ints:
    """(BINS,) counts of impostor pairs by cosine."""
    counts = np.zeros(BINS, np.int64)
    for scores, _ in impostor_scores(faces):
        counts += np.histogram(np.clip(scores, -1, 1), BINS, (-1, 1))[0]
    return counts


def extremes(faces: Faces, start: float) -> Extremes:
    """The impostor pairs with a score of at least `start`."""
    parts = [(scores[scores >= start], people[scores >= start]) for scores, people in impostor_scores(faces)]
    scores, people = np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])
    order = np.argsort(scores, kind="stable")
    return Extremes(scores[order], people[order])


def knots(counts: Ints) -> tuple[Floats, Floats]:
    """Scores and log10(FMR), from (-1, 0) down to the bin edge where `TAIL_FROM` is reached."""
    edges = np.linspace(-1, 1, BINS + 1)[:-1]
    above = counts[::-1].cumsum()[::-1] / counts.sum()
    last = int(np.flatnonzero(above <= TAIL_FROM)[0])
    places = np.unique([*(int(np.flatnonzero(above <= 10**knot)[0]) for knot in KNOTS[1:]), last])
    return np.append(-1.0, edges[places]), np.append(0.0, np.log10(above[places]))


def fitted(scores: Floats, weights: Floats, start: float) -> tuple[float, float]:
    """(shape, scale) of the generalised Pareto distribution of rising scores above `start`.

    Source: Hosking and Wallis, Parameter and quantile estimation for the generalized Pareto distribution,
    Technometrics 29, 1987, with k = -shape.
    """
    excess, share = scores - start, weights / weights.sum()
    mean = float(share @ excess)
    weighted = float(share @ (excess * (1 - (share.cumsum() - share / 2))))
    return 2 - mean / (mean - 2 * weighted), 2 * mean * weighted / (mean - 2 * weighted)


def bootstrap(faces: Faces, found: Extremes, start: float) -> list[Tail]:
    """Tails of `REPEATS` draws of as many people, with replacement; a person never meets a copy of themselves."""
    random, counts = np.random.default_rng(0), np.bincount(faces.people)
    tails = []
    for _ in range(REPEATS):
        times = np.bincount(random.integers(0, len(counts), len(counts)), minlength=len(counts))
        weights = (times[found.people[:, 0]] * times[found.people[:, 1]]).astype(np.float64)
        pictures = times * counts
        pairs = (pictures.sum() ** 2 - (pictures**2).sum()) / 2
        tails.append(Tail(start, math.log10(weights.sum() / pairs), *fitted(found.scores, weights, start)))
    return tails


def careful(scores: Floats, start: float, exponent: float, shape_error: float) -> Tail:
    """The fit with its shape `shape_error` heavier and the same mean; so heavy that scores of 1 are possible."""
    shape, scale = fitted(scores, np.ones(len(scores)), start)
    mean = scale / (1 - shape)
    least = (
        -0.99 * mean / (1 - start - mean)
    )  # there start + scale / -shape, where the distribution ends, is just over 1
    shape = max(shape + shape_error, least)
    return Tail(start, exponent, round(shape, 4), round(mean * (1 - shape), 6))


def share_a_name(names: Sequence[str], people: Ints) -> NDArray[np.bool_]:
    """(K,) whether the two people's names have a word in common: relatives, and second names nobody listed."""
    words = [{word.lower() for word in re.split(r"[\W_]+", name) if len(word) > 2} for name in names]
    return np.array([not words[first].isdisjoint(words[second]) for first, second in people.tolist()], bool)


def share_a_name_at_random(faces: Faces) -> float:
    """The share of such pairs among pairs drawn at random."""
    drawn = np.random.default_rng(2).integers(0, len(faces.people), (DRAWN, 2))
    people = faces.people[drawn]
    return float(share_a_name(faces.names, people[people[:, 0] != people[:, 1]]).mean())


def tail_rows(found: Extremes, related: NDArray[np.bool_], pairs: int, tail: Tail) -> Iterator[list[str]]:
    """Scores of the fit's FMRs, and how many pairs are there."""
    for rate in RATES[:5]:
        score = tail.score_at(math.log10(rate))
        above = found.scores >= score
        kin = int((above & related).sum())
        yield [f"{rate:.1e}", f"{score:.4f}", f"{rate * pairs:.1f}", str(int(above.sum()) - kin), str(kin)]


def interval_rows(tail: Tail, draws: Sequence[Tail]) -> Iterator[list[str]]:
    """Similarity and score of an FMR, and the middle 95 % of the scores that draws of people give."""
    for rate in RATES:
        low, high = np.quantile([draw.score_at(math.log10(rate)) for draw in draws], (0.025, 0.975))
        similarity = thresholds.similarity_of_rate(rate)
        yield [f"{rate:.1e}", f"{similarity:.3f}", f"{tail.score_at(math.log10(rate)):.4f}", f"{low:.4f} to {high:.4f}"]


def held_out_rows(faces: Faces, found: Extremes, start: float, shape_error: float) -> Iterator[list[str]]:
    """Promised and seen FMR where one half of the people fits and the other is counted, over `SPLITS` splits."""
    random, counts = np.random.default_rng(1), np.bincount(faces.people)
    seen = np.zeros((SPLITS, len(HELD_OUT)))
    for split in range(SPLITS):
        half = random.permutation(len(counts)) < len(counts) // 2
        inside, outside = half[found.people].all(axis=1), ~half[found.people].any(axis=1)
        exponent = math.log10(inside.sum() / _pairs(counts[half]))
        tail = careful(found.scores[inside], start, exponent, shape_error)
        limits = [tail.score_at(math.log10(rate)) for rate in HELD_OUT]
        seen[split] = [(found.scores[outside] >= limit).sum() / _pairs(counts[~half]) for limit in limits]
    for rate, column in zip(HELD_OUT, seen.T, strict=True):
        low, high = np.quantile(column, (0.1, 0.9))
        yield [f"{rate:.0e}", f"{column.mean():.1e}", f"{np.median(column):.1e}", f"{low:.1e} to {high:.1e}"]


def _pairs(counts: Ints) -> float:
    """Pairs of pictures of two people, from how many pictures each has."""
    return float(counts.sum() ** 2 - (counts**2).sum()) / 2


def document(faces: Faces, version: str, data: str, places: tuple[Floats, Floats], found: Extremes, tail: Tail) -> str:
    """What `regard.people.thresholds.Curve.from_document` reads."""
    pairs, measured = int(_pairs(np.bincount(faces.people))), float(found.scores[-MEASURED])
    body = {
        "version": version,
        "data": data,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "people": len(np.unique(faces.people)),
        "pairs": pairs,
        "measured_to_score": round(measured, 4),
        "measured_to_rate": float(f"{MEASURED / pairs:.3g}"),
        "tail": dataclasses.asdict(tail),
        "knots": [[round(float(s), 4), round(float(e), 5)] for s, e in zip(*places, strict=True)],
    }
    return re.sub(r"\[\s+(\S+),\s+(\S+)\s+\]", r"[\1, \2]", json.dumps(body, indent=1)) + "\n"  # a knot a line


def main() -> None:
    """Prints the tables; writes the curve where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", metavar="PEOPLE", type=Path)
    parser.add_argument("--version", required=True)
    parser.add_argument("--label-errors", type=Path)
    parser.add_argument("--data", default="pictures of an unnamed collection")
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    faces = Faces.load(chosen.pictures, chosen.version, chosen.label_errors)
    places = knots(histogram(faces))
    start, exponent = round(float(places[0][-1]), 4), round(float(places[1][-1]), 5)
    found = extremes(faces, start)
    draws = bootstrap(faces, found, start)
    shape_error = float(np.std([draw.shape for draw in draws]))
    tail = careful(found.scores, start, exponent, shape_error)
    print(report(faces, found, tail, draws, shape_error))
    if chosen.write:
        target = CURVES / f"{chosen.version}.json"
        target.parent.mkdir(exist_ok=True)
        target.write_text(document(faces, chosen.version, chosen.data, places, found, tail), "utf-8")
        print(f"\n{target} is written")


def report(faces: Faces, found: Extremes, tail: Tail, draws: Sequence[Tail], shape_error: float) -> str:
    """The tables as Markdown."""
    pairs, related = int(_pairs(np.bincount(faces.people))), share_a_name(faces.names, found.people)
    shape = fitted(found.scores, np.ones(len(found.scores)), tail.start)[0]
    share = [f"{related[-top:].mean():.1%} of the {top:,} most alike pairs" for top in (10, 100, 1000)]
    return "\n\n".join(
        [
            f"{len(np.unique(faces.people)):,} people, {len(faces.people):,} pictures, {pairs:,} impostor pairs. Tail "
            f"from {tail.start:.4f}: {len(found.scores):,} pairs, shape {shape:+.3f} (standard error "
            f"{shape_error:.3f}), taken as {tail.shape:+.3f}, scale {tail.scale:.4f}.",
            f"Names share a word in {share_a_name_at_random(faces):.2%} of pairs at random, "
            f"{related.mean():.2%} of the tail, {', '.join(share)}.",
            table(
                ("FMR", "score", "pairs promised", "seen, names apart", "seen, names share a word"),
                list(tail_rows(found, related, pairs, tail)),
            ),
            table(("FMR", "similarity", "score", "95 % of draws of people"), list(interval_rows(tail, draws))),
            table(
                ("FMR promised by one half", "seen in the other, mean", "median", "80 % of splits"),
                list(held_out_rows(faces, found, tail.start, shape_error)),
            ),
        ]
    )


if __name__ == "__main__":
    main()
