"""Which words are asked: the installed ones, the practice ones, or none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import select
from typer.testing import CliRunner

from app.cli.survey import survey_app
from app.content.practice import practice_words
from app.db import sessions
from app.db.engine import Database
from app.db.tables import AuditEvent, InstalledPack
from app.services import audit, instruments, wording_packs
from app.services.instruments import PublicInstrument
from app.services.wording_packs import WordingPackRefused, WordingVersionTaken
from app.settings import read_settings

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
PACK = (FIXTURES / "made-up-pack.yaml").read_bytes()
PACK_0_4 = (FIXTURES / "made-up-pack-0-4.yaml").read_bytes()
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def install(database: Database, raw: bytes, at: datetime = NOW) -> InstalledPack:
    with sessions.write(database) as db:
        return wording_packs.install_pack(db, raw=raw, name="pack.yaml", by="staff-1", now=at)


def current(
    database: Database, mode: str = "training", language: str = "en", wanted: str | None = None
) -> PublicInstrument | None:
    with sessions.read(database) as db:
        return instruments.current_instrument(
            db, mode=mode, language=language, instrument_id=wanted
        )


def test_without_a_pack_practice_stands_in_and_live_use_asks_nothing(database: Database) -> None:
    shown = current(database)
    assert shown is not None
    assert (shown.instrument.id, shown.sha256) == ("effort-practice", practice_words().sha256)
    assert shown.is_practice
    assert shown.as_json()["name"] is None
    assert instruments.scoring_for(shown.instrument.id) is None
    assert current(database, mode="live") is None
    assert current(database, language="cy") is None


def test_an_installed_pack_is_asked_and_says_its_own_words(database: Database) -> None:
    pack = install(database, PACK)
    shown = current(database, mode="live", language="en-GB")
    assert shown is not None
    view = shown.as_json()
    assert view["id"] == "collaborate-0-9"
    assert view["name"] == "CollaboRATE"
    assert view["wording_sha256"] == pack.sha256
    assert view["statement"] == "Made-up opening about the appointment today."
    assert view["items"] == [
        {"id": "explain", "text": "Made-up item about explaining."},
        {"id": "listen", "text": "Made-up item about listening."},
        {"id": "include", "text": "Made-up item about including."},
    ]
    assert list(view["forms"]) == ["young_person", "parent_self", "parent_proxy"]
    assert view["forms"]["parent_self"]["statement_before"] == (
        "Made-up opening for a parent about the last appointment."
    )
    assert view["scale"] == {
        "min": 0,
        "max": 9,
        "min_label": "Made-up lowest",
        "max_label": "Made-up highest",
        "labels": None,
    }
    assert not shown.is_practice
    assert "Confirmer" not in str(view)


def test_the_newest_pack_is_asked_unless_the_study_names_one(database: Database) -> None:
    install(database, PACK)
    install(database, PACK_0_4, NOW + timedelta(days=1))
    newest = current(database)
    named = current(database, wanted="collaborate-0-9")
    assert newest is not None
    assert named is not None
    assert newest.instrument.id == "collaborate-0-4"
    assert named.instrument.id == "collaborate-0-9"
    assert current(database, mode="live", wanted="effort-practice") is None


def test_a_pack_in_another_language_is_not_shown(database: Database) -> None:
    install(database, PACK.replace(b"language: en", b"language: cy"))
    shown = current(database, mode="live", language="cy")
    assert shown is not None
    assert shown.words.language == "cy"
    assert current(database, mode="live", language="en") is None


def test_the_same_words_twice_are_one_pack(database: Database) -> None:
    first = install(database, PACK)
    again = install(database, PACK, NOW + timedelta(days=1))
    assert again.sha256 == first.sha256
    with sessions.read(database) as db:
        assert len(db.exec(select(InstalledPack)).all()) == 1
        events = db.exec(select(AuditEvent)).all()
        assert [(event.kind, event.subject) for event in events] == [
            ("wording_pack_installed", first.sha256)
        ]
        assert audit.verify(db) is None


def test_other_words_under_the_same_version_are_refused(database: Database) -> None:
    first = install(database, PACK)
    with pytest.raises(WordingVersionTaken):
        install(database, PACK.replace(b"about listening.", b"about hearing."))
    with sessions.read(database) as db:
        assert [pack.sha256 for pack in db.exec(select(InstalledPack)).all()] == [first.sha256]


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        (b"  - id: listen\n", b"  - id: include\n", {18}),
        (b"licence:\n", b"licences:\n", {2, 36}),
        (b"confirmed_by: Made-up Confirmer\n", b"", {2}),
    ],
)
def test_a_broken_pack_is_refused_by_file_and_line(
    database: Database, old: bytes, new: bytes, lines: set[int]
) -> None:
    assert old in PACK
    with pytest.raises(WordingPackRefused) as refused:
        install(database, PACK.replace(old, new))
    assert {problem.file for problem in refused.value.problems} == {"pack.yaml"}
    assert {problem.line for problem in refused.value.problems} == lines
    with sessions.read(database) as db:
        assert db.exec(select(InstalledPack)).all() == []
        assert db.exec(select(AuditEvent)).all() == []


def test_the_command_installs_lists_and_refuses(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "var"))
    read_settings.cache_clear()
    try:
        good, broken = tmp_path / "good.yaml", tmp_path / "broken.yaml"
        good.write_bytes(PACK)
        broken.write_bytes(PACK.replace(b"licence:\n", b"licences:\n"))
        run = CliRunner().invoke
        assert "No wording pack is installed" in run(survey_app, ["list"]).output
        refused = run(survey_app, ["install", str(broken), "--by", "Jo Installer"])
        assert refused.exit_code == 1
        assert refused.output.splitlines()[0].startswith("broken.yaml:2: ")
        assert refused.output.splitlines()[-1] == "Nothing was installed."
        installed = run(survey_app, ["install", str(good), "--by", "Jo Installer"])
        assert installed.exit_code == 0
        listed = run(survey_app, ["list"]).output
        assert "collaborate-0-9" in listed
        assert "Jo Installer" in listed
    finally:
        read_settings.cache_clear()
