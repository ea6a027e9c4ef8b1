"""A writer who follows docs/writing-a-grid.md to the letter, and touches no Python, gets a pass.

The grid is built from what `grids new` writes and the blocks of the guide, in their order, and
from nothing else: the first line of a block names its file, and each name in it replaces what
stands there under that name. So the guide cannot rot.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Final

import pytest
from fixtures.preview import previewed
from typer.testing import CliRunner

from app.cli.commands import app
from app.content.check import Report, check_grid
from app.content.grid import CORE_ROWS
from app.content.release import release_grid

GUIDE: Final = (Path(__file__).resolve().parents[2] / "docs" / "writing-a-grid.md").read_text()
BLOCKS: Final = re.findall(r"^```yaml\n# (grids/\S+)\n(.*?)^```$", GUIDE, re.S | re.M)
SLUG: Final = "worry-inside-nhs"
_PART: Final = re.compile(r"^(\w+):.*?(?=^\w+:|\Z)", re.S | re.M)


def _say(*words: str) -> tuple[int, list[str]]:
    result = CliRunner().invoke(app, list(words))
    return result.exit_code, result.output.splitlines()


def _with(text: str, block: str) -> str:
    """A file in which each name of a block stands as the block has it."""
    for found in _PART.finditer(block):
        parts = {part.group(1): part.group() for part in _PART.finditer(text)}
        old = parts.get(found.group(1))
        text = text.replace(old, found.group()) if old else text + found.group()
    return text


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of grids after the guide was followed."""
    root = tmp_path_factory.mktemp("writer") / "grids"
    (command,) = re.findall(r"^grids (new .*)$", GUIDE, re.M)
    code, _ = _say(*command.split(), "--grids", str(root))
    assert code == 0
    for file, block in BLOCKS:
        path = root.parent / file
        path.write_text(_with(path.read_text("utf-8"), block), "utf-8")
    return root


@pytest.fixture(scope="module")
def report(written: Path) -> Report:
    return check_grid(written, SLUG, date.today())


def test_every_block_of_yaml_names_a_file_that_new_writes(written: Path) -> None:
    assert len(BLOCKS) == GUIDE.count("```yaml") == 5
    files = {path.relative_to(written.parent).as_posix() for path in written.rglob("*.yaml")}
    assert {file for file, _ in BLOCKS} == files


def test_guide_leads_to_a_grid_that_passes(report: Report) -> None:
    assert [str(finding) for finding in report.findings] == []
    assert report.draft is not None


def test_only_what_awaits_a_person_is_left(written: Path) -> None:
    code, lines = _say("check", SLUG, "--strict", "--grids", str(written))
    assert code == 0
    assert lines[0].startswith(f"{SLUG}: passes; 22 cells, 2 waiting, 1 unknown")
    assert lines[1:]
    assert [line for line in lines[1:] if not line.startswith("awaiting a person: ")] == []


def test_example_shows_what_a_grid_is_made_of(report: Report) -> None:
    assert report.draft is not None
    grid = report.draft.grid
    assert {cell.state for cell in grid.cells} == {"filled", "unknown", "waiting"}
    assert {row.id for row in grid.rows} == set(CORE_ROWS)
    assert grid.used_figures() == tuple(report.draft.evidence.figures) == ("wo-01", "wo-02")
    assert set(grid.used_sources()) == set(report.draft.evidence.sources)
    # Rows and columns of a hundred words were measured, and read at eleven (or PL-1 would say so).
    assert {(age.voice, age.part, age.id) for age in report.reading_ages} >= {
        (voice, "options", option)
        for voice in ("young-person", "parent")
        for option in ("what-helps-now", "group")
    }


def test_each_block_is_needed(written: Path, tmp_path: Path) -> None:
    """Without any one of the blocks the check has something to say: none is decoration."""
    command = next(re.finditer(r"^grids (new .*)$", GUIDE, re.M)).group(1)
    for left_out in range(len(BLOCKS)):
        root = tmp_path / str(left_out) / "grids"
        _say(*command.split(), "--grids", str(root))
        for place, (file, block) in enumerate(BLOCKS):
            if place != left_out:
                path = root.parent / file
                path.write_text(_with(path.read_text("utf-8"), block), "utf-8")
        assert check_grid(root, SLUG).findings, BLOCKS[left_out][0]


def test_grid_of_the_guide_is_shown_and_released(written: Path) -> None:
    with previewed(written) as preview:
        for voice in ("young-person", "parent"):
            status, html = preview.get(f"/{SLUG}?voice={voice}")
            assert status == 200
            assert "Nothing to mend" in html
    line = release_grid(written, SLUG, note="First edition", today=date.today())
    assert (line.slug, line.number) == (SLUG, 1)
