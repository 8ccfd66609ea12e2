"""Readings cut into words. Letters are black strokes, drawn where the reading says they are."""

import numpy as np
import pytest
from numpy.typing import NDArray

from regard.analysis.text_words import words_of
from regard.models.ppocr_recognition import Reading

LETTER, CLOSE, WORD, LINE = 12, 3, 14, 44  # widths of a letter, and of gaps in a word, between words, between lines


def line(text: str, gaps: list[int], confidences: list[float] | None = None) -> tuple[Reading, NDArray[np.uint8]]:
    """A crop 48 high with a stroke for each letter of `text` and the given gaps between them; spaces have none."""
    letters = [i for i, character in enumerate(text) if character != " "]
    starts = 10 + np.array([0, *np.cumsum([LETTER + gap for gap in gaps])])
    crop = np.full((48, int(starts[-1]) + LETTER + 10, 3), 240, np.uint8)
    for start in starts:
        crop[20:26, start : start + LETTER] = 20
    positions = np.interp(np.arange(len(text)), letters, starts + LETTER / 2) / crop.shape[1]
    sure = np.array(confidences or [0.9] * len(text), np.float32)
    return Reading(text, float(sure.mean()), sure, positions.astype(np.float32)), crop


def test_words_end_where_their_ink_ends() -> None:
    reading, crop = line("AB CD", [CLOSE, WORD, CLOSE])

    words = words_of(reading, crop)

    width = crop.shape[1]
    assert [word.text for word in words] == ["AB", "CD"]
    assert [(word.start * width, word.end * width) for word in words] == [(10, 37), (51, 78)]


@pytest.mark.parametrize(
    ("text", "gaps", "expected"),
    [
        ("TAXINVOICE", [3, 3, 14, 3, 3, 3, 3, 3, 3], ["TAX", "INVOICE"]),
        ("TAXINVOICE", [9, 9, 14, 9, 9, 9, 9, 9, 9], ["TAXINVOICE"]),
        ("TAXINVOICE", [3, 3, 9, 3, 3, 3, 3, 3, 3], ["TAXINVOICE"]),
        ("大桶装更划算", [3, 14, 3, 3, 3], ["大桶装更划算"]),
        ("AB", [14], ["AB"]),
    ],
    ids=["a plain gap", "spaced out", "a narrow gap", "a script without spaces", "too short to tell"],
)
def test_a_space_that_was_left_out_is_seen_in_the_crop(text: str, gaps: list[int], expected: list[str]) -> None:
    assert [word.text for word in words_of(*line(text, gaps))] == expected


def test_a_wide_gap_begins_a_new_line() -> None:
    words = words_of(*line("Total 12 9", [CLOSE] * 4 + [WORD, CLOSE, LINE]))

    assert [(word.text, word.begins_line) for word in words] == [("Total", False), ("12", False), ("9", True)]


def test_a_words_confidence_is_that_of_its_own_letters() -> None:
    words = words_of(*line("AB CD", [CLOSE, WORD, CLOSE], [0.9, 0.7, 0.1, 0.5, 0.6]))

    assert [word.confidence for word in words] == pytest.approx([0.8, 0.55])


def test_without_visible_ink_a_word_ends_midway() -> None:
    reading, crop = line("AB CD", [CLOSE, WORD, CLOSE])

    words = words_of(reading, np.full_like(crop, 128))

    assert [(word.start, word.end) for word in words] == [
        (0, pytest.approx(44 / 88)),
        (pytest.approx(44 / 88), 1),
    ]


@pytest.mark.parametrize("text", ["", "  "])
def test_blank_readings_have_no_words(text: str) -> None:
    nothing = np.linspace(0.1, 0.9, len(text), dtype=np.float32)

    assert words_of(Reading(text, 0, nothing, nothing), np.zeros((48, 100, 3), np.uint8)) == []
