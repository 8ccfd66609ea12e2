"""What scores become which labels, by hand; and what four networks make of pictures that a person looked at."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from regard.analysis.moderation import RULES, Evidence, Moderator, Rule, labelled
from regard.models.efficientnet import EfficientNet
from regard.models.engine import Engine
from regard.models.image_safety import ImageSafety, SafetyScores
from regard.models.nsfwjs import Nsfwjs, NsfwjsScores
from regard.models.open_nsfw import OpenNsfw
from regard.models.weights import WeightStore

# Parents of the names of taxonomy 7.0 that Regard may give, from AWS's developer guide.
PARENTS = {
    "Explicit": "",
    "Explicit Nudity": "Explicit",
    "Non-Explicit Nudity of Intimate parts and Kissing": "",
    "Swimwear or Underwear": "",
    "Violence": "",
    "Weapons": "Violence",
    "Graphic Violence": "Violence",
    "Visually Disturbing": "",
    "Alcohol": "",
    "Alcoholic Beverages": "Alcohol",
    "Gambling": "",
}

SAFE = SafetyScores(0.03, 0.04, 0.93)
SEXUAL = SafetyScores(0.03, 0.92, 0.05)
GRAPHIC = SafetyScores(0.85, 0.05, 0.10)
NEUTRAL = NsfwjsScores(0.0, 0.0, 1.0, 0.0, 0.0)
PORN = NsfwjsScores(0.0, 0.0, 0.0, 0.96, 0.04)
HENTAI = NsfwjsScores(0.04, 0.96, 0.0, 0.0, 0.0)
SEXY = NsfwjsScores(0.0, 0.0, 0.2, 0.0, 0.8)


# Classes: 440 beer bottle, 445 bikini, 638 maillot, 763 revolver, 764 rifle, 800 slot machine.
def evidence(
    safety: SafetyScores = SAFE, nsfwjs: NsfwjsScores = NEUTRAL, open_nsfw: float = 0.0, **things: float
) -> Evidence:
    probabilities = np.zeros(1000, dtype=np.float32)
    for name, probability in things.items():
        probabilities[int(name.removeprefix("class_"))] = probability
    return Evidence(safety, nsfwjs, open_nsfw, probabilities)


def found(evidence: Evidence, least: float = 50) -> list[tuple[str, float]]:
    return [(label.name, round(label.confidence, 1)) for label in labelled(evidence, least)]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (evidence(), []),
        # Two of three agree: the median of 0.96, 0.95 and 0.92 is 0.95, half way from 0.9 to 1.
        (evidence(SEXUAL, PORN, 0.95), [("Explicit Nudity", 75.0), ("Explicit", 75.0)]),
        (evidence(SEXUAL, HENTAI, 0.01), [("Explicit Nudity", 60.0), ("Explicit", 60.0)]),
        (evidence(SAFE, PORN, 0.01), []),
        (evidence(SEXUAL, NEUTRAL, 0.01), []),
        (evidence(SAFE, NEUTRAL, 0.99), []),
        # The median is 0.85, under 0.9; the least of 80, 92 and 62.5 percent counts.
        (
            evidence(SEXUAL, NsfwjsScores(0, 0, 0.2, 0.7, 0.1), 0.85),
            [("Non-Explicit Nudity of Intimate parts and Kissing", 62.5)],
        ),
        (evidence(SEXUAL, SEXY, 0.1), []),
        (evidence(GRAPHIC), [("Graphic Violence", 75.0), ("Violence", 75.0), ("Visually Disturbing", 75.0)]),
        (evidence(class_763=0.5, class_764=0.15), [("Weapons", 75.0), ("Violence", 75.0)]),
        (evidence(class_440=0.3), [("Alcoholic Beverages", 50.0), ("Alcohol", 50.0)]),
        (evidence(class_800=0.825), [("Gambling", 75.0)]),
        (evidence(class_800=0.6), []),
        (evidence(nsfwjs=SEXY, class_445=0.4, class_638=0.3), [("Swimwear or Underwear", 70.0)]),
        (evidence(nsfwjs=NEUTRAL, class_445=0.9), []),
        (evidence(nsfwjs=SEXY), []),
    ],
    ids=[
        "clean",
        "explicit",
        "explicit drawing",
        "only nsfwjs",
        "only the safety network",
        "only open_nsfw",
        "bare but not explicit",
        "sexy but not bare",
        "gore",
        "weapon",
        "bottle",
        "slot machine",
        "perhaps a slot machine",
        "swimwear",
        "bare shoulders",
        "sports",
    ],
)
def test_scores_become_labels(given: Evidence, expected: list[tuple[str, float]]) -> None:
    assert found(given) == expected


def test_a_parent_of_two_labels_has_the_higher_confidence_and_is_listed_once() -> None:
    assert found(evidence(GRAPHIC, class_763=0.93)) == [
        ("Weapons", 95.0),
        ("Violence", 95.0),
        ("Graphic Violence", 75.0),
        ("Visually Disturbing", 75.0),
    ]


def test_a_lower_bound_lets_weaker_claims_through_and_a_higher_one_fewer() -> None:
    bottle = evidence(class_440=0.3)

    assert ("Alcohol", 50.0) in found(bottle, least=10)
    assert found(bottle, least=50.1) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.chain[-1])
def test_every_chain_is_one_of_the_taxonomy(rule: Rule) -> None:
    assert [PARENTS[name] for name in rule.chain] == ["", *rule.chain[:-1]]


def test_no_label_says_whether_a_woman_or_a_man_is_shown() -> None:
    names = {name for rule in RULES for name in rule.chain}

    assert not {name for name in names if "Female" in name or "Male" in name}


@pytest.fixture(scope="module")
def moderator(engine: Engine, store: WeightStore) -> Moderator:
    networks = ImageSafety(engine, store), Nsfwjs(engine, store), OpenNsfw(engine, store), EfficientNet(engine, store)
    return Moderator(*networks)


def pixels(path: Path) -> NDArray[np.uint8]:
    return np.asarray(Image.open(path).convert("RGB"))


@pytest.mark.weights
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("assault_rifle", ["Weapons", "Violence"]),
        ("revolver", ["Weapons", "Violence"]),
        ("beer_bottle", ["Alcoholic Beverages", "Alcohol"]),
        ("wine_bottle", ["Alcoholic Beverages", "Alcohol"]),
        ("slot", ["Gambling"]),
        ("bikini", ["Swimwear or Underwear"]),
        ("maillot", ["Swimwear or Underwear"]),
        ("yoga_swimwear", ["Swimwear or Underwear"]),
        ("yoga_swimwear_lighttext", ["Swimwear or Underwear"]),
    ],
)
def test_safe_examples_get_their_labels_and_no_others(
    moderator: Moderator, testdata: Path, name: str, expected: list[str]
) -> None:
    labels = moderator.labels(pixels(testdata / "moderation" / f"{name}.jpg"))

    assert [label.name for label in labels] == expected


@pytest.mark.weights
def test_a_portrait_is_clean(moderator: Moderator, astronaut: NDArray[np.uint8]) -> None:
    assert moderator.labels(astronaut) == []


@pytest.mark.weights
@pytest.mark.slow
def test_of_coco_pictures_only_the_poured_wine_is_labelled(moderator: Moderator, testdata: Path) -> None:
    labels = {
        path.stem: [label.name for label in moderator.labels(pixels(path))]
        for path in sorted((testdata / "coco" / "images").glob("*.jpg"))
    }

    assert {name: names for name, names in labels.items() if names} == {
        "000000565004": ["Alcoholic Beverages", "Alcohol"]
    }
