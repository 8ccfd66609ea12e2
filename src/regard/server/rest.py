"""Regard's own API under `/v1`: what AWS has no words for."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from regard import __version__
from regard.analysis.counting import Counts, Zone
from regard.app import App
from regard.errors import ApiError
from regard.models.cards import CARDS
from regard.operations.images import ImageRules
from regard.operations.registry import Registry
from regard.server.guard import Guard
from regard.server.rest_access import access_routes
from regard.server.rest_collections import collection_routes
from regard.server.rest_consents import consent_routes
from regard.server.rest_identity import identity_routes
from regard.server.rest_parts import ERRORS, PictureRequest, RestEdge, Strict, error_answer, parsed, requires
from regard.server.rest_redactions import redaction_routes
from regard.server.rest_reviews import review_routes
from regard.server.rest_subjects import subject_routes
from regard.server.unexpected import UnexpectedErrors

_MOST_ZONES, _MOST_CORNERS = 100, 100
Ratio = Annotated[float, Field(ge=0, le=1)]


class ZoneRequest(Strict):
    """A polygon in ratios of the picture's width and height."""

    name: str = Field(min_length=1, max_length=100)
    polygon: list[tuple[Ratio, Ratio]] = Field(min_length=3, max_length=_MOST_CORNERS)


class CountRequest(PictureRequest):
    """A picture, and the zones to count in besides the whole of it."""

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


def rest_api(app: App, registry: Registry, guard: Guard) -> FastAPI:
    """The application that is mounted at `/v1`."""
    asgi = FastAPI(
        title="Regard",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # a redirect names the Host that the request named, whoever made that up
        responses=ERRORS,
    )
    for kind in (ApiError, RequestValidationError, HTTPException):
        asgi.add_exception_handler(kind, error_answer)
    asgi.add_middleware(UnexpectedErrors)
    edge = RestEdge(guard)
    for routes in (
        consent_routes,
        identity_routes,
        collection_routes,
        access_routes,
        review_routes,
        subject_routes,
        redaction_routes,
    ):
        asgi.include_router(routes(app, edge))

    @asgi.get("/models", summary="The networks: licence, origin, hash, and whether they are loaded")
    async def models(request: Request) -> list[dict[str, Any]]:
        return await edge.run(request, lambda asker, body: _models(app), operation="ReadService")

    @asgi.get("/operations", summary="Where each operation of Amazon Rekognition stands")
    async def operations(request: Request) -> dict[str, str]:
        return await edge.run(
            request,
            lambda asker, body: {n: registry.standing(n) for n in sorted(registry.model.operations)},
            operation="ReadService",
        )

    @asgi.post("/count", summary="How many faces, persons and vehicles", openapi_extra=requires(CountRequest))
    async def count(request: Request) -> CountAnswer:
        return await edge.run(
            request, lambda asker, body: _count(app, parsed(CountRequest, body)), operation="CountPeople"
        )

    return asgi


def _models(app: App) -> list[dict[str, Any]]:
    loaded = app.engine.networks
    return [
        asdict(card) | {"is_loaded": card.file.rpartition(".")[0] in loaded, "carriers": len(card.carriers)}
        for card in CARDS
    ]


def _count(app: App, asked: CountRequest) -> CountAnswer:
    picture = app.pictures.open(asked.image(), ImageRules())
    zones = [Zone(zone.name, tuple(zone.polygon)) for zone in asked.zones]
    everywhere, inside = app.counter().count(picture, zones)
    named = [ZoneNumbers(name=zone.name, **asdict(numbers)) for zone, numbers in zip(zones, inside, strict=True)]
    return CountAnswer(picture=_numbers(everywhere), zones=named)


def _numbers(counts: Counts) -> CountNumbers:
    return CountNumbers(**asdict(counts))
