from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from app.domain import keeping
from app.domain.keeping import Kept
from app.domain.study import Stretch, Study, StudyType
from app.domain.vocabulary import Phase

LONDON = ZoneInfo("Europe/London")
STUDY = Study(
    id="pilot",
    title="Pilot",
    type=StudyType.SERVICE_EVALUATION,
    teams=("north", "south"),
    calendar={
        "north": (
            Stretch(Phase.BASELINE, date(2020, 1, 1), date(2020, 2, 28)),
            Stretch(Phase.WITH_GRID, date(2020, 2, 29), date(2020, 11, 30)),
        ),
        "south": (Stretch(Phase.WITH_GRID, date(2020, 1, 1), date(2020, 6, 30)),),
    },
)


def test_the_table_names_every_kind_once() -> None:
    assert sorted(rule.kept for rule in keeping.TABLE) == sorted(Kept)


def test_the_periods_are_those_of_the_rules() -> None:
    rules = {rule.kept: rule for rule in keeping.TABLE}
    days = {kept: rule.period.days for kept, rule in rules.items() if rule.period}
    assert days[Kept.ENCOUNTER_CODES] == days[Kept.QUARANTINE] == 90
    assert (days[Kept.GRACE_COPIES], days[Kept.BACKUPS]) == (14, 35)
    assert (rules[Kept.ANSWERS].years, rules[Kept.AUDIT].years) == (5, 8)
    assert rules[Kept.PRINTS].period == keeping.PRINT


@pytest.mark.parametrize(
    ("day", "years", "expected"),
    [
        (date(2026, 11, 23), 5, date(2021, 11, 23)),
        (date(2028, 2, 29), 5, date(2023, 2, 28)),
        (date(2028, 2, 29), 8, date(2020, 2, 29)),
    ],
)
def test_years_before(day: date, years: int, expected: date) -> None:
    assert keeping.years_before(day, years) == expected


def test_a_study_ends_with_the_last_day_of_its_last_team() -> None:
    assert keeping.last_day(STUDY) == date(2020, 11, 30)
    going_on = replace(
        STUDY,
        calendar={
            **STUDY.calendar,
            "south": (Stretch(Phase.WITH_GRID, date(2020, 1, 1), None),),
        },
    )
    assert keeping.last_day(going_on) is None
    assert keeping.last_day(replace(STUDY, calendar={})) is None
    assert keeping.ended_by([STUDY, going_on], date(2025, 11, 30)) == ()
    assert keeping.ended_by([STUDY, going_on], date(2025, 12, 1)) == ("pilot",)


@pytest.mark.parametrize(
    ("now", "last", "following"),
    [
        # 02:59 and 03:00 by London's clock in winter, and 03:00 in summer.
        ("2026-11-23T02:59:59", "2026-11-22T03:00:00", "2026-11-23T03:00:00"),
        ("2026-11-23T03:00:00", "2026-11-23T03:00:00", "2026-11-24T03:00:00"),
        ("2026-07-01T02:00:00", "2026-07-01T02:00:00", "2026-07-02T02:00:00"),
        # The night in which the clock goes back: 03:00 is an hour later by the sun.
        ("2026-10-25T12:00:00", "2026-10-25T03:00:00", "2026-10-26T03:00:00"),
    ],
)
def test_the_job_is_due_at_three_by_the_clock_on_the_wall(
    now: str, last: str, following: str
) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert keeping.last_due(moment, LONDON) == datetime.fromisoformat(last).replace(tzinfo=UTC)
    due = datetime.fromisoformat(following).replace(tzinfo=UTC)
    assert keeping.next_due(moment, LONDON) == due
