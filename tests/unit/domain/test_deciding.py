"""The month of a review, as it is written and compared."""

from __future__ import annotations

from datetime import date

import pytest

from app.domain.deciding import months_between, read_month


def test_a_month_is_read_only_as_it_is_written() -> None:
    assert read_month("2027-02") == date(2027, 2, 1)
    assert [read_month(text) for text in ("", "2027-2", "2027-13", "2027-00", "27-02", "x")] == [
        None
    ] * 6


@pytest.mark.parametrize(
    ("later", "months"),
    [(date(2026, 11, 1), 0), (date(2027, 2, 1), 3), (date(2026, 10, 31), -1)],
)
def test_months_are_counted_without_their_days(later: date, months: int) -> None:
    assert months_between(date(2026, 11, 30), later) == months
