from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content.grid import AgeRange, Arm, Figure
from app.documents.figures import (
    PITCH,
    FigureNotDrawable,
    draw,
    draw_dots,
    draw_together,
)

BETTER = Figure(
    id="lm-01",
    kind="pair",
    option="any-talking-therapy",
    outcome="responded to treatment",
    outcome_is="wanted",
    with_arm=Arm(39, 34, 45),
    without_arm=Arm(24, 19, 28, "waiting list"),
    per=100,
    time_span="about 2 months",
    who="children and adolescents, 40 randomised trials",
    ages=AgeRange(None, None),
    severity=(),
    certainty="low to moderate",
    source="CUIJPERS-21",
    mark="V1",
    option_forbidden=False,
    drawn_with=("lm-02",),
    note="",
)
WORSE = replace(
    BETTER,
    id="lm-02",
    outcome="clearly worse",
    outcome_is="unwanted",
    with_arm=Arm(6, None, None),
    without_arm=Arm(13, None, None, "waiting list"),
)


def places(path: str) -> list[tuple[int, int]]:
    """Where a path with the dash pattern `0 PITCH` puts its dots."""
    found = []
    for left, top, right in re.findall(r"M(\d+) (\d+)H(\d+)\.5", path):
        found += [(x, int(top)) for x in range(int(left), int(right) + 1, PITCH)]
    return found


def test_draws_both_sides_of_the_frame_and_the_difference() -> None:
    drawn = draw(BETTER)

    assert [(arm.side, arm.n, arm.rest, arm.low, arm.high) for arm in drawn.arms] == [
        ("with", 39, 61, 34, 45),
        ("without", 24, 76, 19, 28),
    ]
    assert (drawn.difference, drawn.direction, drawn.comparator) == (15, "more", "waiting list")


def test_says_fewer_where_fewer_people_had_it() -> None:
    assert (draw(WORSE).difference, draw(WORSE).direction) == (7, "fewer")


def test_says_the_same_where_nothing_differs() -> None:
    level = replace(BETTER, without_arm=Arm(39, None, None, "usual care"))

    assert (draw(level).difference, draw(level).direction) == (0, "same")


def test_a_single_group_has_no_difference() -> None:
    drawn = draw(replace(BETTER, kind="single", without_arm=None))

    assert [arm.side for arm in drawn.arms] == ["with"]
    assert (drawn.difference, drawn.direction, drawn.comparator) == (None, None, None)


def test_a_difference_alone_draws_no_dots() -> None:
    drawn = draw(
        replace(
            BETTER,
            kind="difference",
            with_arm=Arm(11, 7, 15),
            without_arm=Arm(None, None, None, "dummy pill"),
        )
    )

    assert drawn.arms == ()
    assert (drawn.difference, drawn.direction, drawn.low, drawn.high) == (11, "more", 7, 15)
    assert drawn.comparator == "dummy pill"


@pytest.mark.parametrize("change", [{"mark": "V2"}, {"option_forbidden": True}])
def test_never_draws_what_may_only_be_told_in_words(change: dict[str, object]) -> None:
    with pytest.raises(FigureNotDrawable, match="lm-01"):
        draw(replace(BETTER, **change))


def test_figures_side_by_side_count_out_of_the_same_number() -> None:
    assert [drawn.id for drawn in draw_together([BETTER, WORSE])] == ["lm-01", "lm-02"]
    with pytest.raises(ValueError, match="RC-1"):
        draw_together([BETTER, replace(WORSE, per=1000)])


def test_a_hundred_dots_stand_in_ten_rows_of_ten() -> None:
    dots = draw_dots(39, 100)

    assert (dots.width, dots.height) == (100, 100)
    assert places(dots.every) == [(5 + 10 * x, 5 + 10 * y) for y in range(10) for x in range(10)]


def test_the_paths_of_thirty_nine_of_a_hundred() -> None:
    assert draw_dots(39, 100).hollow.startswith("M95 35H95.5M5 45H95.5M5 55H95.5")


def test_a_thousand_dots_stand_in_rows_of_forty() -> None:
    dots = draw_dots(4, 1000)

    assert (dots.width, dots.height, len(places(dots.every))) == (400, 250, 1000)


@given(st.data(), st.integers(min_value=1, max_value=1000))
def test_full_dots_come_first_and_every_person_has_one(data: st.DataObject, per: int) -> None:
    filled = data.draw(st.integers(min_value=0, max_value=per))
    dots = draw_dots(filled, per)

    every, hollow = places(dots.every), places(dots.hollow)
    assert len(every) == len(set(every)) == per
    assert hollow == every[filled:]
    assert all(0 < x < dots.width and 0 < y < dots.height for x, y in every)


@pytest.mark.parametrize(("filled", "per"), [(101, 100), (-1, 100), (0, 0)])
def test_refuses_counts_that_do_not_fit(filled: int, per: int) -> None:
    with pytest.raises(ValueError, match="cannot be drawn"):
        draw_dots(filled, per)


def test_refuses_a_group_without_a_count() -> None:
    with pytest.raises(ValueError, match="no count"):
        draw(replace(BETTER, without_arm=Arm(None, None, None, "usual care")))
