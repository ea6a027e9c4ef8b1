from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import collaborate_survey.scoring as scoring
from app.domain.disclosure import (
    FEWEST_RELIABLE,
    FEWEST_SHOWN,
    Shown,
    may_step,
    round_count,
    round_counts,
    round_share,
    tell,
)


def test_the_tiers_are_those_of_the_measure() -> None:
    assert (scoring.FEWEST_SHOWN, scoring.FEWEST_RELIABLE) == (FEWEST_SHOWN, FEWEST_RELIABLE)


@pytest.mark.parametrize(
    ("appointments", "shown"),
    [
        (0, Shown.NOTHING),
        (24, Shown.NOTHING),
        (25, Shown.NOT_FOR_RANKING),
        (189, Shown.NOT_FOR_RANKING),
        (190, Shown.RELIABLE),
    ],
)
def test_what_is_shown_inside(appointments: int, shown: Shown) -> None:
    assert tell(appointments) is shown


def test_small_counts_go_and_others_are_rounded() -> None:
    assert [round_count(n) for n in (0, 1, 7, 8, 12, 13, 17, 18)] == [
        0, None, None, 10, 10, 15, 15, 20,
    ]  # fmt: skip
    assert round_counts({"a": 3, "b": 0}) == {"a": None, "b": 0}


@given(st.integers(1, 5000))
def test_a_rounded_count_could_be_any_of_three_or_more(count: int) -> None:
    shown = round_count(count)
    if shown is not None:
        assert (
            len([n for n in range(max(0, count - 9), count + 10) if round_count(n) == shown]) >= 3
        )


@pytest.mark.parametrize(("part", "whole"), [(3, 40), (38, 40), (40, 45), (0, 6), (6, 6)])
def test_a_share_on_a_small_number_does_not_leave(part: int, whole: int) -> None:
    assert round_share(part, whole) is None


def test_a_share_that_leaves_is_made_of_rounded_counts() -> None:
    assert round_share(128, 312) == (130, 315)
    assert round_share(0, 60) == (0, 60)
    assert round_share(60, 60) == (60, 60)


def test_a_cell_moves_by_eight_or_not_at_all() -> None:
    assert [may_step(40, after) for after in (39, 40, 41, 47, 48)] == [False] * 4 + [True]
