"""DetectText: lines and words with where they stand.

A line of the answer is exactly its words in the answer: filters take words away, and what is left of a line is joined
anew, so that no text outside a region or below a confidence comes back under another name.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from regard.analysis.text import Line, Word
from regard.analysis.text_geometry import share_inside
from regard.errors import InvalidParameter
from regard.operations.call import Call
from regard.operations.images import ImageRules, Pictures

Floats = NDArray[np.float64]

TEXT_MODEL_VERSION = "3.0"  # of the answer's form; which networks read is on their cards
# Of a WordFilter that does not say (contract 17); without a WordFilter nothing is left out.
DEFAULT_MIN_CONFIDENCE = 80.0
# Small print in a photograph is cut out of the picture as it is up to this size; beyond it JPEGs are decoded smaller.
LONGER_SIDE = 4000
POLYGON_POINTS = (3, 10)  # of a region, contract 5.3

RULES = ImageRules()


class Reader(Protocol):
    """What finds and reads text. Safe to use from several threads."""

    def read(self, image: NDArray[np.uint8]) -> list[Line]:
        """The lines of an (H, W, 3) RGB picture in reading order."""


@dataclass(frozen=True, slots=True, eq=False)
class TextFilters:
    """Which words are answered."""

    word: Mapping[str, Any] | None = None  # members of `DetectionFilter`; None: every word
    regions: tuple[Floats, ...] = ()  # (N, 2) corners as ratios; a word must be in one of them, where there are any

    @classmethod
    def of(cls, members: Mapping[str, Any]) -> "TextFilters":
        """What a `Filters` member says. Raises InvalidParameter for a region that is no region."""
        regions = members.get("RegionsOfInterest") or []
        return cls(members.get("WordFilter"), tuple(_polygon(region) for region in regions))


class TextOperations:
    """The family's one operation on still pictures."""

    def __init__(self, pictures: Pictures, reader: Reader, max_words: int | None) -> None:
        """max_words: the first so many in reading order that pass the filters are answered; None: all."""
        self._pictures = pictures
        self._reader = reader
        self._max_words = max_words

    def detect_text(self, call: Call) -> dict[str, Any]:
        """Answers DetectText. Raises InvalidParameter for a region that is no region, and what opening raises."""
        filters = TextFilters.of(call.input.get("Filters") or {})
        image = self._pictures.open(call.input["Image"], RULES).pixels(at_least=LONGER_SIDE)
        size = np.array([image.shape[1], image.shape[0]], np.float64)
        lines = chosen(self._reader.read(image), size, filters, self._max_words)
        return {"TextDetections": text_members(lines, size), "TextModelVersion": TEXT_MODEL_VERSION}


def chosen(lines: Iterable[Line], size: Floats, filters: TextFilters, max_words: int | None) -> list[Line]:
    """Lines of the words that pass, the first `max_words` of them (None: all); size: (width, height)."""
    kept = [Line(words) for line in lines if (words := tuple(_kept(line.words, size, filters)))]
    return kept if max_words is None else list(_first_words(kept, max_words))


def text_members(lines: Sequence[Line], size: Floats) -> list[dict[str, Any]]:
    """`TextDetection` structures: the lines, numbered from 0, then the words of each; size: (width, height)."""
    members = [
        {"DetectedText": line.text, "Type": "LINE", "Id": number, **_measures(line, size)}
        for number, line in enumerate(lines)
    ]
    for parent, line in enumerate(lines):
        for word in line.words:
            identity = {"DetectedText": word.text, "Type": "WORD", "Id": len(members), "ParentId": parent}
            members.append({**identity, **_measures(word, size)})
    return members


def _measures(item: Line | Word, size: Floats) -> dict[str, Any]:
    left, top, width, height = _box(item, size)
    return {
        "Confidence": item.confidence * 100,
        "Geometry": {
            "BoundingBox": {"Width": width, "Height": height, "Left": left, "Top": top},
            "Polygon": [{"X": float(x), "Y": float(y)} for x, y in item.quad / size],
        },
    }


def _box(item: Line | Word, size: Floats) -> tuple[float, float, float, float]:
    """Left, top, width and height as ratios of what is around an item."""
    # In pixels first: ratios as clients write them, 0.1 for 20 of 200 pixels, then compare equal.
    low, high = item.quad.min(0), item.quad.max(0)
    (left, top), (width, height) = low / size, (high - low) / size
    return float(left), float(top), float(width), float(height)


def _kept(words: Iterable[Word], size: Floats, filters: TextFilters) -> Iterator[Word]:
    """The words that pass; one is in a region when more than half of it is."""
    for word in words:
        polygon = word.quad / size
        is_inside = not filters.regions or any(share_inside(polygon, region) > 0.5 for region in filters.regions)
        if is_inside and (filters.word is None or _passes(word, size, filters.word)):
            yield word


def _passes(word: Word, size: Floats, word_filter: Mapping[str, Any]) -> bool:
    _, _, width, height = _box(word, size)
    return bool(
        word.confidence * 100 >= word_filter.get("MinConfidence", DEFAULT_MIN_CONFIDENCE)
        and width >= word_filter.get("MinBoundingBoxWidth", 0)
        and height >= word_filter.get("MinBoundingBoxHeight", 0)
    )


def _first_words(lines: Iterable[Line], count: int) -> Iterator[Line]:
    """Lines until so many words are together; the last may be cut short."""
    for line in lines:
        words = tuple(islice(line.words, count))
        if not words:
            return
        count -= len(words)
        yield Line(words)


def _polygon(region: Mapping[str, Any]) -> Floats:
    """(N, 2) corners of a region, as ratios. Raises InvalidParameter."""
    box, points = region.get("BoundingBox"), region.get("Polygon")
    if (box is None) == (points is None):
        raise InvalidParameter("Request has invalid parameters: a region needs exactly one of BoundingBox and Polygon")
    try:
        if box is not None:
            left, top = box["Left"], box["Top"]
            right, bottom = left + box["Width"], top + box["Height"]
            corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
        else:
            corners = [(point["X"], point["Y"]) for point in points or []]
    except KeyError as error:
        raise InvalidParameter(f"Request has invalid parameters: a region's {error.args[0]} is missing") from error
    if not POLYGON_POINTS[0] <= len(corners) <= POLYGON_POINTS[1]:
        raise InvalidParameter(
            f"Request has invalid parameters: a Polygon has {POLYGON_POINTS[0]} to {POLYGON_POINTS[1]} points; "
            f"this one has {len(corners)}"
        )
    return np.array(corners, np.float64)
