"""Moving a governed collection between servers: one encrypted file with faces, subjects, users and their consents.

The file opens with a passphrase (scrypt, RFC 7914; AES-256-GCM). Vectors leave the rotation of the old server and get
that of the new one, so that the two stores cannot be compared.
"""

import base64
import secrets
from typing import Any

import numpy as np
import orjson
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from sqlalchemy import Connection, insert, select

from regard.errors import InvalidParameter
from regard.people.acts import About, Acts, Asker, in_parts
from regard.people.clock import Clock
from regard.people.collections import CONTROLLER, PURPOSE, Collections
from regard.people.erasure import Erasure
from regard.people.galleries import Galleries
from regard.people.policies import check_use
from regard.people.records import Collection
from regard.people.subjects import new_subject, opened_crop, sealed_crop, subject_key
from regard.people.thresholds import curve_of
from regard.storage import schema
from regard.storage.errors import KeyProblem
from regard.storage.keyring import seal, unseal
from regard.storage.open import Storage

_MAGIC = b"regard collection 1\n"
_SALT_BYTES = 16
_CONTEXT = "collection export"
_LEAST_PASSPHRASE = 12
_FACE_COLUMNS = (
    "face_id",
    "image_id",
    "external_image_id",
    "model_version",
    "left",
    "top",
    "width",
    "height",
    "confidence",
    "created_ms",
)
_CONSENT_COLUMNS = (
    "id",
    "subject",
    "purpose",
    "granted_ms",
    "expires_ms",
    "evidence_sha256",
    "given_by",
    "guardian",
    "keeps_crops",
    "receipt",
)


class Portability:
    """Exports and imports collections."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        acts: Acts,
        galleries: Galleries,
        collections: Collections,
        erasure: Erasure,
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._acts = acts
        self._galleries = galleries
        self._collections = collections
        self._erasure = erasure

    def export(self, asker: Asker, collection: Collection, passphrase: str) -> bytes:
        """The encrypted file. Raises InvalidParameter for a sandbox or a short passphrase."""
        _check_passphrase(passphrase)
        if not collection.is_governed:
            raise InvalidParameter(
                f"Collection '{collection.name}' is a sandbox: its faces have no consents, so it cannot be moved"
            )
        with self._storage.writing() as connection:
            content = self._content(connection, collection)
            details = {"faces": len(content["faces"]), "consents": len(content["consents"])}
            self._acts.record(connection, "export collection", asker=asker, collection=collection.name, details=details)
        salt = secrets.token_bytes(_SALT_BYTES)
        return _MAGIC + salt + seal(_stretched(passphrase, salt), orjson.dumps(content), _CONTEXT)

    def import_(self, asker: Asker, data: bytes, passphrase: str, name: str | None) -> Collection:
        """The collection made from an exported file, under its old name or `name`.

        Raises InvalidParameter for a file that is none, a wrong passphrase, a face without a live consent, a consent
        that is on this server already; ResourceAlreadyExists for the name; NotAuthorized. Nothing is made then.
        """
        content = _opened(data, passphrase)
        check_use(asker, name or content["name"], content["tags"].get(PURPOSE))
        _check_consents(content, self._clock.now_ms())
        self._check_new(content)
        _check_model(content["model_version"])
        made = self._collections.create(
            asker, name or content["name"], content["tags"], model_version=content["model_version"]
        )
        try:
            with self._storage.writing() as connection:
                self._fill(connection, asker, made, content)
        except BaseException:
            self._erasure.collection(made.key, made.name, asker=asker, why="import failed")
            raise
        return made

    def _content(self, connection: Connection, collection: Collection) -> dict[str, Any]:
        consents, faces, users = schema.consents, schema.faces, schema.users
        rows = connection.execute(
            select(faces, schema.subjects.c.name.label("subject"), users.c.name.label("user"))
            .join(schema.subjects, schema.subjects.c.key == faces.c.subject_key)
            .outerjoin(users, users.c.key == faces.c.user_key)
            .where(faces.c.collection_key == collection.key)
            .order_by(faces.c.key)
        ).all()
        vectors = self._galleries.faces(collection).vectors([row.key for row in rows])
        live = connection.execute(
            select(consents).where(consents.c.collection_key == collection.key, consents.c.ended_ms.is_(None))
        ).all()
        tags = connection.execute(
            select(schema.collection_tags).where(schema.collection_tags.c.collection_key == collection.key)
        ).all()
        names = connection.execute(select(users.c.name).where(users.c.collection_key == collection.key))
        return {
            "name": collection.name,
            "model_version": collection.model_version,
            "tags": {row.tag: row.value for row in tags},
            "consents": [{column: getattr(row, column) for column in _CONSENT_COLUMNS} for row in live],
            "users": list(names.scalars()),
            "faces": [
                {column: getattr(row, column) for column in _FACE_COLUMNS}
                | {
                    "subject": row.subject,
                    "user": row.user,
                    "vector": _text(vector.astype(np.float16).tobytes()),
                    "crop": self._crop(connection, collection, row.subject, row.crop),
                }
                for row, vector in zip(rows, vectors, strict=True)
            ],
        }

    def _crop(self, connection: Connection, collection: Collection, subject: str, blob: str | None) -> str | None:
        found = subject_key(connection, self._storage, collection, subject)
        if blob is None or found is None:
            return None
        return _text(opened_crop(found[1], found[0], self._storage.blobs.get(blob)))

    def _fill(self, connection: Connection, asker: Asker, made: Collection, content: dict[str, Any]) -> None:
        now = self._clock.now_ms()
        subjects: dict[str, tuple[int, bytes]] = {}
        for consent in content["consents"]:
            connection.execute(insert(schema.consents).values(consent | {"collection_key": made.key}))
            if consent["subject"] not in subjects:
                subjects[consent["subject"]] = new_subject(connection, self._storage, made, consent["subject"], now)
        users = {name: self._user(connection, made, name, now) for name in content["users"]}
        keys = [self._face(connection, made, face, subjects, users) for face in content["faces"]]
        ids: dict[str, list[str]] = {}
        for face in content["faces"]:
            ids.setdefault(face["subject"], []).append(face["face_id"])
        for name, (_, secret) in subjects.items():
            for some in in_parts(ids.get(name, [])):
                whom, told = About(secret, {"subject": name, "face_ids": some}), {"faces": len(some)}
                self._acts.record(
                    connection, "import subject", asker=asker, collection=made.name, about=whom, details=told
                )
        details = {"faces": len(keys), "consents": len(content["consents"])}
        self._acts.record(connection, "import collection", asker=asker, collection=made.name, details=details)
        if keys:
            vectors = np.stack([_vector(face["vector"]) for face in content["faces"]])
            self._galleries.faces(made).add(keys, vectors)

    def _user(self, connection: Connection, made: Collection, name: str, now: int) -> int:
        values = {"collection_key": made.key, "name": name, "created_ms": now}
        key = connection.execute(insert(schema.users).values(values)).inserted_primary_key
        assert key is not None
        return int(key[0])

    def _face(
        self,
        connection: Connection,
        made: Collection,
        face: dict[str, Any],
        subjects: dict[str, tuple[int, bytes]],
        users: dict[str, int],
    ) -> int:
        row, secret = subjects[face["subject"]]
        crop = None
        if face["crop"] is not None:
            crop = self._storage.blobs.put(sealed_crop(secret, row, base64.b64decode(face["crop"])))
        values = {column: face[column] for column in _FACE_COLUMNS} | {
            "collection_key": made.key,
            "subject_key": row,
            "user_key": users.get(face["user"]),
            "crop": crop,
        }
        key = connection.execute(insert(schema.faces).values(values)).inserted_primary_key
        assert key is not None
        return int(key[0])

    def _check_new(self, content: dict[str, Any]) -> None:
        consents = schema.consents
        ids = [consent["id"] for consent in content["consents"]]
        with self._storage.reading() as connection:
            here = connection.execute(select(consents.c.id).where(consents.c.id.in_(ids)).limit(1)).scalar()
        if here is not None:
            raise InvalidParameter(
                f"Consent {here} is on this server already; a collection is moved, not copied: delete the old one first"
            )


def _check_model(version: str) -> None:
    """Raises InvalidParameter for a model version that this server does not have."""
    try:
        curve_of(version)
    except KeyError as error:
        raise InvalidParameter(f"The file's face model version is {version!r}; this server does not have it") from error


def _check_passphrase(passphrase: str) -> None:
    if len(passphrase) < _LEAST_PASSPHRASE:
        raise InvalidParameter(
            f"The passphrase has {len(passphrase)} characters; it must have at least {_LEAST_PASSPHRASE}"
        )


def _check_consents(content: dict[str, Any], now: int) -> None:
    """Raises InvalidParameter unless the file is governed and the subject of each face has a live consent."""
    purpose = content["tags"].get(PURPOSE)
    if not purpose or CONTROLLER not in content["tags"] or not content["consents"]:
        raise InvalidParameter("The file holds no consents; a collection without them is not imported")
    live = {
        consent["subject"]
        for consent in content["consents"]
        if consent["purpose"] == purpose and consent["granted_ms"] <= now < consent["expires_ms"]
    }
    for face in content["faces"]:
        if face["subject"] not in live:
            raise InvalidParameter(
                f"Subject '{face['subject']}' of the file has a face and no live consent for '{purpose}'"
            )


def _opened(data: bytes, passphrase: str) -> dict[str, Any]:
    if not data.startswith(_MAGIC) or len(data) < len(_MAGIC) + _SALT_BYTES:
        raise InvalidParameter("This is no exported collection")
    start = len(_MAGIC) + _SALT_BYTES
    try:
        plain = unseal(_stretched(passphrase, data[len(_MAGIC) : start]), data[start:], _CONTEXT)
    except KeyProblem as error:
        raise InvalidParameter("The passphrase does not open the file, or the file was altered") from error
    return dict(orjson.loads(plain))


def _stretched(passphrase: str, salt: bytes) -> bytes:
    # 128 MiB and one lane, OWASP's first choice for scrypt (Password Storage Cheat Sheet).
    return Scrypt(salt=salt, length=32, n=2**17, r=8, p=1).derive(passphrase.encode())


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _vector(text: str) -> Any:
    vector = np.frombuffer(base64.b64decode(text), np.float16).astype(np.float32)
    return vector / np.linalg.norm(vector)
