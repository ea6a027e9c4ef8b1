from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import pytest

from collaborate_survey import (
    Counts,
    Reporting,
    Slice,
    distribute,
    score_counts,
    score_slices,
)

IDS = ("explain", "listen", "include")
NINE = Slice("collaborate-0-9", "1", "aa", "young_person", "after", "baseline", "own_phone")


def items(*values: int) -> dict[str, int]:
    return dict(zip(IDS, values, strict=True))


@pytest.mark.parametrize(
    "other",
    [
        {"version": "2"},
        {"wording": "bb"},
        {"respondent": "parent_self"},
        {"occasion": "before"},
        {"phase": "with_grid"},
        {"mode": "tablet_handed_over"},
    ],
)
def test_nothing_is_pooled_over_what_a_slice_keeps_apart(other: Mapping[str, str]) -> None:
    apart = replace(NINE, **other)
    scores = score_slices([(NINE, items(9, 9, 9)), (apart, items(0, 0, 0)), (NINE, items(9, 9, 0))])
    assert set(scores) == {NINE, apart}
    assert (scores[NINE].given, scores[NINE].top, scores[NINE].mean) == (2, 1, 7.5)
    assert (scores[apart].given, scores[apart].top, scores[apart].mean) == (1, 0, 0)


def test_nines_and_fours_are_two_slices() -> None:
    four = replace(NINE, instrument="collaborate-0-4")
    scores = score_slices([(NINE, items(4, 4, 4)), (four, items(4, 4, 4))])
    assert [(s.instrument, s.top, s.mean_percent) for s in scores.values()] == [
        ("collaborate-0-4", 1, 100),
        ("collaborate-0-9", 0, pytest.approx(44.444, abs=1e-3)),
    ]


def test_a_practice_answer_never_comes_among_scores() -> None:
    practice = replace(NINE, instrument="effort-practice")
    with pytest.raises(KeyError):
        score_slices([(practice, {"welcome": 9, "pace": 9, "questions": 9})])


def independently(rows: list[dict[str, int]]) -> tuple[int, int, float]:
    """Score once more without a line of the package: whole rows, tops, mean of means."""
    whole = [list(row.values()) for row in rows if min(row.values()) >= 0 and len(row) == 3]
    means = [sum(row) / 3 for row in whole]
    return len(whole), sum(row == [9, 9, 9] for row in whole), sum(means) / len(means)


def test_scores_equal_an_independent_count_on_random_answers() -> None:
    draw = random.Random(3)
    pool = [9, 9, 9, 8, 7, 5, 0, -98, -97]
    rows = [items(*(draw.choice(pool) for _ in IDS)) for _ in range(2000)]
    scores = score_slices((NINE, row) for row in rows)[NINE]
    complete, top, mean = independently(rows)
    assert (scores.complete, scores.top) == (complete, top)
    assert scores.mean == pytest.approx(mean)
    spread = distribute(rows, NINE.instrument)
    assert (spread.complete, spread.at_top) == (complete, top)
    assert spread.ceiling == pytest.approx(top / complete)
    counted = Counter(sum(r.values()) for r in rows if min(r.values()) >= 0)
    assert spread.sums == tuple(counted[value] for value in range(28))
    assert [sum(column) for column in spread.items.values()] == [complete] * 3


def test_counts_give_the_same_scores_as_answers() -> None:
    rows = [items(9, 9, 9)] * 20 + [items(9, 9, 8)] * 6 + [items(9, 9, -98)]
    from_rows = score_slices((NINE, row) for row in rows)[NINE]
    counts = Counts(given=27, complete=26, top=20, total=20 * 27 + 6 * 26)
    assert score_counts(counts, NINE.instrument, NINE.version) == from_rows
    assert from_rows.reporting is Reporting.INTERVAL_NOT_FOR_RANKING


@pytest.mark.parametrize("counts", [(1, 2, 0, 0), (2, 1, 2, 5), (2, 2, 0, 55), (-1, 0, 0, 0)])
def test_counts_that_cannot_be_have_no_score(counts: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        score_counts(Counts(*counts), NINE.instrument, NINE.version)


def test_no_complete_answer_has_no_ceiling() -> None:
    assert distribute([items(9, 9, -99)], NINE.instrument).ceiling is None
