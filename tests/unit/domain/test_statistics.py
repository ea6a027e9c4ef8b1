from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.statistics import wilson


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(20, 25, 60.9, 91.1), (438, 542, 77.3, 83.9), (726, 1019, 68.4, 73.9), (76, 191, 33.1, 46.9)],
)
def test_published_shares_have_the_published_intervals(
    successes: int, n: int, low: float, high: float
) -> None:
    interval = wilson(successes, n)
    assert (round(100 * interval.low, 1), round(100 * interval.high, 1)) == (low, high)


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_share_and_mirrors_its_complement(case: tuple[int, int]) -> None:
    successes, n = case
    interval, mirror = wilson(successes, n), wilson(n - successes, n)
    assert 0 <= interval.low <= successes / n + 1e-12
    assert successes / n - 1e-12 <= interval.high <= 1
    assert interval.low < interval.high
    assert interval.low == pytest.approx(1 - mirror.high, abs=1e-12)


@given(st.integers(2, 400))
def test_more_answers_make_it_narrower(n: int) -> None:
    one, four = wilson(n // 2, n), wilson(4 * (n // 2), 4 * n)
    assert four.high - four.low < one.high - one.low


@pytest.mark.parametrize(("successes", "n"), [(0, 0), (1, 0), (-1, 5), (6, 5)])
def test_impossible_counts_have_no_interval(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match="no interval"):
        wilson(successes, n)


def test_a_multiplier_must_be_positive() -> None:
    with pytest.raises(ValueError, match="no interval"):
        wilson(1, 5, z=0)
