"""What live use needs: each check fails by itself, and nothing else then."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from app.domain.live_use import Confirmed, LiveCheck, LiveFacts, Word, are_fit, find_failing

TODAY = date(2026, 11, 23)
WORDS = {what: Word("Jo Hale, register 1", TODAY) for what in Confirmed}
READY = LiveFacts(
    words={what: word for what, word in WORDS.items() if what != Confirmed.COLLABORATE_OFF},
    crisis_number="01632 960 999",
    crisis_number_on=TODAY - timedelta(days=30),
    wording_packs=1,
    administrators=1,
    backup_key_proven=True,
)


def test_with_everything_there_nothing_fails() -> None:
    assert find_failing(READY, today=TODAY) == ()


def test_an_empty_service_lacks_all_but_what_only_data_can_break() -> None:
    failing = set(find_failing(LiveFacts(), today=TODAY))
    assert set(LiveCheck) - failing == {LiveCheck.REAL_DATA, LiveCheck.SECOND_FACTOR}


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ({"demo": True}, LiveCheck.REAL_DATA),
        ({"crisis_number": ""}, LiveCheck.CRISIS_NUMBER),
        ({"crisis_number_on": None}, LiveCheck.CRISIS_NUMBER_CHECKED),
        ({"crisis_number_on": TODAY - timedelta(days=31)}, LiveCheck.CRISIS_NUMBER_CHECKED),
        ({"crisis_number_on": TODAY + timedelta(days=1)}, LiveCheck.CRISIS_NUMBER_CHECKED),
        ({"wording_packs": 0}, LiveCheck.WORDING),
        ({"administrators": 0}, LiveCheck.ADMINISTRATOR),
        ({"without_second_factor": 1}, LiveCheck.SECOND_FACTOR),
        ({"backup_key_proven": False}, LiveCheck.BACKUP_KEY),
    ],
)
def test_each_fact_stops_it_alone(change: dict[str, object], check: LiveCheck) -> None:
    assert find_failing(replace(READY, **change), today=TODAY) == (check,)  # type: ignore[arg-type]


@pytest.mark.parametrize("what", sorted(set(Confirmed) - {Confirmed.COLLABORATE_OFF}))
def test_each_word_stops_it_alone(what: Confirmed) -> None:
    lacking = {key: word for key, word in READY.words.items() if key != what}
    assert find_failing(replace(READY, words=lacking), today=TODAY) == (LiveCheck(what.value),)


def test_without_a_pack_somebody_says_that_collaborate_is_not_used() -> None:
    assert find_failing(replace(READY, wording_packs=0, words=WORDS), today=TODAY) == ()


@pytest.mark.parametrize(
    ("words", "fit"),
    [("Jo Hale", True), ("", False), ("   ", False), ("two\nlines", False), ("x" * 201, False)],
)
def test_a_word_is_one_short_line(words: str, fit: bool) -> None:
    assert are_fit(words) is fit
