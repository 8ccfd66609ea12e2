"""IndexFaces."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from regard.errors import InvalidParameter
from regard.media import jpeg
from regard.media.images import Picture
from regard.operations.call import Call
from regard.operations.faces import face_detail
from regard.operations.probes import MOST_FACES, ProbeFace, Probes, usable
from regard.operations.shapes import ratio_box, ratios, stored_face
from regard.people.collections import Collections
from regard.people.crowds import has_rival
from regard.people.faces import Faces, NewFace
from regard.people.records import Collection

_EXCEEDS = "EXCEEDS_MAX_FACES"


class EnrolmentOperations:
    """Puts faces into collections."""

    def __init__(self, collections: Collections, faces: Faces, probes: Probes) -> None:
        self._collections = collections
        self._faces = faces
        self._probes = probes

    def index_faces(self, call: Call) -> dict[str, Any]:
        """The faces enrolled, largest first, and those that were not. No face is no error.

        In a governed collection the largest face alone is enrolled, as that of the subject ExternalImageId. Raises
        ResourceNotFound, AccessDenied without a live consent, InvalidParameter where two faces are as large,
        ServiceQuotaExceeded, and what opening the picture raises.
        """
        collection = self._collections.get(call.asker, call.input["CollectionId"])
        subject = call.input.get("ExternalImageId")
        self._faces.check_may_enrol(call.asker, collection, subject)
        asked = frozenset(call.input.get("DetectionAttributes", ()))
        probe = self._probes.look(call.input["Image"], call.input.get("QualityFilter", "AUTO"), asked)
        if collection.is_governed:
            choice = _of_one_person(self._probes.judged(probe, closely=1))
        else:
            most = min(call.input.get("MaxFaces", MOST_FACES), MOST_FACES)
            choice = _largest(self._probes.judged(probe), most)
        return {
            "FaceRecords": self._enrolled(call, collection, subject, probe.picture, choice.taken),
            "UnindexedFaces": [
                {"Reasons": list(left.reasons), "FaceDetail": face_detail(left.face, probe.picture.size)}
                for left in choice.left
            ],
            "FaceModelVersion": collection.model_version,
        }

    def _enrolled(
        self, call: Call, collection: Collection, subject: str | None, picture: Picture, faces: list[ProbeFace]
    ) -> list[dict[str, Any]]:
        if not faces:
            return []
        vectors = self._probes.vectors(collection.model_version, faces)
        new = [
            NewFace(ratios(seen.face.box, picture.size), seen.face.confidence, vector, jpeg.encoded(seen.crop))
            for seen, vector in zip(faces, vectors, strict=True)
        ]
        stored = self._faces.enrol(call.asker, collection, picture.data, subject, new)
        return [
            {
                "Face": stored_face(kept) | {"BoundingBox": ratio_box(kept.box)},
                "FaceDetail": face_detail(seen.face, picture.size),
            }
            for kept, seen in zip(stored, faces, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class _Choice:
    """What becomes of the faces of a picture; both largest first, those left out with reasons."""

    taken: list[ProbeFace]
    left: list[ProbeFace]


def _largest(faces: Sequence[ProbeFace], most: int) -> _Choice:
    """Those that pass the quality filter, at most `most`: so the poorest are dropped first, and then the smallest.

    Source: the service model's documentation of MaxFaces.
    """
    taken = usable(faces)[:most]
    return _Choice(taken, [seen if seen.reasons else _dropped(seen) for seen in faces if seen not in taken])


def _of_one_person(faces: Sequence[ProbeFace]) -> _Choice:
    """The largest of all, if it passes: a smaller one may be a bystander, whose consent nobody recorded.

    Raises InvalidParameter where the second is nearly as large.
    """
    if not faces:
        return _Choice([], [])
    first, *others = faces
    if has_rival([seen.face.box for seen in faces]):
        raise InvalidParameter(
            "Request has invalid parameters. The picture shows two faces of about the same size, and a consent is one "
            "person's; send a picture in which the subject's face is clearly the largest."
        )
    left = [_dropped(seen) for seen in others]
    return _Choice([], [first, *left]) if first.reasons else _Choice([first], left)


def _dropped(seen: ProbeFace) -> ProbeFace:
    return replace(seen, reasons=(*seen.reasons, _EXCEEDS))
