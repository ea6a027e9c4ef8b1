"""The research table: its shape, its pseudonyms, its missing codes, its refusal of formulas."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest

from app.domain.dataset import (
    COLUMNS,
    NAMES,
    Project,
    ResponseRow,
    codebook_rows,
    csv_lines,
    long_rows,
)
from app.domain.missing import ItemMissing

PROJECT = Project("export-1", b"k" * 32)
ITEMS = ("explain", "listen")


def make_row(**changes: object) -> ResponseRow:
    values: dict[str, object] = {
        "response_id": "r-1",
        "encounter_id": "e-1",
        "practitioner": "p-1",
        "team": "north",
        "encounter_on": date(2026, 11, 23),
        "study_id": None,
        "phase": "with_grid",
        "environment": "training",
        "demo": False,
        "instrument_id": "made-up",
        "instrument_version": "1",
        "wording_sha256": "ab" * 32,
        "language": "en",
        "occasion": "after",
        "respondent": "young_person",
        "mode": "tablet_handed_over",
        "helped_by": ("parent", "supporter"),
        "seen_by_others": "not_sure",
        "referent": None,
        "weeks_since": None,
        "state": "complete",
        "reason": None,
        "appointment_type": "first",
        "appointment_mode": "in_person",
        "interpreter": "none",
        "need_group_practitioner": "help",
        "need_group_young_person": "advice",
        "age_band": "14-15",
        "people_present": ("parent", "young_person"),
        "grid_public_id": "k7",
        "grid_version": 2,
        "grid_sha256": "cd" * 32,
        "items": {"explain": 9, "listen": -97},
    }
    return ResponseRow(**{**values, **changes})  # type: ignore[arg-type]


def as_records(rows: list[ResponseRow], project: Project = PROJECT) -> list[dict[str, str]]:
    text = "".join(csv_lines(NAMES, long_rows(rows, project, ITEMS)))
    return list(csv.DictReader(io.StringIO(text)))


def test_one_row_for_each_item_with_every_column_filled_as_described() -> None:
    first, second = as_records([make_row()])
    assert first == {
        "export_id": "export-1",
        "response_ref": PROJECT.reference("response", "r-1"),
        "encounter_ref": PROJECT.reference("encounter", "e-1"),
        "practitioner_ref": PROJECT.reference("practitioner", "p-1"),
        "team": "north",
        "month": "2026-11",
        "study_id": "",
        "phase": "with_grid",
        "environment": "training",
        "demo": "0",
        "instrument_id": "made-up",
        "instrument_version": "1",
        "wording_sha256": "ab" * 32,
        "language": "en",
        "occasion": "after",
        "respondent": "young_person",
        "mode": "tablet_handed_over",
        "helped_by": "parent;supporter",
        "seen_by_others": "not_sure",
        "referent": "",
        "weeks_since": "",
        "state": "complete",
        "form_reason": "",
        "appointment_type": "first",
        "appointment_mode": "in_person",
        "interpreter": "none",
        "people_present": "parent;young_person",
        "need_group_practitioner": "help",
        "need_group_young_person": "advice",
        "age_band": "14-15",
        "grid_public_id": "k7",
        "grid_version": "2",
        "grid_sha256": "cd" * 32,
        "item": "explain",
        "value": "9",
        "missing_reason": "",
    }
    assert (second["item"], second["value"], second["missing_reason"]) == (
        "listen",
        "-97",
        "prefer_not_to_say",
    )


def test_no_identifier_of_the_service_leaves() -> None:
    text = "".join(
        csv_lines(NAMES, long_rows([make_row(practitioner="opaque-77")], PROJECT, ITEMS))
    )
    assert "opaque-77" not in text
    assert "r-1" not in text
    assert "2026-11-23" not in text


def test_two_projects_cannot_be_joined() -> None:
    other = Project("export-1", b"q" * 32)
    here, there = as_records([make_row()])[0], as_records([make_row()], other)[0]
    for name in ("response_ref", "encounter_ref", "practitioner_ref"):
        assert here[name] != there[name]


def test_the_same_project_gives_the_same_references_again() -> None:
    later = Project("export-2", PROJECT.key)
    assert as_records([make_row()])[0]["response_ref"] == later.reference("response", "r-1")


@pytest.mark.parametrize("start", ["=1+1", "+44", "@x", "-x", "\tx"])
def test_a_cell_that_would_be_a_formula_stops_the_file(start: str) -> None:
    with pytest.raises(ValueError, match="formula"):
        list(csv_lines(NAMES, long_rows([make_row(team=start)], PROJECT, ITEMS)))


def test_the_codebook_names_every_column_and_every_missing_code_once() -> None:
    rows = list(codebook_rows())
    assert [row[0] for row in rows] == [
        *NAMES,
        *(f"value={int(code)}" for code in ItemMissing),
    ]
    assert all(row[1] for row in rows)
    assert len(set(NAMES)) == len(COLUMNS)
