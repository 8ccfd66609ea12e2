"""What is kept about people, as the rest of the program sees it."""

from collections.abc import Collection as Group
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, exists, select

from regard.errors import ResourceNotFound
from regard.storage import schema

CREATED, UPDATING, ACTIVE = "CREATED", "UPDATING", "ACTIVE"  # Amazon's words for the state of a user
Ratios = tuple[float, float, float, float]  # left, top, width, height; of the picture's width and height


@dataclass(frozen=True, slots=True)
class Collection:
    """One collection. `purpose` and `controller` are None in a sandbox, `expires_ms` in a governed one."""

    key: int
    account: str
    region: str
    name: str
    purpose: str | None
    controller: str | None
    is_verify_only: bool
    model_version: str  # of the face networks; for life
    created_ms: int
    expires_ms: int | None
    wrapped_key: bytes

    @property
    def is_governed(self) -> bool:
        """Whether every face needs a consent."""
        return self.purpose is not None

    @property
    def arn(self) -> str:
        """Amazon's name of the resource."""
        return f"arn:aws:rekognition:{self.region}:{self.account}:collection/{self.name}"


@dataclass(frozen=True, slots=True)
class StoredFace:
    """An enrolled face; its vector is in the collection's gallery under `key`."""

    key: int
    face_id: str
    image_id: str
    external_image_id: str | None
    box: Ratios
    confidence: float  # 0..100
    model_version: str
    user: str | None
    subject: str | None


@dataclass(frozen=True, slots=True)
class User:
    """A named group of faces of one person."""

    key: int
    name: str
    status: str  # CREATED without a face, else ACTIVE


def collection_of(row: Row[Any]) -> Collection:
    """A row of `schema.collections`."""
    return Collection(**row._mapping)


def check_there(connection: Connection, collection: Collection) -> None:
    """Raises ResourceNotFound where another call has deleted the collection meanwhile."""
    table = schema.collections
    if connection.execute(select(table.c.key).where(table.c.key == collection.key)).first() is None:
        raise ResourceNotFound(f"The collection id: {collection.name} does not exist")


def select_users() -> Select[Any]:
    """Users, and whether they have faces, for `user_of`."""
    users, faces = schema.users, schema.faces
    has_faces = exists().where(faces.c.user_key == users.c.key)
    return select(users, has_faces.label("has_faces"))


def user_of(row: Row[Any]) -> User:
    """A row of `select_users`."""
    return User(row.key, row.name, ACTIVE if row.has_faces else CREATED)


def select_faces() -> Select[Any]:
    """Faces with the names of their user and subject, for `face_of`."""
    faces, users, subjects = schema.faces, schema.users, schema.subjects
    joined = faces.outerjoin(users, users.c.key == faces.c.user_key).outerjoin(
        subjects, subjects.c.key == faces.c.subject_key
    )
    return select(faces, users.c.name.label("user"), subjects.c.name.label("subject")).select_from(joined)


def faces_by_id(connection: Connection, collection: Collection, face_ids: Group[str]) -> dict[str, StoredFace]:
    """Those of these faces that the collection has, by id."""
    table = schema.faces
    query = select_faces().where(table.c.collection_key == collection.key, table.c.face_id.in_(face_ids))
    return {row.face_id: face_of(row) for row in connection.execute(query).all()}


def face_of(row: Row[Any]) -> StoredFace:
    """A row of `select_faces`."""
    return StoredFace(
        row.key,
        row.face_id,
        row.image_id,
        row.external_image_id,
        (row.left, row.top, row.width, row.height),
        row.confidence,
        row.model_version,
        row.user,
        row.subject,
    )
