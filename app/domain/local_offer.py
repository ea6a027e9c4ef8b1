"""What is offered here: the words for it, and when an entry is too old to be trusted.

Facts of a place, dated and owned, never mixed with the evidence of a grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

#: An entry that nobody looked at for this long is shown as out of date (ours; waits change fast).
STALE_AFTER: Final = timedelta(days=90)

#: Stands for the day of a check that nobody dated; it is always stale and is never shown.
UNDATED: Final = date(1, 1, 1)
OLDEST_AGE: Final = 120
MOST_WEEKS: Final = 520
LONGEST_NAME: Final = 120
LONGEST_TEXT: Final = 600


class OfferPlace(StrEnum):
    """Where somebody here can get one way of help."""

    HERE = "here"
    ELSEWHERE = "elsewhere"
    NOT_HERE = "not_here"


def is_stale(checked_on: date, today: date) -> bool:
    """Say whether an entry was last checked too long ago, or on a day that has not come."""
    return not today - STALE_AFTER <= checked_on <= today


@dataclass(frozen=True, slots=True)
class OfferDraft:
    """What an entry says, parsed: lengths within the limits above, ages and weeks within theirs.

    Ages in years and the wait in weeks are None where nobody said.
    """

    name: str
    what: str
    age_from: int | None
    age_to: int | None
    how_to_get: str
    wait_weeks: int | None
    checked_on: date
