"""Text in stored videos: what each look shows, and the one view that answers GetTextDetection."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regard.analysis.text import Line, Word
from regard.jobs.kinds import ChunkAnalyser, Facts, Result, Row, Wish
from regard.models.ppocr_detection import TextSearch
from regard.operations.text import Reader, TextFilters, chosen, text_members
from regard.operations.video_rows import Chunks, PictureAnalyser, each_row, rounded

VIEW = "ALL"  # the only order there is
LONGER_SIDE = 1920  # captions and signs are read at the size of the usual frame
# And looked for in less, which takes a quarter of the time that the 1600 of still pictures do and loses nothing: of 352
# words on three receipts 281 are read either way; of 40 words 14 high in 1920 by 1080 pixels 38, even at 640.
SEARCH = TextSearch(long_side=768)


class TextKind:
    """A wish is `Filters`, the members of `StartTextDetectionFilters`.

    Amazon leaves out words below 80 in videos, also where no filter asks for it (contract 8), and so does this.
    A chunk's row is one look that shows text, with the words' corners, so that filters are applied at the end.
    """

    name = "text"
    longer_side = LONGER_SIDE

    def __init__(self, reader: Callable[[], Reader], max_words: int | None) -> None:
        """max_words: of one look, the first ones in reading order that pass the filters; None: all."""
        self._reader = reader
        self._max_words = max_words

    def begin(self, wishes: Sequence[Wish], facts: Facts) -> ChunkAnalyser:
        """As `Kind.begin`."""
        reader = self._reader()

        def look_at(image: NDArray[np.uint8]) -> Iterator[Row]:
            lines = reader.read(image)
            if lines:
                yield {"Size": [image.shape[1], image.shape[0]], "Lines": [_kept(line) for line in lines]}

        return PictureAnalyser(look_at)

    def settle(self, chunks: Chunks, wish: Wish, facts: Facts, result: Result) -> Mapping[str, Any]:
        """As `Kind.settle`; the outcome says nothing more."""
        filters = wish["Filters"]
        wanted = TextFilters.of({**filters, "WordFilter": filters.get("WordFilter", {})})
        result.write(VIEW, self._answered(each_row(chunks), wanted))
        return {}

    def _answered(self, rows: Iterable[Row], filters: TextFilters) -> Iterator[Row]:
        for row in rows:
            size = np.array(row["Size"], np.float64)
            lines = chosen([_line(words) for words in row["Lines"]], size, filters, self._max_words)
            for detection in text_members(lines, size):
                yield {"Timestamp": row["Timestamp"], "TextDetection": rounded(detection)}


def _kept(line: Line) -> list[Row]:
    return [
        {"Text": word.text, "Confidence": float(word.confidence), "Corners": word.quad.tolist()} for word in line.words
    ]


def _line(words: Iterable[Row]) -> Line:
    return Line(tuple(Word(word["Text"], word["Confidence"], np.array(word["Corners"], np.float32)) for word in words))
