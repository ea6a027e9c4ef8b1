from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from fixtures.encounters import make_draft, study_document, viewer_of
from fixtures.service import START
from fixtures.staff import make_staff
from sqlmodel import col, select

from app.db import sessions
from app.db.engine import Database
from app.db.tables import AuditEvent, Study, StudyPhase
from app.domain.study import StudyUnfit
from app.services import encounters, studies

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)


@pytest.fixture
def north(database: Database) -> Database:
    make_staff(database, teams=["north", "south"])
    return database


def install(database: Database, document: object) -> None:
    with sessions.write(database) as db:
        studies.install_study(db, document=document, by="system", now=START)


def phase_on(database: Database, day: date, team: str = "north") -> studies.PhaseNow:
    with sessions.read(database) as db:
        return studies.phase_for(db, team_id=team, on=day)


def problems_of(database: Database, document: object) -> list[str]:
    with pytest.raises(StudyUnfit) as unfit:
        install(database, document)
    return [str(problem) for problem in unfit.value.problems]


def test_a_team_without_a_study_has_grids_and_is_asked_after_only(north):
    assert phase_on(north, FIRST) == studies.PhaseNow("default", "with_grid", ("after",), None)
    assert phase_on(north, FIRST).offers_grid


@pytest.mark.parametrize(
    ("day", "study_id", "phase"),
    [
        (FIRST - timedelta(days=1), "default", "with_grid"),
        (FIRST, "winter-2026", "baseline"),
        (LAST, "winter-2026", "baseline"),
        (LAST + timedelta(days=1), "winter-2026", "with_grid"),
        (date(2030, 1, 1), "winter-2026", "with_grid"),
    ],
)
def test_first_and_last_days_of_a_phase(north, day, study_id, phase):
    following = ("with_grid", LAST + timedelta(days=1), None)
    install(north, study_document(("baseline", FIRST, LAST), following))
    now_in = phase_on(north, day)
    assert (now_in.study_id, now_in.phase) == (study_id, phase)
    assert now_in.offers_grid is (phase != "baseline")


def test_a_study_covers_only_its_own_teams(north):
    install(north, study_document(("baseline", FIRST, None)))
    assert phase_on(north, FIRST).phase == "baseline"
    assert phase_on(north, FIRST, "south").phase == "with_grid"


def test_the_study_says_what_is_asked_and_with_which_instrument(north):
    asked = {"occasions": ["before", "after"], "instrument": "collaborate-0-4"}
    install(north, study_document(("sustain", FIRST, None), **asked))
    expected = studies.PhaseNow("winter-2026", "sustain", ("before", "after"), "collaborate-0-4")
    assert phase_on(north, FIRST) == expected


def test_the_zone_of_the_service_decides_the_day(north):
    """Half past eleven at night in UTC is the next day in British summer."""
    install(north, study_document(("baseline", date(2026, 7, 1), date(2026, 7, 31))))
    late = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
    in_london = late.astimezone(ZoneInfo("Europe/London")).date()
    assert phase_on(north, late.date()).phase == "with_grid"
    assert phase_on(north, in_london).phase == "baseline"


def test_installing_writes_the_calendar_and_one_event(north):
    install(north, study_document(("baseline", FIRST, LAST)))
    install(north, study_document(("baseline", FIRST, LAST)))
    with sessions.read(north) as db:
        study = db.get_one(Study, "winter-2026")
        stretches = db.exec(select(StudyPhase)).all()
        events = db.exec(select(AuditEvent).where(AuditEvent.kind == "study_installed")).all()
    assert [(s.team_id, s.phase, s.from_on, s.to_on) for s in stretches] == [
        ("north", "baseline", FIRST, LAST)
    ]
    assert [(event.subject, event.actor) for event in events] == [("winter-2026", "system")]
    assert study.sha256.encode() in events[0].entry


def test_before_its_first_response_a_study_may_be_installed_anew(north):
    install(north, study_document(("baseline", FIRST, LAST)))
    install(north, study_document(("training", FIRST, LAST)))
    assert phase_on(north, FIRST).phase == "training"


def test_after_its_first_response_a_study_is_locked(north):
    install(north, study_document(("baseline", FIRST, LAST)))
    with sessions.write(north) as db:
        assert studies.lock_study(db, study_id="winter-2026", response_id="r-1", now=START)
        assert not studies.lock_study(db, study_id="winter-2026", response_id="r-2", now=START)
    with pytest.raises(studies.StudyLocked):
        install(north, study_document(("training", FIRST, LAST)))
    install(north, study_document(("baseline", FIRST, LAST)))
    assert phase_on(north, FIRST).phase == "baseline"
    with sessions.read(north) as db:
        events = select(AuditEvent).where(col(AuditEvent.kind) == "study_locked")
        assert [event.subject for event in db.exec(events).all()] == ["winter-2026"]


def test_the_default_study_has_nothing_to_lock(north):
    with sessions.write(north) as db:
        assert not studies.lock_study(db, study_id="default", response_id="r-1", now=START)


def test_a_study_of_unknown_teams_is_refused_whole(north):
    document = study_document(("baseline", FIRST, LAST), team="west")
    assert problems_of(north, document) == ["teams.west: unknown_team"]
    with sessions.read(north) as db:
        assert db.exec(select(Study)).all() == []


def test_a_team_is_in_one_study_at_a_time(north):
    install(north, study_document(("baseline", FIRST, LAST)))
    second = study_document(("with_grid", LAST, None), id="spring-2027")
    expected = ["calendar.north: days_taken_by_winter-2026"]
    assert problems_of(north, second) == expected
    install(north, study_document(("with_grid", date(2026, 12, 1), None), id="spring-2027"))
    assert phase_on(north, date(2026, 12, 1)).study_id == "spring-2027"


def test_a_baseline_encounter_has_no_grid_whatever_the_form_said(north):
    install(north, study_document(("baseline", FIRST, LAST)))
    made = viewer_of(make_staff(north))
    with sessions.write(north) as db:
        row = encounters.open_encounter(db, draft=make_draft(), by=made, now=START)
    kept = (row.phase, row.study_id, row.grid_public_id, row.grid_version, row.picked)
    assert kept == ("baseline", "winter-2026", None, None, [])
