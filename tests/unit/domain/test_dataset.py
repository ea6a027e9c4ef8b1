"""The research table: its shape, its pseudonyms, its missing codes, what is made coarser."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date

import pytest
from fixtures.research_rows import (
    FIRST,
    KEY,
    make_row,
    make_schema,
    make_table,
    many_rows,
    one_of_everything,
)
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.formats.codebook import FHIR_REASONS, STATA_LETTERS, codebook_rows
from app.domain.csv_text import GUARDED_STARTS, csv_lines, guard, unguard
from app.domain.dataset import COURSE, EXPOSURE, FEEDBACK, LONG_ONLY, SHARED, long_rows, names
from app.domain.dataset_rows import Project, wide_pages
from app.domain.missing import ItemMissing
from app.domain.uniqueness import STEPS, Coarsening, Telling, report

SCHEMA = make_schema()
PROJECT = Project(KEY)


def as_records(**changes: object) -> list[dict[str, object]]:
    rows = long_rows(make_table(SCHEMA, [make_row(**changes)]), SCHEMA)
    return [dict(zip(names(SCHEMA.long), row, strict=True)) for row in rows]


def test_one_row_for_each_item_with_every_column_filled_as_described() -> None:
    first, second = as_records()
    assert first == {
        "export_id": "export-1",
        "response_ref": PROJECT.reference("response", "r-1"),
        "encounter_ref": PROJECT.reference("encounter", "e-1"),
        "person_link": None,
        "person_link_same_day": None,
        "practitioner_ref": PROJECT.reference("practitioner", "p-1"),
        "team": "north",
        "period": "2026-11",
        "weeks_since_study_start": None,
        "order_in_team": 1,
        "study_id": None,
        "phase": "with_grid",
        "environment": "training",
        "demo": 0,
        "instrument_id": "made-up",
        "instrument_version": "1",
        "wording_sha256": "ab" * 32,
        "language": "en",
        "occasion": "after",
        "respondent": "young_person",
        "mode": "tablet_handed_over",
        "late": 0,
        "helped_by": "parent;supporter",
        "seen_by_others": "not_sure",
        "referent": None,
        "weeks_since": None,
        "state": "complete",
        "form_reason": None,
        "consent_model": None,
        "consent": None,
        "consent_adult": None,
        "consent_text_sha256": None,
        "notice_sha256": None,
        "appointment_type": "first",
        "appointment_mode": "in_person",
        "interpreter": "none",
        "people_present": "parent;young_person",
        "need_group_practitioner": "help",
        "need_group_young_person": "advice",
        "age_band": "14-15",
        "grid_public_id": "k7",
        "grid_version": 2,
        "grid_sha256": "cd" * 32,
        "item": "explain",
        "value": 9,
        "missing_reason": None,
    }
    assert (second["item"], second["value"], second["missing_reason"]) == (
        "listen",
        -97,
        "prefer_not_to_say",
    )


def test_no_identifier_of_the_service_leaves() -> None:
    text = str(as_records(practitioner="opaque-77", encounter_id="e-opaque"))
    for inside in ("opaque", "r-1", "2026-11-23"):
        assert inside not in text


def test_a_day_leaves_only_where_it_was_approved() -> None:
    schema = make_schema(days=True)
    (row,) = make_table(schema, [make_row()])
    assert dict(zip(names(schema.wide), row, strict=True))["appointment_day"] == "2026-11-23"
    assert len(row) == len(schema.wide)


def test_two_projects_cannot_be_joined() -> None:
    row = make_row(card_id="c-1", same_day=False)
    other = make_table(SCHEMA, [row], project=Project(b"q" * 32))[0]
    later = make_table(make_schema(export_id="export-2"), [row])[0]
    here = make_table(SCHEMA, [row])[0]
    for name in ("response_ref", "encounter_ref", "person_link", "practitioner_ref"):
        place = SCHEMA.place(name)
        assert here[place] != other[place]
        assert here[place] == later[place]
        assert len(str(here[place])) * 4 == 128


def test_appointments_are_counted_by_team_and_weeks_from_the_start_of_the_study() -> None:
    rows = [
        make_row(response_id="1", encounter_id="a", study_id="s", encounter_on=date(2026, 1, 5)),
        make_row(response_id="2", encounter_id="a", study_id="s", encounter_on=date(2026, 1, 5)),
        make_row(response_id="3", encounter_id="b", study_id="s", encounter_on=date(2026, 5, 1)),
        make_row(response_id="4", encounter_id="c", team="south"),
    ]
    told = {"starts": {"s": date(2026, 1, 1)}}
    order, weeks, period = (
        SCHEMA.place(name) for name in ("order_in_team", "weeks_since_study_start", "period")
    )
    plain = make_table(SCHEMA, rows, **told)
    assert [row[order] for row in plain] == [1, 1, 2, 1]
    assert [row[weeks] for row in plain] == [0, 0, 17, None]
    coarse = make_table(SCHEMA, rows, coarsening=Coarsening(quarters=True), **told)
    assert [row[weeks] for row in coarse] == [0, 0, 13, None]
    assert [row[period] for row in coarse] == ["2026-Q1", "2026-Q1", "2026-Q2", "2026-Q4"]


def test_groups_and_ages_are_made_coarser_as_recorded() -> None:
    (row,) = make_table(SCHEMA, [make_row()], coarsening=Coarsening.of("merged_ages"))
    found = dict(zip(names(SCHEMA.wide), row, strict=True))
    assert found["need_group_practitioner"] is None
    assert found["need_group_young_person"] is None
    assert (found["age_band"], found["period"]) == ("12-15", "2026-Q4")


@given(st.text())
def test_any_text_comes_back_and_none_is_a_formula(text: str) -> None:
    assert unguard(guard(text)) == text
    assert not guard(text).startswith(tuple("=+-@\t\r"))


@given(st.sampled_from(GUARDED_STARTS), st.text(st.characters(exclude_characters="\0")))
def test_hostile_cells_come_back_from_a_file(start: str, rest: str) -> None:
    written = "".join(csv_lines(["cell", "number"], [(start + rest, -97)]))
    (row,) = csv.DictReader(io.StringIO(written, newline=""))
    assert unguard(row["cell"]) == start + rest
    assert row["number"] == "-97"


def test_the_codebook_names_every_column_and_every_missing_code_once() -> None:
    rows = list(codebook_rows(SCHEMA))
    wanted = [
        *names(SCHEMA.wide),
        *names(LONG_ONLY),
        *names(EXPOSURE),
        *names(COURSE),
        *names(FEEDBACK),
        *(str(int(code)) for code in ItemMissing),
    ]
    assert [row[1] for row in rows] == wanted
    assert all(row[2] for row in rows)


def test_every_missing_code_has_its_place_in_every_format() -> None:
    assert set(STATA_LETTERS) == set(FHIR_REASONS) == set(ItemMissing)
    assert len(set(STATA_LETTERS.values())) == len(ItemMissing)
    assert {int(code) for code in ItemMissing} <= set(range(-99, -90))


def test_every_cell_of_a_closed_list_is_in_that_list() -> None:
    for row in make_table(SCHEMA, one_of_everything()):
        for variable, cell in zip(SCHEMA.wide, row, strict=True):
            assert cell is not None or variable.absent, variable.name
            if variable.values and cell is not None:
                parts = str(cell).split(";") if variable.many else [cell]
                assert set(parts) <= set(variable.values), variable.name
            if variable.kind != "text" and cell is not None:
                assert isinstance(cell, int), variable.name


def test_the_codebook_hash_moves_with_the_codebook() -> None:
    assert make_schema(export_id="other").sha256 == SCHEMA.sha256
    assert replace(SCHEMA, days=True).sha256 != SCHEMA.sha256
    assert replace(SCHEMA, high=4).sha256 != SCHEMA.sha256
    assert len({each.name for each in SHARED}) == len(SHARED)


ALIKE = Telling("north", date(2026, 4, 1), "14-15", "help", None, "k7", "young_person", 60)


def test_nothing_is_made_coarser_where_few_stand_alone() -> None:
    found = report([ALIKE, ALIKE._replace(team="south", rows=1)])
    assert (found.rows, found.step, found.enough) == (61, "month", True)
    assert found.alone == (("month", 1),)


@pytest.mark.parametrize(
    ("changes", "step"),
    [
        ([{"encounter_on": date(2026, 5, 1)}], "quarter"),
        ([{"encounter_on": date(2026, 5, 1), "group_practitioner": "advice"}], "no_groups"),
        ([{"encounter_on": date(2026, 5, 1), "age_band": "12-13"}], "merged_ages"),
    ],
)
def test_steps_are_taken_in_their_order_until_few_stand_alone(
    changes: list[dict[str, object]], step: str
) -> None:
    alike = ALIKE._replace(rows=2)
    found = report([alike, *(alike._replace(**{**each, "rows": 1}) for each in changes)])
    assert found.step == step
    assert found.alone[-1] == (step, 0)
    assert [tried for tried, _ in found.alone] == list(STEPS[: STEPS.index(step) + 1])


def test_what_no_step_can_mend_is_said() -> None:
    found = report([ALIKE._replace(team=str(i), rows=1) for i in range(5)])
    assert (found.step, found.enough, found.alone[-1][1]) == ("merged_ages", False, 5)
    assert report([]).enough


def test_pages_are_one_table() -> None:
    """An appointment counts once, also where its answer sets fall on two pages."""
    rows, schema = many_rows(60), make_schema()
    how = {"project": Project(KEY), "starts": {"trial": FIRST}, "coarsening": Coarsening()}
    pages = [rows[:7], [], rows[7:8], rows[8:]]
    table = [row for page in wide_pages(pages, schema, **how) for row in page]
    assert table == make_table(schema, rows, **how)
    places = [row[schema.place("order_in_team")] for row in table]
    assert places[:21] == [n // 2 + 1 for n in range(20)] + [1]
