"""What about a tablet needs somebody to look, from what it said and what arrived."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from app.domain.gaps import Gaps
from app.domain.tablet import LEASE
from app.domain.tablet_report import KnownReport

#: Answers that wait longer are at the mercy of the browser's storage (capture.md 5).
UNSENT_FOR: Final = timedelta(hours=24)
#: Beyond this a device's times say too little about the order of things.
CLOCK_OFF_SECONDS: Final = 3600


class Worry(StrEnum):
    """One reason to look, the gravest first."""

    LOST = "lost"
    UNSENT = "unsent"
    LEASE_OVER = "lease_over"
    STORAGE = "storage"
    CLOCK = "clock"


#: Those that staff meet on their first page.
URGENT: Final = frozenset({Worry.LOST, Worry.UNSENT})


def find_worries(
    *, contacted_at: datetime | None, report: KnownReport | None, gaps: Gaps, now: datetime
) -> tuple[Worry, ...]:
    """Return what needs a look at a tablet in use, the gravest first.

    UNSENT: answers wait there and it was not heard of for a day, or the oldest has waited a day.
    STORAGE only while answers wait: a browser may throw away what it did not promise to keep.
    """
    found = {Worry.LOST} if gaps.lost else set()
    if contacted_at is not None and now - contacted_at > LEASE:
        found.add(Worry.LEASE_OVER)
    if report is not None and report.waiting and contacted_at is not None:
        oldest = min(contacted_at, report.oldest_waiting_at or contacted_at)
        found |= {Worry.UNSENT} if now - oldest > UNSENT_FOR else set()
        found |= {Worry.STORAGE} if report.storage != "persistent" else set()
    if report is not None and abs(report.skew_seconds) > CLOCK_OFF_SECONDS:
        found.add(Worry.CLOCK)
    return tuple(worry for worry in Worry if worry in found)
