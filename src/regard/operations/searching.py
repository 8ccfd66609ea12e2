"""SearchFaces, SearchFacesByImage, SearchUsers, SearchUsersByImage.

Each is one question about one person. The rules that stand before an answer are `people/matching.py`'s; what they made
of the caller's threshold is said in the header.
"""

from typing import Any

from regard.errors import InvalidParameter
from regard.media.images import Picture
from regard.operations.call import Call
from regard.operations.faces import face_detail
from regard.operations.probes import NO_FACE, ProbeFace, Probes, usable
from regard.operations.shapes import bounding_box, stored_face
from regard.people.collections import Collections
from regard.people.matches import FaceMatch, Found, Match, UserMatch
from regard.people.matching import Matching
from regard.people.records import Collection

DEFAULT_THRESHOLD = 80.0
MOST_FACES_FOUND, MOST_USERS_FOUND = 4096, 500  # contract 14; also where no limit is asked for
_NOT_LARGEST = "FACE_NOT_LARGEST"


class SearchOperations:
    """Finds who is in a collection."""

    def __init__(self, collections: Collections, matching: Matching, probes: Probes) -> None:
        self._collections = collections
        self._matching = matching
        self._probes = probes

    def search_faces(self, call: Call) -> dict[str, Any]:
        """Faces like an enrolled one. Raises ResourceNotFound, InvalidParameter for an unknown FaceId, AccessDenied."""
        collection = self._collection(call)
        face_id = call.input["FaceId"]
        limit = call.input.get("MaxFaces", MOST_FACES_FOUND)
        found = self._matching.faces_like_face(
            call.asker, collection, face_id, _threshold(call, "FaceMatchThreshold"), limit
        )
        _tell_rule(call, found)
        return {
            "SearchedFaceId": face_id,
            "FaceMatches": _face_matches(found.matches),
            "FaceModelVersion": collection.model_version,
        }

    def search_faces_by_image(self, call: Call) -> dict[str, Any]:
        """Faces like the largest one of a picture.

        Raises ResourceNotFound, InvalidParameter where there is no face, AccessDenied for a crowd or in a verify-only
        collection, and what opening the picture raises.
        """
        collection = self._collection(call)
        picture, faces = self._look(call, collection)
        searched = next(iter(usable(faces)), None)
        if searched is None:
            raise InvalidParameter(NO_FACE)
        found = self._matching.faces_like(
            call.asker,
            collection,
            self._probes.vectors(collection.model_version, [searched])[0],
            _threshold(call, "FaceMatchThreshold"),
            call.input.get("MaxFaces", MOST_FACES_FOUND),
            picture.data,
        )
        _tell_rule(call, found)
        return {
            "SearchedFaceBoundingBox": bounding_box(searched.face.box, picture.size),
            "SearchedFaceConfidence": searched.face.confidence,
            "FaceMatches": _face_matches(found.matches),
            "FaceModelVersion": collection.model_version,
        }

    def search_users(self, call: Call) -> dict[str, Any]:
        """Users like an enrolled face or another user.

        Raises ResourceNotFound, InvalidParameter for an unknown FaceId or both or neither of the ids, AccessDenied.
        """
        collection = self._collection(call)
        face_id, name = call.input.get("FaceId"), call.input.get("UserId")
        if (face_id is None) == (name is None):
            given = "neither" if name is None else "both"
            raise InvalidParameter(
                f"Request has invalid parameters. A search needs one of FaceId and UserId; this one has {given}."
            )
        rule = _threshold(call, "UserMatchThreshold"), call.input.get("MaxUsers", MOST_USERS_FOUND)
        if face_id is not None:
            found = self._matching.users_like_face(call.asker, collection, face_id, *rule)
            searched = {"SearchedFace": {"FaceId": face_id}}
        else:
            assert name is not None
            found = self._matching.users_like_user(call.asker, collection, name, *rule)
            searched = {"SearchedUser": {"UserId": name}}
        _tell_rule(call, found)
        return searched | {
            "UserMatches": _user_matches(found.matches),
            "FaceModelVersion": collection.model_version,
        }

    def search_users_by_image(self, call: Call) -> dict[str, Any]:
        """Users like the largest face of a picture; nobody, and no error, where there is no face.

        Raises as `search_faces_by_image` else.
        """
        collection = self._collection(call)
        picture, faces = self._look(call, collection)
        searched = next(iter(usable(faces)), None)
        answer: dict[str, Any] = {
            "UserMatches": [],
            "FaceModelVersion": collection.model_version,
            "UnsearchedFaces": [
                {
                    "FaceDetails": face_detail(seen.face, picture.size),
                    "Reasons": list(seen.reasons) or [_NOT_LARGEST],
                }
                for seen in faces
                if seen is not searched
            ],
        }
        if searched is None:
            return answer
        found = self._matching.users_like(
            call.asker,
            collection,
            self._probes.vectors(collection.model_version, [searched])[0],
            _threshold(call, "UserMatchThreshold"),
            call.input.get("MaxUsers", MOST_USERS_FOUND),
            picture.data,
        )
        _tell_rule(call, found)
        return answer | {
            "SearchedFace": {"FaceDetail": face_detail(searched.face, picture.size)},
            "UserMatches": _user_matches(found.matches),
        }

    def _collection(self, call: Call) -> Collection:
        return self._collections.get(call.asker, call.input["CollectionId"])

    def _look(self, call: Call, collection: Collection) -> tuple[Picture, list[ProbeFace]]:
        """The picture and its faces, largest first.

        Raises AccessDenied in a verify-only collection, before a network runs, and for a crowd, before a vector is
        made.
        """
        self._matching.check_may_search(call.asker, collection, [])
        probe = self._probes.look(call.input["Image"], call.input.get("QualityFilter", "NONE"))
        self._matching.check_may_search(call.asker, collection, probe.boxes)
        return probe.picture, self._probes.judged(probe)


def _threshold(call: Call, member: str) -> float:
    return float(call.input.get(member, DEFAULT_THRESHOLD))


def _tell_rule(call: Call, found: Found[Match]) -> None:
    call.headers["x-regard-effective-threshold"] = f"{found.effective_threshold:.6g}"
    call.headers["x-regard-false-match-rate"] = f"{found.false_match_rate:.3g}"
    call.headers["x-regard-gallery"] = str(found.gallery)


def _face_matches(matches: list[FaceMatch]) -> list[dict[str, Any]]:
    return [{"Similarity": match.similarity, "Face": stored_face(match.face)} for match in matches]


def _user_matches(matches: list[UserMatch]) -> list[dict[str, Any]]:
    return [
        {"Similarity": match.similarity, "User": {"UserId": match.user.name, "UserStatus": match.user.status}}
        for match in matches
    ]
