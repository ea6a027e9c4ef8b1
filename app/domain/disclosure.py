"""Small numbers in three tiers, and why a count moves on only in steps (rules of the room 2.2).

(a) Inside the service nothing is shown under 25 appointments with a complete answer; from there
the exact share, with its interval. (b) What leaves the service - print, download - has counts of
1 to 7 taken out and the rest rounded to 5, and a share is made of rounded counts. (c) Rows leave
only for an approved project. Every tier is stated on its screen.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

#: Fewest appointments with a complete answer; equal to CS-MIN-25.
FEWEST_SHOWN: Final = 25
#: Fewest with which groups may be compared; equal to CS-RANK-190.
FEWEST_RELIABLE: Final = 190
#: Two looks at one cell differ by as many answers as a printed count would need, or by none.
SMALLEST_STEP: Final = 8
_ROUND_TO: Final = 5


class Tier(StrEnum):
    """How small numbers are kept safe on a screen or paper."""

    INSIDE = "inside"
    LEAVING = "leaving"
    APPROVED_ROWS = "approved_rows"


class Shown(StrEnum):
    """What may be said of a group inside the service."""

    NOTHING = "nothing"
    NOT_FOR_RANKING = "not_for_ranking"
    RELIABLE = "reliable"


def tell(appointments: int) -> Shown:
    """Say what may be shown over so many appointments. Source: CS-MIN-25, CS-RANK-190."""
    if appointments < FEWEST_SHOWN:
        return Shown.NOTHING
    return Shown.NOT_FOR_RANKING if appointments < FEWEST_RELIABLE else Shown.RELIABLE


def round_count(count: int) -> int | None:
    """Take out 1 to 7 (None) and round the rest to the nearest 5; 0 stays.

    Source: OpenSAFELY documentation, disclosure control: redact before rounding, because a shown
    5 could otherwise only be 6 or 7.
    """
    if count == 0:
        return 0
    return None if count < SMALLEST_STEP else (count + _ROUND_TO // 2) // _ROUND_TO * _ROUND_TO


def round_share(part: int, whole: int) -> tuple[int, int] | None:
    """Round a share to leave the service; None where it or its complement is a small number.

    Source: as ``round_count``; the complement is this project's own addition.
    """
    rest, rounded = round_count(whole - part), round_count(part)
    total = round_count(whole)
    if rest is None or rounded is None or not total:
        return None
    return rounded, rounded + rest


def round_counts(counts: Mapping[str, int]) -> dict[str, int | None]:
    """Round every count of a table; totals are made from the rounded parts by whoever shows it."""
    return {name: round_count(count) for name, count in counts.items()}


def may_step(before: int, after: int) -> bool:
    """Say whether a shown cell may go on from one number of complete answers to another.

    A cell that moved by one answer would give that answer away to whoever looked twice.
    """
    return after - before >= SMALLEST_STEP
