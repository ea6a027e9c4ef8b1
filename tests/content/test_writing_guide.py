"""The guide for writers names fields, rows, rules and commands that exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, get_args

import yaml

from app.cli.commands import app
from app.content.grid import (
    NEED_GROUPS,
    ROWS_AFTER,
    ROWS_BEFORE,
    UNKNOWN_REASONS,
    Basis,
    CellState,
    Strength,
)
from app.content.parse_evidence import read_evidence
from app.content.tree import parse_tree

GUIDE: Final = (Path(__file__).resolve().parents[2] / "docs" / "writing-a-grid.md").read_text()
_BLOCKS: Final = re.findall(r"```yaml\n(.*?)```", GUIDE, re.S)


def test_examples_of_evidence_are_read_as_they_stand() -> None:
    text = "schema: 1\ntopic: worry\n" + "".join(b for b in _BLOCKS if not b.startswith("  - {"))
    text = text.replace("drawn_with: [wo-02]", "drawn_with: []")
    tree, findings = parse_tree(text.encode(), "guide")
    assert findings == []
    assert tree is not None
    evidence, reader = read_evidence(tree, "guide")
    assert reader.findings == []
    assert evidence.figures["wo-01"].parts()["more"] == 16


def test_examples_of_cells_are_yaml_with_known_words() -> None:
    (block,) = (b for b in _BLOCKS if b.startswith("  - {"))
    cells = yaml.safe_load(block)
    assert {cell["state"] for cell in cells} == set(get_args(CellState))
    assert {cell["basis"] for cell in cells} <= set(get_args(Basis))


def test_every_word_that_a_writer_may_choose_is_named() -> None:
    plain = re.sub(r"```.*?```", "", GUIDE, flags=re.S)
    named = set(re.findall(r"[a-z_-]+", " ".join(re.findall(r"`([^`]+)`", plain))))
    for words in (get_args(Basis), get_args(Strength), UNKNOWN_REASONS, NEED_GROUPS):
        assert set(words) <= named
    assert {*ROWS_BEFORE, *ROWS_AFTER} <= named


def test_every_command_of_the_guide_is_there() -> None:
    known = {command.name for command in app.registered_commands}
    named = set(re.findall(r"\bgrids (check|new|preview|rules|schema|translate|release)\b", GUIDE))
    assert named == {"check", "new", "preview", "rules", "schema", "translate", "release"} <= known
