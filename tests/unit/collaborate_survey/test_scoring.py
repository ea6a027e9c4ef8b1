from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collaborate_survey import (
    MixedInstruments,
    Reporting,
    Response,
    mean_score,
    percent,
    report,
    score_many,
    top_score,
)

NINE, FOUR = "collaborate-0-9", "collaborate-0-4"
IDS = ("explain", "listen", "include")


def items(*values: int) -> dict[str, int]:
    return dict(zip(IDS, values, strict=False))


def response(*values: int, instrument: str = NINE, version: str = "v1") -> Response:
    return Response(instrument, version, items(*values))


@pytest.mark.parametrize(
    ("instrument", "values", "top", "mean", "share"),
    [
        (NINE, (9, 9, 9), 1, 9, 100),
        (NINE, (9, 9, 8), 0, 8.667, 96.296),
        (NINE, (0, 0, 0), 0, 0, 0),
        (FOUR, (4, 4, 4), 1, 4, 100),
        (FOUR, (3, 3, 3), 0, 3, 75),
    ],
)
def test_vectors(
    instrument: str, values: tuple[int, ...], top: int, mean: float, share: float
) -> None:
    given_items = items(*values)
    assert top_score(given_items, instrument) == top
    assert mean_score(given_items, instrument) == pytest.approx(mean, abs=5e-4)
    assert percent(given_items, instrument) == pytest.approx(share, abs=5e-4)


@pytest.mark.parametrize("incomplete", [items(9, 9), items(9, 9, -98), items(-99, -99, -99), {}])
def test_a_missing_item_means_no_score_of_any_kind(incomplete: dict[str, int]) -> None:
    assert top_score(incomplete, NINE) is None
    assert mean_score(incomplete, NINE) is None
    assert percent(incomplete, NINE) is None


@pytest.mark.parametrize("function", [top_score, mean_score, percent])
def test_what_is_not_on_the_scale_is_not_scored(function: object) -> None:
    assert callable(function)
    for wrong in (items(9, 9, 10), {**items(9, 9), "include": True}, {**items(9, 9, 9), "more": 1}):
        with pytest.raises(ValueError, match=r"not on the scale|not items of"):
            function(wrong, NINE)
    with pytest.raises(ValueError, match="not on the scale"):
        function(items(5, 4, 4), FOUR)


def test_practice_answers_have_no_score() -> None:
    with pytest.raises(KeyError):
        top_score({"welcome": 9, "pace": 9, "questions": 9}, "effort-practice")


@given(st.lists(st.integers(0, 9), min_size=3, max_size=3))
def test_top_is_the_same_as_a_hundred_percent(values: list[int]) -> None:
    given_items = items(*values)
    assert (top_score(given_items, NINE) == 1) == (percent(given_items, NINE) == 100)
    assert mean_score(given_items, NINE) == pytest.approx(sum(values) / 3)


@pytest.mark.parametrize(
    ("top", "n", "shown"), [(438, 542, 80.8), (726, 1019, 71.2), (76, 191, 39.8)]
)
def test_published_shares(top: int, n: int, shown: float) -> None:
    group = [response(9, 9, 9)] * top + [response(9, 9, 8)] * (n - top)
    scores = score_many(group)
    assert scores.top_percent is not None
    assert round(scores.top_percent, 1) == shown
    assert (scores.top, scores.complete, scores.reporting) == (top, n, Reporting.INTERVAL)


def test_a_group_leaves_incomplete_answers_out_and_counts_them() -> None:
    scores = score_many([response(9, 9, 9), response(9, 9, -98), response(0, 0, 0), response(9, 9)])
    assert (scores.given, scores.complete, scores.top) == (4, 2, 1)
    assert (scores.top_percent, scores.mean, scores.mean_percent) == (50, 4.5, 50)
    assert (scores.instrument, scores.version, scores.scale_max) == (NINE, "v1", 9)
    assert scores.reporting is Reporting.SUPPRESSED


def test_a_group_without_a_complete_answer_has_no_numbers() -> None:
    scores = score_many([response(9, 9, -95)])
    assert (scores.top_percent, scores.mean, scores.mean_percent) == (None, None, None)
    assert (scores.given, scores.complete) == (1, 0)


@pytest.mark.parametrize(
    "other", [response(4, 4, 4, instrument=FOUR), response(9, 9, 9, version="v2")]
)
def test_versions_are_never_pooled(other: Response) -> None:
    with pytest.raises(MixedInstruments):
        score_many([response(9, 9, 9), other])


def test_an_incomplete_answer_of_another_version_is_refused_as_well() -> None:
    with pytest.raises(MixedInstruments):
        score_many([response(9, 9, 9), response(-98, -98, -98, instrument=FOUR)])


def test_nothing_is_not_scored() -> None:
    with pytest.raises(ValueError, match="no responses"):
        score_many([])


@given(st.lists(st.tuples(*[st.integers(-99, 4)] * 3), min_size=1))
def test_a_group_agrees_with_its_members(rows: list[tuple[int, int, int]]) -> None:
    scores = score_many(response(*row, instrument=FOUR) for row in rows)
    tops = [t for t in (top_score(items(*row), FOUR) for row in rows) if t is not None]
    means = [m for m in (mean_score(items(*row), FOUR) for row in rows) if m is not None]
    assert (scores.given, scores.complete, scores.top) == (len(rows), len(tops), sum(tops))
    if means:
        assert scores.mean == pytest.approx(sum(means) / len(means))


@pytest.mark.parametrize(
    ("n", "state"),
    [
        (0, Reporting.SUPPRESSED),
        (24, Reporting.SUPPRESSED),
        (25, Reporting.INTERVAL_NOT_FOR_RANKING),
        (189, Reporting.INTERVAL_NOT_FOR_RANKING),
        (190, Reporting.INTERVAL),
        (100_000, Reporting.INTERVAL),
    ],
)
def test_small_numbers(n: int, state: Reporting) -> None:
    assert report(n) is state


def test_a_negative_number_of_answers_is_refused() -> None:
    with pytest.raises(ValueError, match="fewer than 0"):
        report(-1)
