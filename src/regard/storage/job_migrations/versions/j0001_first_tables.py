"""The first tables of jobs.

Never edited after release: a change of the tables is a new file.
"""

import sqlalchemy as sa
from alembic import op

revision = "j0001"
down_revision = None


def upgrade() -> None:
    """Walks, the jobs that share them, their steps, and the notices of jobs' ends."""
    _walks()
    _jobs()
    _steps()
    _notices()


def _key() -> sa.Column[int]:
    return sa.Column("key", sa.Integer, primary_key=True)


def _id() -> sa.Column[str]:
    return sa.Column("id", sa.Text, nullable=False, unique=True)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _integer(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def _boolean(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False)


def _walks() -> None:
    op.create_table(
        "walks",
        _key(),
        _id(),
        *map(_text, ("account", "region", "way", "bucket", "object_name")),
        sa.Column("version", sa.Text),
        sa.Column("facts", sa.Text),
        _boolean("is_sequential"),
        _integer("priority"),
        sa.Column("planned_ms", sa.Integer),
        sa.Column("chunks", sa.Integer),
        _integer("done_chunks"),
        sa.Column("ended_ms", sa.Integer),
        _boolean("is_forgotten"),
        sqlite_autoincrement=True,
    )
    op.create_index("walks_at_work", "walks", ["ended_ms", "priority"])


def _jobs() -> None:
    op.create_table(
        "jobs",
        _key(),
        _id(),
        *map(_text, ("account", "region", "principal", "way", "kind", "operation", "bucket", "object_name")),
        sa.Column("version", sa.Text),
        _text("wish"),
        sa.Column("token", sa.Text),
        _text("digest"),
        *(sa.Column(name, sa.Text) for name in ("tag", "topic", "name")),
        _integer("priority"),
        _text("state"),
        _boolean("is_parked"),
        _boolean("is_alone"),
        _text("message"),
        _integer("retries"),
        _text("outcome"),
        _integer("created_ms"),
        sa.Column("started_ms", sa.Integer),
        sa.Column("ended_ms", sa.Integer),
        sa.Column("walk_key", sa.Integer, sa.ForeignKey("walks.key")),
        sa.UniqueConstraint("account", "region", "operation", "token"),
        sqlite_autoincrement=True,
    )
    op.create_index("jobs_by_state", "jobs", ["state", "priority", "key"])
    op.create_index("jobs_of_walk", "jobs", ["walk_key"])
    op.create_index("jobs_by_end", "jobs", ["ended_ms"])


def _steps() -> None:
    op.create_table(
        "steps",
        _key(),
        sa.Column("walk_key", sa.Integer, sa.ForeignKey("walks.key", ondelete="CASCADE"), nullable=False),
        _text("stage"),
        _integer("number"),
        _text("span"),
        _text("state"),
        sa.Column("worker", sa.Text),
        sa.Column("beat_ms", sa.Integer),
        *map(_integer, ("share", "attempts", "due_ms")),
        _text("error"),
        sa.UniqueConstraint("walk_key", "number"),
        sqlite_autoincrement=True,
    )
    op.create_index("steps_by_state", "steps", ["state", "due_ms"])


def _notices() -> None:
    op.create_table(
        "notices",
        _key(),
        _id(),
        sa.Column("job_key", sa.Integer, sa.ForeignKey("jobs.key", ondelete="CASCADE"), nullable=False),
        *map(_text, ("channel", "target", "body", "state")),
        *map(_integer, ("attempts", "due_ms")),
        sa.Column("worker", sa.Text),
        sa.Column("beat_ms", sa.Integer),
        _text("error"),
        sqlite_autoincrement=True,
    )
    op.create_index("notices_by_state", "notices", ["state", "due_ms"])
