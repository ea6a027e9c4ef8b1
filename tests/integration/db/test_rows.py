"""Rows added by the quick way are those that the general way adds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, insert, select

from app.db.engine import Database
from app.db.queries.responses import table_of
from app.db.rows import add_rows
from app.db.tables import Study, UtcDateTime

STUDIES = table_of(Study)
AT = datetime(2026, 11, 22, 9, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2)))


def study(number: int, **changes: Any) -> dict[str, Any]:
    row = {
        "id": f"s{number}",
        "title": 'an "odd" title: ł, %s, :x, ?',
        "kind": "x",
        "content": {"deep": [1, None, True, "ł"]},
        "sha256": "a" * 64,
        "installed_at": AT,
        "locked_at": None,
    }
    return row | changes


def test_rows_are_those_of_the_general_way(database: Database) -> None:
    rows = [study(1), study(2, locked_at=AT, content={}), study(3, content=[])]
    general = [row | {"id": f"g{row['id']}"} for row in rows]
    statement = insert(STUDIES)
    with database.writer.begin() as connection:
        add_rows(connection, statement, rows)
        add_rows(connection, statement, [])
        connection.execute(statement, general)
    with database.reader.connect() as connection:
        found = connection.execute(select(STUDIES).order_by(STUDIES.c.id)).mappings().all()
    by_quick = [dict(row) | {"id": f"g{row['id']}"} for row in found[3:]]
    assert by_quick == [dict(row) for row in found[:3]]
    assert found[3]["installed_at"] == AT.astimezone(UTC)


def test_rows_are_gone_when_their_transaction_is(database: Database) -> None:
    with database.writer.connect() as connection:
        add_rows(connection, insert(STUDIES), [study(1)])
        connection.rollback()
        assert connection.execute(select(STUDIES)).all() == []


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    with database.writer.connect() as connection, pytest.raises(ValueError, match="zone"):
        add_rows(connection, insert(STUDIES), [study(1, installed_at=datetime(2026, 1, 1))])


def test_a_default_of_python_is_not_left_out_in_silence(database: Database) -> None:
    table = Table(
        "x", MetaData(), Column("id", Integer), Column("at", UtcDateTime, default=lambda: AT)
    )
    with database.writer.connect() as connection, pytest.raises(ValueError, match="default"):
        add_rows(connection, insert(table), [{"id": 1}])
