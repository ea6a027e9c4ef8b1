"""The hazard log names tests that exist: a control without a test is a hope."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOG = (ROOT / "docs/safety/hazards.csv").read_text(encoding="utf-8")
ROWS = list(csv.DictReader(LOG.splitlines()))


def test_every_hazard_is_whole_and_named_once() -> None:
    assert len(ROWS) >= 25
    assert len({row["id"] for row in ROWS}) == len(ROWS)
    assert [row["id"] for row in ROWS if not all(row.values()) or None in row] == []


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_its_control_has_a_test_that_exists(row: dict[str, str]) -> None:
    file, _, function = row["test"].partition("::")
    source = (ROOT / file).read_text(encoding="utf-8")
    assert f"def {function or 'test_'}" in source
