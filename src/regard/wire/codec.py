"""AWS JSON 1.1: bodies to checked inputs, outputs to bodies, exceptions to error bodies.

decode(operation, body)          the input, every constraint of the service model checked
encode(operation, output)        the body of an answer
check_output(operation, output)  whether an answer keeps the service model; for tests
error_body(error, request_id)    the body of a refusal
"""

from collections.abc import Mapping
from typing import Any

import orjson

from regard import errors
from regard.wire.constraints import problems, validation_error
from regard.wire.model import OperationShape
from regard.wire.readers import read
from regard.wire.writers import is_plain, written


def decode(operation: OperationShape, body: bytes) -> dict[str, Any]:
    """The input of a request: blobs as bytes, floats as float, members that are null or unknown left out.

    Raises Serialization when the body is not JSON of the right types (orjson refuses to nest deeper than 1,024), and
    Validation when it is, but breaks constraints.
    """
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise errors.Serialization(f"The body is not JSON: {error}") from error
    decoded = read(operation.input, document)
    invalid = validation_error(problems(operation.input, decoded))
    if invalid is not None:
        raise invalid
    return decoded


def encode(operation: OperationShape, output: Mapping[str, Any]) -> bytes:
    """The body of an answer: blobs as base64, times as epoch seconds, floats with a point, None left out.

    Raises ValueError, a bug of ours, for members and types the output does not have, NaN and infinities. What is
    missing, too long or out of range is `check_output`'s business.
    """
    if is_plain(operation.output, [output]):
        body = orjson.dumps(output)
        # orjson prints NaN as null. A text may hold the word too: then the longer way gives the same bytes.
        if b"null" not in body:
            return body
    return orjson.dumps(written(operation.output, output))


def check_output(operation: OperationShape, output: Mapping[str, Any]) -> None:
    """Raise ValueError unless the answer, as encoded, keeps every type and constraint of the service model."""
    document = orjson.loads(encode(operation, output))
    try:
        decoded = read(operation.output, document)
    except errors.Serialization as error:
        raise ValueError(f"{operation.name}: {error.message}") from error
    invalid = validation_error(problems(operation.output, decoded))
    if invalid is not None:
        raise ValueError(f"{operation.name}: {invalid.message}")


def error_body(error: errors.ApiError, request_id: str) -> bytes:
    """The body of a refusal, in the form of the logic or of the front end (contract, section 3.1)."""
    if isinstance(error, errors.ServiceError):
        return orjson.dumps({"__type": error.code, "Code": error.code, "Logref": request_id, "Message": error.message})
    return orjson.dumps({"__type": error.code, "message": error.message})
