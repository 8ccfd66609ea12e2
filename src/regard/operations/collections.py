"""CreateCollection, DescribeCollection, ListCollections, DeleteCollection."""

import logging
from datetime import UTC, datetime
from typing import Any

from regard.operations.call import Call
from regard.people.collections import SANDBOX_FACES, Collections
from regard.people.records import Collection
from regard.wire.tokens import PageTokens

DEFAULT_PAGE = 1000  # contract 17; also what 0 stands for
_SANDBOX = f"at most {SANDBOX_FACES} faces; erased 24 hours after creation"
_LOG = logging.getLogger("regard.collections")


class CollectionOperations:
    """Collections of faces."""

    def __init__(self, collections: Collections, tokens: PageTokens) -> None:
        self._collections = collections
        self._tokens = tokens

    def create_collection(self, call: Call) -> dict[str, Any]:
        """Governed where the tags say so, else a sandbox. Raises as `Collections.create`."""
        collection = self._collections.create(call.asker, call.input["CollectionId"], call.input.get("Tags", {}))
        if not collection.is_governed:
            fields = {"collection": collection.name, "expires": _expiry(collection), "request_id": call.request_id}
            _LOG.warning("sandbox collection: %s", _SANDBOX, extra={"fields": fields})
        _tell_sandbox(call, collection)
        return {
            "StatusCode": 200,
            "CollectionArn": collection.arn,
            "FaceModelVersion": collection.model_version,
        }

    def describe_collection(self, call: Call) -> dict[str, Any]:
        """Counts, version and creation. The header says of a sandbox what ends it. Raises ResourceNotFound."""
        collection = self._collections.get(call.asker, call.input["CollectionId"])
        faces, users = self._collections.counts(collection)
        _tell_sandbox(call, collection)
        return {
            "FaceCount": faces,
            "FaceModelVersion": collection.model_version,
            "CollectionARN": collection.arn,
            "CreationTimestamp": collection.created_ms / 1000,
            "UserCount": users,
        }

    def list_collections(self, call: Call) -> dict[str, Any]:
        """By id. Raises InvalidPaginationToken."""
        scope = f"ListCollections:{call.account}:{call.region}"
        token = call.input.get("NextToken")
        after = self._tokens.open(scope, token) if token else None
        page, has_more = self._collections.page(call.asker, after, call.input.get("MaxResults") or DEFAULT_PAGE)
        answer: dict[str, Any] = {
            "CollectionIds": [collection.name for collection in page],
            "FaceModelVersions": [collection.model_version for collection in page],
        }
        if has_more:
            answer["NextToken"] = self._tokens.seal(scope, page[-1].name)
        return answer

    def delete_collection(self, call: Call) -> dict[str, Any]:
        """Everything in it is gone from the disk at return. Raises ResourceNotFound."""
        self._collections.delete(call.asker, call.input["CollectionId"])
        return {"StatusCode": 200}


def _tell_sandbox(call: Call, collection: Collection) -> None:
    if not collection.is_governed:
        call.headers["x-regard-sandbox"] = _SANDBOX
        call.headers["x-regard-sandbox-expires"] = _expiry(collection)


def _expiry(collection: Collection) -> str:
    """ISO 8601, whole seconds of UTC."""
    assert collection.expires_ms is not None  # every sandbox ends
    return datetime.fromtimestamp(collection.expires_ms // 1000, UTC).isoformat().replace("+00:00", "Z")
