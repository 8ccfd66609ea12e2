"""Consent: who agreed to what, until when, on what evidence, given by whom, and when it ended.

Only the database decides what is live (`erasure.has_live`); ending a consent erases what rested on it.
"""

import re
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from regard.errors import Conflict, InvalidParameter, ResourceNotFound
from regard.ledger.entries import moment_text
from regard.people.acts import Acts, Asker
from regard.people.clock import YEAR_MS, Clock
from regard.people.erasure import Erasure
from regard.people.policies import check_use
from regard.people.receipt_fields import receipt_fields
from regard.people.receipted_erasure import ErasureReceipt, ReceiptedErasure
from regard.people.receipts import ReceiptSigner
from regard.people.records import Collection, check_there, collection_of
from regard.people.subject_names import check_subject
from regard.people.subjects import about, interacted, new_subject, subject_key
from regard.storage import schema
from regard.storage.open import Storage

LONGEST_MS = 3 * YEAR_MS  # scope.md: at most three years after the last interaction, which a grant is
_WITHDRAWN = "withdrawn"
_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Grant:
    """A consent to be recorded."""

    subject: str
    purpose: str
    expires_ms: int
    evidence_sha256: str  # of the signed notice, in hex; the notice itself stays with the operator
    guardian: str | None = None  # who gave it for the subject; None where the subject did
    keeps_crops: bool = False


@dataclass(frozen=True, slots=True)
class Consent:
    """A recorded consent; times in milliseconds since 1970 UTC."""

    id: str
    collection: str
    subject: str
    purpose: str
    granted_ms: int
    expires_ms: int
    evidence_sha256: str
    given_by: str  # "self" or "guardian"
    guardian: str | None
    keeps_crops: bool
    ended_ms: int | None
    end_reason: str | None
    receipt: str  # compact JWS (`people/receipts.py`)


class Consents:
    """Records, finds and ends consents."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        acts: Acts,
        erasure: Erasure,
        receipted: ReceiptedErasure,
        signer: ReceiptSigner,
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._acts = acts
        self._erasure = erasure
        self._receipted = receipted
        self._signer = signer

    def grant(self, asker: Asker, collection: Collection, grant: Grant) -> Consent:
        """Raises InvalidParameter for a sandbox, another purpose, an expiry past or too far, a hash that is none."""
        return self.grant_all(asker, collection, [grant])[0]

    def grant_all(self, asker: Asker, collection: Collection, grants: Sequence[Grant]) -> list[Consent]:
        """All of them or, where one is wrong, none. Raises as `grant`, naming the subject."""
        now = self._clock.now_ms()
        for grant in grants:
            _check(collection, grant, now)
        self._erasure.sweep()
        with self._storage.writing() as connection:
            check_there(connection, collection)
            return [self._grant(connection, asker, collection, grant, now) for grant in grants]

    def get(self, asker: Asker, consent_id: str) -> Consent:
        """Raises ResourceNotFound, NotAuthorized."""
        self._erasure.sweep()
        return _consent(self._row(asker, consent_id))

    def page(
        self, asker: Asker, collection: Collection | None, subject: str | None, after: str | None, limit: int
    ) -> tuple[list[Consent], bool]:
        """At most `limit` consents by id past `after`, of one collection and subject where given; and whether there
        are more. Ended ones are among them; those of collections that the asker may not use are not."""
        self._erasure.sweep()
        query = _select(asker)
        if collection is not None:
            query = query.where(schema.consents.c.collection_key == collection.key)
        if subject is not None:
            query = query.where(schema.consents.c.subject == subject)
        if after is not None:
            query = query.where(schema.consents.c.id > after)
        may_use = asker.policy.may_use
        with self._storage.reading() as connection:
            rows = connection.execute(query.order_by(schema.consents.c.id))
            mine = list(islice((row for row in rows if may_use(row.collection, row.purpose)), limit + 1))
        return [_consent(row) for row in mine[:limit]], len(mine) > limit

    def withdraw(self, asker: Asker, consent_id: str) -> Consent:
        """Ends the subject's consents for the collection and erases faces, vectors, user, crops and key.

        Returns the consent as it is now; one that has ended already is returned as it is. Raises ResourceNotFound,
        NotAuthorized.
        """
        row = self._row(asker, consent_id)
        if row.ended_ms is None:
            self._erasure.subject(self._collection(row), row.subject, asker=asker, why=_WITHDRAWN)
        return _consent(self._row(asker, consent_id))

    def withdraw_with_receipt(self, asker: Asker, consent_id: str) -> tuple[Consent, ErasureReceipt | None]:
        """As `withdraw`, and the receipt of the erasure; None where there was nothing left to erase, or another call
        did it at the same time."""
        row = self._row(asker, consent_id)
        receipt = None
        if row.ended_ms is None:
            try:
                receipt = self._receipted.erase(asker, self._collection(row), row.subject, _WITHDRAWN)
            except (ResourceNotFound, Conflict):
                if self._row(asker, consent_id).ended_ms is None:
                    raise
        return _consent(self._row(asker, consent_id)), receipt

    def receipt_key(self) -> bytes:
        """The raw Ed25519 public key (32 bytes) that receipts are verified with."""
        return self._signer.public_key

    def _grant(self, connection: Connection, asker: Asker, collection: Collection, grant: Grant, now: int) -> Consent:
        unsigned = Consent(
            id=str(uuid.uuid4()),
            collection=collection.name,
            subject=grant.subject,
            purpose=grant.purpose,
            granted_ms=now,
            expires_ms=grant.expires_ms,
            evidence_sha256=grant.evidence_sha256,
            given_by="guardian" if grant.guardian else "self",
            guardian=grant.guardian,
            keeps_crops=grant.keeps_crops,
            ended_ms=None,
            end_reason=None,
            receipt="",
        )
        consent = replace(unsigned, receipt=self._signer.sign(receipt_fields(unsigned, collection)))
        values = asdict(consent) | {"collection_key": collection.key}
        del values["collection"]
        connection.execute(insert(schema.consents).values(values))
        if subject_key(connection, self._storage, collection, grant.subject) is None:
            new_subject(connection, self._storage, collection, grant.subject, now)
        interacted(connection, collection, grant.subject, now)
        whom = about(
            connection, self._storage, collection, grant.subject, consent=consent.id, evidence=grant.evidence_sha256
        )
        details = {
            "purpose": grant.purpose,
            "expires": moment_text(grant.expires_ms),
            "given_by": consent.given_by,
            "keeps_crops": grant.keeps_crops,
        }
        self._acts.record(
            connection,
            "grant consent",
            asker=asker,
            collection=collection.name,
            about=whom,
            details=details,
        )
        return consent

    def _collection(self, row: Row[Any]) -> Collection:
        table = schema.collections
        with self._storage.reading() as connection:
            return collection_of(connection.execute(select(table).where(table.c.key == row.collection_key)).one())

    def _row(self, asker: Asker, consent_id: str) -> Row[Any]:
        with self._storage.reading() as connection:
            row = connection.execute(_select(asker).where(schema.consents.c.id == consent_id)).first()
        if row is None:
            raise ResourceNotFound(f"The consent id: {consent_id} does not exist")
        check_use(asker, row.collection, row.purpose)
        return row


def _check(collection: Collection, grant: Grant, now: int) -> None:
    """Raises InvalidParameter."""
    subject = f"Consent of subject '{grant.subject}'"
    if not collection.is_governed:
        raise InvalidParameter(f"Collection '{collection.name}' is a sandbox; consents belong to governed collections")
    check_subject(grant.subject)
    if grant.purpose != collection.purpose:
        raise InvalidParameter(
            f"{subject}: its purpose is '{grant.purpose}'; that of collection '{collection.name}' is "
            f"'{collection.purpose}'"
        )
    if grant.expires_ms <= now:
        raise InvalidParameter(f"{subject} would have expired already")
    if grant.expires_ms > now + LONGEST_MS:
        raise InvalidParameter(f"{subject} would last longer than three years")
    if not _SHA256.fullmatch(grant.evidence_sha256):
        raise InvalidParameter(
            f"{subject}: evidence is '{grant.evidence_sha256}'; it must be a SHA-256 in lower-case hex"
        )
    if grant.guardian is not None and not grant.guardian.strip():
        raise InvalidParameter(f"{subject}: the guardian is empty")


def _select(asker: Asker) -> Any:
    consents, collections = schema.consents, schema.collections
    return (
        select(consents, collections.c.name.label("collection"))
        .join(collections, collections.c.key == consents.c.collection_key)
        .where(collections.c.account == asker.account, collections.c.region == asker.region)
    )


def _consent(row: Row[Any]) -> Consent:
    values = dict(row._mapping)
    del values["key"], values["collection_key"]
    return Consent(**values)
