"""`/v1/access-keys`: who may ask for what. There is no route that changes a key's policy: make another, revoke the old.

A secret is in one answer, that of the POST that makes its key, and in no URL.
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import AwareDatetime, BaseModel, Field
from starlette.responses import Response

from regard.app import App
from regard.people.access_key import AccessKey
from regard.people.acts import Asker
from regard.people.open import People
from regard.people.policies import MOST_PATTERNS, MOST_SEARCHES, Policy
from regard.server.rest_parts import CollectionName, RestEdge, Strict, moment, moment_ms, parsed, requires

MOST_LISTED = 1000

KeyId = Annotated[str, Path(min_length=1, max_length=64)]
Patterns = Annotated[list[str], Field(max_length=MOST_PATTERNS)]


class PolicyRequest(Strict):
    """Patterns as of a shell. Without `collections` none, without `purposes` any."""

    operations: Patterns
    collections: Patterns = Field(default_factory=list)
    purposes: Patterns = Field(default_factory=lambda: ["*"])
    searches_per_minute: int | None = Field(None, ge=1, le=MOST_SEARCHES)
    reviewer: bool = False


class AccessKeyRequest(Strict):
    """A key to be made."""

    name: str = Field(min_length=1, max_length=64)
    policy: PolicyRequest
    expires: AwareDatetime | None = None


class KeyTestRequest(Strict):
    """What the key would be used for."""

    operation: str = Field(min_length=1, max_length=64)
    collection: CollectionName | None = None


class PolicyAnswer(BaseModel):
    """What a key may do."""

    operations: list[str]
    collections: list[str]
    purposes: list[str]
    searches_per_minute: int | None
    reviewer: bool


class AccessKeyAnswer(BaseModel):
    """A key without its secret."""

    id: str
    name: str
    state: Literal["live", "revoked", "expired"]
    policy: PolicyAnswer
    created: AwareDatetime
    created_by: str  # the id of the key that made it, or "local"
    expires: AwareDatetime | None
    revoked: AwareDatetime | None


class NewAccessKeyAnswer(AccessKeyAnswer):
    """A key that has just been made; nothing tells the secret again."""

    secret: str


class AccessKeysAnswer(BaseModel):
    """One page of keys; the next begins with `after` = `next`, which is null on the last."""

    access_keys: list[AccessKeyAnswer]
    next: str | None


class KeyTestAnswer(BaseModel):
    """Whether it would be allowed, and why or why not."""

    allowed: bool
    reason: str


def access_routes(app: App, edge: RestEdge) -> APIRouter:
    """The routes."""
    router = APIRouter()

    @router.post(
        "/access-keys",
        status_code=201,
        response_model=NewAccessKeyAnswer,
        summary="Make an access key",
        openapi_extra=requires(AccessKeyRequest),
    )
    async def create(request: Request) -> Response:
        return await edge.answer(
            request, lambda asker, body: create_key(app.people(), asker, body), 201, operation="ManageAccessKeys"
        )

    @router.get("/access-keys", response_model=AccessKeysAnswer, summary="Access keys by id, revoked ones too")
    async def page(
        request: Request,
        after: Annotated[str | None, Query(min_length=1, max_length=64)] = None,
        limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = 100,
    ) -> Response:
        return await edge.answer(
            request, lambda asker, body: page_of_keys(app.people(), after, limit), operation="ReadAccessKeys"
        )

    @router.post("/access-keys/{id}/revocation", response_model=AccessKeyAnswer, summary="Revoke an access key")
    async def revoke(request: Request, id: KeyId) -> Response:
        return await edge.answer(
            request, lambda asker, body: revoke_key(app.people(), asker, id), operation="ManageAccessKeys"
        )

    @router.post(
        "/access-keys/{id}/test",
        response_model=KeyTestAnswer,
        summary="What an access key would be allowed",
        openapi_extra=requires(KeyTestRequest),
    )
    async def test(request: Request, id: KeyId) -> Response:
        return await edge.answer(
            request, lambda asker, body: verdict_on(app.people(), asker, id, body), operation="ReadAccessKeys"
        )

    return router


def create_key(people: People, asker: Asker, body: bytes) -> NewAccessKeyAnswer:
    """body: an `AccessKeyRequest`. Raises ApiError, as the others."""
    asked = parsed(AccessKeyRequest, body)
    expires_ms = moment_ms(asked.expires) if asked.expires is not None else None
    key, secret = people.access.create(asker, asked.name, Policy.read(asked.policy.model_dump()), expires_ms)
    return NewAccessKeyAnswer(**dict(_answer(people, key)), secret=secret)


def page_of_keys(people: People, after: str | None, limit: int) -> AccessKeysAnswer:
    """At most `limit` keys by id past `after`."""
    found, has_more = people.access.page(after, limit)
    return AccessKeysAnswer(
        access_keys=[_answer(people, key) for key in found], next=found[-1].id if has_more else None
    )


def revoke_key(people: People, asker: Asker, key_id: str) -> AccessKeyAnswer:
    """The key as it is then."""
    return _answer(people, people.access.revoke(asker, key_id))


def verdict_on(people: People, asker: Asker, key_id: str, body: bytes) -> KeyTestAnswer:
    """body: a `KeyTestRequest`."""
    asked = parsed(KeyTestRequest, body)
    verdict = people.access.test(asker, key_id, asked.operation, asked.collection)
    return KeyTestAnswer(allowed=verdict.is_allowed, reason=verdict.reason)


def _answer(people: People, key: AccessKey) -> AccessKeyAnswer:
    return AccessKeyAnswer(
        id=key.id,
        name=key.name,
        state=key.state(people.clock.now_ms()),
        policy=PolicyAnswer(**key.policy.members),
        created=moment(key.created_ms),
        created_by=key.created_by,
        expires=moment(key.expires_ms) if key.expires_ms is not None else None,
        revoked=moment(key.revoked_ms) if key.revoked_ms is not None else None,
    )
