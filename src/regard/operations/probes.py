"""From an `Image` member to faces that may be compared: found, judged, and as vectors.

probe = probes.look(image, "AUTO")      all faces of the picture, by their boxes: the time to refuse a crowd
faces = probes.judged(probe)            each with the reasons to leave it out
probes.vectors("2.0", usable(faces))    what is compared and enrolled
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regard.analysis.embedding import FaceEmbedder
from regard.analysis.face_crops import crops_of_faces
from regard.analysis.faces import ATTRIBUTES, FaceAnalyser
from regard.analysis.quality_filter import NEEDS, QualityRules
from regard.analysis.results import Box, Face
from regard.media.images import Picture
from regard.operations.images import ImageRules, Pictures

MOST_FACES = 100  # the largest of a picture, contract 14
NO_FACE = "There are no faces in the image. Should be at least 1."  # clients compare this text, contract 15

_RULES = ImageRules()


@dataclass(frozen=True, slots=True)
class Probe:
    """A picture, the faces in it, largest first, and how they are to be judged."""

    picture: Picture
    faces: Sequence[Face]
    rules: QualityRules | None
    attributes: frozenset[str]  # asked for by the caller

    @property
    def boxes(self) -> list[Box]:
        """Of all faces, in pixels."""
        return [face.box for face in self.faces]


@dataclass(frozen=True, slots=True, eq=False)
class ProbeFace:
    """A face that was looked at closely; equal to itself alone."""

    face: Face
    crop: NDArray[np.uint8]  # (112, 112, 3) RGB, aligned
    reasons: tuple[str, ...]  # why the quality filter leaves it out, in Rekognition's words; empty where it does not


def usable(faces: Sequence[ProbeFace]) -> list[ProbeFace]:
    """Those that pass the quality filter, in the order given."""
    return [seen for seen in faces if not seen.reasons]


class Probes:
    """Looks at pictures for the operations that compare faces. Networks are made when first needed."""

    def __init__(
        self,
        pictures: Pictures,
        analyser: Callable[[], FaceAnalyser],
        embedder: Callable[[str], FaceEmbedder],
        strengths: Callable[[NDArray[np.uint8]], NDArray[np.float32]],
    ) -> None:
        """`embedder`: of a model version. `strengths`: `SFace.strengths`."""
        self._pictures = pictures
        self._analyser = analyser
        self._embedder = embedder
        self._strengths = strengths

    def look(
        self, image: Mapping[str, Any], level: str, asked: frozenset[str] = frozenset(), limit: int = MOST_FACES
    ) -> Probe:
        """The `limit` largest faces of an `Image`, to be judged by the QualityFilter `level`.

        asked: Rekognition's names of the attributes to say of them. Raises what opening the picture raises.
        """
        picture = self._pictures.open(image, _RULES)
        rules = QualityRules.of(level)
        attributes = ATTRIBUTES if "ALL" in asked else asked & ATTRIBUTES
        needed = attributes | (NEEDS if rules else frozenset())
        faces = self._analyser().analyse(picture, needed, has_all_landmarks="ALL" in asked, limit=limit)
        return Probe(picture, faces, rules, attributes)

    def judged(self, probe: Probe, closely: int | None = None) -> list[ProbeFace]:
        """All faces of `probe`, in its order.

        closely: for how many of the largest the filter may ask the embedding network as well; all where None. Where
        one person alone consented, the others' faces are not to go through it.
        """
        crops = crops_of_faces(probe.picture, probe.faces)
        known = self._strengths(crops[:closely]).tolist() if probe.rules else []
        return [
            ProbeFace(
                _saying(face, probe.attributes),
                crop,
                probe.rules.reasons(face, probe.picture.size, crop, strength) if probe.rules else (),
            )
            for face, crop, strength in zip_longest(probe.faces, crops, known)
        ]

    def strengths(self, faces: Sequence[ProbeFace]) -> list[float]:
        """Of each face, as `SFace.strengths`."""
        return [float(strength) for strength in self._strengths(np.stack([seen.crop for seen in faces]))]

    def count(self, picture: Picture) -> int:
        """How many faces a picture has, whatever a limit."""
        return len(self._analyser().boxes(picture))

    def vectors(self, version: str, faces: Sequence[ProbeFace]) -> NDArray[np.float32]:
        """(N, D) rows of norm 1 of a model version, one for each of `faces`."""
        return self._embedder(version).embed(np.stack([seen.crop for seen in faces]))


def _saying(face: Face, attributes: frozenset[str]) -> Face:
    """`face` without the claims that only the quality filter needed."""
    members = {name.title().replace("_", "") for name in attributes}
    return replace(face, claims=tuple((name, claim) for name, claim in face.claims if name in members))
