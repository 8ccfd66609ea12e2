"""Regard's own API under `/v1`: what AWS has no words for."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any, TypeVar

import pybase64
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, EncodedBytes, EncoderProtocol, Field, ValidationError
from pydantic_core import PydanticCustomError

from regard import __version__
from regard.analysis.counting import Counts, Zone
from regard.app import App
from regard.errors import ApiError, Serialization, Validation
from regard.models.cards import CARDS
from regard.operations.images import ImageRules
from regard.operations.registry import Registry
from regard.server.bodies import read_body
from regard.server.guard import Guard, content_type

_MOST_ZONES, _MOST_CORNERS = 100, 100
Ratio = Annotated[float, Field(ge=0, le=1)]
Result = TypeVar("Result")


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


Base64 = Annotated[bytes, EncodedBytes(_Base64)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ObjectName(_Strict):
    """A picture in a bucket."""

    bucket: str = Field(min_length=1, max_length=255)
    key: str = Field(min_length=1, max_length=1024)
    version: str | None = Field(None, min_length=1, max_length=1024)


class ZoneRequest(_Strict):
    """A polygon in ratios of the picture's width and height."""

    name: str = Field(min_length=1, max_length=100)
    polygon: list[tuple[Ratio, Ratio]] = Field(min_length=3, max_length=_MOST_CORNERS)


class CountRequest(_Strict):
    """Exactly one of `bytes` (base64) and `object`, and the zones to count in besides the whole picture."""

    bytes: Base64 | None = None
    object: ObjectName | None = None
    zones: list[ZoneRequest] = Field(default_factory=list, max_length=_MOST_ZONES)


class CountNumbers(BaseModel):
    """Anonymous numbers."""

    faces: int
    persons: int
    vehicles: int


class ZoneNumbers(CountNumbers):
    """Numbers of one zone."""

    name: str


class CountAnswer(BaseModel):
    """Numbers of the whole picture and of each zone, in the order of the request."""

    picture: CountNumbers
    zones: list[ZoneNumbers]


async def _run(guard: Guard, request: Request, work: Callable[[bytes], Result]) -> Result:
    """`work` on the body, on the pool, once the caller is known. Raises ApiError."""
    guard.origins.check_host(request)
    if request.method == "POST":
        _check_json(request)
    body = await read_body(request, guard.limits)
    return await guard.run(request, body, lambda region: work(body))


def _check_json(request: Request) -> None:
    """Raises Serialization for another type of body: a foreign page may send those without asking first."""
    if content_type(request) != "application/json":
        given = request.headers.get("content-type", "")
        raise Serialization(f"Content-Type is {given!r}; it has to be application/json")


def rest_api(app: App, registry: Registry, guard: Guard) -> FastAPI:
    """The application that is mounted at `/v1`."""
    asgi = FastAPI(title="Regard", version=__version__, docs_url=None, redoc_url=None)
    asgi.add_exception_handler(ApiError, _error_answer)

    @asgi.get("/models", summary="The networks: licence, origin, hash, and whether they are loaded")
    async def models(request: Request) -> list[dict[str, Any]]:
        return await _run(guard, request, lambda body: _models(app))

    @asgi.get("/operations", summary="Where each operation of Amazon Rekognition stands")
    async def operations(request: Request) -> dict[str, str]:
        return await _run(
            guard, request, lambda body: {n: registry.standing(n) for n in sorted(registry.model.operations)}
        )

    body = {"content": {"application/json": {"schema": CountRequest.model_json_schema()}}, "required": True}

    @asgi.post("/count", summary="How many faces, persons and vehicles", openapi_extra={"requestBody": body})
    async def count(request: Request) -> CountAnswer:
        return await _run(guard, request, lambda body: _count(app, body))

    return asgi


def _models(app: App) -> list[dict[str, Any]]:
    loaded = app.engine.networks
    return [
        asdict(card) | {"is_loaded": card.file.rpartition(".")[0] in loaded, "carriers": len(card.carriers)}
        for card in CARDS
    ]


def _count(app: App, body: bytes) -> CountAnswer:
    try:
        asked = CountRequest.model_validate_json(body)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['msg']}" for e in error.errors()[:10])
        raise Validation(f"{error.error_count()} problems: {problems}") from error
    image: dict[str, Any] = {}
    if asked.bytes is not None:
        image["Bytes"] = asked.bytes
    if asked.object is not None:
        image["S3Object"] = {"Bucket": asked.object.bucket, "Name": asked.object.key, "Version": asked.object.version}
    picture = app.pictures.open(image, ImageRules())
    zones = [Zone(zone.name, tuple(zone.polygon)) for zone in asked.zones]
    everywhere, inside = app.counter().count(picture, zones)
    named = [ZoneNumbers(name=zone.name, **asdict(numbers)) for zone, numbers in zip(zones, inside, strict=True)]
    return CountAnswer(picture=_numbers(everywhere), zones=named)


def _numbers(counts: Counts) -> CountNumbers:
    return CountNumbers(**asdict(counts))


async def _error_answer(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, ApiError):
        raise error
    return JSONResponse({"code": error.code, "message": error.message}, error.status)
