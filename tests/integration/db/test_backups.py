"""A backup is whole, holds the keys, is readable by its owner only, and restores."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import tarfile
from contextlib import closing
from pathlib import Path

import pytest
from fixtures.service import START
from sqlmodel import select

from app.adapters.keyring import Keyring
from app.db import sessions
from app.db.engine import Database
from app.db.tables import AuditEvent, ServiceSetting
from app.services import audit, backups
from app.settings import Settings


@pytest.fixture
def filled(database: Database, settings: Settings) -> Database:
    Keyring(settings.var_dir / "keys")
    with sessions.write(database) as db:
        db.add(ServiceSetting(key="kept", value="yes"))
    return database


def test_database_and_keys_go_together(
    filled: Database, settings: Settings, tmp_path: Path
) -> None:
    path = backups.make_backup(filled, settings)
    with tarfile.open(path) as archive:
        names = archive.getnames()
        archive.extractall(tmp_path / "restored", filter="data")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sum(name.startswith("keys/seal-") for name in names) == 1
    assert "keys/server.secret" in names
    restored = Keyring(tmp_path / "restored" / "keys")
    assert restored.current.key_id == Keyring(settings.var_dir / "keys").current.key_id


def test_the_copy_holds_the_rows(filled: Database, settings: Settings, tmp_path: Path) -> None:
    path = backups.make_backup(filled, settings)
    with tarfile.open(path) as archive:
        archive.extractall(tmp_path / "restored", filter="data")
    if filled.dialect == "sqlite":
        with closing(sqlite3.connect(tmp_path / "restored" / "grids.sqlite")) as copy:
            rows = copy.execute("SELECT key, value FROM service_setting").fetchall()
        assert rows == [("kept", '"yes"')]
    else:
        dump = tmp_path / "restored" / "grids.dump"
        listed = subprocess.run(
            ["pg_restore", "--data-only", "--table=service_setting", "--file=-", str(dump)],
            capture_output=True,
            text=True,
            check=True,
        )
        assert 'kept\t"yes"' in listed.stdout


def test_a_backup_is_in_the_log(filled: Database, settings: Settings) -> None:
    path = backups.make_backup(filled, settings)
    backups.record_backup(filled, path, START)
    with sessions.read(filled) as db:
        (event,) = db.exec(select(AuditEvent)).all()
        assert (event.kind, event.actor, event.subject) == ("backup_made", "system", path.name)
        assert audit.verify(db) is None


def test_a_copy_that_cannot_be_made_leaves_nothing(filled: Database, settings: Settings) -> None:
    (settings.var_dir / "keys" / "server.secret").unlink()
    for key in (settings.var_dir / "keys").iterdir():
        key.unlink()
    (settings.var_dir / "keys").rmdir()
    with pytest.raises(FileNotFoundError):
        backups.make_backup(filled, settings)
    assert list((settings.var_dir / "backups").iterdir()) == []
