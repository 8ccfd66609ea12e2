"""`/v1/consents` and `/v1/receipt-key`: who agreed to what, until when, on what evidence.

Withdrawal is a POST of its own and not a DELETE: the record that there was a consent stays, what it allowed is erased.
"""

import base64
import hashlib
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Query, Request
from pydantic import AwareDatetime, BaseModel, Field
from starlette.responses import Response

from regard.app import App
from regard.people.acts import Asker
from regard.people.consent import Consent, Grant
from regard.server.rest_parts import CollectionName, RestEdge, Strict, SubjectName, moment, moment_ms, parsed, requires

_MOST_GRANTS = 10_000
_MOST_LISTED = 1000

ConsentId = Annotated[str, Path(min_length=1, max_length=64)]


class GrantRequest(Strict):
    """One person's consent. The evidence itself never comes here, only its hash."""

    subject: SubjectName
    purpose: str = Field(min_length=1, max_length=256)
    expires: AwareDatetime
    evidence_sha256: str = Field(pattern="^[0-9a-f]{64}$")
    guardian: str | None = Field(None, min_length=1, max_length=255)  # who gave it, where not the subject
    keep_crops: bool = False

    def grant(self) -> Grant:
        """As `people` takes it."""
        return Grant(
            subject=self.subject,
            purpose=self.purpose,
            expires_ms=moment_ms(self.expires),
            evidence_sha256=self.evidence_sha256,
            guardian=self.guardian,
            keeps_crops=self.keep_crops,
        )


class ConsentRequest(GrantRequest):
    """A consent and the governed collection it is for."""

    collection: CollectionName


class BatchRequest(Strict):
    """Consents of one collection, recorded all or none."""

    collection: CollectionName
    grants: list[GrantRequest] = Field(min_length=1, max_length=_MOST_GRANTS)


class ConsentAnswer(BaseModel):
    """A consent as it stands."""

    id: str
    collection: str
    subject: str
    purpose: str
    state: str  # "live", or why it ended: "withdrawn", "expired", "no interaction", "erased"
    granted: AwareDatetime
    expires: AwareDatetime
    ended: AwareDatetime | None
    evidence_sha256: str
    given_by: str  # "self" or "guardian"
    guardian: str | None
    keep_crops: bool


class WithdrawalAnswer(ConsentAnswer):
    """A consent as it stands, ended."""

    erasure_receipt: str | None  # compact JWS, kept nowhere else; null where nothing was left to erase


class ConsentsAnswer(BaseModel):
    """One page of consents; the next begins with `after` = `next`, which is null on the last."""

    consents: list[ConsentAnswer]
    next: str | None


class ReceiptAnswer(BaseModel):
    """What a subject can keep. `says` is what is inside `receipt`, for reading; `receipt` is what is signed."""

    receipt: str  # compact JWS, RFC 7515, with EdDSA, RFC 8037
    says: dict[str, Any]  # ISO/IEC TS 27560:2023


class ReceiptKey(BaseModel):
    """The public key of this server's receipts as a JWK, RFC 8037."""

    kty: str = "OKP"
    crv: str = "Ed25519"
    use: str = "sig"
    alg: str = "EdDSA"
    kid: str  # thumbprint, RFC 7638
    x: str


def consent_routes(app: App, edge: RestEdge) -> APIRouter:
    """The routes."""
    router = APIRouter()

    @router.post(
        "/consents",
        status_code=201,
        response_model=ConsentAnswer,
        summary="Record a consent",
        openapi_extra=requires(ConsentRequest),
    )
    async def create(request: Request) -> Response:
        return await edge.answer(request, lambda asker, body: _create(app, asker, body), 201, operation="GrantConsent")

    @router.post(
        "/consents/batch",
        status_code=201,
        response_model=ConsentsAnswer,
        summary="Record consents, all or none",
        openapi_extra=requires(BatchRequest),
    )
    async def create_all(request: Request) -> Response:
        return await edge.answer(
            request, lambda asker, body: _create_all(app, asker, body), 201, operation="GrantConsent"
        )

    @router.get("/consents", response_model=ConsentsAnswer, summary="Consents by id, ended ones too")
    async def page(
        request: Request,
        collection: CollectionName | None = None,
        subject: SubjectName | None = None,
        after: Annotated[str | None, Query(min_length=1, max_length=64)] = None,
        limit: Annotated[int, Query(ge=1, le=_MOST_LISTED)] = 100,
    ) -> Response:
        return await edge.answer(
            request,
            lambda asker, body: _page(app, asker, (collection, subject, after), limit),
            operation="ReadConsents",
        )

    @router.get("/consents/{id}", response_model=ConsentAnswer, summary="One consent")
    async def read(request: Request, id: ConsentId) -> Response:
        return await edge.answer(
            request, lambda asker, body: _answer(app, app.people().consents.get(asker, id)), operation="ReadConsents"
        )

    @router.post("/consents/{id}/withdrawal", response_model=WithdrawalAnswer, summary="Withdraw a consent, and erase")
    async def withdraw(request: Request, id: ConsentId) -> Response:
        return await edge.answer(
            request,
            lambda asker, body: _withdraw(app, asker, id),
            operation="WithdrawConsent",
        )

    @router.get("/consents/{id}/receipt", response_model=ReceiptAnswer, summary="The signed receipt")
    async def receipt(request: Request, id: ConsentId) -> Response:
        return await edge.answer(request, lambda asker, body: _receipt(app, asker, id), operation="ReadConsents")

    @router.get("/receipt-key", response_model=ReceiptKey, summary="The key that receipts are checked with")
    async def receipt_key(request: Request) -> Response:
        return await edge.answer(
            request, lambda asker, body: jwk_of(app.people().consents.receipt_key()), operation="ReadConsents"
        )

    return router


def _create(app: App, asker: Asker, body: bytes) -> ConsentAnswer:
    asked = parsed(ConsentRequest, body)
    people = app.people()
    return _answer(app, people.consents.grant(asker, people.collections.get(asker, asked.collection), asked.grant()))


def _create_all(app: App, asker: Asker, body: bytes) -> ConsentsAnswer:
    asked = parsed(BatchRequest, body)
    people = app.people()
    collection = people.collections.get(asker, asked.collection)
    made = people.consents.grant_all(asker, collection, [one.grant() for one in asked.grants])
    return ConsentsAnswer(consents=[_answer(app, consent) for consent in made], next=None)


def _withdraw(app: App, asker: Asker, consent_id: str) -> WithdrawalAnswer:
    consent, receipt = app.people().consents.withdraw_with_receipt(asker, consent_id)
    answer = _answer(app, consent).model_dump()
    return WithdrawalAnswer(**answer, erasure_receipt=receipt.receipt if receipt is not None else None)


def _page(app: App, asker: Asker, which: tuple[str | None, str | None, str | None], limit: int) -> ConsentsAnswer:
    name, subject, after = which
    people = app.people()
    collection = people.collections.get(asker, name) if name is not None else None
    found, has_more = people.consents.page(asker, collection, subject, after, limit)
    return ConsentsAnswer(
        consents=[_answer(app, consent) for consent in found], next=found[-1].id if has_more else None
    )


def _receipt(app: App, asker: Asker, consent_id: str) -> ReceiptAnswer:
    # Read and not verified: a consent that came with an imported collection was signed by its first server.
    receipt = app.people().consents.get(asker, consent_id).receipt
    content = receipt.split(".")[1]
    return ReceiptAnswer(receipt=receipt, says=orjson.loads(base64.urlsafe_b64decode(content + "==")))


def _answer(app: App, consent: Consent) -> ConsentAnswer:
    has_expired = consent.expires_ms <= app.people().clock.now_ms()
    return ConsentAnswer(
        id=consent.id,
        collection=consent.collection,
        subject=consent.subject,
        purpose=consent.purpose,
        state=consent.end_reason or ("expired" if has_expired else "live"),
        granted=moment(consent.granted_ms),
        expires=moment(consent.expires_ms),
        ended=moment(consent.ended_ms) if consent.ended_ms is not None else None,
        evidence_sha256=consent.evidence_sha256,
        given_by=consent.given_by,
        guardian=consent.guardian,
        keep_crops=consent.keeps_crops,
    )


def jwk_of(public: bytes) -> ReceiptKey:
    """The JWK of a raw Ed25519 public key (32 bytes)."""
    x = _base64url(public)
    # The members and their order are those that RFC 8037, appendix A.3, hashes.
    thumbprint = hashlib.sha256(orjson.dumps({"crv": "Ed25519", "kty": "OKP", "x": x})).digest()
    return ReceiptKey(kid=_base64url(thumbprint), x=x)


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
