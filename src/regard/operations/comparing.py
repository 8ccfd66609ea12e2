"""CompareFaces: is this the person of that picture? Nobody is identified, and nothing is kept but the record of it."""

from typing import Any

from regard.errors import InvalidParameter
from regard.operations.call import Call
from regard.operations.faces import face_detail
from regard.operations.probes import NO_FACE, Probe, ProbeFace, Probes, usable
from regard.operations.shapes import bounding_box
from regard.people.crowds import MOST_TARGETS
from regard.people.matching import Matching
from regard.people.thresholds import curve_of

# Amazon's default is 80, one impostor in 1,000 here; for 1:1 that is too many. 90 is FIDO's 1 in 10,000 (design.md).
DEFAULT_THRESHOLD = 90.0


class ComparisonOperations:
    """Compares the faces of two pictures."""

    def __init__(self, matching: Matching, probes: Probes, model_version: str) -> None:
        """`model_version`: of the face networks that compare."""
        self._matching = matching
        self._probes = probes
        self._version = model_version

    def compare_faces(self, call: Call) -> dict[str, Any]:
        """The largest face of the source with every face of the target.

        Raises InvalidParameter where either has no face, AccessDenied for a target that is a crowd, and what opening
        the pictures raises.
        """
        level = call.input.get("QualityFilter", "NONE")
        threshold = float(call.input.get("SimilarityThreshold", DEFAULT_THRESHOLD))
        self._matching.check_may_compare(call.asker, 0)
        source = self._probes.look(call.input["SourceImage"], level)
        target = self._probes.look(call.input["TargetImage"], level, limit=MOST_TARGETS + 1)
        if len(target.faces) > MOST_TARGETS:
            self._matching.check_may_compare(call.asker, self._probes.count(target.picture))
        known = self._usable(source, "SourceImage")[0]
        others = self._usable(target, "TargetImage")
        known_vector = self._probes.vectors(self._version, [known])[0]
        other_vectors = self._probes.vectors(self._version, others)
        pictures = source.picture.data, target.picture.data
        similarities = self._matching.compare(call.asker, self._version, known_vector, other_vectors, *pictures)
        scored = list(zip(similarities, others, strict=True))
        call.headers["x-regard-effective-threshold"] = f"{threshold:.6g}"
        call.headers["x-regard-false-match-rate"] = f"{curve_of(self._version).false_match_rate(threshold):.3g}"
        size = target.picture.size
        return {
            "SourceImageFace": {
                "BoundingBox": bounding_box(known.face.box, source.picture.size),
                "Confidence": known.face.confidence,
            },
            "FaceMatches": [
                {"Similarity": similarity, "Face": face_detail(seen.face, size)}
                for similarity, seen in sorted(scored, key=_most_similar_first)
                if similarity >= threshold
            ],
            "UnmatchedFaces": [face_detail(seen.face, size) for similarity, seen in scored if similarity < threshold],
        }

    def _usable(self, probe: Probe, member: str) -> list[ProbeFace]:
        """Largest first. Raises InvalidParameter where there is none."""
        faces = usable(self._probes.judged(probe))
        if not faces:
            raise InvalidParameter(f"{NO_FACE} It is missing in {member}.")
        return faces


def _most_similar_first(scored: tuple[float, ProbeFace]) -> float:
    return -scored[0]
