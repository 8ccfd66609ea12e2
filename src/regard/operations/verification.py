"""The 1:1 questions of `/v1`: two pictures, or a picture and one enrolled subject.

They take the largest face of a picture where one person is meant, and refuse a picture in which that is not clear.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from regard.analysis.face_quality import QualityComponent, assess
from regard.errors import InvalidParameter
from regard.operations.probes import NO_FACE, Probe, ProbeFace, Probes
from regard.operations.shapes import ratios
from regard.people.acts import Asker
from regard.people.collections import Collections
from regard.people.crowds import MOST_TARGETS, has_rival
from regard.people.matches import Verification
from regard.people.matching import Matching
from regard.people.records import Ratios
from regard.people.thresholds import curve_of

Image = Mapping[str, Any]  # as the `Image` structure of Rekognition

_ALL = frozenset({"ALL"})  # the quality components need all landmarks
_NO_FILTER = "NONE"  # a poor picture is compared, and told to be poor


@dataclass(frozen=True, slots=True)
class AssessedFace:
    """A face and how fit its picture is for comparison."""

    box: Ratios
    confidence: float  # 0..100
    quality: tuple[QualityComponent, ...]


@dataclass(frozen=True, slots=True)
class ComparedFace:
    """A face of the target, and how much it is like the source's."""

    face: AssessedFace
    similarity: float
    false_match_rate: float  # of that similarity: the share of strangers who are as similar or more


@dataclass(frozen=True, slots=True)
class Comparison:
    """The source's face, and the target's faces, most similar first."""

    source: AssessedFace
    targets: list[ComparedFace]


class OneToOne:
    """Answers them."""

    def __init__(self, collections: Collections, matching: Matching, probes: Probes, model_version: str) -> None:
        """`model_version`: of the face networks that compare two pictures."""
        self._collections = collections
        self._matching = matching
        self._probes = probes
        self._version = model_version

    def compare(self, asker: Asker, source: Image, target: Image) -> Comparison:
        """The largest face of `source` with each of `target`.

        Raises InvalidParameter where either has no face or the source two as large, AccessDenied for a target that is a
        crowd, and what opening the pictures raises.
        """
        self._matching.check_may_compare(asker, 0)
        first, second = self._look(source, "source"), self._look(target, "target")
        _check_one(first, "source")
        if len(second.faces) > MOST_TARGETS:
            self._matching.check_may_compare(asker, self._probes.count(second.picture))
        known, others = self._probes.judged(first)[:1], self._probes.judged(second)
        known_vector = self._probes.vectors(self._version, known)[0]
        other_vectors = self._probes.vectors(self._version, others)
        pictures = first.picture.data, second.picture.data
        similarities = self._matching.compare(asker, self._version, known_vector, other_vectors, *pictures)
        curve = curve_of(self._version)
        compared = [
            ComparedFace(face, similarity, curve.false_match_rate(similarity))
            for face, similarity in zip(self._assessed(second, others), similarities, strict=True)
        ]
        return Comparison(self._assessed(first, known)[0], sorted(compared, key=lambda face: -face.similarity))

    def verify(self, asker: Asker, name: str, subject: str, image: Image, threshold: float) -> Verification:
        """Whether the largest face of `image` is a subject of the collection `name`.

        Raises ResourceNotFound, AccessDenied where the subject's consent does not hold, InvalidParameter where there is
        no face or two as large, and what opening the picture raises.
        """
        collection = self._collections.get(asker, name)
        probe = self._look(image, "image")
        _check_one(probe, "image")
        vector = self._probes.vectors(collection.model_version, self._probes.judged(probe)[:1])[0]
        return self._matching.verify(asker, collection, subject, vector, threshold, probe.picture.data)

    def _look(self, image: Image, member: str) -> Probe:
        """Raises InvalidParameter where there is no face."""
        probe = self._probes.look(image, _NO_FILTER, _ALL, limit=MOST_TARGETS + 1)
        if not probe.faces:
            raise InvalidParameter(f"{NO_FACE} It is missing in {member}.")
        return probe

    def _assessed(self, probe: Probe, faces: Sequence[ProbeFace]) -> list[AssessedFace]:
        """`faces`, which are the first of `probe`."""
        components = assess(probe.picture, probe.faces, self._probes.strengths(faces), limit=len(faces))
        size = probe.picture.size
        return [
            AssessedFace(ratios(seen.face.box, size), seen.face.confidence, quality)
            for seen, quality in zip(faces, components, strict=True)
        ]


def _check_one(probe: Probe, member: str) -> None:
    """Raises InvalidParameter where a second face is about as large as the first."""
    if has_rival(probe.boxes):
        raise InvalidParameter(
            f"The picture in {member} shows two faces of about the same size, and the question is about one person; "
            "send a picture in which that person's face is clearly the largest"
        )
