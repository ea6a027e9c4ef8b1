"""Backups that only a key kept elsewhere opens, and the drill that shows it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from fixtures.capture import START, Tablet
from fixtures.keeping import stored
from fixtures.staff import happened
from sqlmodel import select
from typer.testing import CliRunner

from app.adapters.backup_seal import BackupKeyUnfit, is_sealed, open_file
from app.adapters.keyring import Keyring
from app.cli import backup_key
from app.cli.commands import app as grids
from app.db import sessions
from app.db.engine import Database
from app.db.tables import Response
from app.services import backup_keys, backups, live_use
from app.services.restoring import RestoreRefused, restore_backup
from app.services.service_mode import load_state
from app.settings import Settings


@pytest.fixture
def key_file(
    database: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The private key of a service that seals its backups, made by the command."""
    Keyring(settings.var_dir / "keys")
    with sessions.write(database) as db:
        load_state(db)
    monkeypatch.setattr(backup_key, "read_settings", lambda: settings)
    path = tmp_path / "stick" / "grids.key"
    path.parent.mkdir()
    result = CliRunner().invoke(grids, ["backup-key", "make", str(path)])
    assert result.exit_code == 0, result.output
    return path


def responses(database: Database) -> list[str]:
    with sessions.read(database) as db:
        return list(db.exec(select(Response.id).order_by(Response.id)).all())


def sealed_backup(database: Database, settings: Settings) -> Path:
    public_key = backup_keys.read_public_key(database)
    return backups.make_backup(database, settings, public_key=public_key)


def test_the_drill_a_sealed_backup_comes_back_with_the_key_alone(
    database: Database, tablet: Tablet, settings: Settings, key_file: Path
) -> None:
    before = stored(database, tablet)
    path = sealed_backup(database, settings)
    assert is_sealed(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {each.name for each in path.parent.iterdir()} == {path.name}
    assert [each for each, _ in backups.list_backups(path.parent)] == [path]

    since = stored(database, tablet)
    database.dispose()
    with pytest.raises(RestoreRefused, match="sealed"):
        restore_backup(path, settings=settings, now=START)
    assert responses(database) == sorted([before.id, since.id])
    database.dispose()
    done = restore_backup(path, settings=settings, now=START, key_file=key_file)
    assert responses(database) == [before.id]
    # What was here is sealed as well, and comes back in the same way.
    assert done.kept_aside is not None
    assert is_sealed(done.kept_aside)
    assert [each for each in path.parent.iterdir() if not is_sealed(each)] == []
    database.dispose()
    restore_backup(done.kept_aside, settings=settings, now=START, key_file=key_file)
    assert responses(database) == sorted([before.id, since.id])


def test_nothing_on_the_machine_holds_the_private_part(
    database: Database, settings: Settings, key_file: Path
) -> None:
    (private,) = [
        line for line in key_file.read_text("ascii").splitlines() if not line.startswith("#")
    ]
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    sealed_backup(database, settings)
    kept = [each for each in settings.var_dir.rglob("*") if each.is_file()]
    if database.path is not None:
        kept += sorted(database.path.parent.glob(f"{database.path.name}*"))
    assert kept
    assert [each for each in kept if private.encode() in each.read_bytes()] == []
    assert private not in str(happened(database))


def test_another_key_a_cut_or_an_altered_file_opens_nothing(
    database: Database, settings: Settings, key_file: Path, tmp_path: Path
) -> None:
    path = sealed_backup(database, settings)
    whole = path.read_bytes()
    other = tmp_path / "other.key"
    other.write_text("AGE-SECRET-KEY-1NOTHING\n", encoding="ascii")
    with pytest.raises(BackupKeyUnfit, match="damaged"):
        open_file(path, tmp_path / "opened", key_file=other)
    for bad in (whole[:-1], whole[: len(whole) // 2], whole[:-1] + bytes([whole[-1] ^ 1])):
        path.write_bytes(bad)
        with pytest.raises(BackupKeyUnfit):
            open_file(path, tmp_path / "opened", key_file=key_file)
        assert not (tmp_path / "opened").exists()


def test_the_key_is_proven_for_live_use_and_a_new_one_anew(
    database: Database, key_file: Path
) -> None:
    def proven() -> bool:
        with sessions.write(database) as db:
            return live_use.read_facts(db).backup_key_proven

    run = CliRunner().invoke
    assert not proven()
    assert run(grids, ["backup-key", "prove", str(key_file)]).exit_code == 0
    assert proven()
    again = key_file.with_name("second.key")
    assert run(grids, ["backup-key", "make", str(again)]).exit_code == 0
    assert not proven()
    refused = run(grids, ["backup-key", "prove", str(key_file)])
    assert (refused.exit_code, "another key" in refused.output) == (1, True)
    assert not proven()


def test_a_key_is_neither_written_over_nor_kept_beside_the_data(
    database: Database, settings: Settings, key_file: Path
) -> None:
    run, kept = CliRunner().invoke, key_file.read_bytes()
    public = backup_keys.read_public_key(database)
    assert run(grids, ["backup-key", "make", str(key_file)]).exit_code == 1
    inside = settings.var_dir / "grids.key"
    assert run(grids, ["backup-key", "make", str(inside)]).exit_code == 1
    assert run(grids, ["backup-key", "use", "age1nothing"]).exit_code == 1
    assert (key_file.read_bytes(), inside.exists()) == (kept, False)
    assert backup_keys.read_public_key(database) == public
