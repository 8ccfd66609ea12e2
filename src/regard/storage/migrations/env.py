"""Alembic runs this; `storage/open.py` gives it the connection, in whose transaction everything happens."""

from alembic import context

from regard.storage.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
