"""The tables of jobs, in a database of their own that several processes share. Times are milliseconds since 1970 UTC.

A migration in `job_migrations/versions` builds the same; a test compares the two.
"""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, MetaData, Table, Text, UniqueConstraint

REVISION = "j0001"
"""The migration that this code's tables correspond to."""

metadata = MetaData()


def _key() -> Column[int]:
    return Column("key", Integer, primary_key=True)


walks = Table(
    "walks",
    metadata,
    _key(),
    Column("id", Text, nullable=False, unique=True),
    Column("account", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("way", Text, nullable=False),  # which walker: "video", "pictures"
    Column("bucket", Text, nullable=False),
    Column("object_name", Text, nullable=False),
    Column("version", Text),
    Column("facts", Text),  # JSON; none until it is planned
    Column("is_sequential", Boolean, nullable=False),
    Column("priority", Integer, nullable=False),  # the highest of its jobs
    Column("planned_ms", Integer),
    Column("chunks", Integer),  # none until it is planned
    Column("done_chunks", Integer, nullable=False),
    Column("ended_ms", Integer),
    Column("is_forgotten", Boolean, nullable=False),  # whether its files are gone
    Index("walks_at_work", "ended_ms", "priority"),
    sqlite_autoincrement=True,
)

jobs = Table(
    "jobs",
    metadata,
    _key(),
    Column("id", Text, nullable=False, unique=True),
    Column("account", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("principal", Text, nullable=False),
    Column("way", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Column("bucket", Text, nullable=False),
    Column("object_name", Text, nullable=False),
    Column("version", Text),
    Column("wish", Text, nullable=False),  # JSON
    Column("token", Text),
    Column("digest", Text, nullable=False),  # of everything asked for, to compare a token's second use with
    Column("tag", Text),
    Column("topic", Text),
    Column("name", Text),
    Column("priority", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("is_parked", Boolean, nullable=False),
    Column("is_alone", Boolean, nullable=False),  # shares no walk, since one that it shared failed
    Column("message", Text, nullable=False),
    Column("retries", Integer, nullable=False),  # how often somebody had it done again after its end
    Column("outcome", Text, nullable=False),  # JSON
    Column("created_ms", Integer, nullable=False),
    Column("started_ms", Integer),
    Column("ended_ms", Integer),
    Column("walk_key", Integer, ForeignKey("walks.key")),
    UniqueConstraint("account", "region", "operation", "token"),
    Index("jobs_by_state", "state", "priority", "key"),
    Index("jobs_of_walk", "walk_key"),
    Index("jobs_by_end", "ended_ms"),
    sqlite_autoincrement=True,
)

steps = Table(
    "steps",
    metadata,
    _key(),
    Column("walk_key", Integer, ForeignKey("walks.key", ondelete="CASCADE"), nullable=False),
    Column("stage", Text, nullable=False),  # plan | chunk | settle
    Column("number", Integer, nullable=False),  # -1 for the plan, then the chunks, last the settling
    Column("span", Text, nullable=False),  # JSON
    Column("state", Text, nullable=False),  # ready | taken | done
    Column("worker", Text),
    Column("beat_ms", Integer),  # the worker's last sign of life
    Column("share", Integer, nullable=False),  # done of this step, in thousandths
    Column("attempts", Integer, nullable=False),
    Column("due_ms", Integer, nullable=False),  # not to be taken before
    Column("error", Text, nullable=False),  # of the last attempt
    UniqueConstraint("walk_key", "number"),
    Index("steps_by_state", "state", "due_ms"),
    sqlite_autoincrement=True,
)

notices = Table(
    "notices",
    metadata,
    _key(),
    Column("id", Text, nullable=False, unique=True),
    Column("job_key", Integer, ForeignKey("jobs.key", ondelete="CASCADE"), nullable=False),
    Column("channel", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("state", Text, nullable=False),  # waiting | delivered | dead
    Column("attempts", Integer, nullable=False),
    Column("due_ms", Integer, nullable=False),
    Column("worker", Text),  # who is sending it
    Column("beat_ms", Integer),
    Column("error", Text, nullable=False),
    Index("notices_by_state", "state", "due_ms"),
    sqlite_autoincrement=True,
)
