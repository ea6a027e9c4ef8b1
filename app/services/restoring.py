"""Putting a backup back: the database of then, the keys of then and now, the decisions of since.

Whatever is here is kept aside first. On SQLite the restored database is made ready beside the
present one and takes its place by one rename; on PostgreSQL everything is replaced in one
transaction. A process that dies on the way leaves the service as it was, or restored.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
import subprocess
import tempfile
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from app.adapters import run_lock
from app.adapters.backup_archive import BackupUnfit, Unpacked, unpack
from app.adapters.backup_seal import BackupKeyUnfit, is_sealed, open_file
from app.adapters.export_files import file_sha256
from app.adapters.keyring import Keyring
from app.db import migrate
from app.db.engine import Database
from app.db.queries import carried_over as queries
from app.db.queries import standing_since
from app.db.queries.carried_over import CarriedOver
from app.db.queries.standing_since import Standing
from app.errors import SchemaTooNew
from app.services import audit, backup_keys, backups, crisis_number
from app.services.service_mode import load_state, set_setting
from app.services.switches import Switch
from app.settings import Settings

GENERATION_BYTES: Final = 8
LONGEST_SECONDS: Final = 3600


class RestoreRefused(Exception):
    """Nothing was changed; the text says why, for whoever runs the command."""


@dataclass(frozen=True)
class Restored:
    """What came of it: the backup of what was here (None where nothing was) and counts."""

    kept_aside: Path | None
    generation: str
    carried: dict[str, int]


def restore_backup(
    archive: Path, *, settings: Settings, now: datetime, key_file: Path | None = None
) -> Restored:
    """Put ``archive`` in the place of what is here. Raises RestoreRefused and changes nothing.

    ``key_file`` holds the private key of a sealed backup; it is read and kept nowhere.
    """
    try:
        with run_lock.restoring(settings.var_dir), _scratch(settings) as scratch:
            unpacked = _unpack(archive, Path(scratch), key_file)
            return _restore(unpacked, file_sha256(archive), archive.name, settings, now)
    except run_lock.FolderInUse:
        raise RestoreRefused("a server runs on this folder; stop it first") from None
    except BackupUnfit as unfit:
        raise RestoreRefused(f"{archive.name}: {unfit}") from unfit
    except BackupKeyUnfit as unfit:
        raise RestoreRefused(f"{archive.name}: {unfit}") from None
    except SchemaTooNew:
        raise RestoreRefused(f"{archive.name} was made by a newer version") from None


def _unpack(archive: Path, scratch: Path, key_file: Path | None) -> Unpacked:
    folder = scratch / "unpacked"
    folder.mkdir(mode=0o700)
    if not is_sealed(archive):
        return unpack(archive, folder)
    if key_file is None:
        raise BackupKeyUnfit("it is sealed; give the file with its private key (--key)")
    opened = scratch / "opened.tar"
    open_file(archive, opened, key_file=key_file)
    unpacked = unpack(opened, folder)
    opened.unlink()
    return unpacked


def _scratch(settings: Settings) -> tempfile.TemporaryDirectory[str]:
    """Return a folder beside the database, so that a rename is one step."""
    address = make_url(settings.database)
    is_file = address.get_backend_name() == "sqlite"
    beside = Path(address.database or "").parent if is_file else settings.var_dir
    beside.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(dir=beside, prefix=".restore-")


def _restore(
    unpacked: Unpacked, sha256: str, name: str, settings: Settings, now: datetime
) -> Restored:
    present = Database(settings.database)
    aside, public_key = None, ""
    try:
        if unpacked.is_sqlite != (present.path is not None):
            raise BackupUnfit("it is of the other kind of database than the one that is set")
        keys = Keyring(unpacked.keys)
        held = frozenset(keys.sealing) | _key_ids_here(settings)
        public_key = _public_key_here(present)
        carried, standing, aside = _keep_aside(present, settings)
        generation = secrets.token_hex(GENERATION_BYTES)
        finish = _Finish(sha256, name, generation, carried, standing, held, now)
        here = settings.var_dir / "keys"
        if present.path is not None:
            _check_sqlite(unpacked.database)
            _prepare(unpacked.database, finish)
            add_keys(unpacked.keys, here)
            present.dispose()
            _take_place(unpacked.database, present.path)
        else:
            _check_alone(present)
            add_keys(unpacked.keys, here)
            _replace_or_put_back(present, unpacked, aside, finish)
        take_secret(unpacked.keys, here)
    finally:
        present.dispose()
        if aside is not None and public_key:
            aside = backups.seal_backup(aside, public_key=public_key)
    return Restored(aside, finish.generation, carried.counts)


@dataclass(frozen=True)
class _Finish:
    """What is done to a restored database before anybody uses it."""

    sha256: str
    name: str
    generation: str
    carried: CarriedOver
    standing: Standing
    held: frozenset[str]
    now: datetime

    def run(self, database: Database) -> None:
        with database.reader.connect() as connection:  # an upgrade adds to the audit log
            is_earlier = self.standing.follows(standing_since.read_head(connection))
        migrate.upgrade(database)
        with Session(database.writer) as db, db.begin():
            connection = db.connection()
            lacking = queries.list_key_ids(connection) - self.held
            if lacking:
                keys = ", ".join(sorted(lacking))
                raise BackupUnfit(f"answers in it need keys that are not there: {keys}")
            if audit.verify(db) is not None:
                raise BackupUnfit("its audit chain is broken")
            queries.write_carried_over(connection, self.carried)
            queries.end_logins(connection, self.now)
            queries.end_invitations(connection, self.now)
            load_state(db)
            if is_earlier:
                standing_since.write_standing(connection, self.standing)
                _keep_settings(db, self.standing)
            set_setting(db, "generation", self.generation)
            details: dict[str, audit.Detail] = {
                "sha256": self.sha256,
                "generation": self.generation,
            }
            kind = audit.AuditKind.BACKUP_RESTORED
            audit.record(
                db,
                kind=kind,
                actor=audit.SYSTEM,
                subject=self.name,
                details=details,
                now=self.now,
            )


def _keep_settings(db: Session, standing: Standing) -> None:
    """Leave off what was switched off since, and the local crisis number as it was last."""
    for switch in Switch:
        if standing.settings.get(switch) is False:
            set_setting(db, switch, value=False)
    for key in (crisis_number.SETTING, crisis_number.CHECKED_ON):
        if key in standing.settings:
            set_setting(db, key, standing.settings[key])


# --- what is here ----------------------------------------------------------------------------


def _public_key_here(present: Database) -> str:
    """Return the key that backups are sealed to here, or nothing where nothing can be read."""
    if present.path is not None and not present.path.exists():
        return ""
    try:
        return backup_keys.read_public_key(present)
    except SQLAlchemyError:
        return ""


def _key_ids_here(settings: Settings) -> frozenset[str]:
    folder = settings.var_dir / "keys"
    found = (path.stem.removeprefix("seal-") for path in folder.glob("seal-*.pem"))
    return frozenset(found)


def _keep_aside(present: Database, settings: Settings) -> tuple[CarriedOver, Standing, Path | None]:
    """Back up what is here, and read what must not be forgotten of it."""
    if present.path is not None and not present.path.exists():
        return CarriedOver(), Standing(), None
    if not (settings.var_dir / "keys").exists():
        Keyring(settings.var_dir / "keys")
    try:
        aside = backups.make_backup(present, settings)
        with present.reader.connect() as connection:
            carried = queries.read_carried_over(connection)
            return carried, standing_since.read_standing(connection), aside
    except (SQLAlchemyError, sqlite3.Error, subprocess.CalledProcessError) as problem:
        raise RestoreRefused(
            "the present database cannot be read, so that it cannot be kept aside; "
            "move it away by hand and try again"
        ) from problem


def add_keys(archive: Path, here: Path) -> None:
    """Add the sealing keys of a backup to those that are here; none is ever taken away."""
    here.mkdir(parents=True, exist_ok=True, mode=0o700)
    for path in sorted(archive.glob("seal-*.pem")):
        if not (here / path.name).exists():
            _put(path, here / path.name)


def take_secret(archive: Path, here: Path) -> None:
    """Take over the server's secret of a backup: the receipts in it were made with that one.

    The one that was here is kept beside it under another name.
    """
    ours, theirs = here / "server.secret", archive / "server.secret"
    if ours.exists() and ours.read_bytes() != theirs.read_bytes():
        _put(ours, here / f"server-{file_sha256(ours)[:8]}.secret.kept")
    _put(theirs, ours)


def _put(source: Path, target: Path) -> None:
    partial = target.with_name(f"{target.name}.partial")
    shutil.copy2(source, partial)
    partial.chmod(0o600)
    partial.replace(target)


# --- SQLite ----------------------------------------------------------------------------------


def _check_sqlite(path: Path) -> None:
    try:
        with closing(sqlite3.connect(path)) as opened:
            whole = opened.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            orphan = opened.execute("PRAGMA foreign_key_check").fetchone()
            ours = opened.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
    except sqlite3.Error as problem:
        raise BackupUnfit("its database is damaged") from problem
    if not whole or orphan is not None or not ours:
        raise BackupUnfit("its database is damaged")


def _prepare(path: Path, finish: _Finish) -> None:
    database = Database(f"sqlite:///{path}")
    try:
        finish.run(database)
    finally:
        database.dispose()
    _fold_log_in(path)


def _fold_log_in(path: Path) -> None:
    """Bring what is in the write-ahead log into the file, and leave no log behind."""
    with closing(sqlite3.connect(path)) as opened:
        opened.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        opened.execute("PRAGMA journal_mode=DELETE")
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _take_place(restored: Path, path: Path) -> None:
    if path.exists():
        _fold_log_in(path)  # a log of the old file must not be read into the new one
    restored.replace(path)


# --- PostgreSQL ------------------------------------------------------------------------------


def _check_alone(present: Database) -> None:
    """Refuse while anybody else is connected, also from another machine."""
    others = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    present.dispose()
    with present.writer.connect() as connection:
        count = connection.execute(others).scalar_one()
    present.dispose()
    if count:
        raise RestoreRefused("somebody else is connected to the database; stop the servers first")


def _replace_or_put_back(
    present: Database, unpacked: Unpacked, aside: Path | None, finish: _Finish
) -> None:
    """Replace everything; if what came in turns out to be unfit, put back what was here."""
    _replace_all(present, unpacked.database)
    try:
        finish.run(present)
    except Exception:
        present.dispose()
        if aside is not None:
            folder = unpacked.database.parent / "aside"
            folder.mkdir()
            _replace_all(present, unpack(aside, folder).database, same_generation=True)
        raise


def _replace_all(present: Database, dump: Path, *, same_generation: bool = False) -> None:
    """Clear the database and fill it from a dump, in one transaction.

    The generation is left out unless it is to be the same: a process that dies before it writes
    one has the next start make one, and then tablets offer again what they sent.
    """
    script, before, after = (dump.with_suffix(f".{end}") for end in ("sql", "before", "after"))
    _client(["pg_restore", "--no-owner", "--no-privileges", "--file", str(script), str(dump)])
    before.write_text("DROP SCHEMA public CASCADE; CREATE SCHEMA public;\n", encoding="utf-8")
    forget = "DELETE FROM public.service_setting WHERE key = 'generation';\n"
    after.write_text("" if same_generation else forget, encoding="utf-8")
    address = present.url.set(drivername="postgresql").render_as_string(hide_password=False)
    files = [str(before), str(script), str(after)]
    _client(
        [
            "psql",
            "--no-psqlrc",
            "--quiet",
            "--single-transaction",
            "--set=ON_ERROR_STOP=1",
            *(f"--file={name}" for name in files),
            address,
        ]
    )


def _client(command: list[str]) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=LONGEST_SECONDS)
    except FileNotFoundError:
        raise RestoreRefused(f"{command[0]} is not installed on this machine") from None
    except subprocess.CalledProcessError as problem:
        raise BackupUnfit("PostgreSQL cannot read it or would not take it") from problem
