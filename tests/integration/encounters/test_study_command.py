from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml
from fixtures.encounters import study_document
from fixtures.service import START
from fixtures.staff import make_staff
from typer.testing import CliRunner, Result

from app.cli.study import study_app
from app.db import sessions
from app.db.engine import Database
from app.services import studies
from app.settings import read_settings

FIRST = date(2026, 11, 1)


@pytest.fixture(autouse=True)
def _here(database: Database, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "var"))
    read_settings.cache_clear()
    make_staff(database)
    yield
    read_settings.cache_clear()


def install(tmp_path: Path, text: str) -> Result:
    file = tmp_path / "study.yaml"
    file.write_text(text, "utf-8")
    return CliRunner().invoke(study_app, ["install", str(file)])


def test_a_study_is_installed_and_shown(database, tmp_path):
    document = study_document(("baseline", FIRST, date(2026, 11, 30)))
    result = install(tmp_path, yaml.safe_dump(document))
    assert result.exit_code == 0, result.output
    with sessions.read(database) as db:
        assert studies.phase_for(db, team_id="north", on=FIRST).phase == "baseline"
    shown = CliRunner().invoke(study_app, ["show"]).output
    assert "winter-2026 (service_evaluation, not locked)" in shown
    assert "  north: baseline 2026-11-01 to 2026-11-30" in shown


def test_every_problem_is_named_and_nothing_is_installed(tmp_path):
    document = study_document(("washout", FIRST, None), owner="")
    result = install(tmp_path, yaml.safe_dump(document))
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "study.yaml: calendar.north[0].phase: unknown_value",
        "study.yaml: owner: not_a_short_text",
        "Nothing was installed.",
    ]
    shown = CliRunner().invoke(study_app, ["show"]).output
    assert shown.startswith("No study is installed")


@pytest.mark.parametrize("text", ["teams: [", "- just\n- a list\n", ""])
def test_something_that_is_no_study_is_refused(tmp_path, text):
    result = install(tmp_path, text)
    assert result.exit_code == 1
    assert result.output.splitlines()[-1] == "Nothing was installed."


def test_a_locked_study_cannot_be_changed(database, tmp_path):
    document = study_document(("baseline", FIRST, None))
    assert install(tmp_path, yaml.safe_dump(document)).exit_code == 0
    with sessions.write(database) as db:
        studies.lock_study(db, study_id="winter-2026", response_id="r-1", now=START)
    result = install(tmp_path, yaml.safe_dump(study_document(("training", FIRST, None))))
    assert result.exit_code == 1
    assert "locked" in result.output.splitlines()[0]
