"""Who is behind a cookie, read from the rows of this very moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from fixtures.service import START
from fixtures.staff import MadeStaff, make_staff
from sqlalchemy import event
from sqlmodel import select

from app.db import sessions
from app.db.engine import Database
from app.db.tables import Encounter, Handover, Login, Staff, TeamMember
from app.domain.access import Role, Viewer
from app.services import logins

ENCOUNTER = "22222222-2222-4222-8222-222222222222"


@pytest.fixture
def worker(database: Database) -> MadeStaff:
    roles = (Role.PRACTITIONER, Role.AUDITOR)
    return make_staff(database, roles=roles, teams=("north", "south"), name="Robin Ashe")


@pytest.fixture
def token(database: Database, worker: MadeStaff) -> str:
    with sessions.write(database) as db:
        return logins.open_login(db, staff_id=worker.id, second_factor=False, now=START)


def test_the_viewer_is_what_the_rows_say(database: Database, worker: MadeStaff, token: str) -> None:
    with sessions.read(database) as db:
        login_id = db.exec(select(Login.id)).one()
    expected = Viewer(
        staff_id=worker.id,
        login_id=login_id,
        name="Robin Ashe",
        roles=frozenset({Role.PRACTITIONER, Role.AUDITOR}),
        teams=frozenset({"north", "south"}),
        narrowed_to=None,
        confirmed_at=START,
    )
    found = logins.current(database, token=token, now=START)
    assert found == logins.CurrentLogin(expected, None, None)


def test_roles_and_teams_change_at_the_next_request(
    database: Database, worker: MadeStaff, token: str
) -> None:
    with sessions.write(database) as db:
        db.get_one(Staff, worker.id).roles = ["researcher"]
        db.delete(db.get_one(TeamMember, ("north", worker.id)))
    found = logins.current(database, token=token, now=START)
    assert found is not None
    assert (found.viewer.roles, found.viewer.teams) == ({Role.RESEARCHER}, {"south"})


@pytest.mark.parametrize("wrong", ["", "x", "\xff", "A" * 43])
def test_another_token_is_nobody(database: Database, token: str, wrong: str) -> None:
    assert logins.current(database, token=wrong, now=START) is None


def test_an_ended_login_and_a_disabled_account_are_nobody(
    database: Database, worker: MadeStaff, token: str
) -> None:
    with sessions.write(database) as db:
        db.get_one(Staff, worker.id).disabled_at = START
    assert logins.current(database, token=token, now=START) is None
    with sessions.write(database) as db:
        db.get_one(Staff, worker.id).disabled_at = None
        assert logins.end_everywhere(db, staff_id=worker.id, by=worker.id, now=START) == 1
    assert logins.current(database, token=token, now=START) is None


def test_reading_takes_two_queries_and_the_time_is_noted_once_a_minute(
    database: Database, token: str
) -> None:
    moments = [START + timedelta(seconds=seconds) for seconds in (0, 30, 59, 60, 90, 119, 120)]
    counts = []
    for moment in moments:
        with counted(database) as statements:
            assert logins.current(database, token=token, now=moment) is not None
        reads = sum(each.startswith("SELECT") for each in statements)
        counts.append((reads, sum(each.startswith("UPDATE") for each in statements)))
    assert counts == [(2, 0), (2, 0), (2, 0), (2, 1), (2, 0), (2, 0), (2, 1)]


def test_while_handed_over_it_does_not_go_idle_and_names_the_encounter(
    database: Database, worker: MadeStaff, token: str
) -> None:
    hand_over(database, worker)
    late = START + timedelta(hours=11, minutes=59)
    found = logins.current(database, token=token, now=late)
    assert found is not None
    assert (found.handover_id, found.encounter_id) == ("handover", ENCOUNTER)
    with sessions.write(database) as db:
        login = db.exec(select(Login)).one()
        login.handover_id, login.narrowed_to = None, ENCOUNTER
    back = logins.current(database, token=token, now=late + timedelta(seconds=30))
    assert back is not None
    assert (back.handover_id, back.viewer.narrowed_to) == (None, ENCOUNTER)


def test_handed_over_or_not_twelve_hours_are_the_end(
    database: Database, worker: MadeStaff, token: str
) -> None:
    hand_over(database, worker)
    assert logins.current(database, token=token, now=START + timedelta(hours=12)) is None


def hand_over(database: Database, worker: MadeStaff) -> None:
    with sessions.write(database) as db:
        db.add(_encounter(worker))
        db.flush()
        login = db.exec(select(Login)).one()
        handover = Handover(
            id="handover",
            encounter_id=ENCOUNTER,
            login_id=login.id,
            device="device",
            token_hash="hash",
            created_at=START,
            expires_at=START + timedelta(hours=12),
        )
        db.add(handover)
        login.handover_id = handover.id


def _encounter(worker: MadeStaff) -> Encounter:
    return Encounter(
        id=ENCOUNTER,
        code="ABCD2345",
        team_id="north",
        practitioner=worker.id,
        opened_by=worker.id,
        state="with_family",
        appointment_type="first",
        appointment_mode="in_person",
        encounter_on=START.date(),
        people_present=[],
        language="en",
        interpreter="none",
        picked=[],
        header={},
        opened_at=START,
    )


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement.lstrip())

    for engine in (database.reader, database.writer):
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        for engine in (database.reader, database.writer):
            event.remove(engine, "before_cursor_execute", note)
