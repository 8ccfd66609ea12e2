"""`/v1/reviews`: searches of sensitive collections that wait until two reviewers agree."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import AwareDatetime, BaseModel
from starlette.responses import Response

from regard.app import App
from regard.people.acts import Asker
from regard.people.reviews import Review
from regard.server.rest_parts import RestEdge, moment

_OPERATION = "ReviewSearches"
_MOST_LISTED = 1000

ReviewId = Annotated[str, Path(min_length=1, max_length=64)]


class ReviewAnswer(BaseModel):
    """A search that waits, or waited. What was asked about is not kept; `probe` is what the log has in its place."""

    id: str
    state: Literal["waiting", "approved", "used"]
    collection: str
    purpose: str
    search: str  # as the log names the act
    probe: str
    asked_by: str  # a key's id
    asked: AwareDatetime
    expires: AwareDatetime
    used: AwareDatetime | None
    approved_by: list[str]  # key ids
    missing: int  # approvals


class ReviewsAnswer(BaseModel):
    """One page of reviews; the next begins with `after` = `next`, which is null on the last."""

    reviews: list[ReviewAnswer]
    next: str | None


def review_routes(app: App, edge: RestEdge) -> APIRouter:
    """The routes."""
    router = APIRouter()

    @router.get("/reviews", response_model=ReviewsAnswer, summary="Reviews by id: a reviewer's all, others' own")
    async def page(
        request: Request,
        after: Annotated[str | None, Query(min_length=1, max_length=64)] = None,
        limit: Annotated[int, Query(ge=1, le=_MOST_LISTED)] = 100,
    ) -> Response:
        return await edge.answer(request, lambda asker, body: _page(app, asker, after, limit), operation=_OPERATION)

    @router.get("/reviews/{id}", response_model=ReviewAnswer, summary="One review")
    async def read(request: Request, id: ReviewId) -> Response:
        return await edge.answer(
            request, lambda asker, body: _answer(app.people().reviews.get(asker, id)), operation=_OPERATION
        )

    @router.post("/reviews/{id}/approval", response_model=ReviewAnswer, summary="Agree to a search")
    async def approve(request: Request, id: ReviewId) -> Response:
        return await edge.answer(
            request, lambda asker, body: _answer(app.people().reviews.approve(asker, id)), operation=_OPERATION
        )

    return router


def _page(app: App, asker: Asker, after: str | None, limit: int) -> ReviewsAnswer:
    found, has_more = app.people().reviews.page(asker, after, limit)
    return ReviewsAnswer(reviews=[_answer(review) for review in found], next=found[-1].id if has_more else None)


def _answer(review: Review) -> ReviewAnswer:
    return ReviewAnswer(
        id=review.id,
        state="used" if review.used_ms is not None else "waiting" if review.missing else "approved",
        collection=review.collection,
        purpose=review.purpose,
        search=review.operation,
        probe=review.probe,
        asked_by=review.principal,
        asked=moment(review.asked_ms),
        expires=moment(review.expires_ms),
        used=moment(review.used_ms) if review.used_ms is not None else None,
        approved_by=list(review.approved_by),
        missing=review.missing,
    )
