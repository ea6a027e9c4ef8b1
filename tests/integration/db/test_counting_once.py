"""What counts once counts once on either database, also for two that come at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from sqlmodel import select

from app.db import sessions
from app.db.engine import Database
from app.db.tables import UsedOnce
from app.services.counting_once import REMEMBERED, use_once

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def use(database: Database, what: str, now: datetime = NOW) -> bool:
    with sessions.write(database) as db:
        return use_once(db, what, now=now)


def test_the_second_time_is_refused_and_forgotten_after_its_time(database: Database) -> None:
    assert [use(database, what) for what in ("a", "a", "b")] == [True, False, True]
    late = NOW + REMEMBERED + timedelta(seconds=1)
    assert use(database, "c", late)
    with sessions.read(database) as db:
        [left] = db.exec(select(UsedOnce)).all()
    assert "c" not in {left.hash, "a"}
    assert left.used_at == late


def test_of_many_at_once_one_is_first(database: Database) -> None:
    with ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(lambda _: use(database, "same"), range(6))) == 1
