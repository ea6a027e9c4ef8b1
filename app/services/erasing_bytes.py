"""Getting deleted bytes off the disk as well, as far as each database can.

SQLite only marks what was deleted as free, and its write-ahead log holds pages as they were; both
can be emptied. PostgreSQL frees the space for new rows by VACUUM, but its log keeps what was
written until it is recycled: there the disk has to be encrypted, as the operating notes say.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Final

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from app.db.engine import Database

#: A tablet may be waiting for its receipt; nobody waits for this.
BUSY_SECONDS: Final = 2
log = structlog.get_logger()


def overwrite_what_is_deleted(db: Session) -> None:
    """Let SQLite write zeros over what this connection deletes from now on."""
    if db.get_bind().dialect.name == "sqlite":
        db.connection().exec_driver_sql("PRAGMA secure_delete=ON")


def drop_old_pages(database: Database) -> None:
    """Empty the write-ahead log, or free the space of deleted rows; later if it is busy.

    The rows are gone already. Where others hold the log open this is done by the next call, and
    by the nightly job at the latest.
    """
    try:
        if database.dialect == "sqlite":
            _empty_log(database)
        else:
            _free_space(database)
    except (SQLAlchemyError, sqlite3.Error) as problem:
        log.warning("old_pages_not_dropped", error=type(problem).__name__)


def _empty_log(database: Database) -> None:
    # Below the engine's own connections: those begin a transaction, which a checkpoint refuses.
    with closing(sqlite3.connect(str(database.path), timeout=BUSY_SECONDS)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _free_space(database: Database) -> None:
    with database.writer.connect() as connection:
        outside = connection.execution_options(isolation_level="AUTOCOMMIT")
        outside.execute(text("VACUUM response, quarantine, exposure, feedback"))
