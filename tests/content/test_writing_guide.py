"""The guide for writers names fields, rows, rules and commands that exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, get_args

from app.cli.commands import app
from app.content.grid import (
    NEED_GROUPS,
    ROWS_AFTER,
    ROWS_BEFORE,
    UNKNOWN_REASONS,
    Basis,
    Strength,
)

GUIDE: Final = (Path(__file__).resolve().parents[2] / "docs" / "writing-a-grid.md").read_text()


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
