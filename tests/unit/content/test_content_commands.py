"""`grids check` and `grids release` as a writer meets them."""

from __future__ import annotations

import json
from typing import Any

from typer.testing import CliRunner

from app.cli.content import content_app


def _run(*words: str) -> tuple[int, list[str]]:
    result = CliRunner().invoke(content_app, list(words))
    return result.exit_code, result.output.splitlines()


def test_sound_grid_passes(good: Any) -> None:
    code, lines = _run("check", "made-up", "--grids", str(good.write()))
    assert code == 0
    assert lines == ["made-up: passes; 33 cells, 3 waiting, 1 unknown, 1 our draft"]


def test_finding_is_told_as_file_line_rule_and_what_to_do(good: Any) -> None:
    good.grid["need_groups"] = []
    code, lines = _run("check", "--grids", str(good.write()))
    assert code == 1
    assert lines[0] == ("grids/made-up/grid.yaml:7 EC-5 name the need groups that it is for")


def test_strict_names_what_awaits_a_person_and_still_passes(good: Any) -> None:
    code, lines = _run("check", "--strict", "--grids", str(good.write()))
    assert code == 0
    assert [line.split(":")[0] for line in lines[1:]] == ["awaiting a person"] * 5


def test_findings_as_json(good: Any) -> None:
    good.grid["authors"] = []
    code, lines = _run("check", "made-up", "--json", "--grids", str(good.write()))
    (told,) = json.loads("\n".join(lines))["grids"]
    assert code == 1
    assert [(entry["rule"], entry["file"]) for entry in told["findings"]] == [
        ("IP-K20", "grids/made-up/grid.yaml")
    ]


def test_no_grid_at_all_is_an_error(tmp_path: Any) -> None:
    assert _run("check", "--grids", str(tmp_path)) == (1, [])


def test_release_tells_its_hash_and_refuses_to_repeat_itself(good: Any) -> None:
    words = ("release", "made-up", "--note", "First", "--grids", str(good.write()))
    code, lines = _run(*words)
    lock = (good.root / "_released" / "RELEASES.lock").read_text().split("\t")
    assert code == 0
    assert lines == [f"made-up: released as 1, sha256 {lock[2]}"]
    assert _run(*words) == (1, ["made-up: not released; nothing changed"])


def test_release_of_a_broken_grid_names_every_error_and_releases_nothing(good: Any) -> None:
    good.grid["schema"] = 2
    good.grid["colour"] = "red"
    words = ("release", "made-up", "--note", "First", "--grids", str(good.write()))
    code, lines = _run(*words)
    assert code == 1
    assert [line.split(" ")[1] for line in lines[:2]] == ["SCHEMA", "FIELD-UNKNOWN"]
    assert lines[2] == "made-up: not released; 2 to mend"
    assert not (good.root / "_released").exists()
