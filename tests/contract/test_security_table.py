"""The table of security requirements is whole, and what it names is there."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from fixtures.source_tree import ROOT, is_test

from app.cli.assurance import REQUIREMENTS
from app.domain.security_table import (
    COLUMNS,
    ControlState,
    SecurityTableBroken,
    read_requirements,
    render_requirements,
)

ROWS = read_requirements((ROOT / REQUIREMENTS).read_text(encoding="utf-8").splitlines())
HEAD = ",".join(COLUMNS)
GOOD = "6.2.1,1,length,tested,12 or more,app/x.py,tests/unit/test_x.py::test_y"
#: Requirements of levels 1 and 2 in each chapter of ASVS 5.0.0.
IN_CHAPTER = {
    "1": (8, 19), "2": (4, 7), "3": (8, 11), "4": (2, 8), "5": (4, 5), "6": (13, 22),
    "7": (6, 12), "8": (4, 3), "9": (4, 3), "10": (5, 24), "11": (3, 11), "12": (3, 6),
    "13": (1, 12), "14": (2, 7), "15": (3, 10), "16": (0, 16), "17": (0, 7),
}  # fmt: skip


def test_every_requirement_of_both_levels_has_its_row() -> None:
    counts = Counter((row.chapter, row.level) for row in ROWS)
    assert {c: (counts[c, 1], counts[c, 2]) for c in IN_CHAPTER} == IN_CHAPTER
    assert sum(map(sum, IN_CHAPTER.values())) == 253


def test_every_test_and_every_place_that_it_names_exists() -> None:
    tests = {test for row in ROWS for test in row.tests}
    places = {place for row in ROWS for place in row.where.split("; ") if place}
    assert {test for test in tests if not is_test(test)} == set()
    assert {place for place in places if not (ROOT / place).exists()} == set()


def test_what_is_open_is_said_at_the_head() -> None:
    page = render_requirements(ROWS)
    head = page[: page.index("## V1 ")]
    open_states = (ControlState.MISSING, ControlState.PARTLY, ControlState.SITE)
    opened = [row for row in ROWS if row.state in open_states]
    assert len(opened) >= 20
    assert [row.id for row in opened if f"**{row.id}**" not in head] == []


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["id", "6.2.1"], "the columns are"),
        ([HEAD, GOOD, GOOD], "there twice"),
        ([HEAD, GOOD.replace("6.2.1", "V6")], "no id and level"),
        ([HEAD, GOOD.replace(",1,", ",4,")], "no id and level"),
        ([HEAD, GOOD.replace("12 or more", "")], "are needed"),
        ([HEAD, GOOD.replace("tests/unit/test_x.py::test_y", "")], "names no test"),
        ([HEAD, GOOD.replace("app/x.py", "")], "not where"),
    ],
)
def test_a_broken_table_is_refused(rows: list[str], said: str) -> None:
    with pytest.raises(SecurityTableBroken, match=re.escape(said)):
        read_requirements(rows)


def test_no_address_is_invented() -> None:
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    assert re.findall(r"[\w.]+@[\w.]+|https?://", text) == []
    assert "[security contact of the publisher]" in text


def test_the_answers_for_the_assessment_claim_nothing_that_was_not_done() -> None:
    text = (ROOT / "docs/assurance/dtac.md").read_text(encoding="utf-8")
    states = re.findall(r"^\| [^|]+ \| (yes|partly|not done|the site's) \|", text, re.M)
    assert len(states) == len(re.findall(r"^\| (?!Subject|---)", text, re.M))
    for subject in ("Penetration test", "Clinical safety officer", "Tested with users"):
        assert re.search(rf"^\| {subject}[^|]* \| not done \|", text, re.M), subject
    linked = re.findall(r"\]\(([^)#]+)\)", text)
    assert [link for link in linked if not (ROOT / "docs/assurance" / link).exists()] == []
