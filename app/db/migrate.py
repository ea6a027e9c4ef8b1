"""Bring the schema to this version's, and refuse one that is newer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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


class SchemaUpgradeBroken(RuntimeError):
    """The upgrade would have left rows that refer to nothing; it was undone."""


def upgrade(database: Database) -> None:
    """Run what is missing. Raise SchemaTooNew for a database of a later version."""
    with database.writer.connect() as connection:
        if database.dialect == "postgresql":
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK})
            connection.commit()
        try:
            _refuse_newer(connection)
            # One transaction around all of it: half an upgrade is never left behind.
            with _tables_may_be_rebuilt(connection), connection.begin():
                command.upgrade(configured(connection), "head")
                _refuse_orphans(connection)
        finally:
            if database.dialect == "postgresql":
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK})


@contextmanager
def _tables_may_be_rebuilt(connection: Connection) -> Iterator[None]:
    """Let SQLite rebuild a table that others refer to, and make sure that nothing hangs after it.

    SQLite changes a column by copying its table; with foreign keys on, dropping the old one would
    count every row that refers to it as orphaned. The switch does nothing inside a transaction.
    """
    driver = connection.connection.dbapi_connection
    if connection.dialect.name != "sqlite" or driver is None:
        yield
        return
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


def _refuse_orphans(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        orphan = connection.execute(text("PRAGMA foreign_key_check")).first()
        if orphan is not None:
            raise SchemaUpgradeBroken(orphan[0])


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


def configured(connection: Connection) -> Config:
    """Return the migration tool's settings for an open connection."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    return config
