from __future__ import annotations

from dataclasses import fields, replace
from datetime import date

import pytest

from app.domain.encounter import (
    TRANSITIONS,
    EncounterAlreadyClosed,
    EncounterAlreadyOpen,
    EncounterAlreadyVoided,
    EncounterDraft,
    EncounterNotOpen,
    EncounterState,
    EncounterWithFamily,
    can_move,
    can_offer_grid,
    check_can_move,
    header_of,
    picks_fit,
)
from app.domain.envelope import EncounterHeader
from app.domain.vocabulary import (
    AgeBand,
    AppointmentMode,
    AppointmentType,
    Interpreter,
    NeedGroup,
    Person,
    Phase,
)

DRAFT = EncounterDraft(
    id="6f1cbb7c-8a06-4f0c-9a26-6a7f0e3a5d11",
    team="north",
    practitioner="0011223344556677",
    encounter_on=date(2026, 11, 23),
    appointment_type=AppointmentType.FIRST,
    appointment_mode=AppointmentMode.IN_PERSON,
    people_present=(Person.YOUNG_PERSON, Person.PARENT, Person.PARENT),
    language="en",
    interpreter=Interpreter.NONE,
    need_group_practitioner=NeedGroup.HELP,
    age_band=AgeBand.FROM_14,
)


def test_every_state_has_its_moves_and_only_these():
    moves = {(str(a), str(b)) for a in EncounterState for b in EncounterState if can_move(a, b)}
    assert set(TRANSITIONS) == set(EncounterState)
    assert moves == {
        ("open", "with_family"),
        ("open", "closed"),
        ("open", "voided"),
        ("with_family", "open"),
        ("with_family", "closed"),
        ("with_family", "voided"),
        ("closed", "voided"),
    }


@pytest.mark.parametrize(
    ("state", "to", "error"),
    [
        (EncounterState.OPEN, EncounterState.OPEN, EncounterAlreadyOpen),
        (EncounterState.WITH_FAMILY, EncounterState.WITH_FAMILY, EncounterWithFamily),
        (EncounterState.CLOSED, EncounterState.OPEN, EncounterAlreadyClosed),
        (EncounterState.VOIDED, EncounterState.VOIDED, EncounterAlreadyVoided),
    ],
)
def test_a_refused_move_says_how_things_stand(state, to, error):
    with pytest.raises(EncounterNotOpen) as refused:
        check_can_move(state, to)
    assert type(refused.value) is error
    assert refused.value.status == 409


def test_a_baseline_period_is_the_only_one_without_a_grid():
    assert [phase for phase in Phase if not can_offer_grid(phase)] == [Phase.BASELINE]


@pytest.mark.parametrize(
    ("number", "fits"), [(0, True), (1, False), (2, True), (4, True), (5, False)]
)
def test_none_or_two_to_four_options_are_picked(number, fits):
    assert picks_fit([str(n) for n in range(number)]) is fits


def test_the_same_option_twice_is_one_option():
    assert not picks_fit(["a", "a"])


def test_the_header_has_the_fields_of_the_wire_format_and_no_others():
    assert set(header_of(DRAFT)) == {field.name for field in fields(EncounterHeader)}


def test_the_header_is_plain_json_with_sorted_people():
    assert header_of(DRAFT) == {
        "id": "6f1cbb7c-8a06-4f0c-9a26-6a7f0e3a5d11",
        "team": "north",
        "appointment_type": "first",
        "appointment_mode": "in_person",
        "encounter_on": "2026-11-23",
        "need_group_practitioner": "help",
        "need_group_young_person": None,
        "age_band": "14-15",
        "people_present": ["parent", "young_person"],
        "language": "en",
        "interpreter": "none",
        "study_code": None,
        "practitioner": "0011223344556677",
    }


def test_grid_and_topic_do_not_travel_in_the_header():
    assert header_of(replace(DRAFT, topic="low-mood")) == header_of(DRAFT)
