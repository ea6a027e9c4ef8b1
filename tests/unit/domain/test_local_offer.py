"""When an entry of the local offer is out of date, and the bands of time on screen."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.domain.exposure import MinutesBand, minutes_band
from app.domain.local_offer import STALE_AFTER, is_stale

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("days", "stale"),
    [(0, False), (STALE_AFTER.days, False), (STALE_AFTER.days + 1, True), (-1, True)],
)
def test_an_entry_ages_and_a_day_to_come_is_no_check(days: int, stale: bool) -> None:
    assert is_stale(TODAY - timedelta(days=days), TODAY) is stale


@pytest.mark.parametrize(
    ("seconds", "band"),
    [
        (-5, MinutesBand.UNDER_TWO),
        (0, MinutesBand.UNDER_TWO),
        (119.9, MinutesBand.UNDER_TWO),
        (120, MinutesBand.TWO_TO_FIVE),
        (300, MinutesBand.FIVE_TO_TEN),
        (600, MinutesBand.TEN_TO_TWENTY),
        (1200, MinutesBand.OVER_TWENTY),
        (90_000, MinutesBand.OVER_TWENTY),
    ],
)
def test_a_time_on_screen_has_one_band(seconds: float, band: MinutesBand) -> None:
    assert minutes_band(seconds) is band
