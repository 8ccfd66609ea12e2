"""What a person is told of what is held about them. Times are text as entries of the log have them, UTC.

A report is a document to be read, kept and sent; `orjson.dumps` makes it JSON as it stands.
"""

from dataclasses import dataclass
from typing import Any

from regard.ledger.entries import moment_text
from regard.people.act_sentences import sentence_of
from regard.people.consent import Consent
from regard.people.erasure import ENDED_MS
from regard.people.personal import Opening


@dataclass(frozen=True, slots=True)
class HeldConsent:
    """A consent as it stands, ended ones too."""

    id: str
    purpose: str
    state: str  # "live", or why it ended: "withdrawn", "expired", "no interaction", "erased"
    granted: str
    expires: str
    ended: str | None
    kept_until: str | None  # when the record of an ended consent is forgotten too
    evidence_sha256: str  # of the notice that was signed
    given_by: str  # "self" or "guardian"
    guardian: str | None
    keep_crops: bool


@dataclass(frozen=True, slots=True)
class HeldFace:
    """An enrolled face."""

    face_id: str
    image_id: str
    left: float  # the box in ratios of the picture's width and height
    top: float
    width: float
    height: float
    confidence: float  # 0..100
    model_version: str
    enrolled: str
    has_crop: bool  # whether a picture of the face is kept


@dataclass(frozen=True, slots=True)
class ReportedAct:
    """An entry of the log that concerned the person."""

    index: int  # in the log
    id: str
    act: str
    says: str
    began: str
    ended: str
    principal: str  # the access key that asked; "local" without keys, "regard" for what Regard did by itself
    request: str
    purpose: str | None
    threshold: float | None  # similarity
    false_match_rate: float | None
    similarity: float | None
    reviewers: list[str]
    details: dict[str, object]  # as anybody sees them in the log
    personal: dict[str, object]  # what only the person's key opens


@dataclass(frozen=True, slots=True)
class HeldInCollection:
    """Everything of one person in one governed collection."""

    collection: str
    purpose: str
    controller: str
    is_verify_only: bool
    model_version: str
    known_since: str | None  # None where nothing but ended consents is left
    last_interaction: str | None
    erased_by: str | None  # when everything will be erased if nothing is renewed
    erased_why: str | None  # "consent expiry" or "no interaction"
    user: str | None
    consents: list[HeldConsent]
    faces: list[HeldFace]
    acts: list[ReportedAct]


@dataclass(frozen=True, slots=True)
class SubjectReport:
    """Everything that the asker's key may see of one person."""

    subject: str
    made: str
    collections: list[HeldInCollection]


def held_consent(consent: Consent, now_ms: int) -> HeldConsent:
    """A consent in the words of a report."""
    ended_ms = consent.ended_ms
    return HeldConsent(
        id=consent.id,
        purpose=consent.purpose,
        state=consent.end_reason or ("expired" if consent.expires_ms <= now_ms else "live"),
        granted=moment_text(consent.granted_ms),
        expires=moment_text(consent.expires_ms),
        ended=None if ended_ms is None else moment_text(ended_ms),
        kept_until=None if ended_ms is None else moment_text(ended_ms + ENDED_MS),
        evidence_sha256=consent.evidence_sha256,
        given_by=consent.given_by,
        guardian=consent.guardian,
        keep_crops=consent.keeps_crops,
    )


def reported_act(index: int, entry: dict[str, Any], opening: Opening) -> ReportedAct:
    """An entry about the person, opened."""
    known = {**entry["details"], **opening.fields}
    return ReportedAct(
        index=index,
        id=entry["id"],
        act=entry["act"],
        says=sentence_of(entry, opening.fields),
        began=entry["began"],
        ended=entry["ended"],
        principal=entry["principal"],
        request=entry["request"],
        purpose=known.get("purpose"),
        threshold=known.get("threshold"),
        false_match_rate=known.get("false_match_rate"),
        similarity=known.get("similarity"),
        reviewers=list(known.get("reviewers", ())),
        details=entry["details"],
        personal=opening.fields,
    )
