"""Going live: only through the checks, each printed with what to do, and in the log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from fixtures.service import START
from fixtures.staff import happened, make_staff
from typer.testing import CliRunner

from app.adapters.keyring import Keyring
from app.cli import commands, database, live
from app.db import sessions
from app.db.engine import Database
from app.domain.access import Role
from app.domain.live_use import Confirmed, LiveCheck
from app.services import crisis_number, live_use, service_mode
from app.settings import Settings

Run = Callable[..., Result]
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
WORDS = "Jo Hale, register 1"


@pytest.fixture
def run(settings: Settings, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    Keyring(settings.var_dir / "keys")
    for module in (database, live):
        monkeypatch.setattr(module, "read_settings", lambda: settings)
        monkeypatch.setattr(module, "now_utc", lambda: NOW)
    return lambda *words: CliRunner().invoke(commands.app, list(words))


def ready(run: Run, kept: Database) -> None:
    """Bring a service to where it may go live, by the verbs that a site uses."""
    make_staff(kept, roles=(Role.ADMINISTRATOR,), second_factor=True)
    crisis_number.set_crisis_number(kept, number="01632 960 999", by="system", now=NOW)
    for what in Confirmed:
        assert run("live", "confirm", what.value, WORDS).exit_code == 0
    with sessions.write(kept) as db:
        service_mode.set_setting(db, live_use.PROVEN_ON, NOW.date().isoformat())


def mode(kept: Database) -> str:
    with sessions.write(kept) as db:
        return service_mode.load_state(db).mode


def test_an_empty_service_is_told_what_to_do_and_stays_in_practice(
    database: Database, run: Run
) -> None:
    make_staff(database)
    result = run("doctor", "--live")
    assert result.exit_code == 1
    named = {
        line.split()[2].rstrip(":") for line in result.output.splitlines() if "not yet" in line
    }
    assert named == {check.value for check in LiveCheck} - {LiveCheck.REAL_DATA.value}
    refused = run("live", "start")
    assert refused.exit_code == 1
    assert "Nothing was changed" in refused.output
    assert mode(database) == "training"
    assert [event[0] for event in happened(database)] == []


def test_it_goes_live_once_all_is_there_and_back_and_both_are_in_the_log(
    database: Database, run: Run
) -> None:
    ready(run, database)
    assert run("doctor", "--live").exit_code == 0
    assert run("live", "start").exit_code == 0
    assert mode(database) == "live"
    assert run("live", "start").exit_code == 0  # asked twice, it happens once
    assert run("live", "stop").exit_code == 0
    assert mode(database) == "training"
    changes = [event for event in happened(database) if event[0] == "service_mode_changed"]
    assert [event[1:] for event in changes] == [
        ("system", "service", {"mode_before": "training", "mode": "live"}),
        ("system", "service", {"mode_before": "live", "mode": "training"}),
    ]
    assert WORDS not in str(happened(database))


def test_an_account_without_a_second_factor_stops_it(database: Database, run: Run) -> None:
    ready(run, database)
    make_staff(database)
    assert "second-factor: An account" in run("live", "start").output
    assert mode(database) == "training"


def test_a_broken_audit_chain_stops_it_too(database: Database, run: Run) -> None:
    ready(run, database)
    with database.writer.begin() as connection:
        connection.exec_driver_sql("UPDATE audit_event SET actor = 'somebody' WHERE seq = 2")
    assert "The audit chain is broken at row 2." in run("live", "start").output
    assert mode(database) == "training"


def test_the_number_is_rung_again_by_saving_it_again(database: Database) -> None:
    later = START + timedelta(days=31)
    for moment in (START, later):
        state = crisis_number.set_crisis_number(
            database, number="01632 960 999", by="system", now=moment
        )
        assert isinstance(state, service_mode.ServiceState)
        assert state.local_crisis_number_on == moment.date().isoformat()
    gone = crisis_number.set_crisis_number(database, number="", by="system", now=later)
    assert isinstance(gone, service_mode.ServiceState)
    assert gone.local_crisis_number_on == ""


def test_no_setting_writes_the_mode(database: Database) -> None:
    with pytest.raises(ValueError, match="checks"), sessions.write(database) as db:
        service_mode.set_setting(db, "mode", "live")


def test_nothing_but_going_live_writes_the_mode() -> None:
    root = Path(service_mode.__file__).parents[1]
    callers = {path.name for path in root.rglob("*.py") if "write_mode(" in path.read_text("utf-8")}
    assert callers == {"service_mode.py", "live_use.py"}
