"""A report is read strictly: a device that lies, or that somebody else holds, breaks nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.domain.tablet_report import known_from, known_in, read_report

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SENT: dict[str, Any] = {
    "waiting": 3,
    "oldest_waiting_at": "2026-11-22T10:00:00.000Z",
    "kept": 14,
    "last_seq": 41,
    "waiting_seqs": [41, 39, 40],
    "storage": "persistent",
    "releases": ["k7/1", "m4/2"],
    "generation": "0a1b2c3d4e5f6071",
    "device_time": "2026-11-23T09:00:04.000Z",
    "build": "b9c1",
    "installed": True,
}


def read(**changes: Any):
    return read_report(json.dumps(SENT | changes).encode())


def test_a_report_is_kept_without_the_time_and_comes_back_the_same():
    known = known_from(read(config_sha256="a" * 64), now=NOW)
    assert known.skew_seconds == 4
    assert known.waiting_seqs == [39, 40, 41]
    row = json.loads(json.dumps(known.as_row()))
    assert "device_time" not in row
    assert "config_sha256" not in row
    assert known_in(row) == known


@pytest.mark.parametrize(
    "changes",
    [
        {"waiting": -1},
        {"waiting": "3"},
        {"waiting": 3.5},
        {"waiting": True},
        {"waiting": 10**30},
        {"waiting": None},
        {"last_seq": 10**9},
        {"waiting_seqs": [0]},
        {"waiting_seqs": ["1"]},
        {"waiting_seqs": list(range(1, 502))},
        {"waiting_seqs": {"1": 1}},
        {"oldest_waiting_at": "yesterday"},
        {"oldest_waiting_at": 1_700_000_000},
        {"oldest_waiting_at": "2026-11-22T10:00:00"},
        {"device_time": "9999-12-31T23:59:59-23:59"},
        {"device_time": "0001-01-01T00:00:00+23:59"},
        {"device_time": None},
        {"storage": "forever"},
        {"releases": ["<script>"]},
        {"releases": ["k7/1\n"]},
        {"releases": ["k7/1"] * 201},
        {"generation": "x"},
        {"generation": "ab\n"},
        {"build": "b\u0000"},
        {"build": "b" * 65},
        {"installed": "yes"},
        {"config_sha256": "a" * 63},
    ],
)
def test_what_no_tablet_would_say_is_not_taken(changes):
    with pytest.raises(ValueError):  # noqa: PT011  # pydantic's own is one; its text is not ours
        read(**changes)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b'"\xff"',
        b'{"waiting": NaN}',
        b"[" * 50_000,
        b'{"a":' * 20_000 + b"1",
        json.dumps({k: v for k, v in SENT.items() if k != "kept"}).encode(),
    ],
    ids=["empty", "list", "null", "half", "bytes", "nan", "deep list", "deep map", "key missing"],
)
def test_what_is_no_report_is_refused_and_never_crashes(sent):
    with pytest.raises(ValueError):  # noqa: PT011  # pydantic's own is one; its text is not ours
        read_report(sent)


def test_a_newer_page_may_say_more():
    assert read(battery=80) == read()


@pytest.mark.parametrize("hours", [-72, 72])
def test_a_clock_that_is_days_off_is_only_noted(hours):
    device_time = (NOW + timedelta(hours=hours)).isoformat()
    assert known_from(read(device_time=device_time), now=NOW).skew_seconds == hours * 3600


def test_a_clock_that_starts_in_1970_is_a_clock():
    assert known_from(read(device_time="1970-01-01T00:00:00Z"), now=NOW).skew_seconds < 0


def test_seconds_of_drift_tell_nothing_new_and_everything_else_does():
    first = known_from(read(), now=NOW)
    drifted = known_from(read(device_time="2026-11-23T09:00:09Z"), now=NOW)
    assert not drifted.differs_from(first, more_than=60)
    assert known_from(read(device_time="2026-11-23T09:02:00Z"), now=NOW).differs_from(
        first, more_than=60
    )
    assert known_from(read(kept=15), now=NOW).differs_from(first, more_than=60)
    assert first.differs_from(None, more_than=60)


@pytest.mark.parametrize("row", [None, {}, {"waiting": 1}, {"waiting": "x"}])
def test_a_row_that_no_version_wrote_is_as_if_it_were_not_there(row):
    assert known_in(row) is None
