"""Putting a backup back: everything of then, every key, and the decisions of since."""

from __future__ import annotations

import io
import os
import shutil
import tarfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from fixtures.capture import START, Tablet, hand_over
from fixtures.keeping import set_aside, stored
from fixtures.staff import happened
from fixtures.tablets import MakeTablet
from sqlalchemy import delete, update
from sqlmodel import SQLModel, col, select
from typer.testing import CliRunner

from app.adapters import run_lock
from app.adapters.backup_archive import BackupUnfit, unpack
from app.adapters.export_files import file_sha256
from app.adapters.keyring import Keyring
from app.adapters.sealing import SealingKey
from app.cli.commands import app as grids
from app.db import sessions, tables
from app.db.engine import Database
from app.db.tables import (
    DeviceSequence,
    Erasure,
    Login,
    Quarantined,
    Response,
    ServiceSetting,
    Staff,
    Withdrawal,
)
from app.domain.keeping import ErasureReason
from app.services import audit, backups, erasures, restoring
from app.services.restoring import Restored, RestoreRefused, restore_backup
from app.services.service_mode import load_state
from app.settings import Settings, read_settings

LATER = START + timedelta(days=1)


@pytest.fixture
def backup(database: Database, tablet: Tablet, settings: Settings) -> Path:
    with sessions.write(database) as db:
        load_state(db)
    return backups.make_backup(database, settings)


def restore(database: Database, settings: Settings, path: Path) -> Restored:
    database.dispose()
    return restore_backup(path, settings=settings, now=LATER)


def rows(database: Database, model: type[SQLModel]) -> list[SQLModel]:
    with sessions.read(database) as db:
        assert audit.verify(db) is None
        return list(db.exec(select(model)).all())


def generation(database: Database) -> str:
    with sessions.read(database) as db:
        return str(db.get_one(ServiceSetting, "generation").value)


def test_the_database_of_then_comes_back_with_a_new_generation(
    database: Database, tablet: Tablet, settings: Settings
) -> None:
    with sessions.write(database) as db:
        load_state(db)
    before = stored(database, tablet)
    path = backups.make_backup(database, settings)
    since = stored(database, tablet)
    old = generation(database)
    done = restore(database, settings, path)
    assert [row.id for row in rows(database, Response)] == [before.id]
    assert [row.seq for row in rows(database, DeviceSequence)] == [1]
    assert generation(database) == done.generation != old
    assert happened(database)[-1] == (
        "backup_restored",
        "system",
        path.name,
        {"sha256": file_sha256(path), "generation": done.generation},
    )
    assert all(row.ended_at == LATER for row in rows(database, Login))
    # What was here can be had back in the same way.
    assert done.kept_aside is not None
    restore(database, settings, done.kept_aside)
    assert {row.id for row in rows(database, Response)} == {before.id, since.id}
    assert list(settings.var_dir.glob(".restore-*")) == []


def test_decisions_of_since_hold(
    database: Database, tablet: Tablet, settings: Settings, enrolled: MakeTablet
) -> None:
    lost = enrolled(7)
    kept, gone = stored(database, tablet), stored(database, tablet)
    aside = set_aside(database, tablet, items={"welcome": 77, "pace": 1, "questions": 1})
    path = backups.make_backup(database, settings)
    with sessions.write(database) as db:
        for sent in (gone, aside):
            erasures.erase_sets(
                db, [sent.id], reason=ErasureReason.WITHDRAWN, actor=audit.SYSTEM, now=START
            )
        revoked = {"revoked_at": START, "revoked_by": "staff-1", "revoke_reason": "lost"}
        db.exec(update(tables.Tablet).values(**revoked))
        db.exec(update(Staff).values(disabled_at=START))
        taken_back = Withdrawal(
            release_sha256="a" * 64,
            public_id="k7",
            version=1,
            reason="fact_wrong",
            withdrawn_by="system",
            at=START,
        )
        db.add(taken_back)
    done = restore(database, settings, path)
    assert done.carried == {"erasures": 2, "withdrawals": 1, "tablet": 1, "staff": 1}
    assert [row.id for row in rows(database, Response)] == [kept.id]
    assert {row.response_id for row in rows(database, Erasure)} == {gone.id, aside.id}
    copies = rows(database, Quarantined)
    assert [(row.sealed, row.digest == row.id, row.settled_as) for row in copies] == [
        (b"", True, "erased")
    ]
    tablet_row = rows(database, tables.Tablet)[0]
    assert (tablet_row.id, tablet_row.revoke_reason) == (lost.device, "lost")
    assert rows(database, Staff)[0].disabled_at == START
    assert [row.public_id for row in rows(database, Withdrawal)] == ["k7"]


def test_keys_are_merged_and_never_fewer(
    database: Database, tablet: Tablet, settings: Settings, tmp_path: Path
) -> None:
    sent = stored(database, tablet)
    path = backups.make_backup(database, settings)
    keys = settings.var_dir / "keys"
    # Another machine, set up anew: keys and a secret of its own.
    shutil.move(keys, tmp_path / "of-then")
    fresh = Keyring(keys)
    secret = (keys / "server.secret").read_bytes()
    restore(database, settings, path)
    merged = Keyring(keys)
    assert merged.sealing.keys() == fresh.sealing.keys() | tablet.keyring.sealing.keys()
    assert merged.current.key_id == fresh.current.key_id
    assert merged.derive("receipt", "x") == tablet.keyring.derive("receipt", "x")
    assert [kept.read_bytes() for kept in keys.glob("*.kept")] == [secret]
    assert all(key.stat().st_mode & 0o077 == 0 for key in keys.iterdir())
    assert [row.id for row in rows(database, Response)] == [sent.id]


def test_a_machine_with_nothing_on_it(sqlite_url: str, tmp_path: Path) -> None:
    settings = Settings(database_url=sqlite_url, var_dir=tmp_path / "var")
    database = Database(sqlite_url)
    sent = stored(database, hand_over(database, Keyring(settings.var_dir / "keys")))
    path = backups.make_backup(database, settings)
    database.dispose()
    assert database.path is not None
    for left in database.path.parent.glob(f"{database.path.name}*"):
        left.unlink()
    shutil.rmtree(settings.var_dir / "keys")
    done = restore(database, settings, path)
    assert done.kept_aside is None
    assert [row.id for row in rows(database, Response)] == [sent.id]
    database.dispose()


def test_it_refuses_while_a_server_runs(
    database: Database, settings: Settings, backup: Path
) -> None:
    with (
        run_lock.serving(settings.var_dir),
        run_lock.serving(settings.var_dir),
        pytest.raises(RestoreRefused, match="a server runs"),
    ):
        restore(database, settings, backup)
    with run_lock.restoring(settings.var_dir), pytest.raises(run_lock.FolderInUse):
        run_lock.serving(settings.var_dir).__enter__()
    assert restore(database, settings, backup).generation


def test_it_refuses_while_somebody_is_connected(postgres_url: str, tmp_path: Path) -> None:
    settings = Settings(database_url=postgres_url, var_dir=tmp_path / "var")
    database = Database(postgres_url)
    Keyring(settings.var_dir / "keys")
    path = backups.make_backup(database, settings)
    with database.reader.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
        with pytest.raises(RestoreRefused, match="somebody else is connected"):
            restore_backup(path, settings=settings, now=LATER)
    database.dispose()


def _fails(
    database: Database, settings: Settings, path: Path, why: str, keep: Callable[[], object]
) -> None:
    before, keys = keep(), sorted(p.name for p in (settings.var_dir / "keys").iterdir())
    with pytest.raises(RestoreRefused, match=why):
        restore(database, settings, path)
    assert keep() == before
    assert sorted(p.name for p in (settings.var_dir / "keys").iterdir()) == keys
    assert list(settings.var_dir.glob(".restore-*")) == []


def test_answers_whose_key_is_nowhere_are_not_restored(
    database: Database, tablet: Tablet, settings: Settings
) -> None:
    here = stored(database, tablet)
    path = backups.make_backup(database, settings)
    stranger = SealingKey.generate()
    swapped = path.with_name("swapped.tar")
    with tarfile.open(path) as old, tarfile.open(swapped, "w") as new:
        for member in old:
            content = old.extractfile(member)
            if "seal-" in member.name:
                member.name = f"keys/seal-{stranger.key_id.hex()}.pem"
                content = io.BytesIO(stranger.to_pem())
                member.size = len(stranger.to_pem())
            new.addfile(member, content)
    # Neither in the backup nor here.
    for key in (settings.var_dir / "keys").glob("seal-*.pem"):
        key.unlink()
    (settings.var_dir / "keys" / f"seal-{stranger.key_id.hex()}.pem").write_bytes(stranger.to_pem())
    with sessions.read(database) as db:
        old = audit.verify(db)
    assert old is None
    _fails(
        database,
        settings,
        swapped,
        "need keys that are not there",
        lambda: [(row.id, row.sealed) for row in rows(database, Response)],
    )
    assert [row.id for row in rows(database, Response)] == [here.id]


def test_a_backup_whose_audit_chain_is_broken_is_not_restored(
    database: Database, tablet: Tablet, settings: Settings
) -> None:
    stored(database, tablet)
    stored(database, tablet)
    with sessions.write(database) as db:
        link = db.exec(select(tables.AuditEvent).where(col(tables.AuditEvent.seq) == 1)).one()
        values = link.model_dump()
        db.exec(delete(tables.AuditEvent).where(col(tables.AuditEvent.seq) == 1))
    path = backups.make_backup(database, settings)
    with sessions.write(database) as db:
        db.add(tables.AuditEvent(**values))
        load_state(db)
    old = generation(database)
    _fails(
        database,
        settings,
        path,
        "audit chain is broken",
        lambda: sorted(row.id for row in rows(database, Response)),
    )
    assert generation(database) == old


def test_a_damaged_database_is_not_restored(sqlite_url: str, tmp_path: Path) -> None:
    settings = Settings(database_url=sqlite_url, var_dir=tmp_path / "var")
    database = Database(sqlite_url)
    Keyring(settings.var_dir / "keys")
    path = backups.make_backup(database, settings)
    for wreck in (lambda raw: raw[:5000], lambda raw: b"no database" * 900, lambda raw: b""):
        broken = tmp_path / "broken.tar"
        with tarfile.open(path) as old, tarfile.open(broken, "w") as new:
            for member in old:
                content = old.extractfile(member)
                if member.name == "grids.sqlite" and content is not None:
                    raw = wreck(content.read())
                    member.size, content = len(raw), io.BytesIO(raw)
                new.addfile(member, content)
        _fails(database, settings, broken, "damaged", lambda: rows(database, Response))
    database.dispose()


def test_the_other_kind_of_database_is_refused(
    sqlite_url: str, postgres_url: str, tmp_path: Path
) -> None:
    lite = Settings(database_url=sqlite_url, var_dir=tmp_path / "var")
    Keyring(lite.var_dir / "keys")
    database = Database(sqlite_url)
    path = backups.make_backup(database, lite)
    database.dispose()
    with pytest.raises(RestoreRefused, match="the other kind"):
        restore_backup(
            path, settings=Settings(database_url=postgres_url, var_dir=lite.var_dir), now=LATER
        )


def test_a_process_that_dies_before_the_rename_changes_nothing(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(database_url=sqlite_url, var_dir=tmp_path / "var")
    Keyring(settings.var_dir / "keys")
    database = Database(sqlite_url)
    with sessions.write(database) as db:
        old = load_state(db).generation
    path = backups.make_backup(database, settings)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(restoring, "_take_place", die)
        with pytest.raises(KeyboardInterrupt):
            restore(database, settings, path)
    assert generation(database) == old
    assert restore(database, settings, path).generation == generation(database)
    database.dispose()


def test_the_command_says_what_to_do(
    database_url: str,
    database: Database,
    settings: Settings,
    backup: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("VAR_DIR", str(settings.var_dir))
    read_settings.cache_clear()
    database.dispose()
    try:
        told = CliRunner().invoke(grids, ["restore", str(backup)])
        text = tmp_path / "text.tar"
        text.write_text("not a backup")
        refused = CliRunner().invoke(grids, ["restore", str(text)])
        doctor = CliRunner().invoke(grids, ["doctor"])
    finally:
        read_settings.cache_clear()
    assert told.exit_code == 0, told.output
    assert "The backup is restored." in told.output
    assert "14 days once more" in told.output
    assert refused.exit_code == 1
    assert refused.output.startswith("Nothing was changed: text.tar: it cannot be read")
    assert "receipts, keys and releases are right" in doctor.output


# --- hostile archives ------------------------------------------------------------------------


def member(name: str, content: bytes = b"x", **more: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for key, value in more.items():
        setattr(info, key, value)
    return info, content


WHOLE = [
    member("grids.sqlite"),
    member("keys/server.secret"),
    member(f"keys/seal-{'a' * 16}.pem"),
]


def pack(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w") as archive:
        for info, content in members:
            archive.addfile(info, io.BytesIO(content))
    return path


@pytest.mark.parametrize(
    ("extra", "why"),
    [
        (member("../outside"), "no backup has"),
        (member("/etc/cron.d/x"), "no backup has"),
        (member("keys/../../x"), "no backup has"),
        (member("keys/seal-../../../../x.pem"), "no backup has"),
        (member("readme.txt"), "no backup has"),
        (member("grids.sqlite"), "twice"),
        (member("./grids.sqlite"), "no backup has"),
        (member("grids.dump"), "or two"),
        (member("keys/seal-" + "b" * 16 + ".pem", b"k" * 70_000), "too large"),
        (
            member("keys/seal-" + "b" * 16 + ".pem", b"", type=tarfile.SYMTYPE, linkname="/x"),
            "not a plain file",
        ),
        (
            member("keys/seal-" + "b" * 16 + ".pem", b"", type=tarfile.LNKTYPE, linkname="/x"),
            "not a plain file",
        ),
        (member("keys/seal-" + "b" * 16 + ".pem", b"", type=tarfile.FIFOTYPE), "not a plain"),
        (member("keys/seal-" + "b" * 16 + ".pem", b"", type=tarfile.CHRTYPE), "not a plain"),
        (member("keys", b"", type=tarfile.SYMTYPE, linkname="/tmp"), "no backup has"),
    ],
)
def test_a_hostile_archive_is_refused(
    tmp_path: Path, extra: tuple[tarfile.TarInfo, bytes], why: str
) -> None:
    path = pack(tmp_path / "hostile.tar", *WHOLE, extra)
    folder = tmp_path / "out"
    folder.mkdir()
    with pytest.raises(BackupUnfit, match=why):
        unpack(path, folder)
    assert list(folder.iterdir()) == []
    assert sorted(p.name for p in tmp_path.iterdir()) == ["hostile.tar", "out"]


def test_what_is_no_backup_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    for number, members in enumerate((WHOLE[:1], WHOLE[1:], WHOLE[::2], [])):
        with pytest.raises(BackupUnfit):
            unpack(pack(tmp_path / f"{number}.tar", *members), folder)
    with pytest.raises(BackupUnfit, match="far more"):
        unpack(
            pack(tmp_path / "many.tar", *(member(f"keys/{n}.partial", b"") for n in range(1001))),
            folder,
        )
    whole = pack(tmp_path / "whole.tar", *WHOLE)
    cut = tmp_path / "cut.tar"
    cut.write_bytes(whole.read_bytes()[:1100])
    folder.mkdir()
    with pytest.raises(BackupUnfit):
        unpack(cut, folder)


def test_modes_and_owners_of_the_archive_are_not_taken_over(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.tar", *[member(i.name, c, mode=0o4777, uid=1) for i, c in WHOLE])
    folder = tmp_path / "out"
    folder.mkdir()
    unpacked = unpack(path, folder)
    assert unpacked.is_sqlite
    found = [*folder.rglob("*.*")]
    assert len(found) == 3
    assert all(p.stat().st_mode & 0o7777 == 0o600 for p in found)
    assert all(p.stat().st_uid == os.getuid() for p in found)


def test_a_server_is_not_started_while_a_backup_is_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(var_dir=tmp_path / "var", database_url=f"sqlite:///{tmp_path / 'g.sqlite'}")
    monkeypatch.setattr("app.cli.serve.read_settings", lambda: settings)
    with run_lock.restoring(settings.var_dir):
        answer = CliRunner().invoke(grids, ["serve"])
    assert answer.exit_code == 1
    assert "A backup is being put back right now." in answer.output
    assert "Traceback" not in answer.output
    assert not (tmp_path / "g.sqlite").exists()
