"""The pages of the five groups and the prompts for practitioners, at the gate."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.content import content_app
from app.content.grid import CORE_ROWS, NEED_GROUPS
from app.content.group_pages import check_groups, family_texts, read_groups
from app.content.practitioner_prompts import EXTRA, check_prompts, read_prompts
from app.settings import ROOT

GRIDS = ROOT / "grids"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("_groups", "_prompts"):
        shutil.copytree(GRIDS / name, tmp_path / "grids" / name)
    return tmp_path / "grids"


def edit(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def rules_of(folder: Path) -> list[str]:
    return sorted({each.rule for each in (*check_groups(folder), *check_prompts(folder))})


def test_ours_pass_and_none_of_the_five_is_missing() -> None:
    assert (check_groups(GRIDS), check_prompts(GRIDS)) == ((), ())
    groups, _ = read_groups(GRIDS)
    assert tuple(groups) == NEED_GROUPS
    assert all(words.next and words.ask and words.sources for words in groups.values())


def test_risk_support_opens_a_shared_plan_and_no_other_group_does() -> None:
    groups, _ = read_groups(GRIDS)
    parts = [part.part for part in groups["risk_support"].plan]
    assert parts == [
        "Who leads",
        "Which services are in it",
        "What each of them does",
        "What we do in a crisis",
    ]
    assert [group for group, words in groups.items() if words.plan] == ["risk_support"]


def test_what_tells_the_last_two_apart_is_for_practitioners_alone() -> None:
    groups, _ = read_groups(GRIDS)
    assert [group for group, words in groups.items() if words.staff] == [
        "more_help",
        "risk_support",
    ]
    for words in groups.values():
        assert not words.staff or words.staff not in "\n".join(family_texts(words))


def test_every_row_that_grids_have_has_prompts() -> None:
    prompts, findings = read_prompts(GRIDS)
    assert findings == ()
    assert prompts is not None
    assert set(prompts.rows) == {*CORE_ROWS, EXTRA}
    assert prompts.for_row("listened") == prompts.rows[EXTRA]


@pytest.mark.parametrize(
    ("name", "old", "new", "rule"),
    [
        ("_groups/help.en.yaml", "sources: [THRIVE-SLIDES", "sources: [NOBODY", "ID-UNKNOWN"),
        ("_groups/help.en.yaml", "group: help", "group: advice", "SLUG"),
        (
            "_groups/help.en.yaml",
            "What would better look like",
            "What would be best for you",
            "STEER",
        ),
        ("_groups/help.en.yaml", "By when might I notice", "Wow! By when might I notice", "TONE"),
        (
            "_groups/thriving.en.yaml",
            "  - How do I come back, and will I have to start again?\n",
            "",
            "FIELD-MISSING",
        ),
        (
            "_groups/risk_support.en.yaml",
            "one plan to keep you safe",
            "one plan about risk",
            "SM-R6",
        ),
        ("_groups/advice.en.yaml", "line: Good", "line: [Good", "YAML-SYNTAX"),
        ("_prompts/practitioner.en.yaml", "  time:", "  clock:", "FIELD-MISSING"),
        ("_prompts/practitioner.en.yaml", "sources: [NG197]", "sources: []", "FIELD-MISSING"),
        (
            "_prompts/practitioner.en.yaml",
            "Ask about feelings",
            "Describe what you did. Ask about feelings",
            "SM-F1",
        ),
    ],
)
def test_the_gate_names_what_is_wrong(
    folder: Path, name: str, old: str, new: str, rule: str
) -> None:
    edit(folder, name, old, new)
    assert rule in rules_of(folder)


def test_a_page_that_is_hard_to_read_is_named(folder: Path) -> None:
    hard = (
        "Multidisciplinary interventions necessitate comprehensive organisational collaboration. "
    )
    edit(folder, "_groups/help.en.yaml", "This is help with", hard * 12 + "This is help with")
    assert rules_of(folder) == ["PL-1"]


def test_a_missing_group_is_named_and_the_others_stay(folder: Path) -> None:
    (folder / "_groups" / "advice.en.yaml").unlink()
    groups, findings = read_groups(folder)
    assert set(groups) == set(NEED_GROUPS) - {"advice"}
    assert [finding.file for finding in findings] == ["grids/_groups/advice.en.yaml"]


def test_the_command_fails_on_them(folder: Path) -> None:
    shutil.copytree(GRIDS / "low-mood-inside-nhs", folder / "low-mood-inside-nhs")
    shutil.copytree(GRIDS / "_evidence", folder / "_evidence")
    shutil.copytree(GRIDS / "_contacts", folder / "_contacts")
    shutil.copytree(GRIDS / "low-mood-outside-nhs", folder / "low-mood-outside-nhs")
    arguments = ["check", "--grids", str(folder)]
    assert CliRunner().invoke(content_app, arguments).exit_code == 0
    edit(folder, "_groups/help.en.yaml", "sources: [THRIVE-SLIDES", "sources: [NOBODY")
    failed = CliRunner().invoke(content_app, arguments)
    assert failed.exit_code == 1
    assert "grids/_groups/help.en.yaml" in failed.stdout
