"""What was opened in an appointment, as counts: how much of a grid a family met."""

from __future__ import annotations

from enum import StrEnum


class MinutesBand(StrEnum):
    """How long a grid was on screen, too coarse to tell one appointment from another."""

    UNDER_TWO = "under_2"
    TWO_TO_FIVE = "2_to_5"
    FIVE_TO_TEN = "5_to_10"
    TEN_TO_TWENTY = "10_to_20"
    OVER_TWENTY = "over_20"


def minutes_band(seconds: float) -> MinutesBand:
    """Return the band of a time on screen in seconds, none of it for a clock that ran back."""
    bounds = zip((2, 5, 10, 20), MinutesBand, strict=False)
    return next((band for bound, band in bounds if seconds < bound * 60), MinutesBand.OVER_TWENTY)
