from __future__ import annotations

from app.domain.missing import NEVER_SHOWN, FormReason, ItemMissing, is_missing


def test_the_codes_are_the_closed_list() -> None:
    assert {code.name.lower(): int(code) for code in ItemMissing} == {
        "not_reached": -99,
        "skipped": -98,
        "prefer_not_to_say": -97,
        "does_not_apply": -96,
        "do_not_understand": -95,
        "not_asked": -94,
        "unreadable": -93,
        "technical": -92,
        "unknown": -91,
    }


def test_only_the_codes_are_missing() -> None:
    assert [value for value in range(-200, 200) if is_missing(value)] == list(range(-99, -90))


def test_the_form_reasons_are_the_closed_list() -> None:
    assert {reason.value for reason in FormReason} == {
        "no_previous_appointment",
        "no_time",
        "not_suitable",
        "declined",
        "no_form_in_language",
        "below_age",
        "interrupted",
        "left_early",
        "technical",
    }


def test_somebody_may_stop_after_an_answer() -> None:
    stops = {FormReason.DECLINED, FormReason.INTERRUPTED, FormReason.LEFT_EARLY}
    assert not stops & NEVER_SHOWN
