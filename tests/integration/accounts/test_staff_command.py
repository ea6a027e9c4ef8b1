"""``grids staff``: accounts for whoever runs the server."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from fixtures.staff import happened, make_staff
from sqlmodel import select
from typer.testing import CliRunner

from app.cli import staff as command
from app.db import sessions
from app.db.engine import Database
from app.db.tables import Staff
from app.domain.access import Role
from app.settings import Settings

Run = Callable[..., Result]


@pytest.fixture
def run(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    settings = Settings(database_url=database_url, public_url="https://grids.example")
    monkeypatch.setattr(command, "read_settings", lambda: settings)
    return lambda *words: CliRunner().invoke(command.staff_app, list(words))


def test_the_first_link_is_printed_while_nobody_works_here(database: Database, run: Run) -> None:
    result = run("first-link")
    assert re.search(r"https://grids\.example/join/[A-Za-z0-9_-]{43}\n", result.output)
    make_staff(database)
    again = run("first-link")
    assert (again.exit_code, "There are accounts already." in again.output) == (1, True)


def test_inviting_prints_a_link_and_is_audited_as_the_system(database: Database, run: Run) -> None:
    result = run("invite", "Noor", "--name", "Noor Haddad", "--role", "auditor")
    assert result.exit_code == 0
    assert "/join/" in result.output
    with sessions.read(database) as db:
        made = db.exec(select(Staff)).one()
    assert (made.username, made.display_name, made.roles) == ("noor", "Noor Haddad", ["auditor"])
    assert [event[:2] for event in happened(database)] == [("staff_invited", "system")]


def test_what_cannot_be_kept_is_said_and_nothing_is_made(database: Database, run: Run) -> None:
    words = ("invite", "x", "--name", "Noor", "--role", "researcher", "--role", "approver")
    result = run(*words)
    assert result.exit_code == 1
    assert "One account cannot be both researcher and approver." in result.output
    assert "A username has 3 to 32" in result.output
    with sessions.read(database) as db:
        assert db.exec(select(Staff)).all() == []


def test_resetting_lets_the_last_administrator_back_in(database: Database, run: Run) -> None:
    admin = make_staff(database, roles=(Role.ADMINISTRATOR,), second_factor=True)
    result = run("reset", admin.username, "--drop-second-factor")
    assert "/join/" in result.output
    with sessions.read(database) as db:
        account = db.get_one(Staff, admin.id)
    assert (account.password_hash, account.totp_on_at) == (None, None)


def test_listing_and_signing_out(database: Database, run: Run) -> None:
    make_staff(database, username="robin.ashe", roles=(Role.AUDITOR, Role.PRACTITIONER))
    cells = re.findall(r"[\w.]+", run("list").output)
    assert {"robin.ashe", "practitioner", "auditor", "north", "active", "off"} <= set(cells)
    assert run("sign-out-everywhere", "robin.ashe").output == "0 ended.\n"
    unknown = run("sign-out-everywhere", "nobody.here")
    assert (unknown.exit_code, unknown.output) == (
        1,
        "Nobody here has the username nobody.here.\n",
    )


def test_without_a_database_nothing_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "read_settings", lambda: Settings(var_dir=tmp_path))
    result = CliRunner().invoke(command.staff_app, ["list"])
    assert (result.exit_code, "grids serve" in result.output) == (1, True)
    assert list(tmp_path.iterdir()) == []
