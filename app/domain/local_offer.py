"""What is offered here: the words for it, and when an entry is too old to be trusted.

Facts of a place, dated and owned, never mixed with the evidence of a grid.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from typing import Final

#: An entry that nobody looked at for this long is shown as out of date (ours; waits change fast).
STALE_AFTER: Final = timedelta(days=90)


class OfferPlace(StrEnum):
    """Where somebody here can get one way of help."""

    HERE = "here"
    ELSEWHERE = "elsewhere"
    NOT_HERE = "not_here"


def is_stale(checked_on: date, today: date) -> bool:
    """Say whether an entry was last checked too long ago, or on a day that has not come."""
    return not today - STALE_AFTER <= checked_on <= today
