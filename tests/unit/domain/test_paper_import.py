"""Past paper answers: every bad cell is named with its row, column and reason."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cli.research import WORDS
from app.domain import paper_import
from app.domain.paper_import import FORM, MEETING, Allowed, FileUnfit, read_paper

TODAY = date(2026, 11, 23)
ITEMS = ("explain", "listen")
ALLOWED = Allowed(ITEMS, range(10).__contains__, {"north"}, {"robin"}, TODAY)
GOOD = {
    "form": "1", "appointment": "A", "team": "north", "appointment_on": "2024-05-03",
    "practitioner": "robin", "appointment_type": "first", "appointment_mode": "in_person",
    "interpreter": "none", "age_band": "14-15", "need_group_practitioner": "",
    "need_group_young_person": "", "occasion": "after", "respondent": "young_person",
    "form_reason": "", "explain": "9", "listen": "-97",
}  # fmt: skip


def as_csv(*rows: dict[str, str]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, [*FORM, *ITEMS], lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def faults(text: str) -> list[tuple[int, str, str]]:
    with pytest.raises(FileUnfit) as unfit:
        read_paper(text, ALLOWED)
    return [(each.row, each.column, each.why) for each in unfit.value.faults]


def test_a_good_file_is_read_whole() -> None:
    other = GOOD | {"form": "2", "respondent": "parent_self", "explain": "0"}
    first, second = read_paper("\ufeff" + as_csv(GOOD, other), ALLOWED)
    assert (first.row, first.marks) == (2, {"explain": 9, "listen": -97})
    assert first.said["age_band"] == "14-15"
    assert first.said["need_group_practitioner"] is None
    assert (second.row, second.said["respondent"]) == (3, "parent_self")


@pytest.mark.parametrize(
    ("column", "cell", "why"),
    [
        ("team", "south", "team_unknown"),
        ("practitioner", "", "empty"),
        ("practitioner", "=HYPERLINK()", "practitioner_unknown"),
        ("appointment_on", "03/05/2024", "not_a_day"),
        ("appointment_on", "2026-11-24", "in_the_future"),
        ("appointment_on", "0206-05-03", "too_long_ago"),
        ("age_band", "14", "not_in_list"),
        ("occasion", "", "empty"),
        ("form_reason", "lazy", "not_in_list"),
        ("explain", "10", "off_the_scale"),
        ("explain", "-1", "off_the_scale"),
        ("explain", "-100", "off_the_scale"),
        ("explain", "=1+1", "not_a_number"),
        ("explain", "9.0", "not_a_number"),
        ("explain", "\u0669", "not_a_number"),
        ("explain", "", "empty"),
    ],
)
def test_one_bad_cell_is_named(column: str, cell: str, why: str) -> None:
    assert faults(as_csv(GOOD | {column: cell})) == [(2, column, why)]


def test_every_bad_cell_of_every_row_is_named_at_once() -> None:
    bad = GOOD | {"form": "2", "appointment": "B", "team": "x", "explain": "77"}
    again = GOOD | {"form": "2", "appointment": "A", "age_band": "12-13"}
    assert faults(as_csv(GOOD, bad, again)) == [
        (3, "team", "team_unknown"),
        (3, "explain", "off_the_scale"),
        (4, "form", "form_twice"),
        (4, "age_band", "differs_within_appointment"),
    ]
    assert set(MEETING) <= set(GOOD)


def test_a_form_that_was_never_shown_has_no_answer() -> None:
    never = GOOD | {"form_reason": "no_time"}
    assert faults(as_csv(never)) == [(2, "explain", "answered_though_never_shown")]
    assert read_paper(as_csv(never | {"explain": "-94"}), ALLOWED)


def test_a_file_of_another_shape_is_refused() -> None:
    assert faults("") == [(1, name, "column_absent") for name in (*FORM, *ITEMS)]
    assert faults(as_csv()) == [(1, "", "no_rows")]
    text = as_csv(GOOD)
    assert faults(text.replace("listen", "heard")) == [
        (1, "listen", "column_absent"),
        (1, "heard", "column_unknown"),
    ]
    assert faults(text.replace("-97", "-97,5")) == [(2, "", "cells_over")]
    assert faults(text + '"unclosed')[0][2] == "not_csv"


@given(st.text())
def test_any_text_is_read_or_refused_with_reasons(text: str) -> None:
    found = read_or_faults(as_csv(GOOD) + text)
    assert len(found) > 0


def read_or_faults(text: str) -> tuple[object, ...]:
    try:
        return read_paper(text, ALLOWED)
    except FileUnfit as unfit:
        return unfit.faults


def test_every_reason_has_its_words() -> None:
    source = Path(paper_import.__file__).read_text(encoding="utf-8")
    reasons = set(re.findall(r'"([a-z]+(?:_[a-z0-9]+)+)"', source)) & set(WORDS)
    assert reasons | {"empty", "not_utf8", "refused_by_the_record"} == set(WORDS)
