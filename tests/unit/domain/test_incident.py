from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.incident import (
    HEADINGS,
    LONGEST_PLACE,
    STAFF_ONLY,
    UNKNOWN_PLACE,
    Incident,
    IncidentOutcome,
    IncidentReason,
    Severity,
    read_hazard,
    read_place,
    reasons_for,
    render_incidents,
)

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "place", ["public/help", "grid/grid/k7/3", "encounters/one", "staff_admin/person"]
)
def test_names_of_pages_are_kept(place: str) -> None:
    assert read_place(place) == place


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "help",
        "/encounters/2f1c0a52-0000-4000-8000-000000000000",
        "encounters/2f1c0a52-0000-4000-8000-000000000000",
        "encounters/one/Robin Ashe",
        "grid/grid/k7/3?c=a",
        "grid/grid/4857773456/1",
        "<script>",
        "a/b" * 100,
    ],
)
def test_what_may_hold_somebodys_id_or_name_is_not(sent: str) -> None:
    assert read_place(sent) == UNKNOWN_PLACE


@given(st.text())
def test_no_text_gets_further_than_a_short_name(sent: str) -> None:
    place = read_place(sent)
    assert len(place) <= LONGEST_PLACE
    assert place.isascii()
    assert place == UNKNOWN_PLACE or not any(each in place for each in " @.?&=<>\"'")


def test_families_choose_from_the_list_without_what_only_staff_can_know() -> None:
    assert set(reasons_for(staff=True)) == set(IncidentReason)
    assert set(reasons_for(staff=False)) == set(IncidentReason) - STAFF_ONLY


def test_a_hazard_is_written_as_in_its_log() -> None:
    assert read_hazard(" hz-07 ") == "HZ-07"
    assert [read_hazard(sent) for sent in ("", "7", "HZ-1", "HZ-07; DROP")] == [None] * 4


def _incident(**change: object) -> Incident:
    values: dict[str, object] = {
        "id": "1b2c",
        "place": "grid/grid/k7/3",
        "reason": IncidentReason.NOT_TRUE,
        "by_staff": "",
        "reported_at": START,
        "owner_id": None,
        "owner": "",
        "severity": None,
        "hazard": None,
        "closed_at": None,
        "outcome": None,
    }
    return Incident(**{**values, **change})  # type: ignore[arg-type]


def test_the_file_holds_the_list_and_how_long_each_took() -> None:
    closed = _incident(
        owner="Ada",
        severity=Severity.LOW,
        hazard="HZ-01",
        closed_at=START + timedelta(hours=25, minutes=30),
        outcome=IncidentOutcome.MENDED,
    )
    rows = list(csv.reader(io.StringIO(render_incidents([_incident(), closed]))))
    assert rows[0] == list(HEADINGS)
    assert rows[1] == [
        "1b2c", "2026-11-23T09:00:00Z", "grid/grid/k7/3", "not_true", "family", "", "", "", "", "",
        "",
    ]  # fmt: skip
    assert rows[2][4:] == [
        "family", "Ada", "low", "HZ-01", "2026-11-24T10:30:00Z", "25.5", "mended",
    ]  # fmt: skip


def test_a_name_that_would_be_a_formula_is_text() -> None:
    rows = list(csv.reader(io.StringIO(render_incidents([_incident(by_staff="=1+1")]))))
    assert rows[1][4] == "'=1+1"
