"""The Dockerfile: every step can be followed without an engine, from files that exist."""

from __future__ import annotations

import json
import re

import pytest
from fixtures.dockerfile import NotUnderstood, read_stages

from app.settings import ROOT

NODE_OF_DEBIAN_12 = 18
STAGES = read_stages((ROOT / "Dockerfile").read_text())


def test_it_builds_in_one_stage_and_serves_from_the_other() -> None:
    assert [(stage.image, stage.name) for stage in STAGES] == [
        ("debian:12-slim", "build"),
        ("debian:12-slim", "1"),
    ]
    assert STAGES[0].steps[-1].rest == "FONTS=no make setup"


def test_nothing_serves_as_root() -> None:
    users = [step.rest for step in STAGES[-1].steps if step.instruction == "USER"]
    assert users == ["10001"]


def test_what_is_copied_exists_and_is_not_kept_out() -> None:
    kept_out = (ROOT / ".dockerignore").read_text().split()
    copied = [step for step in STAGES[0].steps if step.instruction == "COPY"]
    sources = [word for step in copied for word in step.words()[:-1]]
    assert len(sources) >= 10
    assert all((ROOT / source).exists() for source in sources)
    assert not set(sources) & set(kept_out)


def test_a_step_that_is_not_known_is_refused() -> None:
    with pytest.raises(NotUnderstood, match="ONBUILD"):
        read_stages("FROM a\nONBUILD RUN b")


def test_lines_that_go_on_are_one_step() -> None:
    [stage] = read_stages('# words\nFROM a AS b\nRUN one \\\n    && two\nCMD ["x", "--y"]\n')
    assert stage.name == "b"
    assert [step.rest for step in stage.steps] == ["one && two", '["x", "--y"]']
    assert stage.steps[1].words() == ["x", "--y"]


def test_packages_of_the_set_up_run_on_the_node_of_that_image() -> None:
    listed = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    of_set_up = {
        name: package["engines"]["node"]
        for name, package in listed.items()
        if "engines" in package and not package.get("dev") and not package.get("optional")
    }
    del of_set_up["node_modules/nhsuk-frontend"]  # nothing of it is run there, only read
    oldest = {name: int(re.findall(r"\d+", wanted)[0]) for name, wanted in of_set_up.items()}
    assert "node_modules/sass" in oldest
    assert {name: node for name, node in oldest.items() if node > NODE_OF_DEBIAN_12} == {}
