"""`/v1/subjects`: what is held of one person, for reading, for taking along, and erased.

The operator asks, for the person. Without `collection` it is about every governed collection that the key may use.
"""

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, RootModel
from starlette.responses import HTMLResponse, Response

from regard.app import App
from regard.people.acts import Asker
from regard.people.subject_reports import SubjectReport
from regard.server.pages import PAGE_HEADERS
from regard.server.rest_parts import CollectionName, RestEdge, Strict, SubjectName, parsed, requires
from regard.server.subject_page import subject_page


class WhichRequest(Strict):
    """One governed collection, or all."""

    collection: CollectionName | None = None


class SubjectAnswer(RootModel[SubjectReport]):
    """Everything held, and every act of the log that concerned the person."""


class ErasureAnswer(BaseModel):
    """The receipt of one collection. `says` is what is inside `receipt`, for reading; `receipt` is what is signed."""

    collection: str
    receipt: str  # compact JWS, RFC 7515, with EdDSA, RFC 8037
    says: dict[str, Any]


class ErasuresAnswer(BaseModel):
    """Receipts, one for each collection. The server keeps no copy: give them to the person."""

    receipts: list[ErasureAnswer]


def subject_routes(app: App, edge: RestEdge) -> APIRouter:
    """The routes."""
    router = APIRouter()

    @router.get("/subjects/{subject}", response_model=SubjectAnswer, summary="What is held of a person")
    async def read(request: Request, subject: SubjectName, collection: CollectionName | None = None) -> Response:
        return await edge.answer(
            request,
            lambda asker, body: SubjectAnswer(app.people().rights.report(asker, subject, collection)),
            operation="ReadSubject",
        )

    @router.get("/subjects/{subject}/page", response_class=HTMLResponse, summary="The same as a page to print")
    async def page(request: Request, subject: SubjectName, collection: CollectionName | None = None) -> Response:
        report = await edge.run(
            request,
            lambda asker, body: app.people().rights.report(asker, subject, collection),
            operation="ReadSubject",
        )
        return HTMLResponse(subject_page(report), headers=PAGE_HEADERS)

    @router.post(
        "/subjects/{subject}/export",
        response_class=Response,
        summary="The same as JSON, with templates and pictures",
        openapi_extra=requires(WhichRequest),
    )
    async def export(request: Request, subject: SubjectName) -> Response:
        return await edge.download(
            request,
            lambda asker, body: app.people().rights.export(asker, subject, parsed(WhichRequest, body).collection),
            operation="ExportSubject",
        )

    @router.post(
        "/subjects/{subject}/erasure",
        response_model=ErasuresAnswer,
        summary="Erase a person, with a receipt",
        openapi_extra=requires(WhichRequest),
    )
    async def erase(request: Request, subject: SubjectName) -> Response:
        return await edge.answer(
            request, lambda asker, body: _erase(app, asker, subject, body), operation="EraseSubject"
        )

    return router


def _erase(app: App, asker: Asker, subject: str, body: bytes) -> ErasuresAnswer:
    receipts = app.people().rights.erase(asker, subject, parsed(WhichRequest, body).collection)
    return ErasuresAnswer(
        receipts=[ErasureAnswer(collection=one.collection, receipt=one.receipt, says=one.says) for one in receipts]
    )
