"""Deciding together: how a decision ended, who decides, and the month of looking at it again.

Words of the record of a decision (rules of the room 1.11, 3.4), shared by paper, page and row.
"""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from typing import Final


class DecisionOutcome(StrEnum):
    """How it ended. "Not today" closes the choice; "not yet" leaves it open."""

    DECIDED = "decided"
    NOT_YET = "not_yet"
    NOT_TODAY = "not_today"


class Deciding(StrEnum):
    """Who decides this one thing."""

    YOUNG_PERSON = "young_person"
    TOGETHER = "together"
    ADULT_WITH_VIEWS_HEARD = "adult_with_views_heard"


class HowJudged(StrEnum):
    """How it was judged who decides; no diagnosis is among them."""

    AGE_16_OR_OVER = "age_16_or_over"
    UNDERSTANDS_THIS = "understands_this"
    PARTS_OF_IT = "parts_of_it"
    NOT_YET_ABLE = "not_yet_able"
    NOT_JUDGED = "not_judged"


#: The cards of "What matters to you?", in the order of the page.
MATTERS: Final = (
    "better",
    "school",
    "private",
    "family",
    "medicine",
    "one-person",
    "soon",
    "little",
    "risks",
    "stop",
)
#: A review further away than this is a slip of the hand.
MOST_MONTHS_AHEAD: Final = 24
_MONTH: Final = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")


def read_month(text: str) -> date | None:
    """Return the first day of a month written ``YYYY-MM``, or None for anything else."""
    found = _MONTH.fullmatch(text)
    return date(int(found[1]), int(found[2]), 1) if found else None


def months_between(first: date, second: date) -> int:
    """Return how many months ``second`` is after ``first``, by their months alone."""
    return (second.year - first.year) * 12 + second.month - first.month
