"""What people say of themselves before and after a course: what is refused, what may be shown."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import pytest

from app.domain.course import (
    UNSAID,
    CourseForm,
    CourseOccasion,
    CourseRole,
    Moves,
    Rating,
    check_form,
    summarise,
    whole_steps,
)

BEFORE, AFTER = CourseOccasion.BEFORE, CourseOccasion.AFTER
FIRST = date(2026, 3, 2)
TODAY = date(2026, 5, 1)


def forms(
    values: Iterable[int],
    *,
    occasion: CourseOccasion = BEFORE,
    on: date = FIRST,
    role: CourseRole = CourseRole.PRACTITIONER,
    pairs: bool = False,
) -> list[CourseForm]:
    return [
        CourseForm(
            id=f"{occasion}-{on}-{n}",
            given_on=on,
            occasion=occasion,
            role=role,
            values=dict.fromkeys(Rating, value),
            pairs_with=f"before-{FIRST}-{n}" if pairs else None,
        )
        for n, value in enumerate(values)
    ]


@pytest.mark.parametrize(
    ("occasion", "role", "rating", "faults"),
    [
        ("before", "practitioner", "0", set()),
        ("after", "other", "4", set()),
        ("after", "other", str(UNSAID), set()),
        ("", "practitioner", "2", {"occasion"}),
        ("before", "consultant", "2", {"role"}),
        ("before", "practitioner", "5", {"readiness", "confidence", "knowledge"}),
        ("before", "practitioner", "-1", {"readiness", "confidence", "knowledge"}),
        ("before", "practitioner", "", {"readiness", "confidence", "knowledge"}),
        ("before", "practitioner", "\u0663", {"readiness", "confidence", "knowledge"}),
    ],
)
def test_a_form_says_every_thing_from_its_list(
    occasion: str, role: str, rating: str, faults: set[str]
) -> None:
    assert set(check_form(occasion, role, dict.fromkeys(Rating, rating))) == faults


def test_nothing_is_shown_of_seven_and_everything_of_eight() -> None:
    few = summarise(forms([2] * 7), TODAY)
    assert few.spreads[Rating.READINESS, BEFORE].mean is None
    assert few.waiting
    shown = summarise(forms([0, 1, 2, 3, 4, 4, 4, 2]), TODAY)
    found = shown.spreads[Rating.READINESS, BEFORE]
    assert (found.n, found.mean, found.counts) == (8, 2.5, (None, None, None, None, None))
    assert shown.spreads[Rating.READINESS, AFTER].mean is None
    assert not shown.waiting


def test_one_more_form_moves_nothing_and_a_day_that_runs_counts_nothing() -> None:
    whole = forms([3] * 9)
    more = [*whole, *forms([0], on=FIRST + timedelta(days=1))]
    seen = summarise(whole, TODAY).spreads[Rating.KNOWLEDGE, BEFORE]
    assert summarise(more, TODAY).spreads[Rating.KNOWLEDGE, BEFORE] == seen
    assert summarise(more, TODAY).waiting
    assert whole_steps(forms([3] * 9, on=TODAY), TODAY) == ()


def test_two_looks_differ_by_eight_full_forms_or_not_at_all() -> None:
    """Whatever comes on whichever day: nobody's rating is the difference of two looks."""
    given: list[CourseForm] = []
    counted = 0
    for day in range(40):
        on = FIRST + timedelta(days=day)
        given += forms([day % 5, UNSAID] if day % 3 else [4] * (day % 7), on=on)
        full = [form for form in whole_steps(given, on + timedelta(days=1)) if form.is_full]
        assert len(full) == counted or len(full) - counted >= 8
        counted = len(full)
    assert counted >= 24


def test_whoever_would_rather_not_say_is_left_out_and_not_a_zero() -> None:
    found = summarise(forms([4] * 8 + [UNSAID] * 3), TODAY).spreads[Rating.CONFIDENCE, BEFORE]
    assert (found.n, found.mean) == (8, 4.0)
    # 8 rounds to 10: what is shown is not exact either.
    assert found.counts == (0, 0, 0, 0, 10)


def test_moves_are_those_of_pairs_and_small_ones_are_not_told() -> None:
    before = forms([1] * 12)
    after = forms([3] * 10 + [1] * 2, occasion=AFTER, on=FIRST + timedelta(days=7), pairs=True)
    alone = forms([0] * 8, occasion=AFTER, on=FIRST + timedelta(days=9))
    found = summarise([*before, *after, *alone], TODAY)
    assert found.moves[Rating.READINESS] == Moves(rose=10, same=None, fell=0)
    assert found.spreads[Rating.READINESS, AFTER].n == 20
    assert found.roles == {
        CourseRole.PRACTITIONER: 30,
        CourseRole.SERVICE_MANAGER: 0,
        CourseRole.SENIOR_LEADER: 0,
        CourseRole.OTHER: 0,
    }
