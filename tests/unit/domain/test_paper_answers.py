"""What a sheet can hold, and that two times are compared to the last box."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content.instrument import Scale
from app.domain.missing import FormReason, ItemMissing
from app.domain.paper_answers import (
    MISSING_ON_PAPER,
    PaperAnswers,
    find_differences,
    list_fields,
    list_reasons,
    read_answers,
)
from app.domain.vocabulary import Person

ITEMS = ("one", "two", "three")
FULL = {"item-one": "9", "item-two": "0", "item-three": "skipped"}


def read(typed: dict[str, str], occasion: str = "after") -> PaperAnswers | dict[str, str]:
    return read_answers(typed, item_ids=ITEMS, scale=Scale(0, 9), occasion=occasion)


def test_a_sheet_is_read_with_its_gaps() -> None:
    helped = {"helped_by": "practitioner interpreter", "seen_by_others": "not_sure"}
    found = read(FULL | helped)
    assert isinstance(found, PaperAnswers)
    assert found.marks == {"one": 9, "two": 0, "three": int(ItemMissing.SKIPPED)}
    assert found.helped_by == (Person.INTERPRETER, Person.PRACTITIONER)
    assert (found.reason, found.referent, found.seen_by_others) == (None, None, "not_sure")


@pytest.mark.parametrize(
    ("typed", "faults"),
    [
        ({}, {f"item-{item}": "choose_mark" for item in ITEMS}),
        (FULL | {"item-one": "10"}, {"item-one": "choose_mark"}),
        (FULL | {"item-one": "-1"}, {"item-one": "choose_mark"}),
        (FULL | {"item-one": "٣"}, {"item-one": "choose_mark"}),
        (FULL | {"reason": "no_time"}, {"reason": "reason_contradicts"}),
        (FULL | {"reason": "interrupted"}, {"reason": "unknown_choice"}),
        (FULL | {"reason": "no_previous_appointment"}, {"reason": "unknown_choice"}),
        (FULL | {"helped_by": "nobody"}, {"helped_by": "unknown_choice"}),
        (FULL | {"seen_by_others": "maybe"}, {"seen_by_others": "unknown_choice"}),
    ],
)
def test_what_cannot_be_kept_is_said_by_its_field(
    typed: dict[str, str], faults: dict[str, str]
) -> None:
    assert read(typed) == faults


def test_a_sheet_without_answers_has_a_reason() -> None:
    found = read({"reason": "declined"})
    assert isinstance(found, PaperAnswers)
    assert set(found.marks.values()) == {int(ItemMissing.NOT_ASKED)}
    assert found.reason is FormReason.DECLINED
    before = read({"reason": "no_previous_appointment"}, "before")
    assert isinstance(before, PaperAnswers)
    assert FormReason.TECHNICAL not in list_reasons("before")


def test_only_a_sheet_about_the_last_appointment_has_its_two_rows() -> None:
    typed = FULL | {"referent": "other_service", "weeks_since": "3-8"}
    before, after = read(typed, "before"), read(typed)
    assert isinstance(before, PaperAnswers)
    assert isinstance(after, PaperAnswers)
    assert (before.referent, before.weeks_since) == ("other_service", "3-8")
    assert (after.referent, after.weeks_since) == (None, None)


marks = st.sampled_from(["", *map(str, range(10)), *MISSING_ON_PAPER])
sheets = st.fixed_dictionaries(dict.fromkeys(list_fields(ITEMS, "before"), marks))


@given(first=sheets, second=sheets)
def test_a_difference_is_found_where_there_is_one_and_nowhere_else(
    first: dict[str, str], second: dict[str, str]
) -> None:
    fields = list_fields(ITEMS, "before")
    found = find_differences(first, second, fields)
    assert set(found) == {field for field in fields if first[field] != second[field]}
