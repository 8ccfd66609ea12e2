"""Faces of stored videos: each look's, and the one view that answers GetFaceDetection.

A row says where a face is and what can be seen of it. Nothing links a face to another one, in the video or elsewhere.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from regard.analysis.face_geometry import FIVE
from regard.analysis.faces import ATTRIBUTES
from regard.analysis.results import ArraySource, Face, PixelSource
from regard.jobs.kinds import ChunkAnalyser, Facts, Result, Row, Wish
from regard.operations.faces import face_detail
from regard.operations.video_rows import Chunks, PictureAnalyser, each_row

VIEW = "ALL"  # the only order there is
# Amazon sets these two in pictures only (contract 8.4).
VIDEO_ATTRIBUTES = ATTRIBUTES - {"FACE_OCCLUDED", "EYE_DIRECTION"}
# A face of 40 pixels in a frame of 1080 lines, Amazon's smallest, has 27 then; `FaceSearch` finds those of 12.
LONGER_SIDE = 1280
_MORE = "More"  # of a chunk's row: what ALL has instead of, or besides, the default set


class Analyser(Protocol):
    """`analysis.faces.FaceAnalyser`."""

    def analyse(
        self,
        source: PixelSource,
        attributes: frozenset[str],
        *,
        has_all_landmarks: bool,
        limit: int | None,
    ) -> list[Face]:
        """Faces, largest first."""


class FaceKind:
    """A wish is `FaceAttributes`, DEFAULT or ALL. A chunk's row is one face at one look."""

    name = "faces"
    longer_side = LONGER_SIDE

    def __init__(self, analyser: Callable[[], Analyser], max_faces: int | None) -> None:
        """max_faces: of one look, the largest ones; None: all."""
        self._analyser = analyser
        self._max_faces = max_faces

    def begin(self, wishes: Sequence[Wish], facts: Facts) -> ChunkAnalyser:
        """As `Kind.begin`."""
        has_all = any(wish["FaceAttributes"] == "ALL" for wish in wishes)
        attributes = VIDEO_ATTRIBUTES if has_all else frozenset[str]()
        analyser, limit = self._analyser(), self._max_faces

        def look_at(image: NDArray[np.uint8]) -> Iterator[Row]:
            source = ArraySource(image)
            for face in analyser.analyse(source, attributes, has_all_landmarks=has_all, limit=limit):
                yield _row(face, source.size, has_all)

        return PictureAnalyser(look_at)

    def settle(self, chunks: Chunks, wish: Wish, facts: Facts, result: Result) -> Mapping[str, Any]:
        """As `Kind.settle`; the outcome says nothing more."""
        has_all = wish["FaceAttributes"] == "ALL"
        result.write(VIEW, (_answered(row, has_all) for row in each_row(chunks)))
        return {}


def _row(face: Face, size: tuple[int, int], has_all: bool) -> Row:
    five = tuple((name, x, y) for name, (x, y) in zip(FIVE, face.five, strict=True))
    row: Row = {"Face": face_detail(replace(face, landmarks=five, claims=(), eye_direction=None), size)}
    if has_all:
        detail = face_detail(face, size)
        row[_MORE] = {name: value for name, value in detail.items() if value != row["Face"].get(name)}
    return row


def _answered(row: Row, has_all: bool) -> Row:
    more = row.get(_MORE, {}) if has_all else {}
    return {"Timestamp": row["Timestamp"], "Face": {**row["Face"], **more}}
