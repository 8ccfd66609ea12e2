"""Unsafe content: four classifiers of whole pictures, weighed against each other, in Rekognition's words.

Only labels that these networks can support are ever given; `docs/concepts/moderation.md` lists the others and says
why. No label guesses a wearer's gender.
"""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from regard.analysis.confidence import percent
from regard.analysis.labels import TagNetwork
from regard.models.image_safety import SafetyScores
from regard.models.nsfwjs import NsfwjsScores
from regard.models.open_nsfw import MOST_LIKELY_EXPLICIT

# Pixels of the longer side that serve the largest of the four inputs, 300 by 300, at sides of up to 2 to 1.
SIDE = 640

# Indices of ImageNet's 1,000 classes.
WEAPONS = (413, 763, 764)  # assault rifle, revolver, rifle
ALCOHOL = (440, 441, 907, 966)  # beer bottle, beer glass, wine bottle, red wine
GAMBLING = (800,)  # slot machine
SWIMWEAR_OR_UNDERWEAR = (445, 459, 638, 639, 842)  # bikini, brassiere, maillot, maillot (tank suit), trunks


@dataclass(frozen=True, slots=True)
class ModerationLabel:
    """A label of taxonomy 7.0."""

    name: str
    parent: str  # "" at the top
    level: int  # 1 at the top
    confidence: float  # 0 to 100


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the networks say about one picture."""

    safety: SafetyScores
    nsfwjs: NsfwjsScores
    open_nsfw: float  # 0 to 1
    things: NDArray[np.float32]  # (1000,) probabilities of ImageNet's classes

    def thing(self, classes: tuple[int, ...]) -> float:
        """Probability that the picture shows one of these classes."""
        return float(self.things[list(classes)].sum())


@dataclass(frozen=True, slots=True)
class Rule:
    """A label's place in the taxonomy, from the top down, and how confident the evidence makes it, 0 to 100."""

    chain: tuple[str, ...]
    confidence: Callable[[Evidence], float]


def explicit(evidence: Evidence) -> float:
    """The middle one of three networks' scores: two have to agree, and no one can speak alone.

    Each alone takes some clothed people for nude, and all three gave 0.6 to bare legs and 0.85 to a man's bare chest:
    hence the high threshold.
    """
    scores = (evidence.nsfwjs.porn + evidence.nsfwjs.hentai, evidence.open_nsfw, evidence.safety.sexual)
    return percent(median(scores), 0.9)


def suggestive(evidence: Evidence) -> float:
    """The least of three networks' scores, where the picture is not explicit: all have to agree."""
    if explicit(evidence) >= 50:
        return 0.0
    bare = evidence.nsfwjs.porn + evidence.nsfwjs.hentai + evidence.nsfwjs.sexy
    return min(
        percent(bare, 0.5), percent(evidence.safety.sexual, 0.5), percent(evidence.open_nsfw, MOST_LIKELY_EXPLICIT)
    )


def swimwear_or_underwear(evidence: Evidence) -> float:
    """The lesser of two networks' scores: the one sees swimwear in bare shoulders, the other in sports and crowds."""
    return percent(min(evidence.thing(SWIMWEAR_OR_UNDERWEAR), evidence.nsfwjs.sexy), 0.5)


def graphic(evidence: Evidence) -> float:
    """One network's one class for gore, injury and death; with no second opinion, a high threshold."""
    return percent(evidence.safety.graphic, 0.7)


# Thresholds of things lie above the highest wrong scores seen in 1,100 harmless pictures: weapons 0.15, alcohol 0.21,
# slot machines 0.57.
RULES = (
    Rule(("Explicit", "Explicit Nudity"), explicit),
    Rule(("Non-Explicit Nudity of Intimate parts and Kissing",), suggestive),
    Rule(("Swimwear or Underwear",), swimwear_or_underwear),
    Rule(("Violence", "Weapons"), lambda evidence: percent(evidence.thing(WEAPONS), 0.3)),
    Rule(("Violence", "Graphic Violence"), graphic),
    Rule(("Visually Disturbing",), graphic),
    Rule(("Alcohol", "Alcoholic Beverages"), lambda evidence: percent(evidence.thing(ALCOHOL), 0.3)),
    Rule(("Gambling",), lambda evidence: percent(evidence.thing(GAMBLING), 0.65)),
)


def labelled(evidence: Evidence, min_confidence: float) -> list[ModerationLabel]:
    """Labels of at least `min_confidence` with those above them; most confident first, the deeper one first in ties.

    A label that stands above several has the highest confidence of them.
    """
    found: dict[str, ModerationLabel] = {}
    for rule in RULES:
        confidence = min(100.0, rule.confidence(evidence))
        if confidence < min_confidence:
            continue
        for level, (name, parent) in enumerate(zip(rule.chain, ("", *rule.chain), strict=False), start=1):
            if name not in found or found[name].confidence < confidence:
                found[name] = ModerationLabel(name, parent, level, confidence)
    return sorted(found.values(), key=lambda label: (-label.confidence, -label.level, label.name))


class SafetyNetwork(Protocol):
    """`models.image_safety.ImageSafety`."""

    def classify(self, image: NDArray[np.uint8]) -> SafetyScores:
        """Scores for the whole of a (H, W, 3) RGB picture."""
        ...


class NsfwjsNetwork(Protocol):
    """`models.nsfwjs.Nsfwjs`."""

    def classify(self, image: NDArray[np.uint8]) -> NsfwjsScores:
        """Scores for the whole of a (H, W, 3) RGB picture."""
        ...


class ExplicitNetwork(Protocol):
    """`models.open_nsfw.OpenNsfw`."""

    def explicit_probability(self, image: NDArray[np.uint8]) -> float:
        """0 to 1 for a (H, W, 3) RGB picture."""
        ...


class Moderator:
    """Looks at pictures with all four networks."""

    def __init__(
        self, safety: SafetyNetwork, nsfwjs: NsfwjsNetwork, open_nsfw: ExplicitNetwork, things: TagNetwork
    ) -> None:
        self._safety = safety
        self._nsfwjs = nsfwjs
        self._open_nsfw = open_nsfw
        self._things = things

    def labels(self, image: NDArray[np.uint8], min_confidence: float = 50.0) -> list[ModerationLabel]:
        """Labels of a (H, W, 3) RGB picture, as `labelled` orders them; none where nothing is found."""
        return labelled(self.evidence(image), min_confidence)

    def evidence(self, image: NDArray[np.uint8]) -> Evidence:
        """The networks' scores for a (H, W, 3) RGB picture; longer sides than `SIDE` add nothing."""
        return Evidence(
            self._safety.classify(image),
            self._nsfwjs.classify(image),
            self._open_nsfw.explicit_probability(image),
            self._things.classify(image),
        )
