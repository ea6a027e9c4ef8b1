"""Bring the schema to this version's, and refuse one that is newer."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from app.db import tables
from app.db.engine import Database
from app.errors import SchemaTooNew

SCRIPTS = Path(__file__).parent / "migrations"
LOCK = 7_240_911  # any fixed number: two PostgreSQL processes must not migrate at once


def upgrade(database: Database) -> None:
    """Run what is missing. Raise SchemaTooNew for a database of a later version."""
    with database.writer.connect() as connection:
        if database.dialect == "postgresql":
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK})
            connection.commit()
        try:
            _refuse_newer(connection)
            command.upgrade(_config(connection), "head")
            connection.commit()
        finally:
            if database.dialect == "postgresql":
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK})


def pending(database: Database) -> bool:
    """Say whether ``upgrade`` would change a database that is in use. Raises SchemaTooNew."""
    with database.writer.connect() as connection:
        _refuse_newer(connection)
        current = MigrationContext.configure(connection).get_current_revision()
    return current is not None and current != _scripts().get_current_head()


def differences(database: Database) -> list[object]:
    """Return what the tables in code have and the database lacks, or the other way round."""
    with database.writer.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, tables.METADATA))


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(SCRIPTS))


def _refuse_newer(connection: Connection) -> None:
    current = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in _scripts().walk_revisions()}
    if current is not None and current not in known:
        raise SchemaTooNew
    connection.rollback()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    return config
