"""TagResource, UntagResource, ListTagsForResource.

Tags hang on collections, stream processors, projects, datasets and model versions. This version makes none of these,
so every well-formed resource name is one that does not exist, and that is what the caller is told.
"""

import re
from typing import Any, NoReturn

from regard.errors import InvalidParameter, ResourceNotFound
from regard.operations.call import Call

_ARN = re.compile(r"arn:[a-z0-9-]+:rekognition:[a-z0-9-]*:\d{12}:(collection|streamprocessor|project)/.+")
_RESERVED = "aws:"


class TagOperations:
    """Tags of resources."""

    def tag_resource(self, call: Call) -> dict[str, Any]:
        """Raises InvalidParameter for a key that is AWS's own, ResourceNotFound."""
        for key in call.input["Tags"]:
            if key.startswith(_RESERVED):
                raise InvalidParameter(f"Request has invalid parameters. Tag key '{key}' starts with '{_RESERVED}'.")
        _not_found(call)

    def untag_resource(self, call: Call) -> dict[str, Any]:
        """Raises ResourceNotFound."""
        _not_found(call)

    def list_tags_for_resource(self, call: Call) -> dict[str, Any]:
        """Raises ResourceNotFound."""
        _not_found(call)


def _not_found(call: Call) -> NoReturn:
    arn = call.input["ResourceArn"]
    if not _ARN.fullmatch(arn):
        raise InvalidParameter(f"Request has invalid parameters. '{arn}' is not the ARN of a resource with tags.")
    raise ResourceNotFound(f"The resource {arn} does not exist")
