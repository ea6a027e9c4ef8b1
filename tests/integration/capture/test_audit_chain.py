"""The audit chain over a real database: it grows, it verifies, it breaks at the edited row."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlmodel import select

from app.db import sessions
from app.db.engine import Database
from app.db.tables import AuditEvent, AuditHead
from app.domain.audit import AuditEntryUnfit, AuditKind
from app.services import audit

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def write_links(database: Database, count: int) -> None:
    with sessions.write(database) as db:
        for number in range(count):
            audit.record(
                db,
                kind=AuditKind.LOGIN_STARTED,
                actor=f"staff-{number}",
                subject=f"staff-{number}",
                details={"second_factor": number % 2 == 0},
                now=NOW,
            )


def broken_at(database: Database) -> int | None:
    with sessions.read(database) as db:
        return audit.verify(db)


def edit(database: Database, statement: str) -> None:
    with sessions.write(database) as db:
        db.connection().execute(text(statement))


def test_an_empty_chain_holds(database: Database) -> None:
    assert broken_at(database) is None


def test_links_are_numbered_from_one_and_the_head_follows(database: Database) -> None:
    write_links(database, 3)
    with sessions.read(database) as db:
        events = db.exec(select(AuditEvent).order_by(AuditEvent.seq)).all()
        head = db.exec(select(AuditHead)).one()
    assert [event.seq for event in events] == [1, 2, 3]
    assert (head.seq, head.hash) == (3, events[-1].hash)
    assert broken_at(database) is None


@pytest.mark.fault(27)
@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE audit_event SET actor = 'somebody-else' WHERE seq = 3", 3),
        ("UPDATE audit_event SET kind = 'login_ended' WHERE seq = 2", 2),
        ("UPDATE audit_event SET entry = (SELECT entry FROM audit_event WHERE seq = 1)", 2),
        ("DELETE FROM audit_event WHERE seq = 2", 2),
        ("DELETE FROM audit_event WHERE seq = 5", 5),
        ("UPDATE audit_head SET hash = 'edited'", 5),
    ],
)
def test_the_chain_breaks_at_the_very_row(database: Database, statement: str, broken: int) -> None:
    write_links(database, 5)
    assert broken_at(database) is None
    edit(database, statement)
    assert broken_at(database) == broken


def test_details_are_exactly_those_of_the_kind(database: Database) -> None:
    for details in ({}, {"second_factor": True, "name": "Jo"}):
        with pytest.raises(AuditEntryUnfit), sessions.write(database) as db:
            audit.record(
                db,
                kind=AuditKind.LOGIN_STARTED,
                actor="staff-1",
                subject="staff-1",
                details=details,
                now=NOW,
            )
    assert broken_at(database) is None
    with sessions.read(database) as db:
        assert db.exec(select(AuditEvent)).all() == []


def write_and_fail(database: Database) -> None:
    with sessions.write(database) as db:
        audit.record(
            db, kind=AuditKind.LOGIN_CONFIRMED, actor="staff-1", subject="staff-1", now=NOW
        )
        raise RuntimeError


def test_a_link_is_undone_with_the_rows_beside_it(database: Database) -> None:
    write_links(database, 1)
    with pytest.raises(RuntimeError):
        write_and_fail(database)
    write_links(database, 1)
    with sessions.read(database) as db:
        assert [event.seq for event in db.exec(select(AuditEvent)).all()] == [1, 2]
    assert broken_at(database) is None


def test_eight_writers_make_one_chain(database: Database) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: write_links(database, 5), range(8)))
    with sessions.read(database) as db:
        assert len(db.exec(select(AuditEvent)).all()) == 40
    assert broken_at(database) is None
