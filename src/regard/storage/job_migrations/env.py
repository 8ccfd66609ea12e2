"""Alembic runs this; `storage/job_store.py` gives it the connection, in whose transaction everything happens."""

from alembic import context

from regard.storage.job_schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
