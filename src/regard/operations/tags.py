"""TagResource, UntagResource, ListTagsForResource.

Of the resources that Rekognition tags, this version has collections; a well-formed name of another is one that does not
exist.
"""

from typing import Any

from regard.operations.call import Call
from regard.people.collections import Collections


class TagOperations:
    """Tags of collections."""

    def __init__(self, collections: Collections) -> None:
        self._collections = collections

    def tag_resource(self, call: Call) -> dict[str, Any]:
        """Raises ResourceNotFound, ServiceQuotaExceeded, InvalidParameter for a tag fixed at creation."""
        self._collections.add_tags(call.asker, call.input["ResourceArn"], call.input["Tags"])
        return {}

    def untag_resource(self, call: Call) -> dict[str, Any]:
        """Raises ResourceNotFound, InvalidParameter for a tag fixed at creation."""
        self._collections.remove_tags(call.asker, call.input["ResourceArn"], call.input["TagKeys"])
        return {}

    def list_tags_for_resource(self, call: Call) -> dict[str, Any]:
        """Raises ResourceNotFound."""
        return {"Tags": self._collections.tags(call.asker, call.input["ResourceArn"])}
