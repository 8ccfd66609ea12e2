"""What is said of requests outside the limits of the service model."""

import json
from typing import Any

import pytest

from regard import errors
from regard.wire import codec
from regard.wire.model import ServiceModel


def complaint(model: ServiceModel, operation: str, members: dict[str, Any]) -> str:
    """What is said of a request that the model does not allow."""
    with pytest.raises(errors.Validation) as raised:
        codec.decode(model.operations[operation], json.dumps(members).encode())
    return raised.value.message


def one(value: str, path: str, rule: str) -> str:
    """The words for one broken constraint. value: as "Value '0'"."""
    return f"1 validation error detected: {value} at '{path}' failed to satisfy constraint: {rule}"
