from __future__ import annotations

from datetime import date

import pytest

from app.domain.unmet import (
    Looked,
    Missing,
    Noted,
    count_unmet,
    first_told,
    last_of,
    quarter_of,
)

TODAY = date(2026, 11, 22)
SUMMER = date(2026, 7, 1)
NOT_HERE, HERE = Noted("not_here", None), Noted("here", None)


def looked(count: int, *shown: str, on: date = date(2026, 8, 3), team: str = "north"):
    return [Looked("k7", team, on, shown)] * count


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        (date(2026, 1, 1), date(2026, 1, 1), date(2026, 3, 31)),
        (date(2028, 3, 31), date(2028, 1, 1), date(2028, 3, 31)),
        (date(2026, 12, 31), date(2026, 10, 1), date(2026, 12, 31)),
        (date(2026, 9, 30), SUMMER, date(2026, 9, 30)),
    ],
)
def test_a_quarter_has_three_whole_months(day, first, last):
    assert (quarter_of(day), last_of(quarter_of(day))) == (first, last)


def test_eight_quarters_are_told_and_none_that_is_not_over():
    assert first_told(TODAY) == date(2024, 10, 1)
    assert first_told(date(2026, 3, 31)) == date(2024, 1, 1)
    days = [date(2024, 9, 30), date(2024, 10, 1), date(2026, 9, 30), date(2026, 10, 1)]
    given = [one for day in days for one in looked(20, "group", on=day)]
    lines = count_unmet(given, {("k7", "group", ""): NOT_HERE}, TODAY)
    assert [line.quarter for line in lines] == [SUMMER, date(2024, 10, 1)]


@pytest.mark.parametrize(
    ("shown", "others", "told"),
    [
        (7, 40, (None, None)),
        (8, 40, (10, 50)),
        (33, 0, (35, 35)),
        (33, 7, (None, None)),
        (33, 8, (35, 45)),
    ],
)
def test_a_small_count_and_all_but_a_small_count_are_left_out(shown, others, told):
    given = [*looked(shown, "group", "school"), *looked(others, "school")]
    (line,) = count_unmet(given, {("k7", "group", ""): NOT_HERE}, TODAY)
    assert (line.appointments, line.of) == told


def test_the_own_note_of_a_team_stands_before_that_of_the_service():
    notes = {("k7", "group", ""): NOT_HERE, ("k7", "group", "south"): HERE}
    given = [*looked(20, "group"), *looked(30, "group", team="south")]
    (line,) = count_unmet(given, notes, TODAY)
    assert (line.appointments, line.of, line.missing) == (20, 50, Missing.NOT_HERE)


def test_a_wait_is_told_by_the_longest_that_is_noted_and_none_is_no_line():
    notes = {
        ("k7", "group", ""): Noted("here", 6),
        ("k7", "group", "south"): Noted("here", 18),
        ("k7", "school", ""): Noted("here", 0),
        ("k7", "coach", ""): Noted("elsewhere", 3),
    }
    given = [
        *looked(20, "group", "school", "coach", "unnoted"),
        *looked(20, "group", team="south"),
    ]
    lines = count_unmet(given, notes, TODAY)
    assert [(line.option_id, line.missing, line.weeks, line.appointments) for line in lines] == [
        ("coach", Missing.ELSEWHERE, 3, 20),
        ("group", Missing.WAIT, 18, 40),
    ]
