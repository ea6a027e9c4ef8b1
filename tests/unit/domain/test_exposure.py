from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from fixtures.sealed_heads import HEAD

from app.domain import envelope, exposure
from app.domain.envelope import EnvelopeUnreadable
from app.domain.exposure import MinutesBand

ROOT = Path(__file__).resolve().parents[3]
COUNTS = {
    "picked": ["group", "one-to-one"],
    "shown": ["family", "group", "one-to-one"],
    "opened": {"hard": 3, "help": 1},
    "minutes_band": "5_to_10",
}
DOCUMENT: dict[str, Any] = {
    "format": "exposure-1",
    **HEAD,
    "counts": COUNTS,
}


def read(document: dict[str, Any]) -> exposure.ExposureSet:
    raw = envelope.pad(envelope.canonical_bytes(document))
    return exposure.read_exposure(envelope.load(raw), raw)


def test_what_a_device_counted_is_read() -> None:
    found = read(DOCUMENT)
    assert found.counts == exposure.Counts(
        picked=("group", "one-to-one"),
        shown=("family", "group", "one-to-one"),
        opened={"hard": 3, "help": 1},
        minutes_band=MinutesBand.FIVE_TO_TEN,
    )
    assert (found.grid.public_id, found.encounter.team) == ("k7", "north")
    assert exposure.is_exposure(DOCUMENT)
    assert not exposure.is_exposure({"format": 1})


def test_a_family_that_switched_it_off_sends_no_count() -> None:
    assert read(DOCUMENT | {"counts": None}).counts is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"picked": ["b", "a"]}, "counts.picked"),
        ({"shown": ["a", "a"]}, "counts.shown"),
        ({"shown": ["A b"]}, "counts.shown"),
        ({"shown": [f"o{n:02d}" for n in range(21)]}, "counts.shown"),
        ({"opened": {"help": 0}}, "counts.opened.help"),
        ({"opened": {"help": 1000}}, "counts.opened.help"),
        ({"opened": {"help": True}}, "counts.opened.help"),
        ({"opened": {f"r{n}": 1 for n in range(61)}}, "counts.opened"),
        ({"opened": ["help"]}, "counts.opened"),
        ({"minutes_band": "7"}, "counts.minutes_band"),
        ({"opened_at": "2026-11-23T09:00:00.000Z"}, "counts"),
    ],
)
def test_anything_else_is_refused_and_never_repeated(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(EnvelopeUnreadable) as refused:
        read(DOCUMENT | {"counts": COUNTS | changes})
    assert refused.value.field == field


@pytest.mark.parametrize("key", ["respondent", "made_at", "order", "seq"])
def test_there_is_no_place_for_a_person_a_time_or_an_order(key: str) -> None:
    with pytest.raises(EnvelopeUnreadable):
        read(DOCUMENT | {key: "parent"})


def test_two_spellings_of_the_same_counts_are_refused() -> None:
    raw = envelope.canonical_bytes(DOCUMENT) + b" "
    with pytest.raises(EnvelopeUnreadable, match="not_canonical"):
        exposure.read_exposure(envelope.load(raw), raw)


def test_both_halves_have_the_same_bands_and_limits() -> None:
    script = (ROOT / "static/js/appointment-counts.js").read_text("utf-8")
    table = dict(re.findall(r'\["(\w+)", (\w+)\]', script))
    assert list(table) == [band.value for band in MinutesBand]
    for name, end in table.items():
        if end != "Infinity":
            assert exposure.minutes_band(int(end) * 60 - 1) == name
            assert exposure.minutes_band(int(end) * 60) != name
    assert f'FORMAT = "{exposure.FORMAT}"' in script
    assert f"MOST_OPENED = {exposure.MOST_OPENED}" in script
