"""What the doctor finds in a database that does not agree with itself or with its keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from fixtures.capture import START, Tablet
from fixtures.keeping import set_aside, stored
from sqlalchemy import delete, update
from sqlmodel import col, select
from typer.testing import CliRunner

from app.adapters.keyring import Keyring
from app.cli.commands import app as grids
from app.db import sessions
from app.db.engine import Database
from app.db.tables import DeviceSequence, Response
from app.domain.keeping import ErasureReason
from app.services import audit, erasures
from app.services.self_check import Findings, check_stored
from app.settings import read_settings

RIGHT = Findings((), 0, 0, 0)


@pytest.fixture
def filled(database: Database, tablet: Tablet) -> Database:
    stored(database, tablet)
    erased = stored(database, tablet)
    set_aside(database, tablet, items={"welcome": 77, "pace": 1, "questions": 1})
    with sessions.write(database) as db:
        erasures.erase_sets(
            db, [erased.id], reason=ErasureReason.WITHDRAWN, actor=audit.SYSTEM, now=START
        )
    return database


def look(database: Database, keyring: Keyring) -> Findings:
    with database.reader.connect() as connection:
        return check_stored(connection, keyring)


def test_a_sound_database(filled: Database, keyring: Keyring) -> None:
    assert look(filled, keyring) == RIGHT


def test_other_keys(filled: Database, keyring: Keyring, tmp_path: Path) -> None:
    found = look(filled, Keyring(tmp_path / "elsewhere"))
    assert found.keys_lacking == (keyring.current.key_id.hex(),)
    assert found.receipts_wrong == 3


def test_an_altered_receipt(filled: Database, keyring: Keyring) -> None:
    with sessions.write(filled) as db:
        row = db.exec(select(Response)).one()
        row.receipt = row.receipt.replace('"seq":1', '"seq":9')
    assert look(filled, keyring) == Findings((), 1, 0, 0)
    with sessions.write(filled) as db:
        db.exec(update(Response).values(receipt="{}"))
    assert look(filled, keyring) == Findings((), 1, 0, 0)


def test_numbers_and_sets_that_disagree(filled: Database, keyring: Keyring) -> None:
    with sessions.write(filled) as db:
        db.exec(delete(DeviceSequence).where(col(DeviceSequence.seq) == 1))
        db.add(DeviceSequence(device="d", seq=1, response_id="nobody"))
    assert look(filled, keyring) == Findings((), 0, 1, 1)


def test_the_doctor_says_so(
    filled: Database,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "var"))
    read_settings.cache_clear()
    try:
        right = CliRunner().invoke(grids, ["doctor"])
        (tmp_path / "var" / "keys" / "server.secret").write_bytes(b"s" * 32)
        wrong = CliRunner().invoke(grids, ["doctor"])
        (tmp_path / "var" / "keys").rename(tmp_path / "var" / "gone")
        none = CliRunner().invoke(grids, ["doctor"])
    finally:
        read_settings.cache_clear()
    assert "receipts, keys and releases are right" in right.output
    assert wrong.exit_code == 1
    assert "3 receipts were not made with this secret." in wrong.output
    assert "There are no keys in var/keys." in none.output
    assert not (tmp_path / "var" / "keys").exists()
