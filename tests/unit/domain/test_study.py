from __future__ import annotations

import copy
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.study import (
    DEFAULT_STUDY,
    Study,
    StudyUnfit,
    phase_on,
    read_study,
)
from app.domain.vocabulary import Occasion, Phase

DOCUMENT = {
    "schema": 1,
    "id": "winter-2026",
    "title": "Do grids change how much families feel involved?",
    "type": "research",
    "approval_reference": "REC 26/NW/0001",
    "owner": "Research lead",
    "teams": ["north", "south"],
    "calendar": {
        "north": [
            {"phase": "baseline", "from_on": date(2026, 9, 1), "to_on": date(2026, 10, 31)},
            {"phase": "training", "from_on": "2026-11-01", "to_on": "2026-11-14"},
            {"phase": "with_grid", "from_on": date(2026, 11, 15), "to_on": None},
        ],
        "south": [{"phase": "baseline", "from_on": date(2026, 9, 1), "to_on": date(2026, 9, 30)}],
    },
    "occasions": ["after", "before"],
    "instrument": "collaborate-0-9",
    "ages": {"from": 11, "to": 18},
    "minimum_complete": 40,
}


def study(**changes: object) -> Study:
    return read_study(copy.deepcopy(DOCUMENT) | changes)


def problems(**changes: object) -> list[str]:
    with pytest.raises(StudyUnfit) as unfit:
        study(**changes)
    return [str(problem) for problem in unfit.value.problems]


def test_a_whole_document_is_read():
    read = study()
    assert (read.id, read.teams, read.ages) == ("winter-2026", ("north", "south"), (11, 18))
    assert read.occasions == (Occasion.BEFORE, Occasion.AFTER)
    assert [s.phase for s in read.calendar["north"]] == ["baseline", "training", "with_grid"]


@pytest.mark.parametrize(
    ("day", "phase"),
    [
        (date(2026, 8, 31), None),
        (date(2026, 9, 1), Phase.BASELINE),
        (date(2026, 10, 31), Phase.BASELINE),
        (date(2026, 11, 1), Phase.TRAINING),
        (date(2026, 11, 14), Phase.TRAINING),
        (date(2026, 11, 15), Phase.WITH_GRID),
        (date(2040, 1, 1), Phase.WITH_GRID),
    ],
)
def test_first_and_last_days_belong_to_their_phase(day, phase):
    assert phase_on(study(), "north", day) == phase


def test_a_team_that_is_not_in_the_study_has_no_phase():
    assert phase_on(study(), "west", date(2026, 9, 1)) is None


def test_the_day_after_a_last_day_is_outside():
    assert phase_on(study(), "south", date(2026, 10, 1)) is None


def test_the_default_study_has_grids_every_day_and_asks_after_only():
    assert phase_on(DEFAULT_STUDY, "anything", date(1999, 1, 1)) == Phase.WITH_GRID
    assert DEFAULT_STUDY.occasions == (Occasion.AFTER,)


def test_occasions_are_after_only_unless_the_study_says_otherwise():
    document = copy.deepcopy(DOCUMENT)
    del document["occasions"]
    assert read_study(document).occasions == (Occasion.AFTER,)


def test_every_problem_is_named_not_only_the_first():
    assert problems(
        schema=2, id="Winter", type="trial", colour="red", teams=["north", "north"], ages=[11, 18]
    ) == [
        "colour: unknown_field",
        "schema: not_1",
        "teams: named_twice",
        "id: not_a_slug",
        "type: unknown_value",
        "calendar.south: unknown_team",
        "ages: not_an_age_range",
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"id": "default"}, ["id: reserved"]),
        ({"title": ""}, ["title: not_a_short_text"]),
        ({"owner": None}, ["owner: not_a_short_text"]),
        ({"teams": []}, ["teams: not_a_list"]),
        ({"teams": "north"}, ["teams: not_a_list"]),
        ({"occasions": ["before"]}, ["occasions: not_after_or_before_and_after"]),
        ({"occasions": "after"}, ["occasions: not_a_list"]),
        ({"approval_reference": None}, ["approval_reference: needed_for_research"]),
        ({"consent": "assumed"}, ["consent: unknown_value"]),
        ({"ages": {"from": 18, "to": 11}}, ["ages: not_an_age_range"]),
        ({"ages": {"from": True, "to": 11}}, ["ages: not_an_age_range"]),
        ({"minimum_complete": 0}, ["minimum_complete: not_a_whole_number"]),
        ({"embargo_until": "soon"}, ["embargo_until: not_a_day"]),
        ({"calendar": []}, ["calendar: not_a_mapping"]),
    ],
)
def test_a_field_that_cannot_be_kept_is_named(changes, expected):
    found = problems(**changes)
    assert [p for p in found if not p.startswith("calendar.")] == expected


@pytest.mark.parametrize(
    ("stretches", "expected"),
    [
        ([], ["calendar.north: no_calendar"]),
        (
            [{"phase": "washout", "from_on": "2026-09-01"}],
            ["calendar.north[0].phase: unknown_value"],
        ),
        ([{"phase": "baseline"}], ["calendar.north[0].from_on: absent"]),
        (
            [{"phase": "baseline", "from_on": "2026-09-31"}],
            ["calendar.north[0].from_on: not_a_day"],
        ),
        (
            [{"phase": "baseline", "from_on": datetime(2026, 9, 1, 8)}],
            ["calendar.north[0].from_on: not_a_day"],
        ),
        (
            [{"phase": "baseline", "from_on": "2026-09-02", "to_on": "2026-09-01"}],
            ["calendar.north[0]: ends_before_it_starts"],
        ),
        (
            [{"phase": "baseline", "from_on": "2026-09-01", "week": 1}],
            ["calendar.north[0]: not_a_stretch"],
        ),
    ],
)
def test_a_stretch_that_cannot_be_kept_is_named(stretches, expected):
    north = {"calendar": {"north": stretches}, "teams": ["north"]}
    assert problems(**north) == expected


@pytest.mark.parametrize(
    ("last_day", "expected"),
    [
        ("2026-09-14", []),
        ("2026-09-15", ["calendar.north.2026-09-15: overlaps"]),
        ("2026-09-13", ["calendar.north.2026-09-15: leaves_a_gap"]),
        (None, ["calendar.north.2026-09-15: overlaps"]),
    ],
)
def test_phases_follow_each_other_without_overlap_or_gap(last_day, expected):
    calendar = {
        "north": [
            {"phase": "with_grid", "from_on": "2026-09-15"},
            {"phase": "baseline", "from_on": "2026-09-01", "to_on": last_day},
        ]
    }
    if expected:
        assert problems(calendar=calendar, teams=["north"]) == expected
    else:
        read = study(calendar=calendar, teams=["north"])
        assert [s.phase for s in read.calendar["north"]] == ["baseline", "with_grid"]


@pytest.mark.parametrize("document", [None, [], "schema: 1", 3])
def test_something_that_is_no_mapping_is_refused(document):
    with pytest.raises(StudyUnfit) as unfit:
        read_study(document)
    assert [str(problem) for problem in unfit.value.problems] == [": not_a_mapping"]


def test_a_study_read_back_from_its_json_is_the_same_with_the_same_hash():
    first = study()
    again = read_study(first.as_json())
    assert again == first
    assert again.sha256 == first.sha256


def test_the_hash_does_not_depend_on_the_order_of_fields_but_on_every_value():
    backwards = read_study(dict(reversed(list(copy.deepcopy(DOCUMENT).items()))))
    assert backwards.sha256 == study().sha256
    assert study(owner="Somebody else").sha256 != study().sha256


@given(st.lists(st.integers(1, 60), min_size=1, max_size=6), st.integers(0, 400))
def test_every_day_has_the_phase_of_exactly_one_stretch(lengths, offset):
    start = date(2026, 1, 1)
    stretches, day = [], start
    for index, length in enumerate(lengths):
        last = day + timedelta(days=length - 1)
        phase = list(Phase)[index % len(Phase)]
        stretches.append({"phase": phase.value, "from_on": day, "to_on": last})
        day = last + timedelta(days=1)
    read = study(teams=["north"], calendar={"north": stretches})
    asked = start + timedelta(days=offset)
    holding = [s for s in read.calendar["north"] if s.holds(asked)]
    assert len(holding) == (1 if asked < day else 0)
    assert phase_on(read, "north", asked) == (holding[0].phase if holding else None)
