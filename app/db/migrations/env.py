"""Alembic's environment. The connection is handed over by ``app.db.migrate``."""

from __future__ import annotations

from alembic import context

from app.db import tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables.METADATA,
    render_as_batch=True,
    compare_type=True,
    # SQLite can undo a change of schema too, since we say BEGIN ourselves.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
