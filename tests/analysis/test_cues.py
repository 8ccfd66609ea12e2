"""Technical cues: black frames, colour bars, slates and credits, and what only looks like them."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from regard.analysis.cards import Card, card_of
from regard.analysis.colour_bars import bars_score
from regard.analysis.cues import BlackRule, Cue, CueFinder
from regard.analysis.shots import ShotFinder
from tests.analysis.made_shots import (
    BLACK,
    FRAME_US,
    WHITE,
    Pixels,
    card,
    chunks,
    compressed,
    eu_bars,
    hd_bars,
    pillar_boxed,
    shot,
    smpte_bars,
    thumb,
)

PICTURE, OTHER = shot(1, 1)[0], shot(2, 1)[0]
BARS = thumb(smpte_bars())
CREDITS = Card(lines=5, fields=0)
SLATE = Card(lines=6, fields=5)
SECOND = 25  # frames


def cues(
    thumbs: Sequence[Pixels],
    edges: Sequence[int] = (),
    cards: Mapping[int, Card] | None = None,
    loud: Sequence[tuple[int, int]] = (),
    rule: BlackRule | None = None,
) -> list[tuple[str, int, int]]:
    """Names and frames. cards: by frame of the video; loud: in frames."""
    return [(one.name, one.first, one.last) for one in found(thumbs, edges, cards, loud, rule)]


def found(
    thumbs: Sequence[Pixels],
    edges: Sequence[int] = (),
    cards: Mapping[int, Card] | None = None,
    loud: Sequence[tuple[int, int]] = (),
    rule: BlackRule | None = None,
) -> list[Cue]:
    """The cues of a video in chunks that begin at 0 and at `edges`."""
    shots, finder, first = ShotFinder(), CueFinder(rule or BlackRule()), 0
    spans = [(begin * FRAME_US, end * FRAME_US) for begin, end in loud]
    for chunk in chunks(thumbs, edges):
        count = len(chunk.frames)
        read = {at - first: one for at, one in (cards or {}).items() if first <= at < first + count}
        finder.add(chunk, shots.add(chunk), spans, read)
        first += count
    return finder.cues()


def lit(share: float, level: int = 255) -> Pixels:
    """Black but for a share of the pixels."""
    image = BLACK.copy()
    image.reshape(-1, 3)[: round(share * 128 * 72)] = level
    return image


@pytest.mark.parametrize("edges", [[], [40], [10, 35, 36, 60]], ids=["whole", "in two", "in five"])
def test_what_is_no_cue_is_content(edges: list[int]) -> None:
    film = [BARS] * 30 + [BLACK] * 10 + [PICTURE] * 20 + [BLACK] * 10
    assert cues(film, edges) == [
        ("ColorBars", 0, 29),
        ("BlackFrames", 30, 39),
        ("Content", 40, 59),
        ("BlackFrames", 60, 69),
    ]


def test_no_frames_have_no_cues() -> None:
    assert cues([]) == []


def test_a_blink_is_content() -> None:
    assert cues([PICTURE] * 10 + [BLACK] * 2 + [PICTURE] * 10) == [("Content", 0, 21)]


def test_black_with_sound_is_content() -> None:
    assert cues([BLACK] * 40, loud=[(0, 20)]) == [("Content", 0, 19), ("BlackFrames", 20, 39)]


@pytest.mark.parametrize(
    ("image", "rule", "is_black"),
    [
        # 0.2 of the range 0 to 255 is 51.
        pytest.param(lit(1, 51), BlackRule(), True, id="at the pixel limit"),
        pytest.param(lit(1, 52), BlackRule(), False, id="over the pixel limit"),
        pytest.param(lit(0.009), BlackRule(), True, id="99.1 percent"),
        pytest.param(lit(0.012), BlackRule(), False, id="98.8 percent"),
        pytest.param(lit(0.4), BlackRule(coverage_percent=59), True, id="less coverage"),
        pytest.param(lit(0), BlackRule(coverage_percent=100), True, id="all of it"),
        pytest.param(lit(0.001), BlackRule(coverage_percent=100), False, id="but for nine pixels"),
    ],
)
def test_black_is_told_by_the_rule_of_the_service(image: Pixels, rule: BlackRule, is_black: bool) -> None:
    assert cues([image] * 10, rule=rule)[0][0] == ("BlackFrames" if is_black else "Content")


@pytest.mark.parametrize(
    ("colour", "is_black"), [((0, 0, 255), True), ((255, 0, 0), False), ((0, 70, 0), True), ((0, 73, 0), False)]
)
def test_luminance_is_that_of_bt709(colour: tuple[int, int, int], is_black: bool) -> None:
    # 0.0722 x 255 = 18, 0.2126 x 255 = 54, 0.7152 x 70 = 50, 0.7152 x 73 = 52; the limit is 51.
    image = np.full((72, 128, 3), colour, np.uint8)
    assert cues([image] * 10)[0][0] == ("BlackFrames" if is_black else "Content")


def test_pure_black_is_beyond_doubt() -> None:
    assert [one.confidence for one in found([BLACK] * 10)] == [100.0]


def test_black_that_is_barely_black_is_barely_sure() -> None:
    assert found([lit(0.0099)] * 10)[0].confidence == pytest.approx(50, abs=1)


BAR_PATTERNS = {
    "EBU 75": eu_bars(),
    "EBU 100": eu_bars(255),
    "SMPTE EG 1": smpte_bars(),
    "SMPTE RP 219": hd_bars(),
    "in a pillar box": pillar_boxed(smpte_bars()),
}


@pytest.mark.parametrize("image", BAR_PATTERNS.values(), ids=BAR_PATTERNS.keys())
def test_bars_of_every_kind_are_found(image: Pixels) -> None:
    assert bars_score(thumb(image)) == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize("image", BAR_PATTERNS.values(), ids=BAR_PATTERNS.keys())
def test_bars_survive_compression_and_noise(image: Pixels) -> None:
    noise = np.random.default_rng(1).normal(0, 8, image.shape)
    noisy = np.asarray(np.clip(compressed(image) + noise, 0, 255), np.uint8)
    assert bars_score(thumb(noisy)) >= 0.9


def test_bars_with_a_caption_are_found() -> None:
    image = smpte_bars()
    image[150:180, 250:390] = 0
    assert bars_score(thumb(image)) >= 0.9


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(PICTURE, id="a picture"),
        pytest.param(WHITE, id="white"),
        pytest.param(thumb(eu_bars()[:, ::-1]), id="bars the other way round"),
        pytest.param(thumb(eu_bars()[:, :400]), id="five bars"),
        pytest.param(np.asarray(thumb(eu_bars()) // 3, np.uint8), id="bars in the dark"),
        pytest.param(
            np.ascontiguousarray(thumb(eu_bars()).mean(2, keepdims=True).repeat(3, 2).astype(np.uint8)), id="gray"
        ),
    ],
)
def test_what_is_no_bars(image: Pixels) -> None:
    assert bars_score(image) == 0


def roll(count: int) -> list[Pixels]:
    """Credits that go up."""
    names = ["DIRECTED BY", "A. Writer", "CAMERA", "B. Maker", "SOUND", "C. Person", "MUSIC", "D. Player"]
    return [thumb(card(names, top=220 - at)) for at in range(count)]


def film_with(written: Sequence[Pixels], at: int) -> list[Pixels]:
    """20 s of pictures with something else at a second."""
    pictures = [PICTURE if (number // 50) % 2 else OTHER for number in range(20 * SECOND)]
    return [*pictures[: at * SECOND], *written, *pictures[at * SECOND :]]


def each_second(card: Card, first: int, count: int) -> dict[int, Card]:
    return {number: card for number in range(first, first + count, SECOND)}


ROLL = roll(6 * SECOND)


def test_text_on_dark_ground_at_the_end_is_end_credits() -> None:
    film = film_with(ROLL, 20)
    assert cues(film, [510], each_second(CREDITS, 500, 150))[1:] == [("EndCredits", 500, 649)]


def test_text_on_dark_ground_at_the_start_is_opening_credits() -> None:
    assert cues(film_with(ROLL, 1), cards=each_second(CREDITS, 25, 150))[1] == ("OpeningCredits", 25, 174)


def test_text_in_the_middle_is_content() -> None:
    film = film_with(ROLL, 12)
    assert cues(film + film[300:500] * 2, cards=each_second(CREDITS, 300, 150)) == [("Content", 0, 1049)]


def test_dark_pictures_without_text_are_no_credits() -> None:
    assert cues(film_with(ROLL, 20), cards=each_second(Card(0, 0), 500, 150)) == [("Content", 0, 649)]


def test_dark_pictures_that_were_not_looked_at_are_no_credits() -> None:
    assert cues(film_with(ROLL, 20)) == [("Content", 0, 649)]


def test_text_on_light_ground_is_no_credits() -> None:
    light = [np.asarray(255 - one, np.uint8) for one in ROLL]
    assert cues(film_with(light, 20), cards=each_second(CREDITS, 500, 150)) == [("Content", 0, 649)]


def test_a_video_of_cards_has_no_credits() -> None:
    film = [*ROLL, *[PICTURE] * 60, *ROLL, *[PICTURE] * 60, *ROLL]
    read = each_second(CREDITS, 0, 150) | each_second(CREDITS, 210, 150) | each_second(CREDITS, 420, 150)
    assert [name for name, _, _ in cues(film, cards=read)] == ["Content"]


def test_black_between_cards_belongs_to_the_credits_and_black_behind_them_does_not() -> None:
    film = film_with([*ROLL[:75], *[BLACK] * 20, *ROLL[:75], *[BLACK] * 50], 20)
    read = each_second(CREDITS, 500, 75) | each_second(CREDITS, 595, 75)
    assert cues(film, cards=read)[1:] == [("EndCredits", 500, 669), ("BlackFrames", 670, 719)]


def test_a_card_with_the_fields_of_a_slate_is_one() -> None:
    slate = thumb(card(["TITLE: THE LONG WAY", "EPISODE: 3", "DURATION: 00:24:10", "ASPECT: 16:9", "DATE: 2024"]))
    film = [*[BARS] * 50, *[slate] * 100, *[BLACK] * 25, *film_with([], 0)]
    assert cues(film, [60], {55: SLATE, 80: SLATE}) == [
        ("ColorBars", 0, 49),
        ("Slate", 50, 149),
        ("BlackFrames", 150, 174),
        ("Content", 175, 674),
    ]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(
            ["TITLE: The Long Way", "EPISODE 3", "TRT: 00:24:10", "Prod. Co.: Acme", "Aspect Ratio: 16:9"],
            Card(5, 5),
            id="a slate",
        ),
        pytest.param(["Scene 12", "Take 3", "Roll: A004"], Card(3, 3), id="a clapper board"),
        pytest.param(
            ["Directed by", "A. Writer", "Series Producer", "Title design", "Version Two Ltd"], Card(5, 0), id="credits"
        ),
        pytest.param(["Title", "Title: again"], Card(2, 1), id="one field twice"),
        pytest.param([], Card(0, 0), id="nothing"),
    ],
)
def test_fields_of_a_slate_are_told_from_credits(lines: list[str], expected: Card) -> None:
    assert card_of(lines) == expected
