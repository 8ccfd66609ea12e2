"""`/v1/collections` and `/v1/retention`: what there is, moving it to another server, and when it will be erased."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import AwareDatetime, BaseModel, Field
from starlette.responses import Response

from regard.app import App
from regard.people.acts import Asker
from regard.people.records import Collection
from regard.server.rest_parts import Base64, CollectionName, RestEdge, Strict, moment, parsed, requires

_MOST_LISTED = 1000

Passphrase = Annotated[str, Field(min_length=1, max_length=1024)]


class ExportRequest(Strict):
    """What the export is encrypted with."""

    passphrase: Passphrase


class ImportRequest(Strict):
    """An export (base64), what it was encrypted with, and another name for the collection where one is wanted."""

    data: Base64
    passphrase: Passphrase
    name: CollectionName | None = None


class CollectionAnswer(BaseModel):
    """A collection and its size."""

    name: str
    kind: Literal["governed", "sandbox"]
    purpose: str | None
    controller: str | None
    verify_only: bool
    model_version: str
    faces: int
    users: int
    created: AwareDatetime
    expires: AwareDatetime | None  # of a sandbox


class CollectionsAnswer(BaseModel):
    """One page of collections by name; the next begins with `after` = `next`, which is null on the last."""

    collections: list[CollectionAnswer]
    next: str | None


class DueAnswer(BaseModel):
    """Something that will be erased."""

    at: AwareDatetime
    what: str  # "consent expiry", "no interaction", "sandbox end"
    collection: str
    subject: str | None
    faces: int


class RetentionAnswer(BaseModel):
    """What will be erased and when, the next first."""

    now: AwareDatetime
    due: list[DueAnswer]


class SweepAnswer(BaseModel):
    """How many subjects and collections were erased because their time had come."""

    erased: int


def collection_routes(app: App, edge: RestEdge) -> APIRouter:
    """The routes."""
    router = APIRouter()

    @router.get("/collections", response_model=CollectionsAnswer, summary="Collections and their sizes")
    async def collections(
        request: Request,
        after: Annotated[str | None, Query(min_length=1, max_length=255)] = None,
        limit: Annotated[int, Query(ge=1, le=_MOST_LISTED)] = 100,
    ) -> Response:
        return await edge.answer(
            request, lambda asker, body: _page(app, asker, after, limit), operation="ListCollections"
        )

    @router.post(
        "/collections/import",
        status_code=201,
        response_model=CollectionAnswer,
        summary="A collection from another server's export",
        openapi_extra=requires(ImportRequest),
    )
    async def import_collection(request: Request) -> Response:
        return await edge.answer(
            request, lambda asker, body: _import(app, asker, body), 201, operation="ImportCollection"
        )

    @router.post(
        "/collections/{name}/export",
        response_class=Response,
        summary="A collection with its consents, encrypted",
        openapi_extra=requires(ExportRequest),
    )
    async def export(request: Request, name: Annotated[CollectionName, Path()]) -> Response:
        return await edge.download(
            request, lambda asker, body: _export(app, asker, name, body), operation="ExportCollection"
        )

    @router.get("/retention", response_model=RetentionAnswer, summary="What will be erased, and when")
    async def retention(request: Request) -> Response:
        return await edge.answer(request, lambda asker, body: _calendar(app, asker), operation="ReadRetention")

    @router.post("/retention/sweep", response_model=SweepAnswer, summary="Erase now what is due")
    async def sweep(request: Request) -> Response:
        return await edge.answer(
            request, lambda asker, body: SweepAnswer(erased=app.people().retention.sweep()), operation="EraseDue"
        )

    return router


def _page(app: App, asker: Asker, after: str | None, limit: int) -> CollectionsAnswer:
    found, has_more = app.people().collections.page(asker, after, limit)
    return CollectionsAnswer(
        collections=[_answer(app, collection) for collection in found], next=found[-1].name if has_more else None
    )


def _import(app: App, asker: Asker, body: bytes) -> CollectionAnswer:
    asked = parsed(ImportRequest, body)
    return _answer(app, app.people().portability.import_(asker, asked.data, asked.passphrase, asked.name))


def _export(app: App, asker: Asker, name: str, body: bytes) -> bytes:
    asked = parsed(ExportRequest, body)
    people = app.people()
    return people.portability.export(asker, people.collections.get(asker, name), asked.passphrase)


def _calendar(app: App, asker: Asker) -> RetentionAnswer:
    people = app.people()
    due = [
        DueAnswer(at=moment(one.at_ms), what=one.what, collection=one.collection, subject=one.subject, faces=one.faces)
        for one in people.retention.calendar(asker)
    ]
    return RetentionAnswer(now=moment(people.clock.now_ms()), due=due)


def _answer(app: App, collection: Collection) -> CollectionAnswer:
    faces, users = app.people().collections.counts(collection)
    return CollectionAnswer(
        name=collection.name,
        kind="governed" if collection.is_governed else "sandbox",
        purpose=collection.purpose,
        controller=collection.controller,
        verify_only=collection.is_verify_only,
        model_version=collection.model_version,
        faces=faces,
        users=users,
        created=moment(collection.created_ms),
        expires=moment(collection.expires_ms) if collection.expires_ms is not None else None,
    )
