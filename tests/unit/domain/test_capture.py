from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content.instrument import FORM_OF, Instrument
from app.content.practice import PRACTICE
from app.domain.capture import (
    CROCKFORD,
    check_answer_set,
    check_read_set,
    check_study_code,
    new_short_code,
    normalise_short_code,
)
from app.domain.missing import FormReason
from app.domain.vocabulary import AgeBand, Occasion, Respondent
from collaborate_survey import COLLABORATE_0_4, COLLABORATE_0_9

NINE = Instrument.of(COLLABORATE_0_9)
FOUR = Instrument.of(COLLABORATE_0_4)


def answer_set(**changes: Any) -> dict[str, Any]:
    """A valid answer set about today, with changes; ``header`` changes the encounter header."""
    header = {
        "appointment_type": "first",
        "appointment_mode": "in_person",
        "interpreter": "none",
        "need_group_practitioner": "help",
        "need_group_young_person": None,
        "age_band": "14-15",
        "people_present": ["parent", "young_person"],
        "study_code": None,
    }
    return {
        "state": "complete",
        "respondent": "young_person",
        "occasion": "after",
        "mode": "tablet_handed_over",
        "helped_by": [],
        "seen_by_others": "no",
        "reason": None,
        "referent": None,
        "weeks_since": None,
        "instrument": {"id": "collaborate-0-9"},
        "items": {"explain": 9, "listen": 8, "include": 0},
        "encounter": {**header, **changes.pop("header", {})},
        **changes,
    }


values = st.integers(-1, 12) | st.sampled_from([-99, -98, -91])
read_sets = st.builds(
    answer_set,
    state=st.sampled_from(["complete", "interrupted"]),
    respondent=st.sampled_from([each.value for each in Respondent]),
    occasion=st.sampled_from([each.value for each in Occasion]),
    reason=st.none() | st.sampled_from([each.value for each in FormReason]),
    referent=st.none() | st.just("other_service"),
    weeks_since=st.none() | st.just("0-2"),
    instrument=st.sampled_from([{"id": "collaborate-0-9"}, {"id": "effort-practice"}]),
    items=st.dictionaries(
        st.sampled_from(["explain", "listen", "include", "more"]), values, max_size=4
    ),
    header=st.fixed_dictionaries(
        {"study_code": st.none() | st.sampled_from(["PILOT-7", "4010232137", "2010-02-03"])}
    ),
)


@given(read_sets, st.sampled_from([NINE, FOUR, PRACTICE]))
def test_what_the_reader_took_is_judged_alike_with_less_looking(
    document: dict[str, Any], instrument: Instrument
) -> None:
    assert check_read_set(document, instrument) == check_answer_set(document, instrument)


def test_a_whole_answer_set_is_valid() -> None:
    assert check_answer_set(answer_set(), NINE) == []


def test_a_before_answer_may_leave_its_referent_open() -> None:
    assert check_answer_set(answer_set(occasion="before"), NINE) == []
    named = answer_set(occasion="before", referent="other_service", weeks_since="over_8")
    assert check_answer_set(named, NINE) == []


def test_a_complete_set_may_hold_reasons_for_missing_items() -> None:
    items = {"explain": -98, "listen": -95, "include": 4}
    assert check_answer_set(answer_set(items=items), NINE) == []


def test_only_an_interrupted_set_stops_before_the_end() -> None:
    items = {"explain": 9, "listen": -99, "include": -99}
    assert check_answer_set(answer_set(items=items), NINE) == ["items.not_reached"]
    assert check_answer_set(answer_set(items=items, state="interrupted"), NINE) == []


def test_the_same_number_is_on_one_scale_and_off_the_other() -> None:
    items = {"explain": 5, "listen": 4, "include": 4}
    four = answer_set(instrument={"id": "collaborate-0-4"}, items=items)
    assert check_answer_set(four, FOUR) == ["items.off_the_scale"]
    assert check_answer_set(answer_set(items=items), NINE) == []


def test_practice_answers_are_not_collaborate_answers() -> None:
    practice = answer_set(
        instrument={"id": "effort-practice"}, items={"welcome": 1, "pace": 2, "questions": 3}
    )
    assert check_answer_set(practice, PRACTICE) == []
    assert check_answer_set(practice, NINE) == [
        "instrument.other",
        "items.lacking",
        "items.unexpected",
    ]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"items": {"explain": 9, "listen": 8}}, "items.lacking"),
        ({"items": {"explain": 9, "listen": 8, "include": 1, "extra": 1}}, "items.unexpected"),
        ({"items": {"explain": 10, "listen": 8, "include": 1}}, "items.off_the_scale"),
        ({"items": {"explain": -1, "listen": 8, "include": 1}}, "items.off_the_scale"),
        ({"items": {"explain": -100, "listen": 8, "include": 1}}, "items.off_the_scale"),
        ({"items": {"explain": True, "listen": 8, "include": 1}}, "items.not_a_whole_number"),
        ({"items": {"explain": 9.0, "listen": 8, "include": 1}}, "items.not_a_whole_number"),
        ({"items": {"explain": "9", "listen": 8, "include": 1}}, "items.not_a_whole_number"),
        ({"items": {"explain": None, "listen": 8, "include": 1}}, "items.not_a_whole_number"),
        ({"items": [9, 8, 1]}, "items.absent"),
        ({"state": "done"}, "state.unknown"),
        ({"state": None}, "state.unknown"),
        ({"respondent": "parent"}, "respondent.unknown"),
        ({"occasion": "during"}, "occasion.unknown"),
        ({"mode": "tablet"}, "mode.unknown"),
        ({"helped_by": ["parent", "interpreter"]}, "helped_by.not_sorted"),
        ({"helped_by": ["parent", "parent"]}, "helped_by.not_sorted"),
        ({"helped_by": ["grandmother"]}, "helped_by.unknown"),
        ({"helped_by": "parent"}, "helped_by.absent"),
        ({"seen_by_others": "maybe"}, "seen_by_others.unknown"),
        ({"reason": "bored"}, "reason.unknown"),
        ({"reason": "no_time"}, "reason.contradicts_answers"),
        ({"reason": "no_previous_appointment"}, "reason.only_before"),
        ({"referent": "other_service"}, "referent.only_before"),
        ({"weeks_since": "0-2"}, "weeks_since.only_before"),
        ({"occasion": "before", "referent": "none"}, "referent.unknown"),
        ({"occasion": "before", "weeks_since": 2}, "weeks_since.unknown"),
        ({"encounter": None}, "encounter.absent"),
        ({"header": {"appointment_type": "triage"}}, "appointment_type.unknown"),
        ({"header": {"appointment_mode": "letter"}}, "appointment_mode.unknown"),
        ({"header": {"interpreter": "child"}}, "interpreter.unknown"),
        ({"header": {"interpreter": None}}, "interpreter.unknown"),
        ({"header": {"need_group_young_person": "Help"}}, "need_group_young_person.unknown"),
        ({"header": {"age_band": "14"}}, "age_band.unknown"),
        ({"header": {"people_present": ["dog"]}}, "people_present.unknown"),
        ({"header": {"study_code": "943-476-5919"}}, "study_code.like_nhs_number"),
    ],
)
def test_one_wrong_thing_is_named(changes: dict[str, Any], reason: str) -> None:
    assert reason in check_answer_set(answer_set(**changes), NINE)


@pytest.mark.parametrize(
    "key",
    sorted(set(answer_set()) - {"instrument", "items", "encounter"}),
)
def test_an_absent_field_is_named(key: str) -> None:
    envelope = answer_set()
    del envelope[key]
    assert f"{key}.absent" in check_answer_set(envelope, NINE)


def test_a_reason_is_given_once() -> None:
    items = {"explain": 70, "listen": 80, "include": 90}
    assert check_answer_set(answer_set(items=items), NINE) == ["items.off_the_scale"]


def test_a_form_that_was_never_shown_holds_only_codes() -> None:
    unasked = dict.fromkeys(("explain", "listen", "include"), -94)
    envelope = answer_set(occasion="before", reason="no_previous_appointment", items=unasked)
    assert check_answer_set(envelope, NINE) == []


@given(st.integers())
def test_a_value_is_on_the_scale_or_a_code_or_refused(value: int) -> None:
    items = {"explain": value, "listen": 8, "include": 1}
    reasons = check_answer_set(answer_set(state="interrupted", items=items), NINE)
    assert (reasons == []) == (0 <= value <= 9 or -99 <= value <= -91)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(st.sampled_from(sorted(answer_set())), _JSON)
def test_no_json_value_makes_it_raise(key: str, value: object) -> None:
    assert isinstance(check_answer_set({**answer_set(), key: value}, NINE), list)


@given(st.sampled_from(sorted(answer_set()["encounter"])), _JSON)
def test_no_json_value_in_the_header_makes_it_raise(key: str, value: object) -> None:
    assert isinstance(check_answer_set(answer_set(header={key: value}), NINE), list)


def test_every_respondent_and_occasion_of_the_list_is_known_to_the_instruments() -> None:
    for instrument in (NINE, FOUR, PRACTICE):
        assert instrument.respondents == tuple(r.value for r in Respondent)
        assert instrument.occasions == tuple(o.value for o in Occasion)
    assert set(FORM_OF) == set(Respondent)


def test_age_bands_follow_each_other_without_gap() -> None:
    ends = [band.value.rstrip("+").split("-") for band in AgeBand]
    starts = [int(end[0]) for end in ends]
    assert starts == [0, *(int(end[-1]) + 1 for end in ends[:-1])]


@pytest.mark.parametrize(
    ("code", "reasons"),
    [
        ("ABC", []),
        ("S1-0042", []),
        ("000123", []),
        ("P-100", []),
        ("PILOT-12-07", []),
        ("123456789", []),
        ("99999999", []),
        ("ab1", ["study_code.malformed"]),
        ("AB", ["study_code.malformed"]),
        ("ABCDEFGHIJKLM", ["study_code.malformed"]),
        ("A B C", ["study_code.malformed"]),
        ("ABC\n", ["study_code.malformed"]),
        ("\uff11\uff12\uff13", ["study_code.malformed"]),
        (123, ["study_code.malformed"]),
        ("9434765919", ["study_code.like_nhs_number"]),
        ("943-476-5919", ["study_code.like_nhs_number"]),
        ("A9434765919", ["study_code.like_nhs_number"]),
        ("94-34765919", ["study_code.like_nhs_number"]),
        ("2010-03-12", ["study_code.like_date"]),
        ("12-03-2010", ["study_code.like_date"]),
        ("12-3-10", ["study_code.like_date"]),
        ("12032010", ["study_code.like_date"]),
        ("20100312", ["study_code.like_date"]),
        ("S12032010", ["study_code.like_date"]),
        ("S2010-0312", ["study_code.like_date"]),
        ("120310", ["study_code.like_date"]),
        ("JB-120310", ["study_code.like_date"]),
        ("12MAR2010", ["study_code.like_date"]),
        ("12-MAR-10", ["study_code.like_date"]),
    ],
)
def test_study_codes_that_point_at_a_person_are_refused(code: object, reasons: list[str]) -> None:
    assert check_study_code(code) == reasons


@given(st.dates(), st.sampled_from(["%d%m%Y", "%Y%m%d", "%d-%m-%Y", "%Y-%m-%d", "%d%m%y"]))
def test_no_written_date_of_our_time_passes(day: Any, layout: str) -> None:
    day = day.replace(year=1900 + day.year % 200)
    assert check_study_code(day.strftime(layout)) == ["study_code.like_date"]


@given(st.integers(0, 10**10 - 1))
def test_no_ten_digits_pass(number: int) -> None:
    assert check_study_code(f"{number:010}") == ["study_code.like_nhs_number"]


@given(st.binary(min_size=5, max_size=5))
def test_a_short_code_survives_being_said_aloud(random_bytes: bytes) -> None:
    code = new_short_code(random_bytes)
    assert len(code) == 8
    assert set(code) <= set(CROCKFORD)
    assert normalise_short_code(f" {code[:4]}-{code[4:]} ".lower()) == code
    heard = code.replace("0", "o").replace("1", "l")
    assert normalise_short_code(heard) == code
    assert normalise_short_code(code.replace("1", "I")) == code


@given(st.binary(min_size=5, max_size=5), st.binary(min_size=5, max_size=5))
def test_different_bytes_are_different_codes(one: bytes, other: bytes) -> None:
    assert (new_short_code(one) == new_short_code(other)) == (one == other)


def test_a_known_code() -> None:
    assert new_short_code(bytes(5)) == "00000000"
    assert new_short_code(b"\xff" * 5) == "ZZZZZZZZ"
    assert new_short_code(bytes([0, 0, 0, 0, 33])) == "00000011"


@pytest.mark.parametrize("size", [0, 4, 6, 8])
def test_a_short_code_needs_exactly_five_bytes(size: int) -> None:
    with pytest.raises(ValueError, match="exactly 5"):
        new_short_code(bytes(size))


@pytest.mark.parametrize("typed", ["", "1234567", "123456789", "1234567U", "1234567!", "١٢٣٤٥٦٧٨"])
def test_what_cannot_be_a_short_code_is_none(typed: str) -> None:
    assert normalise_short_code(typed) is None


def test_the_checks_need_no_more_than_the_instrument() -> None:
    check: Callable[..., list[str]] = check_answer_set
    assert check({}, NINE)[0] == "instrument.other"
