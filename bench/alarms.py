"""When do the alarms of `people/pace.py` come, and when do they come for nothing?

    python -m bench.alarms [EMBEDDINGS.npz]

Attackers and honest askers against the sketches and windows that the product has, on a clock of its own. Faces are
made up, with the cosines that were measured on LFW with model 2.0; EMBEDDINGS.npz of `bench/embed_people.py` gives the
cosines, and how often sketches take two photographs for near-duplicates or for one face, anew.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.tables import table
from regard.people.pace import CLIMBING, MOST_PICTURES, STARING, WINDOW_SECONDS, patterns, seen_with
from regard.people.sketches import NEAR_DUPLICATE, SAME_FACE, Sketcher, Window, differing_bits

Floats = NDArray[np.float32]

DIMENSION = 640  # of model 2.0
_STRANGERS = 0.069, 0.078  # mean and standard deviation of the cosines of two people
_PHOTOGRAPHS = 0.652, 0.103  # of two photographs of one person
_RUNS = 40
_MOST_PROBES = 1500
_HOURS = 40
_SEED = 2026


class People:
    """Made-up faces: what all faces share, what a person has, what a photograph has."""

    def __init__(self, random: np.random.Generator) -> None:
        self._random = random
        # So many directions of equal weight have cosines that scatter as the strangers' do.
        self._free = round(((1 - _STRANGERS[0]) / _STRANGERS[1]) ** 2)
        basis = np.linalg.qr(random.standard_normal((DIMENSION, self._free + 1)))[0].T
        self._shared, self._basis = basis[0], basis[1:]

    def person(self) -> Floats:
        """(D,) somebody."""
        own = _unit(self._random.standard_normal(self._free) @ self._basis)
        return _unit(np.sqrt(_STRANGERS[0]) * self._shared + np.sqrt(1 - _STRANGERS[0]) * own)

    def photograph(self, person: Floats) -> Floats:
        """(D,) another photograph: two of them have the measured cosines with each other."""
        return self.near(person, float(np.sqrt(np.clip(self._random.normal(*_PHOTOGRAPHS), 0.1, 0.98))))

    def near(self, vector: Floats, cosine: float) -> Floats:
        """(D,) a vector at that cosine, in a random direction that faces can differ in."""
        away = self._random.standard_normal(self._free) @ self._basis
        away = _unit(away - vector * (away @ vector))
        return _unit(cosine * vector + np.sqrt(1 - cosine**2) * away)


class Watch:
    """One principal and one collection, as `Pace.probed` has it."""

    def __init__(self, sketcher: Sketcher) -> None:
        self._sketcher = sketcher
        self._window = Window(WINDOW_SECONDS)
        self._pictures = 0

    def alarm(self, now: float, probe: Floats) -> str | None:
        """The pattern that this probe, of a picture not seen before, completes."""
        self._pictures += 1
        picture, sketch = str(self._pictures), self._sketcher.sketches(probe[None])
        self._window.add(now, picture, picture, sketch)
        return next(iter(patterns(self._window, picture, sketch)), None)


@dataclass(frozen=True, slots=True)
class Climb:
    """How far a climb had come."""

    probes: int  # how many there were by the alarm or, without one, at the end
    alarm: str | None  # the pattern
    cosine: float  # with the enrolled face by then


def climb(people: People, sketcher: Sketcher, step: float, seconds: float, decoys: int) -> Climb:
    """A climb on the answers of a gallery of one face, which are as fine as a cosine.

    step: cosine of each try with the best so far. seconds: between probes. decoys: other people asked about in between.
    After 50 tries in vain it starts again elsewhere.
    """
    target, watch = people.person(), Watch(sketcher)
    best, top, vain = people.person(), -1.0, 0
    reached = -1.0
    for count in range(1, _MOST_PROBES + 1):
        is_decoy = count % (decoys + 1) != 0
        probe = people.person() if is_decoy else people.near(best, step)
        alarm = watch.alarm(count * seconds, probe)
        if alarm is not None:
            return Climb(count, alarm, max(reached, float(probe @ target)))
        if not is_decoy:
            answer = float(probe @ target)
            if answer > top:
                best, top, vain = probe, answer, 0
            else:
                vain += 1
            reached = max(reached, top)
            if vain == 50:
                best, top, vain = people.person(), -1.0, 0
    return Climb(_MOST_PROBES, None, reached)


def climbs(people: People, sketcher: Sketcher) -> str:
    """The table of attackers."""
    rows = []
    for step, seconds, decoys in (
        (0.98, 1.0, 0), (0.95, 1.0, 0), (0.90, 1.0, 0), (0.85, 1.0, 0), (0.80, 1.0, 0), (0.70, 1.0, 0),
        (0.95, 20.0, 0), (0.95, 32.0, 0), (0.95, 1.0, 9), (0.95, 1.0, 40),
    ):  # fmt: skip
        found = [climb(people, sketcher, step, seconds, decoys) for _ in range(_RUNS)]
        alarms = [one.probes for one in found if one.alarm is not None]
        first = [sum(one.alarm == pattern for one in found) for pattern in (CLIMBING, STARING)]
        rows.append(
            (
                f"{step:.2f}",
                f"{seconds:.0f}",
                str(decoys),
                *(f"{100 * count / _RUNS:.0f}" for count in first),
                f"{np.median(alarms):.0f}" if alarms else "",
                f"{np.percentile(alarms, 95):.0f}" if alarms else "",
                f"{np.median([one.cosine for one in found]):.2f}",
            )
        )
    heads = (
        "cosine of a step", "s a probe", "decoys", "near-duplicates, %", "one face, %", "after probes", "95 %",
        "cosine reached by then",
    )  # fmt: skip
    return table(heads, rows)


def solved(target: Floats, probes: Floats, sketcher: Sketcher, what: str) -> str:
    """The table of an attacker who does not climb: unrelated people, graded 1:1 answers, and linear algebra.

    probes: (N, D) of other people than `target`.
    """
    watch, rows = Watch(sketcher), []
    alarms = [watch.alarm(float(count), probe) for count, probe in enumerate(probes)]
    for count in (20, 50, 100, 150, 200, 400):
        guess = _unit(np.linalg.lstsq(probes[:count], probes[:count] @ target, rcond=1e-3)[0])
        rows.append((str(count), f"{guess @ target:.2f}", "yes" if any(alarms[:count]) else "no"))
    return table((f"1:1 answers, {what}", "cosine reached", "alarm"), rows)


def visits(random: np.random.Generator, hours: float, an_hour: float, people: int) -> Iterator[tuple[float, int, int]]:
    """Second, person and number of tries of each visit; one in five needs a second try, one in 25 a third."""
    now = 0.0
    while (now := now + random.exponential(3600 / an_hour)) < hours * 3600:
        yield now, int(random.integers(people)), 1 + min(2, int(random.geometric(0.8)) - 1)


def doors(people: People, sketcher: Sketcher, random: np.random.Generator) -> str:
    """The table of doors: 50 people, a new photograph at each try."""
    rows = []
    for title, an_hour, alike in (
        ("200 an hour", 200.0, None),
        ("2,000 an hour", 2000.0, None),
        ("200 an hour, tries of one visit at cosine 0.90", 200.0, 0.90),
        ("2,000 an hour, tries of one visit at cosine 0.90", 2000.0, 0.90),
    ):
        known, watch = [people.person() for _ in range(50)], Watch(sketcher)
        alarms = probes = 0
        for now, who, tries in visits(random, _HOURS, an_hour, len(known)):
            first = people.photograph(known[who])
            for count in range(tries):
                probe = people.near(first, alike) if alike else people.photograph(known[who])
                probes += 1
                alarms += watch.alarm(now + 3 * count, probe) is not None
        rows.append((title, f"{probes:,}", str(alarms)))
    return table((f"{_HOURS} hours of a door", "probes", "probes that complete a pattern"), rows)


def scans(people: People, sketcher: Sketcher, random: np.random.Generator) -> str:
    """The table of comparisons: who is slowed, and after how many."""
    rows = []
    somebody = people.person()
    one = people.photograph(somebody)
    strangers = [people.person() for _ in range(300)]
    others = [people.photograph(somebody) for _ in range(300)]
    for title, pairs in (
        ("one picture with many strangers", [(one, face) for face in strangers]),
        ("many photographs of one person, each with another stranger", list(zip(others, strangers, strict=True))),
        ("the sides changed each time", [(one, face) if n % 2 else (face, one) for n, face in enumerate(strangers)]),
    ):
        rows.append((title, _slowed(sketcher, [(float(n), first, second) for n, (first, second) in enumerate(pairs)])))
    documents = [people.person() for _ in range(5000)]
    kiosk = [
        (now + 5 * count, documents[who], people.photograph(documents[who]))
        for now, who, tries in visits(random, _HOURS, 200, len(documents))
        for count in range(tries)
    ]
    rows.append((f"{_HOURS} hours of 200 people an hour, document with photograph", _slowed(sketcher, kiosk)))
    return table(("one comparison a second", "slowed after comparisons"), rows)


def _slowed(sketcher: Sketcher, pairs: list[tuple[float, Floats, Floats]]) -> str:
    window = Window(WINDOW_SECONDS)
    for count, (now, *faces) in enumerate(pairs, 1):
        pictures, sketches = [face.tobytes().hex() for face in faces], [sketcher.sketches(f[None]) for f in faces]
        if seen_with(window, now, (pictures[0], pictures[1]), (sketches[0], sketches[1])) > MOST_PICTURES:
            return str(count)
    return f"never of {len(pairs):,}"


def measured(vectors: Floats, people: NDArray[np.str_], sketcher: Sketcher) -> str:
    """The table of real cosines, and of what the sketches take the pairs for."""
    pairs = np.triu_indices(len(vectors), 1)
    cosines, is_same = (vectors @ vectors.T)[pairs], (people[:, None] == people[None])[pairs]
    sketches = sketcher.sketches(vectors)
    bits = np.concatenate([differing_bits(sketches[n : n + 1], sketches[n + 1 :])[0] for n in range(len(sketches))])
    rows = []
    for title, kept in (("two photographs of one person", is_same), ("two people", ~is_same)):
        low, middle, high = np.percentile(cosines[kept], [5, 50, 95])
        mean, deviation = cosines[kept].mean(), cosines[kept].std()
        alike = [f"{100 * (bits[kept] <= distance).mean():.3f}" for distance in (NEAR_DUPLICATE, SAME_FACE)]
        spread = f"{low:.2f}, {middle:.2f}, {high:.2f}"
        rows.append((title, f"{kept.sum():,}", f"{mean:.3f}, {deviation:.3f}", spread, *alike))
    heads = ("pairs of", "pairs", "cosine, s.d.", "5, 50, 95 %", "near-duplicates, %", "same face, %")
    return table(heads, rows)


def _unit(vector: NDArray[np.floating]) -> Floats:
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("embeddings", type=Path, nargs="?")
    chosen = parser.parse_args()
    random, sketcher = np.random.default_rng(_SEED), Sketcher(_SEED)
    people = People(random)
    if chosen.embeddings:
        stored = np.load(chosen.embeddings)
        vectors, names = stored["embeddings"], stored["person"]
        print(measured(vectors, names, sketcher), "\n")
        others = random.permutation(vectors[names != names[0]])[:400]
        print(solved(vectors[0], others, sketcher, "real faces"), "\n")
    print(climbs(people, sketcher), "\n")
    print(solved(people.person(), np.array([people.person() for _ in range(400)]), sketcher, "made-up faces"), "\n")
    print(doors(people, sketcher, random), "\n")
    print(scans(people, sketcher, random))


if __name__ == "__main__":
    main()
