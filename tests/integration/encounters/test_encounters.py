from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from fixtures.encounters import GRID, PRACTITIONER, TODAY, make_draft, stranger, viewer_of
from fixtures.service import START
from fixtures.staff import MadeStaff, make_staff
from sqlalchemy import event
from sqlmodel import select

from app.db import sessions
from app.db.engine import Database
from app.db.queries import encounters as queries
from app.db.tables import AuditEvent, Encounter
from app.domain.access import Role, Viewer
from app.domain.encounter import (
    EncounterAlreadyClosed,
    EncounterAlreadyVoided,
    EncounterDraft,
    EncounterIdTaken,
    EncounterWithFamily,
    VoidReason,
)
from app.domain.vocabulary import NeedGroup
from app.errors import ConfirmationNeeded, NotFound
from app.services import encounters


@pytest.fixture
def staff(database: Database) -> MadeStaff:
    return make_staff(database, name="Robin Ashe")


@pytest.fixture
def viewer(staff: MadeStaff) -> Viewer:
    return viewer_of(staff)


def opened(database: Database, viewer: Viewer, draft: EncounterDraft | None = None) -> Encounter:
    with sessions.write(database) as db:
        draft = draft or make_draft()
        return encounters.open_encounter(db, draft=draft, by=viewer, now=START)


def all_rows(database: Database) -> list[Encounter]:
    with sessions.read(database) as db:
        return list(db.exec(select(Encounter)).all())


def events(database: Database, kind: str) -> list[dict[str, object]]:
    with sessions.read(database) as db:
        rows = db.exec(select(AuditEvent).where(AuditEvent.kind == kind)).all()
        return [json.loads(row.entry) for row in rows]


def test_opening_keeps_what_was_filled_in(database, viewer):
    draft = make_draft()
    row = opened(database, viewer, draft)
    kept = all_rows(database)[0]
    assert kept.id == draft.id
    assert (kept.state, kept.team_id, kept.phase) == ("open", "north", "with_grid")
    assert (kept.grid_public_id, kept.grid_version, kept.grid_sha256) == ("k7", 1, "ab" * 32)
    assert kept.picked == ["what-helps-now", "one-to-one"]
    assert (kept.encounter_on, kept.opened_at) == (TODAY, START)
    assert len(row.code) == 8
    [entry] = events(database, "encounter_opened")
    assert entry["subject"] == draft.id
    assert entry["details"] == {"team": "north", "phase": "with_grid", "source": "staff"}


def test_two_presses_open_one_encounter(database, viewer):
    draft = make_draft()
    first, second = opened(database, viewer, draft), opened(database, viewer, draft)
    assert (first.id, first.code) == (second.id, second.code)
    assert len(all_rows(database)) == 1
    assert len(events(database, "encounter_opened")) == 1


def test_two_presses_at_the_same_moment_open_one_encounter(database, viewer):
    draft, together = make_draft(), Barrier(4)

    def press(_number: int) -> str:
        together.wait(timeout=10)
        return opened(database, viewer, draft).code

    with ThreadPoolExecutor(4) as threads:
        codes = set(threads.map(press, range(4)))
    assert codes == {row.code for row in all_rows(database)}
    assert len(codes) == 1
    assert len(events(database, "encounter_opened")) == 1


def test_a_press_before_and_one_after_midnight_open_one_encounter(database, viewer):
    draft = make_draft()
    opened(database, viewer, draft)
    opened(database, viewer, replace(draft, encounter_on=TODAY + timedelta(days=1)))
    assert [row.encounter_on for row in all_rows(database)] == [TODAY]


@pytest.mark.parametrize(
    "changes",
    [
        {"need_group_practitioner": NeedGroup.MORE_HELP},
        {"topic": None},
        {"study_code": "ABC-1"},
        {"grid": None},
        {"grid": replace(GRID, picked=())},
    ],
)
def test_an_id_that_exists_with_other_content_is_refused(database, viewer, changes):
    draft = make_draft()
    opened(database, viewer, draft)
    with pytest.raises(EncounterIdTaken):
        opened(database, viewer, replace(draft, **changes))
    assert len(all_rows(database)) == 1


def test_an_id_of_somebody_else_is_refused(database, viewer):
    draft = make_draft()
    opened(database, viewer, draft)
    colleague = viewer_of(make_staff(database, name="Kit Lowe"))
    with pytest.raises(EncounterIdTaken):
        opened(database, colleague, draft)


def test_a_team_that_is_not_mine_cannot_be_chosen(database, viewer):
    with pytest.raises(NotFound):
        opened(database, viewer, make_draft(team="south"))
    assert all_rows(database) == []


def _bytes_from(*numbers: int) -> Callable[[int], bytes]:
    drawn: Iterator[int] = iter(numbers)
    return lambda size: next(drawn).to_bytes(size, "big")


def test_a_code_that_is_taken_is_drawn_again(database, viewer):
    draws = _bytes_from(7, 7, 7, 8)
    with sessions.write(database) as db:
        first = encounters.open_encounter(
            db, draft=make_draft(), by=viewer, now=START, random_bytes=draws
        )
        second = encounters.open_encounter(
            db, draft=make_draft(), by=viewer, now=START, random_bytes=draws
        )
    assert (first.code, second.code) == ("00000007", "00000008")
    assert {row.code for row in all_rows(database)} == {"00000007", "00000008"}


def test_broken_randomness_is_said_and_nothing_is_kept(database, viewer):
    sevens = _bytes_from(*[7] * 10)

    def open_two() -> None:
        with sessions.write(database) as db:
            for draft in (make_draft(), make_draft()):
                encounters.open_encounter(
                    db, draft=draft, by=viewer, now=START, random_bytes=sevens
                )

    with pytest.raises(encounters.NoCodeLeft):
        open_two()
    assert all_rows(database) == []


def test_the_header_names_nobody(database, viewer, staff):
    row = opened(database, viewer, make_draft(study_code="PILOT-7"))
    header = dict(encounters.header(row))
    assert header["practitioner"] == PRACTITIONER
    assert header["study_code"] == "PILOT-7"
    written = json.dumps(header)
    for personal in (staff.id, staff.username, staff.name, *staff.name.split(), row.code):
        assert personal not in written
    assert set(header) == {
        "id", "team", "appointment_type", "appointment_mode", "encounter_on",
        "need_group_practitioner", "need_group_young_person", "age_band", "people_present",
        "language", "interpreter", "study_code", "practitioner",
    }  # fmt: skip


def test_the_table_has_no_column_for_a_person():
    """A column whose name asks for a person is a column somebody will fill."""
    asked = {"name", "birth", "dob", "nhs", "address", "email", "phone", "note", "initials"}
    columns = set(Encounter.__table__.columns.keys())
    assert {column for column in columns if asked & set(column.split("_"))} == set()


def test_voiding_keeps_the_reason_and_happens_once(database, viewer):
    row = opened(database, viewer)
    voided = {"encounter_id": row.id, "reason": VoidReason.DUPLICATE, "by": viewer}
    with sessions.write(database) as db:
        encounters.void_encounter(db, **voided, now=START)
    with pytest.raises(EncounterAlreadyVoided), sessions.write(database) as db:
        encounters.void_encounter(db, **voided, now=START + timedelta(hours=1))
    kept = all_rows(database)[0]
    assert (kept.state, kept.void_reason, kept.voided_at) == ("voided", "duplicate", START)
    assert kept.voided_by == viewer.staff_id
    [entry] = events(database, "encounter_voided")
    assert entry["details"] == {"team": "north", "reason": "duplicate"}


def test_closing_happens_once_and_a_closed_one_can_still_be_voided(database, viewer):
    row = opened(database, viewer)
    with sessions.write(database) as db:
        encounters.close_encounter(db, encounter_id=row.id, by=viewer, now=START)
    with pytest.raises(EncounterAlreadyClosed), sessions.write(database) as db:
        encounters.close_encounter(db, encounter_id=row.id, by=viewer, now=START)
    with sessions.write(database) as db:
        encounters.void_encounter(
            db, encounter_id=row.id, reason=VoidReason.FAMILY_LEFT, by=viewer, now=START
        )
    assert all_rows(database)[0].state == "voided"
    assert len(events(database, "encounter_closed")) == 1


def test_the_young_person_may_see_it_differently(database, viewer):
    row = opened(database, viewer)
    own = {"encounter_id": row.id, "by": viewer}
    with sessions.write(database) as db:
        encounters.record_young_person_view(db, need_group=NeedGroup.ADVICE, **own)
    kept = all_rows(database)[0]
    assert (kept.need_group_practitioner, kept.need_group_young_person) == ("help", "advice")
    assert kept.header["need_group_young_person"] == "advice"
    with sessions.write(database) as db:
        encounters.record_young_person_view(db, need_group=None, **own)
    assert all_rows(database)[0].header["need_group_young_person"] is None


def test_the_header_does_not_change_while_a_family_holds_the_tablet(database, viewer):
    row = opened(database, viewer)
    with sessions.write(database) as db:
        encounters.give_to_family(db, encounter_id=row.id, by=viewer)
    with pytest.raises(EncounterWithFamily), sessions.write(database) as db:
        encounters.record_young_person_view(
            db, encounter_id=row.id, need_group=NeedGroup.HELP, by=viewer
        )
    assert all_rows(database)[0].need_group_young_person is None


@pytest.mark.parametrize("roles", [[Role.PRACTITIONER], [Role.ADMINISTRATOR], [Role.AUDITOR]])
def test_another_team_does_not_find_it(database, viewer, roles):
    row = opened(database, viewer)
    other = stranger(roles=roles)
    with sessions.read(database) as db:
        assert queries.get(db, viewer, row.id).id == row.id
        with pytest.raises(NotFound):
            queries.get(db, other, row.id)
        assert queries.list_for(db, other).entries == ()
        assert queries.list_open(db, other, on=TODAY) == ()
    with pytest.raises(NotFound), sessions.write(database) as db:
        encounters.void_encounter(
            db, encounter_id=row.id, reason=VoidReason.DUPLICATE, by=other, now=START
        )


def test_after_a_pin_only_one_encounter_is_open(database, staff, viewer):
    ours, next_one = opened(database, viewer), opened(database, viewer)
    narrowed = viewer_of(staff, narrowed_to=ours.id)
    with sessions.read(database) as db:
        assert queries.get(db, narrowed, ours.id).id == ours.id
        with pytest.raises(ConfirmationNeeded):
            queries.get(db, narrowed, next_one.id)
        with pytest.raises(ConfirmationNeeded):
            queries.list_for(db, narrowed)
        with pytest.raises(ConfirmationNeeded):
            queries.list_open(db, narrowed, on=TODAY)


def test_lists_go_from_the_newest_day_back_and_are_paged(database, viewer):
    days = [0, 1, 2]
    for back in days:
        draft = make_draft(encounter_on=TODAY - timedelta(days=back))
        opened(database, viewer, draft)
    with sessions.read(database) as db:
        first = queries.list_for(db, viewer, page_size=2)
        second = queries.list_for(db, viewer, page_size=2, page=2)
        one_day = queries.list_for(db, viewer, on=TODAY - timedelta(days=1))
    found = [entry.encounter_on for entry in (*first.entries, *second.entries)]
    assert found == [TODAY - timedelta(days=back) for back in days]
    assert (first.has_more, second.has_more) == (True, False)
    assert [entry.encounter_on for entry in one_day.entries] == [TODAY - timedelta(days=1)]


def test_a_list_can_be_of_my_own_only(database, viewer):
    ours = opened(database, viewer)
    colleague = viewer_of(make_staff(database, name="Kit Lowe"))
    theirs = opened(database, colleague)
    with sessions.read(database) as db:
        own = queries.list_for(db, viewer, only_own=True)
        everyone = queries.list_for(db, viewer)
    assert [entry.id for entry in own.entries] == [ours.id]
    assert {(entry.id, entry.opened_by_viewer) for entry in everyone.entries} == {
        (ours.id, True),
        (theirs.id, False),
    }


def test_what_is_over_leaves_the_list_of_today(database, viewer):
    kept, over = opened(database, viewer), opened(database, viewer)
    with sessions.write(database) as db:
        encounters.close_encounter(db, encounter_id=over.id, by=viewer, now=START)
    with sessions.read(database) as db:
        assert [entry.id for entry in queries.list_open(db, viewer, on=TODAY)] == [kept.id]
        assert queries.list_open(db, viewer, on=TODAY + timedelta(days=1)) == ()


@pytest.mark.parametrize("number", [1, 3])
def test_a_list_costs_one_query_however_long(database, viewer, number):
    for _ in range(number):
        opened(database, viewer)
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            statements.append(statement)

    event.listen(database.reader, "before_cursor_execute", note)
    with sessions.read(database) as db:
        assert len(queries.list_for(db, viewer).entries) == number
    event.remove(database.reader, "before_cursor_execute", note)
    assert len(statements) == 1


def test_no_answers_are_counted_as_none(database, viewer):
    row = opened(database, viewer)
    with sessions.read(database) as db:
        assert queries.count_answers(db, row.id) == queries.AnswerCounts(0, 0, 0)
