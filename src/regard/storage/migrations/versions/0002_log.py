"""The log's outbox in place of the table of acts; access keys, reviews.

Never edited after release: a change of the tables is a new file.
"""

import secrets
from datetime import UTC, datetime
from typing import Any

import orjson
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Acts recorded so far become entries that wait for the log."""
    op.create_table(
        "outbox", _key(), sa.Column("entry", sa.BLOB, nullable=False), _integer("log_size"), sqlite_autoincrement=True
    )
    _carry_acts()
    op.drop_table("acts")
    op.create_table(
        "log_head",
        sa.Column("key", sa.Integer, primary_key=True, autoincrement=False),
        _integer("size"),
        sa.Column("root", sa.BLOB, nullable=False),
    )
    op.create_table(
        "access_keys",
        sa.Column("id", sa.Text, primary_key=True),
        _text("name"),
        sa.Column("wrapped_secret", sa.BLOB, nullable=False),
        _text("policy"),
        _integer("created_ms"),
        _text("created_by"),
        sa.Column("expires_ms", sa.Integer),
        sa.Column("revoked_ms", sa.Integer),
    )
    _reviews()


def _key() -> sa.Column[int]:
    return sa.Column("key", sa.Integer, primary_key=True)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _integer(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def _carry_acts() -> None:
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT * FROM acts ORDER BY key")).all()
    entries = [{"entry": _entry(row), "log_size": 0} for row in rows]
    if entries:
        table = sa.table("outbox", sa.column("entry", sa.BLOB), sa.column("log_size", sa.Integer))
        connection.execute(sa.insert(table), entries)


def _entry(row: Any) -> bytes:
    at = datetime.fromtimestamp(row.at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    entry = {
        "v": 1,
        "id": secrets.token_hex(16),
        "act": row.act,
        "began": at,
        "ended": at,
        "principal": "before keys",
        "request": row.request_id,
        "account": "",
        "region": "",
        "details": orjson.loads(row.details),
    }
    if row.collection is not None:
        entry["collection"] = row.collection
    return orjson.dumps(entry, option=orjson.OPT_SORT_KEYS)


def _reviews() -> None:
    op.create_table(
        "reviews",
        _key(),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("collection_key", sa.Integer, sa.ForeignKey("collections.key", ondelete="CASCADE"), nullable=False),
        _text("principal"),
        _text("operation"),
        _text("probe"),
        _integer("asked_ms"),
        _integer("expires_ms"),
        sa.Column("used_ms", sa.Integer),
        sqlite_autoincrement=True,
    )
    op.create_index("reviews_of_probe", "reviews", ["collection_key", "probe"])
    op.create_table(
        "approvals",
        sa.Column("review_key", sa.Integer, sa.ForeignKey("reviews.key", ondelete="CASCADE"), nullable=False),
        _text("principal"),
        _integer("at_ms"),
        sa.PrimaryKeyConstraint("review_key", "principal"),
    )
