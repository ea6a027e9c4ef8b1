"""The only place that commits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from app.db.engine import Database
from app.errors import TooBusy


@contextmanager
def read(database: Database) -> Iterator[Session]:
    """Give a session over one snapshot that the database itself keeps from writing."""
    with Session(database.reader) as session:
        yield session


@contextmanager
def write(database: Database) -> Iterator[Session]:
    """Give a session whose rows are committed when the block ends well, else undone.

    Raises TooBusy when the database could not be locked or reached in time.
    """
    try:
        with Session(database.writer, expire_on_commit=False) as session, session.begin():
            yield session
    except OperationalError as problem:
        raise TooBusy from problem


@contextmanager
def snapshot(database: Database) -> Iterator[Session]:
    """Give a session in which every question, also the last, sees what the first one saw.

    On SQLite a read transaction is that already; PostgreSQL is asked for it.
    """
    level = {} if database.dialect == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    with (
        database.reader.connect().execution_options(**level) as connection,
        Session(connection) as session,
    ):
        yield session
