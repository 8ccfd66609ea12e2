"""The tables. Times are whole milliseconds since 1970 UTC; a `key` is never given twice.

A migration in `migrations/versions` builds the same; `tests/storage/test_schema.py` compares the two.
"""

from sqlalchemy import (
    BLOB,
    REAL,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

REVISION = "0002"
"""The migration that this code's tables correspond to."""

metadata = MetaData()


def _key() -> Column[int]:
    # Its tables say AUTOINCREMENT, without which SQLite gives the key of the last row again once that row is gone.
    return Column("key", Integer, primary_key=True)


def _collection() -> Column[int]:
    return Column("collection_key", Integer, ForeignKey("collections.key", ondelete="CASCADE"), nullable=False)


collections = Table(
    "collections",
    metadata,
    _key(),
    Column("account", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("purpose", Text),
    Column("controller", Text),
    Column("is_verify_only", Boolean, nullable=False),
    Column("model_version", Text, nullable=False),
    Column("created_ms", Integer, nullable=False),
    Column("expires_ms", Integer),  # the end of a sandbox; governed collections have none
    Column("wrapped_key", BLOB, nullable=False),
    UniqueConstraint("account", "region", "name"),
    Index("collections_by_end", "expires_ms"),
    sqlite_autoincrement=True,
)

collection_tags = Table(
    "collection_tags",
    metadata,
    _collection(),
    Column("tag", Text, nullable=False),
    Column("value", Text, nullable=False),
    PrimaryKeyConstraint("collection_key", "tag"),
)

subjects = Table(
    "subjects",
    metadata,
    _key(),
    _collection(),
    Column("name", Text, nullable=False),
    Column("wrapped_key", BLOB, nullable=False),
    Column("created_ms", Integer, nullable=False),
    Column("last_interaction_ms", Integer, nullable=False),
    UniqueConstraint("collection_key", "name"),
    Index("subjects_by_interaction", "last_interaction_ms"),
    sqlite_autoincrement=True,
)

consents = Table(
    "consents",
    metadata,
    _key(),
    Column("id", Text, nullable=False, unique=True),
    _collection(),
    Column("subject", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("granted_ms", Integer, nullable=False),
    Column("expires_ms", Integer, nullable=False),
    Column("evidence_sha256", Text, nullable=False),
    Column("given_by", Text, nullable=False),  # self | guardian
    Column("guardian", Text),
    Column("keeps_crops", Boolean, nullable=False),
    Column("ended_ms", Integer),
    Column("end_reason", Text),  # withdrawn | expired | no interaction | erased
    Column("receipt", Text, nullable=False),
    Index("consents_of_subject", "collection_key", "subject"),
    Index("consents_by_end", "ended_ms", "expires_ms"),
    sqlite_autoincrement=True,
)

users = Table(
    "users",
    metadata,
    _key(),
    _collection(),
    Column("name", Text, nullable=False),
    Column("created_ms", Integer, nullable=False),
    UniqueConstraint("collection_key", "name"),
    sqlite_autoincrement=True,
)

faces = Table(
    "faces",
    metadata,
    _key(),
    _collection(),
    Column("face_id", Text, nullable=False),
    Column("image_id", Text, nullable=False),
    Column("external_image_id", Text),
    Column("subject_key", Integer, ForeignKey("subjects.key")),
    Column("user_key", Integer, ForeignKey("users.key")),
    Column("model_version", Text, nullable=False),
    Column("left", REAL, nullable=False),  # the box as ratios of the picture
    Column("top", REAL, nullable=False),
    Column("width", REAL, nullable=False),
    Column("height", REAL, nullable=False),
    Column("confidence", REAL, nullable=False),
    Column("created_ms", Integer, nullable=False),
    Column("crop", Text),  # the name of a blob
    UniqueConstraint("collection_key", "face_id"),
    Index("faces_of_subject", "subject_key"),
    Index("faces_of_user", "user_key"),
    sqlite_autoincrement=True,
)

request_tokens = Table(
    "request_tokens",
    metadata,
    _collection(),
    Column("operation", Text, nullable=False),
    Column("token", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("created_ms", Integer, nullable=False),
    PrimaryKeyConstraint("collection_key", "operation", "token"),
    Index("request_tokens_by_age", "created_ms"),
)

outbox = Table(  # entries of the log that were committed here and may not have reached it yet
    "outbox",
    metadata,
    _key(),
    Column("entry", BLOB, nullable=False),
    Column("log_size", Integer, nullable=False),  # the log's when the entry was written: it is not before that
    sqlite_autoincrement=True,
)

log_head = Table(  # what the log has held for certain: one that holds less now was cut
    "log_head",
    metadata,
    Column("key", Integer, primary_key=True, autoincrement=False),  # always 1
    Column("size", Integer, nullable=False),
    Column("root", BLOB, nullable=False),
)

access_keys = Table(
    "access_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("wrapped_secret", BLOB, nullable=False),
    Column("policy", Text, nullable=False),
    Column("created_ms", Integer, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("expires_ms", Integer),
    Column("revoked_ms", Integer),
)

reviews = Table(  # searches of sensitive collections that wait for two reviewers
    "reviews",
    metadata,
    _key(),
    Column("id", Text, nullable=False, unique=True),
    _collection(),
    Column("principal", Text, nullable=False),  # who asked
    Column("operation", Text, nullable=False),
    Column("probe", Text, nullable=False),  # a commitment to what was asked about
    Column("asked_ms", Integer, nullable=False),
    Column("expires_ms", Integer, nullable=False),
    Column("used_ms", Integer),
    Index("reviews_of_probe", "collection_key", "probe"),
    sqlite_autoincrement=True,
)

approvals = Table(
    "approvals",
    metadata,
    Column("review_key", Integer, ForeignKey("reviews.key", ondelete="CASCADE"), nullable=False),
    Column("principal", Text, nullable=False),
    Column("at_ms", Integer, nullable=False),
    PrimaryKeyConstraint("review_key", "principal"),
)

clock = Table(
    "clock",
    metadata,
    Column("key", Integer, primary_key=True, autoincrement=False),  # always 1
    Column("latest_ms", Integer, nullable=False),
)

secrets = Table(
    "secrets",
    metadata,
    Column("name", Text, primary_key=True),
    Column("wrapped", BLOB, nullable=False),
)
