"""What the routes of `/v1` share: the way in, the forms of members, and the way out.

edge = RestEdge(guard)
await edge.run(request, work, operation="ReadConsents")      what `work(asker, body)` returns, done on the pool for a
                                                             caller who is known and may call that operation
await edge.answer(request, work, operation="ReadConsents")   the same as a response that no cache keeps
parsed(Model, body)                                          the body as a model, or Validation with every problem and
                                                             its place
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any, TypeVar

import pybase64
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, EncodedBytes, EncoderProtocol, Field, ValidationError
from pydantic_core import PydanticCustomError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from regard.errors import ApiError, Serialization, Validation
from regard.people.acts import Asker
from regard.server.bodies import read_body
from regard.server.guard import Guard, content_type

_MOST_PROBLEMS = 10  # told of one request
_REQUEST_ID = "x-amzn-RequestId"
_UNKEPT = {"Cache-Control": "no-store"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Result = TypeVar("Result")
Model = TypeVar("Model", bound=BaseModel)


class _Base64(EncoderProtocol):
    """As the AWS route has it; pydantic's own passes over characters that are none of base64's."""

    @classmethod
    def decode(cls, data: bytes) -> bytes:
        try:
            return pybase64.b64decode(data, validate=True)
        except ValueError as error:
            raise PydanticCustomError("base64", "Input should be base64 with its padding") from error

    @classmethod
    def encode(cls, value: bytes) -> bytes:
        return pybase64.b64encode(value)

    @classmethod
    def get_json_format(cls) -> str:
        return "base64"


# The patterns and lengths are those of Rekognition's service model; a subject is an ExternalImageId and a UserId.
Base64 = Annotated[bytes, EncodedBytes(_Base64)]
CollectionName = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[a-zA-Z0-9_.\-]+$")]
SubjectName = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[a-zA-Z0-9_.\-:]+$")]


class Strict(BaseModel):
    """A request, or a part of one; members it does not know are refused."""

    model_config = ConfigDict(extra="forbid")


class ObjectName(Strict):
    """A picture in a bucket."""

    bucket: str = Field(min_length=1, max_length=255)
    key: str = Field(min_length=1, max_length=1024)
    version: str | None = Field(None, min_length=1, max_length=1024)


class PictureRequest(Strict):
    """Exactly one of `bytes` (base64) and `object`."""

    bytes: Base64 | None = None
    object: ObjectName | None = None

    def image(self) -> dict[str, Any]:
        """As the AWS route's `Image`, for `operations/images.py`."""
        image: dict[str, Any] = {}
        if self.bytes is not None:
            image["Bytes"] = self.bytes
        if self.object is not None:
            image["S3Object"] = {
                "Bucket": self.object.bucket,
                "Name": self.object.key,
                "Version": self.object.version,
            }
        return image


class ErrorAnswer(BaseModel):
    """What went wrong, in the words of the AWS route."""

    code: str
    message: str


# The answers that every route may give, for the description of the interface: JSON, also where the others are not.
_ERROR = {"content": {"application/json": {"schema": ErrorAnswer.model_json_schema()}}}
ERRORS: dict[int | str, dict[str, Any]] = {
    "4XX": {"description": "The request cannot be served as it is"} | _ERROR,
    "5XX": {"description": "A bug, or a full disk"} | _ERROR,
}


@dataclass(frozen=True, slots=True)
class RestEdge:
    """The way in and out of every route."""

    guard: Guard

    async def run(self, request: Request, work: Callable[[Asker, bytes], Result], *, operation: str) -> Result:
        """What `work` returns, given who asks and the body, on the pool. operation: as policies name it.

        Raises ApiError.
        """
        request_id = request.state.request_id = str(uuid.uuid4())
        self.guard.origins.check_host(request)
        if request.method == "POST":
            _check_json(request)
        body = await read_body(request, self.guard.limits)
        return await self.guard.run(
            request,
            body,
            lambda asker: work(asker, body),
            operation=operation,
            request_id=request_id,
            takes_bearer=True,
        )

    async def answer(
        self, request: Request, work: Callable[[Asker, bytes], BaseModel], status: int = 200, *, operation: str
    ) -> Response:
        """What `work` returns as JSON. Raises ApiError."""
        result = await self.run(request, work, operation=operation)
        return Response(result.model_dump_json(), status, headers=_headers(request), media_type="application/json")

    async def download(self, request: Request, work: Callable[[Asker, bytes], bytes], *, operation: str) -> Response:
        """What `work` returns as bytes. Raises ApiError."""
        data = await self.run(request, work, operation=operation)
        return Response(data, headers=_headers(request), media_type="application/octet-stream")


def parsed(model: type[Model], body: bytes) -> Model:
    """Raises Validation."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise _validation(error.errors(), "body") from error


def requires(model: type[BaseModel]) -> dict[str, Any]:
    """A route's description of its body, which is read by hand because its signature covers its bytes."""
    schema = model.model_json_schema()
    definitions = schema.pop("$defs", {})
    content = {"application/json": {"schema": _inlined(schema, definitions)}}
    return {"requestBody": {"content": content, "required": True}}


def moment(milliseconds: int) -> datetime:
    """Milliseconds since 1970 UTC as a time that JSON shows with its zone."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


def moment_ms(time: datetime) -> int:
    """An aware time as milliseconds since 1970 UTC. Raises Validation for one that UTC has no year for."""
    try:
        return (time.astimezone(UTC) - _EPOCH) // timedelta(milliseconds=1)
    except OverflowError as error:
        raise Validation(f"{time.isoformat()} is not within the years 1 to 9999, UTC") from error


async def error_answer(request: Request, error: Exception) -> JSONResponse:
    """The body of an ApiError, of a query that FastAPI refuses, and of a path or method that it does not know."""
    if isinstance(error, HTTPException):
        code = HTTPStatus(error.status_code).phrase.replace(" ", "")
        return JSONResponse({"code": code, "message": error.detail}, error.status_code, headers=error.headers)
    if isinstance(error, RequestValidationError):
        error = _validation(error.errors(), "query")
    if not isinstance(error, ApiError):
        raise error
    return JSONResponse({"code": error.code, "message": error.message}, error.status, headers=_headers(request))


def _headers(request: Request) -> dict[str, str]:
    request_id = getattr(request.state, "request_id", None)
    return _UNKEPT | ({_REQUEST_ID: request_id} if request_id else {})


def _check_json(request: Request) -> None:
    """Raises Serialization for another type of body: a foreign page may send those without asking first."""
    if content_type(request) != "application/json":
        given = request.headers.get("content-type", "")
        raise Serialization(f"Content-Type is {given!r}; it has to be application/json")


def _validation(errors: Any, whole: str) -> Validation:
    told = "; ".join(f"{'.'.join(map(str, e['loc'])) or whole}: {e['msg']}" for e in errors[:_MOST_PROBLEMS])
    return Validation(f"{len(errors)} problems: {told}")


def _inlined(schema: Any, definitions: dict[str, Any]) -> Any:
    """`schema` without references, which in an OpenAPI document would point elsewhere."""
    if isinstance(schema, list):
        return [_inlined(part, definitions) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    return {name: _inlined(part, definitions) for name, part in schema.items()}
