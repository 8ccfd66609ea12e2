"""Collections: governed ones, whose every face has a live consent, and sandboxes, which end after a day."""

import re
from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from regard.errors import InvalidParameter, ResourceAlreadyExists, ResourceNotFound, ServiceQuotaExceeded
from regard.people.acts import Acts, Asker
from regard.people.clock import DAY_MS, Clock
from regard.people.erasure import Erasure
from regard.people.policies import check_collection, check_name, check_use
from regard.people.records import Collection, check_there, collection_of
from regard.storage import schema
from regard.storage.open import Storage

PURPOSE, CONTROLLER, VERIFY_ONLY = "regard:purpose", "regard:controller", "regard:verify-only"
SENSITIVE = "regard:sensitive"  # each search needs two reviewers
_KNOWN = (PURPOSE, CONTROLLER, VERIFY_ONLY, SENSITIVE)
_OWN = "regard:"
SANDBOX_FACES = 100  # scope.md: neither limit of a sandbox can be raised
SANDBOX_MS = DAY_MS
MOST_TAGS = 200
_ARN = re.compile(r"arn:[a-z0-9-]+:rekognition:([a-z0-9-]*):(\d{12}):collection/([a-zA-Z0-9_.\-]+)")
_TAGGED = re.compile(r"arn:[a-z0-9-]+:rekognition:[a-z0-9-]*:\d{12}:(collection|streamprocessor|project)/.+")


class Collections:
    """Makes, finds and deletes collections."""

    def __init__(self, storage: Storage, clock: Clock, acts: Acts, erasure: Erasure, model_version: str) -> None:
        """`model_version`: of the face networks that new collections are bound to."""
        self._storage = storage
        self._clock = clock
        self._acts = acts
        self._erasure = erasure
        self._model_version = model_version

    def create(self, asker: Asker, name: str, tags: Mapping[str, str], model_version: str | None = None) -> Collection:
        """Governed where `tags` name purpose and controller, else a sandbox. model_version: other than for new ones.

        Raises ResourceAlreadyExists, InvalidParameter for tags that govern by half, NotAuthorized.
        """
        purpose, controller, is_verify_only = _governing(tags)
        check_use(asker, name, purpose)
        self._erasure.sweep()
        now = self._clock.now_ms()
        table = schema.collections
        with self._storage.writing() as connection:
            if _row(connection, asker, name) is not None:
                raise ResourceAlreadyExists(f"The collection id: {name} already exists")
            key = connection.execute(
                insert(table).values(
                    account=asker.account,
                    region=asker.region,
                    name=name,
                    purpose=purpose,
                    controller=controller,
                    is_verify_only=is_verify_only,
                    model_version=model_version or self._model_version,
                    created_ms=now,
                    expires_ms=None if purpose else now + SANDBOX_MS,
                    wrapped_key=b"",
                )
            ).inserted_primary_key
            assert key is not None
            keyring = self._storage.keyring
            wrapped = keyring.wrap(keyring.new_key(), f"collection:{key[0]}")
            connection.execute(update(table).where(table.c.key == key[0]).values(wrapped_key=wrapped))
            _put_tags(connection, key[0], tags)
            self._acts.record(
                connection,
                "create collection",
                asker=asker,
                collection=name,
                details={
                    "purpose": purpose,
                    "controller": controller,
                    "verify_only": is_verify_only,
                    "sensitive": tags.get(SENSITIVE) == "true",
                },
            )
            row = connection.execute(select(table).where(table.c.key == key[0])).one()
        return collection_of(row)

    def get(self, asker: Asker, name: str) -> Collection:
        """Raises ResourceNotFound, NotAuthorized. What has expired by now is erased first."""
        self._erasure.sweep()
        with self._storage.reading() as connection:
            row = _row(connection, asker, name)
        if row is None:
            check_name(asker, name)
            raise ResourceNotFound(f"The collection id: {name} does not exist")
        return _allowed(asker, collection_of(row))

    def counts(self, collection: Collection) -> tuple[int, int]:
        """Faces and users."""
        with self._storage.reading() as connection:
            faces, users = (
                connection.execute(
                    select(func.count()).select_from(table).where(table.c.collection_key == collection.key)
                ).scalar_one()
                for table in (schema.faces, schema.users)
            )
        return faces, users

    def page(self, asker: Asker, after: str | None, limit: int) -> tuple[list[Collection], bool]:
        """At most `limit` collections that the asker may use, by name, past the name `after`; and whether there are
        more."""
        self._erasure.sweep()
        table = schema.collections
        query = select(table).where(table.c.account == asker.account, table.c.region == asker.region)
        if after is not None:
            query = query.where(table.c.name > after)
        with self._storage.reading() as connection:
            rows = connection.execute(query.order_by(table.c.name)).all()
        mine = [found for row in rows if asker.policy.may_use((found := collection_of(row)).name, found.purpose)]
        return mine[:limit], len(mine) > limit

    def delete(self, asker: Asker, name: str) -> None:
        """Faces, users, subjects, consents, vectors, crops and keys, gone from the disk at return.

        Raises ResourceNotFound.
        """
        collection = self.get(asker, name)
        self._erasure.collection(collection.key, collection.name, asker=asker, why="deleted")

    def tags(self, asker: Asker, arn: str) -> dict[str, str]:
        """Raises ResourceNotFound, InvalidParameter for what is no resource with tags."""
        collection = self._tagged(asker, arn)
        table = schema.collection_tags
        with self._storage.reading() as connection:
            rows = connection.execute(select(table.c.tag, table.c.value).where(_of(collection.key)))
            return {row.tag: row.value for row in rows.all()}

    def add_tags(self, asker: Asker, arn: str, tags: Mapping[str, str]) -> None:
        """Raises ResourceNotFound, InvalidParameter for a tag that was fixed when the collection was made."""
        collection = self._tagged(asker, arn)
        _check_free(tags)
        with self._storage.writing() as connection:
            check_there(connection, collection)
            _put_tags(connection, collection.key, tags)
            total = connection.execute(
                select(func.count()).select_from(schema.collection_tags).where(_of(collection.key))
            ).scalar_one()
            if total > MOST_TAGS:
                raise ServiceQuotaExceeded(f"{arn} would have {total} tags; the limit is {MOST_TAGS}")
            self._record_tags(connection, asker, collection, added=sorted(tags))

    def remove_tags(self, asker: Asker, arn: str, keys: list[str]) -> None:
        """Raises as `add_tags`. Keys that are not there are passed over."""
        collection = self._tagged(asker, arn)
        _check_free(keys)
        table = schema.collection_tags
        with self._storage.writing() as connection:
            connection.execute(delete(table).where(_of(collection.key), table.c.tag.in_(keys)))
            self._record_tags(connection, asker, collection, removed=sorted(keys))

    def _record_tags(self, connection: Connection, asker: Asker, collection: Collection, **changes: list[str]) -> None:
        self._acts.record(connection, "change tags", asker=asker, collection=collection.name, details=changes)

    def _tagged(self, asker: Asker, arn: str) -> Collection:
        if not _TAGGED.fullmatch(arn):
            raise InvalidParameter(f"Request has invalid parameters. '{arn}' is not the ARN of a resource with tags.")
        match = _ARN.fullmatch(arn)
        if match is not None and match[2] == asker.account:
            self._erasure.sweep()
            with self._storage.reading() as connection:
                row = _row(connection, replace(asker, region=match[1]), match[3])
            if row is not None:
                return _allowed(asker, collection_of(row))
            check_name(asker, match[3])
        raise ResourceNotFound(f"The resource {arn} does not exist")


def _allowed(asker: Asker, collection: Collection) -> Collection:
    """The collection. Raises NotAuthorized."""
    check_collection(asker, collection)
    return collection


def _governing(tags: Mapping[str, str]) -> tuple[str | None, str | None, bool]:
    """Purpose, controller and whether only 1:1 is allowed. Raises InvalidParameter."""
    for tag in tags:
        if tag.startswith(_OWN) and tag not in _KNOWN:
            raise InvalidParameter(f"Request has invalid parameters. Tag '{tag}' is none of {', '.join(_KNOWN)}.")
    given = [tag for tag in (PURPOSE, CONTROLLER) if tag in tags]
    if len(given) == 1:
        other = CONTROLLER if given == [PURPOSE] else PURPOSE
        raise InvalidParameter(f"Request has invalid parameters. A collection with the tag {given[0]} needs {other}.")
    for tag in given:
        if not tags[tag].strip():
            raise InvalidParameter(f"Request has invalid parameters. Tag {tag} is empty.")
    for tag in (VERIFY_ONLY, SENSITIVE):
        _check_flag(tag, tags.get(tag), bool(given))
    return tags.get(PURPOSE), tags.get(CONTROLLER), tags.get(VERIFY_ONLY) == "true"


def _check_flag(tag: str, value: str | None, is_governed: bool) -> None:
    """Raises InvalidParameter."""
    if value is None:
        return
    if value not in ("true", "false"):
        raise InvalidParameter(f"Request has invalid parameters. Tag {tag} is '{value}'; it must be 'true' or 'false'.")
    if not is_governed:
        raise InvalidParameter(
            f"Request has invalid parameters. {tag} needs a governed collection: {PURPOSE} and {CONTROLLER}."
        )


def _check_free(keys: Mapping[str, str] | list[str]) -> None:
    for key in keys:
        if key.startswith(_OWN):
            raise InvalidParameter(
                f"Request has invalid parameters. Tag '{key}' is fixed when a collection is created; make a new one."
            )


def _put_tags(connection: Connection, key: int, tags: Mapping[str, str]) -> None:
    table = schema.collection_tags
    if tags:
        connection.execute(delete(table).where(_of(key), table.c.tag.in_(list(tags))))
        connection.execute(insert(table), [{"collection_key": key, "tag": t, "value": v} for t, v in tags.items()])


def _of(key: int):  # type: ignore[no-untyped-def]  # SQLAlchemy's own type of a comparison says nothing more
    return schema.collection_tags.c.collection_key == key


def _row(connection: Connection, asker: Asker, name: str) -> Row[tuple[object, ...]] | None:
    table = schema.collections
    return connection.execute(
        select(table).where(table.c.account == asker.account, table.c.region == asker.region, table.c.name == name)
    ).first()
