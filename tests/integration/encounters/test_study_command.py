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
from app.db.queries import studies as queries
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


def lock(database: Database) -> None:
    with sessions.write(database) as db:
        assert studies.lock_study(db, study_id="winter-2026", response_id="r-1", now=START)


def amend(
    tmp_path: Path, document: object, reason: str = "The lead has changed to another"
) -> Result:
    file = tmp_path / "amended.yaml"
    file.write_text(yaml.safe_dump(document), "utf-8")
    return CliRunner().invoke(study_app, ["amend", str(file), "--reason", reason])


def test_a_locked_study_is_amended_and_keeps_what_it_said(database, tmp_path):
    document = study_document(("baseline", FIRST, None))
    install(tmp_path, yaml.safe_dump(document))
    assert "install it again" in amend(tmp_path, document | {"owner": "Too early"}).output
    lock(database)
    first = amend(tmp_path, document | {"owner": "Another lead"})
    assert first.output.startswith("Amendment 1: owner\nsha256 ")
    with sessions.write(database) as db:
        studies.note_look(db, study_id="winter-2026", now=START)
    second = amend(tmp_path, document | {"owner": "Another lead", "primary_outcome": "top score"})
    assert second.output.startswith("Amendment 2, after results were looked at: primary_outcome\n")
    with sessions.read(database) as db:
        kept = queries.list_amendments(db, "winter-2026")
        now = queries.list_studies(db)[0]
    assert [(a.before["owner"], a.after_look) for a in kept] == [
        ("Research lead", False),
        ("Another lead", True),
    ]
    assert kept[0].sha256_after == kept[1].sha256_before
    assert (now.sha256, now.locked_at) == (kept[1].sha256_after, START)


def test_an_amendment_cannot_change_what_answers_rest_on(database, tmp_path):
    document = study_document(("baseline", FIRST, None))
    install(tmp_path, yaml.safe_dump(document))
    lock(database)
    wrong = document | {"occasions": ["before", "after"]}
    assert amend(tmp_path, wrong, "short").output.splitlines() == [
        "amended.yaml: occasions: fixed_by_answers",
        "amended.yaml: reason: not_a_sentence",
        "Nothing was installed.",
    ]
    with sessions.read(database) as db:
        assert queries.list_amendments(db, "winter-2026") == ()


def test_a_study_that_asks_says_what_for_and_is_shown_with_how_it_asks(tmp_path):
    document = study_document(("baseline", FIRST, None), consent="opt_in_young_person")
    refused = install(tmp_path, yaml.safe_dump(document))
    assert refused.output.splitlines() == [
        "study.yaml: about: needed_to_ask_for_consent",
        "study.yaml: notice_sha256: needed_to_ask_for_consent",
        "Nothing was installed.",
    ]
    document |= {"about": "We look at how families choose.", "notice_sha256": "ab" * 32}
    assert install(tmp_path, yaml.safe_dump(document)).exit_code == 0
    assert "consent opt_in_young_person" in CliRunner().invoke(study_app, ["show"]).output


def test_consent_cannot_come_in_by_an_amendment(database, tmp_path):
    document = study_document(("baseline", FIRST, None))
    install(tmp_path, yaml.safe_dump(document))
    lock(database)
    asking = {
        "consent": "opt_out_card",
        "about": "How families choose.",
        "notice_sha256": "ab" * 32,
    }
    refused = amend(tmp_path, document | asking)
    assert refused.output.startswith("amended.yaml: consent: fixed_by_answers\n")
    with sessions.read(database) as db:
        assert queries.list_amendments(db, "winter-2026") == ()


def counts(tmp_path: Path, text: str, *options: str) -> Result:
    file = tmp_path / "eligible.csv"
    file.write_text(text, "utf-8")
    return CliRunner().invoke(study_app, ["eligible", str(file), *options])


def test_eligible_appointments_are_taken_in_and_the_last_word_holds(database, tmp_path):
    text = "team,week_on,appointments\nnorth,2026-11-02,12\nnorth,2026-11-09,0\n"
    assert counts(tmp_path, text, "--check").output == "2 weeks would be kept: 12 appointments\n"
    with sessions.read(database) as db:
        assert queries.list_eligible(db, ["north"]) == ()
    assert counts(tmp_path, text).output == "2 weeks kept: 12 appointments\n"
    counts(tmp_path, "team,week_on,appointments\nnorth,2026-11-02,15\n")
    with sessions.read(database) as db:
        kept = queries.list_eligible(db, ["north", "south"])
    assert [(row.week_on.day, row.appointments) for row in kept] == [(2, 15), (9, 0)]


def test_every_bad_row_is_named_and_none_is_kept(database, tmp_path):
    rows = ["north,2026-11-02,12", "west,2026-11-02,1", "north,2026-11-03,1", "north,2026-11-09,-1"]
    rows += ["north,2026-11-02,13", "north,2026-11-16", "north,2090-11-06,1", "north,2026-11-16,=1"]
    result = counts(tmp_path, "\n".join(["team,week_on,appointments", *rows]))
    assert (result.exit_code, result.output.splitlines()) == (
        1,
        [
            "eligible.csv: line 3: team",
            "eligible.csv: line 4: week_on",
            "eligible.csv: line 5: appointments",
            "eligible.csv: line 6: week_twice",
            "eligible.csv: line 7: columns",
            "eligible.csv: line 8: week_to_come",
            "eligible.csv: line 9: appointments",
            "Nothing was installed.",
        ],
    )
    with sessions.read(database) as db:
        assert queries.list_eligible(db, ["north"]) == ()
    assert "line 1: header" in counts(tmp_path, "team;week;n\n").output
