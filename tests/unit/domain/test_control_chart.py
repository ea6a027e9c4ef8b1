from __future__ import annotations

import pytest

from app.domain.control_chart import ControlChart, Signal, in_groups, p_chart, xmr

# Montgomery DC. Introduction to Statistical Quality Control: the orange juice cans (fraction
# nonconforming, 30 samples of 50) and the cost of mortgage loans (individuals).
CANS = (12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22)
CANS += (8, 10, 5, 13, 11, 20, 18, 24, 15, 9, 12, 7, 13, 9, 6)
LOANS = (310, 288, 297, 298, 307, 303, 294, 297, 308, 306)
LOANS += (294, 299, 297, 299, 314, 295, 293, 306, 301, 304)


def where(chart: ControlChart, signal: Signal) -> list[int]:
    return [at for at, point in enumerate(chart.points, start=1) if signal in point.signals]


def test_the_p_chart_of_the_textbook() -> None:
    chart = p_chart([(cans, 50) for cans in CANS])
    assert round(chart.centre, 4) == 0.2313
    point = chart.points[0]
    assert (round(point.low, 4), round(point.high, 4)) == (0.0524, 0.4102)
    assert where(chart, Signal.OUTSIDE) == [15, 23]
    assert not chart.trial


def test_the_individuals_chart_of_the_textbook() -> None:
    chart = xmr(LOANS, share=False)
    assert round(chart.centre, 1) == 300.5
    assert round(chart.points[0].high, 1) == 321.2
    assert round(chart.points[0].low, 1) == 279.8
    assert chart.signals == frozenset()


def test_a_single_leap_is_left_out_of_the_moving_range() -> None:
    quiet = [10.0, 11.0] * 10
    chart = xmr([*quiet, 40.0, *quiet], share=False)
    spread = chart.points[0].high - chart.centre
    assert spread == pytest.approx(2.66)  # every kept range is 1
    assert where(chart, Signal.OUTSIDE) == [21]


def calm(count: int) -> list[float]:
    """Values around 0.5 that cross it at every step, so that no rule is met."""
    return [0.4 if at % 2 else 0.6 for at in range(count)]


def test_calm_values_give_no_signal() -> None:
    assert xmr(calm(30)).signals == frozenset()


@pytest.mark.parametrize(("length", "marked"), [(6, 0), (7, 7), (8, 8)])
def test_seven_on_one_side(length: int, marked: int) -> None:
    low, high = [0.45, 0.44] * 4, [0.55, 0.56] * 10
    values = [*calm(21), *low[:length], *high[:1], *calm(20)[1:]]
    found = where(p_chart([(round(v * 100), 100) for v in values]), Signal.ONE_SIDE)
    assert len(found) == marked


@pytest.mark.parametrize(("length", "marked"), [(6, 0), (7, 7), (9, 9)])
def test_seven_in_a_trend(length: int, marked: int) -> None:
    trend = [46 + at for at in range(length)]
    counts = [(50, 100), *((v, 100) for v in trend), (trend[-1], 100), *[(50, 100), (49, 100)] * 5]
    assert len(where(p_chart(counts), Signal.TREND)) == marked


def test_two_of_three_near_the_same_limit() -> None:
    calm_counts = [(48, 100), (52, 100)] * 8
    near = [(61, 100), (52, 100), (61, 100)]
    chart = p_chart([*calm_counts, *near, *calm_counts])
    assert where(chart, Signal.NEAR_LIMITS) == [17, 19]
    apart = p_chart([*calm_counts, (61, 100), (39, 100), (61, 100), *calm_counts])
    assert where(apart, Signal.NEAR_LIMITS) == []


def test_limits_follow_the_size_of_each_group() -> None:
    chart = p_chart([(5, 10), (50, 100)])
    small, large = chart.points
    assert small.high - small.low > large.high - large.low
    assert [point.n for point in chart.points] == [10, 100]


@pytest.mark.parametrize(("points", "trial"), [(1, True), (12, True), (13, False)])
def test_few_points_have_trial_limits(points: int, trial: bool) -> None:
    assert xmr([0.5] * points).trial is trial


def test_limits_of_a_share_stay_between_nothing_and_everything() -> None:
    chart = xmr([0.0, 1.0, 0.0, 1.0])
    assert {(point.low, point.high) for point in chart.points} == {(0.0, 1.0)}
    assert chart.signals == frozenset()


def test_equal_values_have_no_signal() -> None:
    assert xmr([0.4] * 20).signals == frozenset()


@pytest.mark.parametrize(("count", "groups"), [(0, ()), (24, ()), (25, (25,)), (74, (25, 25))])
def test_only_whole_groups_are_charted(count: int, groups: tuple[int, ...]) -> None:
    assert in_groups([True] * count) == groups


def test_groups_keep_the_order_of_time() -> None:
    assert in_groups([True] * 25 + [False] * 25 + [True] * 3) == (25, 0)


def test_nothing_cannot_be_charted() -> None:
    for wrong in (lambda: xmr([]), lambda: p_chart([]), lambda: p_chart([(3, 2)])):
        with pytest.raises(ValueError, match="nothing to chart"):
            wrong()
    with pytest.raises(ValueError, match="at least one"):
        in_groups([True], 0)
