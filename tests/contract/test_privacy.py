"""The privacy papers say what the database holds, in words that a child of eleven reads."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest
import yaml
from fixtures.source_tree import ROOT, is_test

from app.cli.assurance import FIELDS, HAZARDS, field_table
from app.content.reading_age import OLDEST, count_words, measure
from app.db.tables import METADATA
from app.domain.hazards import read_hazards
from app.domain.keeping import Kept
from app.domain.stored_fields import FieldTableBroken, read_fields, render_fields

PRIVACY = ROOT / "docs/privacy"
RAW: dict[str, Any] = yaml.safe_load((ROOT / FIELDS).read_text(encoding="utf-8"))
TABLE = field_table(ROOT)
STORED = {(table.name, column.name) for table in METADATA.sorted_tables for column in table.columns}
#: Hashes of the log prove its order; they are no secrets.
LOG = ("audit_event", "audit_head")
#: One side of paper at 11 point with a margin.
ONE_PAGE = 430


def test_every_stored_column_is_explained_and_no_other() -> None:
    explained = [(field.table, field.column) for field in TABLE.fields]
    assert len(explained) == len(set(explained))
    assert STORED - set(explained) == set(), f"explain these columns in {FIELDS}"
    assert set(explained) - STORED == set(), f"take these out of {FIELDS}"


def test_no_key_stands_twice_in_the_file() -> None:
    """YAML would silently keep the last one."""
    text = (ROOT / FIELDS).read_text(encoding="utf-8")
    tables = re.findall(r"^  (\w+):\n    is:", text, re.M)
    columns = re.findall(r"^      (\w+):", text, re.M)
    assert len(tables) == len(set(tables)) == len(TABLE.tables)
    assert len(columns) == len(TABLE.fields)


def test_what_is_said_of_columns_with_secrets_is_that_nobody_sees_them() -> None:
    secret = re.compile(r"hash$|secret$|^sealed$|_key$")
    named = [f for f in TABLE.fields if secret.search(f.column) and f.table not in LOG]
    shown = {f"{f.table}.{f.column}" for f in named if f.seen != ("nobody",)}
    assert len(named) >= 8
    assert shown == set()


def test_answers_are_seen_by_research_alone() -> None:
    [items] = [f for f in TABLE.fields if (f.table, f.column) == ("response", "items")]
    assert (items.seen, items.kept) == (("research",), Kept.ANSWERS)


def _changed(*path: str, to: object) -> dict[str, Any]:
    raw = copy.deepcopy(RAW)
    inner = raw
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = to
    return raw


@pytest.mark.parametrize(
    ("path", "to", "said"),
    [
        (("tables", "staff", "purpose"), "", "staff.id: purpose is missing"),
        (("tables", "staff", "kept"), "for_ever", "kept"),
        (("tables", "staff", "seen"), ["everybody"], "seen"),
        (("tables", "encounter", "basis"), "none", "need a basis"),
        (("tables", "staff", "columns", "id"), {"is": "id", "why": "no"}, "why is unknown"),
        (("purposes", "marketing"), "to sell", "marketing is used by no column"),
    ],
)
def test_a_field_table_with_a_hole_is_refused(path: tuple[str, ...], to: object, said: str) -> None:
    with pytest.raises(FieldTableBroken, match=said):
        read_fields(_changed(*path, to=to))


def test_the_page_names_every_column_and_the_tables_without_an_end() -> None:
    page = render_fields(TABLE)
    assert page.count("\n| `") == len(TABLE.fields) > 200
    [endless] = re.findall(r"\*\*No end is built for\*\*: (.*)\.", page)
    assert {"encounter", "staff"} <= set(endless.split(", "))
    assert "response" not in endless.split(", ")


NOTICES = ("notice-young-person.md", "notice-parent.md")


def _plain(markdown: str) -> str:
    return re.sub(r"^#+ .*$|\[[^\]]*\]|\*\*", "", markdown, flags=re.M)


@pytest.mark.parametrize("name", NOTICES)
def test_a_notice_is_read_at_eleven_and_fits_a_page(name: str) -> None:
    text = (PRIVACY / name).read_text(encoding="utf-8")
    assert measure(_plain(text)).age <= OLDEST
    assert count_words(text) <= ONE_PAGE
    assert "!" not in text
    assert "clinician" not in text.lower()


def test_hard_words_would_be_noticed() -> None:
    hard = "Processing of pseudonymised information necessitates organisational accountability."
    assert measure(hard).age > OLDEST


@pytest.mark.parametrize("name", NOTICES)
def test_a_notice_leaves_to_the_service_what_only_it_can_say(name: str) -> None:
    text = (PRIVACY / name).read_text(encoding="utf-8").lower()
    said = " ".join(re.findall(r"\[([^\]]*)\]", text))
    assert all(word in said for word in ("name of the", "legal reason", "how to reach"))
    assert "data protection officer" in text


def test_the_fifteen_standards_are_there_and_name_tests_that_exist() -> None:
    text = (PRIVACY / "childrens-code.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \|.*$", text, re.M)
    assert rows == [str(number) for number in range(1, 16)]
    named = re.findall(r"`(tests/[^`]+)`", text)
    assert len(named) >= 15
    assert [test for test in named if not is_test(test)] == []


def test_hazards_of_the_assessment_are_in_the_log() -> None:
    lines = (ROOT / HAZARDS).read_text(encoding="utf-8").splitlines()
    known = {hazard.id for hazard in read_hazards(lines)}
    named = set(re.findall(r"HZ-\d+", (PRIVACY / "dpia.md").read_text(encoding="utf-8")))
    assert len(named) >= 20
    assert named - known == set()


def test_no_script_asks_where_somebody_is() -> None:
    scripts = (ROOT / "static/js").glob("*.js")
    asking = [path.name for path in scripts if "geolocation" in path.read_text(encoding="utf-8")]
    assert asking == []
    headers = (ROOT / "app/web/middleware.py").read_text(encoding="utf-8")
    assert "geolocation=()" in headers
