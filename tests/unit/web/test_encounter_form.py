from __future__ import annotations

from uuid import uuid4

import pytest
from fixtures.encounters import make_release
from starlette.datastructures import FormData

from app.content.release import GridRelease
from app.domain.encounter import EncounterDraft, GridChoice, VoidReason
from app.domain.vocabulary import NeedGroup, Person
from app.web.forms.encounters import (
    EncounterForm,
    Opening,
    parse_encounter,
    read_encounter_form,
    read_need_group,
    read_void_reason,
)

INSIDE = make_release("k7")
TODAY = INSIDE.released_on


def find(public_id: str, version: int) -> GridRelease | None:
    return INSIDE if (public_id, version) == ("k7", 1) else None


def opening(*, grid_needed: bool = True) -> Opening:
    return Opening(["north"], ["low-mood"], find, grid_needed, "00ff", TODAY)


def typed(**changes: object) -> FormData:
    values: dict[str, object] = {
        "id": str(uuid4()),
        "team": "north",
        "topic": "low-mood",
        "group": "help",
        "grid": "k7/1",
        "pick": ["k7/1/one-to-one", "k7/1/group", "m4/1/apps"],
        "appointment_type": "first",
        "appointment_mode": "in_person",
        "people": ["parent", "young_person"],
        "language": "en",
        "interpreter": "none",
    }
    pairs: list[tuple[str, str]] = []
    for key, value in (values | changes).items():
        pairs += [(key, v) for v in (value if isinstance(value, list) else [str(value)])]
    return FormData(pairs)


def parse(**changes: object) -> EncounterDraft | dict[str, str]:
    return parse_encounter(read_encounter_form(typed(**changes)), opening())  # type: ignore[return-value]


def test_a_whole_form_is_a_draft():
    draft = parse()
    assert isinstance(draft, EncounterDraft)
    assert draft.people_present == (Person.YOUNG_PERSON, Person.PARENT)
    assert (draft.need_group_practitioner, draft.need_group_young_person) == (NeedGroup.HELP, None)
    assert (draft.encounter_on, draft.practitioner) == (TODAY, "00ff")


def test_picks_are_those_of_the_chosen_grid_in_its_order():
    draft = parse()
    assert isinstance(draft, EncounterDraft)
    assert draft.grid == GridChoice("k7", 1, INSIDE.sha256, ("group", "one-to-one"))


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"id": "7"}, ["form"]),
        ({"id": "6f1cbb7c-8a06-1f0c-9a26-6a7f0e3a5d11"}, ["form"]),
        ({"team": "south"}, ["team"]),
        ({"topic": "knitting"}, ["topic", "grid"]),
        ({"group": "worst"}, ["group"]),
        ({"young_person_group": "worst"}, ["young_person_group"]),
        ({"grid": ""}, ["grid"]),
        ({"grid": "k7/2"}, ["grid"]),
        ({"grid": "k7/" + "9" * 5000}, ["grid"]),
        ({"pick": ["k7/1/group"]}, ["pick"]),
        ({"pick": [f"k7/1/{option.id}" for option in INSIDE.grid.options]}, ["pick"]),
        ({"appointment_type": ""}, ["appointment_type"]),
        ({"appointment_mode": "letter"}, ["appointment_mode"]),
        ({"people": []}, ["people"]),
        ({"people": ["mother"]}, ["people"]),
        ({"age_band": "14"}, ["age_band"]),
        ({"language": "xx"}, ["language"]),
        ({"interpreter": ""}, ["interpreter"]),
        ({"study_code": "943 476 5919"}, ["study_code"]),
        ({"study_code": "9434765919"}, ["study_code"]),
        ({"study_code": "943-476-5919"}, ["study_code"]),
        ({"study_code": "2011-03-04"}, ["study_code"]),
        ({"appointment_type": "", "people": []}, ["appointment_type", "people"]),
    ],
)
def test_what_cannot_be_kept_is_named_by_its_field(changes, faults):
    found = parse(**changes)
    assert not isinstance(found, EncounterDraft)
    assert list(found) == faults


def test_a_grid_of_another_difficulty_is_not_taken():
    form = read_encounter_form(typed(topic=""))
    draft = parse_encounter(form, opening(grid_needed=False))
    assert isinstance(draft, EncounterDraft)
    assert draft.grid is None


def test_a_study_code_is_kept_in_capitals():
    draft = parse(study_code=" pilot-7 ")
    assert isinstance(draft, EncounterDraft)
    assert draft.study_code == "PILOT-7"


def test_the_only_team_of_somebody_is_chosen_already():
    assert EncounterForm.blank(teams=["north"]).team == "north"
    assert EncounterForm.blank(teams=["north", "south"]).team == ""


def test_two_blank_forms_have_two_ids():
    assert EncounterForm.blank().id != EncounterForm.blank().id


def test_reasons_and_views_come_from_closed_lists():
    assert read_void_reason(FormData({"reason": "duplicate"})) is VoidReason.DUPLICATE
    assert read_void_reason(FormData({"reason": "other: she left"})) is None
    assert read_need_group(FormData({"young_person_group": "advice"})) is NeedGroup.ADVICE
    assert read_need_group(FormData({"young_person_group": ""})) is None
