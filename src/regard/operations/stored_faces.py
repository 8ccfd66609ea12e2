"""ListFaces and DeleteFaces."""

import hashlib
from typing import Any

from regard.operations.call import Call
from regard.operations.collections import DEFAULT_PAGE
from regard.operations.shapes import stored_face
from regard.people.collections import Collections
from regard.people.faces import Faces
from regard.people.records import Collection
from regard.wire.tokens import PageTokens


class StoredFaceOperations:
    """The faces that are in a collection."""

    def __init__(self, collections: Collections, faces: Faces, tokens: PageTokens) -> None:
        self._collections = collections
        self._faces = faces
        self._tokens = tokens

    def list_faces(self, call: Call) -> dict[str, Any]:
        """By FaceId. Raises ResourceNotFound for the collection or the user, InvalidPaginationToken."""
        collection = self._collections.get(call.asker, call.input["CollectionId"])
        scope = _scope(call, collection)
        token = call.input.get("NextToken")
        page, has_more = self._faces.page(
            collection,
            self._tokens.open(scope, token) if token else None,
            call.input.get("MaxResults") or DEFAULT_PAGE,
            call.input.get("UserId"),
            call.input.get("FaceIds"),
        )
        answer: dict[str, Any] = {
            "Faces": [stored_face(face) for face in page],
            "FaceModelVersion": collection.model_version,
        }
        if has_more:
            answer["NextToken"] = self._tokens.seal(scope, page[-1].face_id)
        return answer

    def delete_faces(self, call: Call) -> dict[str, Any]:
        """Faces that are there and no user's are gone from the disk at return. Raises ResourceNotFound."""
        collection = self._collections.get(call.asker, call.input["CollectionId"])
        gone, kept = self._faces.delete(call.asker, collection, call.input["FaceIds"])
        return {
            "DeletedFaces": gone,
            "UnsuccessfulFaceDeletions": [
                {"FaceId": face_id, "Reasons": [reason]} | ({} if user is None else {"UserId": user})
                for face_id, user, reason in kept
            ],
        }


def _scope(call: Call, collection: Collection) -> str:
    """What a page token is good for: this collection, and not a later one of its name, with the same filters."""
    wanted = ",".join(sorted(call.input.get("FaceIds", ())))
    filters = f"{call.input.get('UserId', '')}:{hashlib.sha256(wanted.encode()).hexdigest()}"
    return f"ListFaces:{collection.key}:{filters}"
