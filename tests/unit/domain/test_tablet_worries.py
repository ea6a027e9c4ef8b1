"""What about a tablet needs a look: at the minute, and not for nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.gaps import Gaps, Span
from app.domain.tablet import LEASE
from app.domain.tablet_report import KnownReport
from app.domain.tablet_worries import find_worries

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAY = timedelta(hours=24)
SECOND = timedelta(seconds=1)
NO_GAPS = Gaps()


def held(waiting: int = 0, oldest: datetime | None = None, **more: object) -> KnownReport:
    said = {
        "waiting": waiting,
        "oldest_waiting_at": oldest,
        "kept": 0,
        "last_seq": 0,
        "waiting_seqs": [],
        "storage": "persistent",
        "releases": [],
        "generation": None,
        "build": "",
        "installed": True,
        "skew_seconds": 0,
    }
    return KnownReport(**said | more)


def worries(report: KnownReport | None, heard: datetime | None, gaps: Gaps = NO_GAPS) -> list[str]:
    return [*find_worries(contacted_at=heard, report=report, gaps=gaps, now=NOW)]


@pytest.mark.parametrize(
    ("report", "heard", "expected"),
    [
        (None, None, []),
        (held(), NOW, []),
        # Nothing waits there: it may lie in a drawer for days.
        (held(), NOW - DAY * 6, []),
        (held(3), NOW - DAY, []),
        (held(3), NOW - DAY - SECOND, ["unsent"]),
        (held(3, NOW - DAY), NOW, []),
        (held(3, NOW - DAY - SECOND), NOW, ["unsent"]),
        # The device's clock runs ahead: when it was heard of counts.
        (held(3, NOW + DAY), NOW - DAY - SECOND, ["unsent"]),
        (held(), NOW - LEASE, []),
        (held(), NOW - LEASE - SECOND, ["lease_over"]),
        (held(storage="best_effort"), NOW, []),
        (held(1, storage="best_effort"), NOW, ["storage"]),
        (held(1, storage="unknown"), NOW, ["storage"]),
        (held(skew_seconds=3600), NOW, []),
        (held(skew_seconds=-3601), NOW, ["clock"]),
    ],
)
def test_each_worry_begins_where_it_should(report, heard, expected):
    assert worries(report, heard) == expected


def test_what_is_lost_comes_first_and_what_may_still_come_is_no_worry():
    lost = Gaps(lost=(Span(41, 41),))
    report = held(1, storage="unknown", skew_seconds=9999)
    heard = NOW - LEASE - SECOND
    assert worries(report, heard, lost) == ["lost", "unsent", "lease_over", "storage", "clock"]
    assert worries(held(), NOW, Gaps(awaited=(Span(1, 3),))) == []
