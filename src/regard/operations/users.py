"""CreateUser, DeleteUser, ListUsers, AssociateFaces, DisassociateFaces."""

from typing import Any

from regard.operations.call import Call
from regard.people.collections import Collections
from regard.people.users import Association, Failure, Users
from regard.wire.tokens import PageTokens

MOST_LISTED = 500  # contract 14; the page where none is asked for
DEFAULT_ASSOCIATION_THRESHOLD = 75.0  # contract 7.7


class UserOperations:
    """Named groups of faces that are searched as one."""

    def __init__(self, collections: Collections, users: Users, tokens: PageTokens) -> None:
        self._collections = collections
        self._users = users
        self._tokens = tokens

    def create_user(self, call: Call) -> dict[str, Any]:
        """Raises ResourceNotFound for the collection, and as `Users.create`."""
        collection = self._collections.get(call.asker, call.input["CollectionId"])
        self._users.create(call.asker, collection, call.input["UserId"], call.input.get("ClientRequestToken"))
        return {}

    def delete_user(self, call: Call) -> dict[str, Any]:
        """The faces are released, not deleted. Raises ResourceNotFound, and as `Users.delete`."""
        collection = self._collections.get(call.asker, call.input["CollectionId"])
        self._users.delete(call.asker, collection, call.input["UserId"], call.input.get("ClientRequestToken"))
        return {}

    def list_users(self, call: Call) -> dict[str, Any]:
        """In the order they were created. Raises ResourceNotFound, InvalidPaginationToken."""
        collection = self._collections.get(call.asker, call.input["CollectionId"])
        scope = f"ListUsers:{collection.key}"
        token = call.input.get("NextToken")
        after = int(self._tokens.open(scope, token)) if token else None
        page, has_more = self._users.page(collection, after, call.input.get("MaxResults", MOST_LISTED))
        answer: dict[str, Any] = {"Users": [{"UserId": user.name, "UserStatus": user.status} for user in page]}
        if has_more:
            answer["NextToken"] = self._tokens.seal(scope, str(page[-1].key))
        return answer

    def associate_faces(self, call: Call) -> dict[str, Any]:
        """Faces already the user's are in neither list. Raises ResourceNotFound, and as `Users.associate`."""
        collection = self._collections.get(call.asker, call.input["CollectionId"])
        outcome = self._users.associate(
            call.asker,
            collection,
            call.input["UserId"],
            call.input["FaceIds"],
            float(call.input.get("UserMatchThreshold", DEFAULT_ASSOCIATION_THRESHOLD)),
            call.input.get("ClientRequestToken"),
        )
        return _lists(outcome, "AssociatedFaces", "UnsuccessfulFaceAssociations")

    def disassociate_faces(self, call: Call) -> dict[str, Any]:
        """Faces of no user are in neither list. Raises ResourceNotFound, and as `Users.disassociate`."""
        collection = self._collections.get(call.asker, call.input["CollectionId"])
        outcome = self._users.disassociate(
            call.asker,
            collection,
            call.input["UserId"],
            call.input["FaceIds"],
            call.input.get("ClientRequestToken"),
        )
        return _lists(outcome, "DisassociatedFaces", "UnsuccessfulFaceDisassociations")


def _lists(outcome: Association, done: str, failed: str) -> dict[str, Any]:
    return {
        done: [{"FaceId": face_id} for face_id in outcome.done],
        failed: [_failure(failure) for failure in outcome.failed],
        "UserStatus": outcome.status,
    }


def _failure(failure: Failure) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "FaceId": failure.face_id,
        "Reasons": [] if failure.reason is None else [failure.reason],
    }
    if failure.user is not None:
        answer["UserId"] = failure.user
    if failure.confidence is not None:
        answer["Confidence"] = failure.confidence
    return answer
