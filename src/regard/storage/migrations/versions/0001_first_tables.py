"""Collections, subjects, consents, users, faces, tokens, acts, clock and secrets.

Never edited after release: a change of the tables is a new file.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table."""
    _collections()
    _people()
    _faces()
    _records()


def _key() -> sa.Column[int]:
    return sa.Column("key", sa.Integer, primary_key=True)


def _collection() -> sa.Column[int]:
    return sa.Column("collection_key", sa.Integer, sa.ForeignKey("collections.key", ondelete="CASCADE"), nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _integer(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def _collections() -> None:
    op.create_table(
        "collections",
        _key(),
        _text("account"),
        _text("region"),
        _text("name"),
        sa.Column("purpose", sa.Text),
        sa.Column("controller", sa.Text),
        sa.Column("is_verify_only", sa.Boolean, nullable=False),
        _text("model_version"),
        _integer("created_ms"),
        sa.Column("expires_ms", sa.Integer),
        sa.Column("wrapped_key", sa.BLOB, nullable=False),
        sa.UniqueConstraint("account", "region", "name"),
        sqlite_autoincrement=True,
    )
    op.create_index("collections_by_end", "collections", ["expires_ms"])
    op.create_table(
        "collection_tags",
        _collection(),
        _text("tag"),
        _text("value"),
        sa.PrimaryKeyConstraint("collection_key", "tag"),
    )


def _people() -> None:
    op.create_table(
        "subjects",
        _key(),
        _collection(),
        _text("name"),
        sa.Column("wrapped_key", sa.BLOB, nullable=False),
        _integer("created_ms"),
        _integer("last_interaction_ms"),
        sa.UniqueConstraint("collection_key", "name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "consents",
        _key(),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        _collection(),
        _text("subject"),
        _text("purpose"),
        _integer("granted_ms"),
        _integer("expires_ms"),
        _text("evidence_sha256"),
        _text("given_by"),
        sa.Column("guardian", sa.Text),
        sa.Column("keeps_crops", sa.Boolean, nullable=False),
        sa.Column("ended_ms", sa.Integer),
        sa.Column("end_reason", sa.Text),
        _text("receipt"),
        sqlite_autoincrement=True,
    )
    op.create_index("consents_of_subject", "consents", ["collection_key", "subject"])
    op.create_index("consents_by_end", "consents", ["ended_ms", "expires_ms"])
    op.create_index("subjects_by_interaction", "subjects", ["last_interaction_ms"])
    op.create_table(
        "users",
        _key(),
        _collection(),
        _text("name"),
        _integer("created_ms"),
        sa.UniqueConstraint("collection_key", "name"),
        sqlite_autoincrement=True,
    )


def _faces() -> None:
    op.create_table(
        "faces",
        _key(),
        _collection(),
        _text("face_id"),
        _text("image_id"),
        sa.Column("external_image_id", sa.Text),
        sa.Column("subject_key", sa.Integer, sa.ForeignKey("subjects.key")),
        sa.Column("user_key", sa.Integer, sa.ForeignKey("users.key")),
        _text("model_version"),
        *(sa.Column(name, sa.REAL, nullable=False) for name in ("left", "top", "width", "height", "confidence")),
        _integer("created_ms"),
        sa.Column("crop", sa.Text),
        sa.UniqueConstraint("collection_key", "face_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("faces_of_subject", "faces", ["subject_key"])
    op.create_index("faces_of_user", "faces", ["user_key"])


def _records() -> None:
    op.create_table(
        "request_tokens",
        _collection(),
        _text("operation"),
        _text("token"),
        _text("digest"),
        _text("answer"),
        _integer("created_ms"),
        sa.PrimaryKeyConstraint("collection_key", "operation", "token"),
    )
    op.create_index("request_tokens_by_age", "request_tokens", ["created_ms"])
    op.create_table(
        "acts",
        _key(),
        _integer("at_ms"),
        _text("act"),
        sa.Column("collection", sa.Text),
        sa.Column("subject", sa.Text),
        _text("request_id"),
        _text("details"),
        sqlite_autoincrement=True,
    )
    op.create_table("clock", sa.Column("key", sa.Integer, primary_key=True, autoincrement=False), _integer("latest_ms"))
    op.create_table(
        "secrets", sa.Column("name", sa.Text, primary_key=True), sa.Column("wrapped", sa.BLOB, nullable=False)
    )
