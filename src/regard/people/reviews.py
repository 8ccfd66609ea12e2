"""Two reviewers before a search of a sensitive collection shows who somebody is (EU AI Act, Article 14(5)).

    reviews.check(asker, collection, "search faces", probe)    () or who agreed; else AccessDenied, and a review waits
    reviews.approve(reviewer, review_id)                       by two keys that are not the asker's

A review is for one principal, one kind of search and one probe, and is used once. It holds no picture: `probe` is the
commitment that the log has of what was asked about. Approvals of keys that were revoked since do not count.
"""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, insert, or_, select, update

from regard.errors import AccessDenied, NotAuthorized, ResourceNotFound
from regard.ledger.entries import moment_text
from regard.people.acts import LOCAL, Acts, Asker
from regard.people.clock import DAY_MS, Clock
from regard.people.collections import SENSITIVE
from regard.people.policies import check_collection, denial
from regard.people.records import Collection, check_there, collection_of
from regard.storage import schema
from regard.storage.open import Storage

APPROVALS = 2  # Article 14(5): at least two natural persons
REVIEW_MS = DAY_MS


@dataclass(frozen=True, slots=True)
class Review:
    """A search that waits for reviewers, or waited."""

    id: str
    collection: str
    purpose: str
    principal: str  # who asks
    operation: str  # the kind of search, as the log names the act
    probe: str  # commitment to what is asked about
    asked_ms: int
    expires_ms: int
    used_ms: int | None  # when the search was answered
    approved_by: tuple[str, ...]  # key ids, the first to agree first

    @property
    def missing(self) -> int:
        """How many approvals."""
        return max(0, APPROVALS - len(self.approved_by))


class Reviews:
    """Makes, finds and uses reviews. Threads may share it."""

    def __init__(self, storage: Storage, clock: Clock, acts: Acts) -> None:
        self._storage = storage
        self._clock = clock
        self._acts = acts

    def is_sensitive(self, connection: Connection, collection: Collection) -> bool:
        """Whether the collection was made with the tag `regard:sensitive` = "true"."""
        table = schema.collection_tags
        query = select(table.c.value).where(table.c.collection_key == collection.key, table.c.tag == SENSITIVE)
        return connection.execute(query).scalar() == "true"

    def check(self, asker: Asker, collection: Collection, operation: str, probe: str) -> tuple[str, ...]:
        """The key ids of the two who agreed to this search, and their review is used up; () where nobody has to.

        Raises AccessDenied where approvals are missing, naming the review, which is made if there is none.
        """
        with self._storage.reading() as connection:
            if not self.is_sensitive(connection, collection):
                return ()
        if asker.principal == LOCAL:
            self._refuse_local(asker, collection)
        with self._storage.writing() as connection:
            check_there(connection, collection)
            now = self._clock.now_ms()
            review = self._open(connection, asker, collection, operation, probe, now)
            is_new = review is None
            if review is None:
                review = self._make(connection, asker, collection, operation, probe, now)
            if not review.missing:
                table = schema.reviews
                connection.execute(update(table).where(table.c.id == review.id).values(used_ms=now))
                return review.approved_by[:APPROVALS]
        if not is_new:
            details = {"why": "unreviewed", "review": review.id}
            self._acts.note("refuse question", asker=asker, collection=collection.name, details=details)
        raise AccessDenied(_waits(review))

    def page(self, asker: Asker, after: str | None, limit: int) -> tuple[list[Review], bool]:
        """At most `limit` reviews by id past `after`, used ones too; and whether there are more.

        A reviewer sees those of all collections that its key may use, anybody else only their own.
        """
        query = _select(asker, self._clock.now_ms()).order_by(schema.reviews.c.id)
        if after is not None:
            query = query.where(schema.reviews.c.id > after)
        if not asker.policy.is_reviewer:
            query = query.where(schema.reviews.c.principal == asker.principal)
        with self._storage.reading() as connection:
            rows = []
            for row in connection.execute(query):
                if asker.policy.may_use(row.collection, row.purpose):
                    rows.append(row)
                if len(rows) > limit:
                    break
            return [_review(connection, row) for row in rows[:limit]], len(rows) > limit

    def get(self, asker: Asker, review_id: str) -> Review:
        """Raises ResourceNotFound, also for one that has expired, and NotAuthorized as `page` leaves out."""
        with self._storage.reading() as connection:
            review, collection = self._found(connection, asker, review_id)
        check_collection(asker, collection)
        if not asker.policy.is_reviewer and review.principal != asker.principal:
            raise NotAuthorized(denial(asker, collection.arn))
        return review

    def approve(self, asker: Asker, review_id: str) -> Review:
        """The review with the asker's approval.

        Raises ResourceNotFound, also for one that has expired; NotAuthorized for a key that is no reviewer's or may not
        use the collection; AccessDenied, which is entered in the log, without a key, for one's own search, a second
        time, and for a review that was used.
        """
        with self._storage.writing() as connection:
            review, collection = self._found(connection, asker, review_id)
            check_collection(asker, collection)
            if not asker.policy.is_reviewer:
                raise NotAuthorized(denial(asker, collection.arn))
            objection = _objection(asker, review)
            if objection is None:
                self._approve(connection, asker, review)
        if objection is not None:
            why, sentence = objection
            details = {"why": why, "operation": asker.operation, "review": review.id}
            self._acts.note("refuse access", asker=asker, collection=collection.name, details=details)
            raise AccessDenied(sentence)
        return self.get(asker, review_id)

    def sweep(self, connection: Connection, now: int) -> None:
        """Removes reviews that have expired, used or not; the log still tells of them. now: milliseconds since 1970."""
        connection.execute(delete(schema.reviews).where(schema.reviews.c.expires_ms <= now))

    def _open(
        self, connection: Connection, asker: Asker, collection: Collection, operation: str, probe: str, now: int
    ) -> Review | None:
        """The review of just this search that was not used."""
        table = schema.reviews
        query = _select(asker, now).where(
            table.c.collection_key == collection.key,
            table.c.principal == asker.principal,
            table.c.operation == operation,
            table.c.probe == probe,
            table.c.used_ms.is_(None),
        )
        row = connection.execute(query).first()
        return None if row is None else _review(connection, row)

    def _make(
        self, connection: Connection, asker: Asker, collection: Collection, operation: str, probe: str, now: int
    ) -> Review:
        review_id = str(uuid.uuid4())
        connection.execute(
            insert(schema.reviews).values(
                id=review_id,
                collection_key=collection.key,
                principal=asker.principal,
                operation=operation,
                probe=probe,
                asked_ms=now,
                expires_ms=now + REVIEW_MS,
            )
        )
        review, _ = self._found(connection, asker, review_id)
        self._acts.record(
            connection,
            "request review",
            asker=asker,
            collection=collection.name,
            details={
                "review": review_id,
                "search": operation,
                "purpose": collection.purpose,
                "probe": probe,
                "expires": moment_text(review.expires_ms),
            },
        )
        return review

    def _approve(self, connection: Connection, asker: Asker, review: Review) -> None:
        key = connection.execute(select(schema.reviews.c.key).where(schema.reviews.c.id == review.id)).scalar_one()
        connection.execute(
            insert(schema.approvals).values(review_key=key, principal=asker.principal, at_ms=self._clock.now_ms())
        )
        self._acts.record(
            connection,
            "approve search",
            asker=asker,
            collection=review.collection,
            details={
                "review": review.id,
                "search": review.operation,
                "purpose": review.purpose,
                "probe": review.probe,
                "asker": review.principal,
            },
        )

    def _found(self, connection: Connection, asker: Asker, review_id: str) -> tuple[Review, Collection]:
        """Raises ResourceNotFound."""
        query = _select(asker, self._clock.now_ms()).where(schema.reviews.c.id == review_id)
        row = connection.execute(query).first()
        if row is None:
            raise ResourceNotFound(f"The review id: {review_id} does not exist, or has expired")
        collections = schema.collections
        found = connection.execute(select(collections).where(collections.c.key == row.collection_key)).one()
        return _review(connection, row), collection_of(found)

    def _refuse_local(self, asker: Asker, collection: Collection) -> None:
        details = {"why": "unreviewed"}
        self._acts.note("refuse question", asker=asker, collection=collection.name, details=details)
        raise AccessDenied(
            f"Collection '{collection.name}' is sensitive: a search of it is answered once {APPROVALS} reviewers "
            "agree, each with an access key of their own, and this server has no access keys. Make them with "
            "`regard access create`."
        )


def _waits(review: Review) -> str:
    return (
        f"Collection '{review.collection}' is sensitive: this search is answered once, after {APPROVALS} reviewers "
        f"have agreed with keys of their own; {review.missing} of {APPROVALS} approvals are missing for review "
        f"{review.id}. A reviewer gives one with `regard reviews approve {review.id}` or POST "
        f"/v1/reviews/{review.id}/approval; then ask the same again, until {moment_text(review.expires_ms)}."
    )


def _objection(asker: Asker, review: Review) -> tuple[str, str] | None:
    """Why this asker cannot agree to the search, in a word for the log and in a sentence."""
    if asker.principal == LOCAL:
        return "no key", "An approval needs an access key, by which one reviewer is told from another"
    if asker.principal == review.principal:
        return "own search", f"Review {review.id} is of a search by {asker.principal}; another key has to agree to it"
    if asker.principal in review.approved_by:
        return "twice", f"{asker.principal} has agreed to review {review.id} already; another key has to agree too"
    if review.used_ms is not None:
        return "used", f"Review {review.id} was used at {moment_text(review.used_ms)}; each is for one search"
    return None


def _select(asker: Asker, now: int) -> Select[Any]:
    """Reviews of the asker's account and region that have not expired, for `_review`."""
    reviews, collections = schema.reviews, schema.collections
    return (
        select(reviews, collections.c.name.label("collection"), collections.c.purpose)
        .join(collections, collections.c.key == reviews.c.collection_key)
        .where(
            collections.c.account == asker.account,
            collections.c.region == asker.region,
            reviews.c.expires_ms > now,
        )
    )


def _review(connection: Connection, row: Row[Any]) -> Review:
    approvals, keys = schema.approvals, schema.access_keys
    # Keys of the operator's file are not in the table.
    query = (
        select(approvals.c.principal)
        .outerjoin(keys, keys.c.id == approvals.c.principal)
        .where(approvals.c.review_key == row.key, or_(keys.c.id.is_(None), keys.c.revoked_ms.is_(None)))
        .order_by(approvals.c.at_ms, approvals.c.principal)
    )
    return Review(
        id=row.id,
        collection=row.collection,
        purpose=row.purpose,
        principal=row.principal,
        operation=row.operation,
        probe=row.probe,
        asked_ms=row.asked_ms,
        expires_ms=row.expires_ms,
        used_ms=row.used_ms,
        approved_by=tuple(connection.execute(query).scalars()),
    )
