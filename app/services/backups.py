"""Backups: the database by its own online method and the keys, in one file or not at all.

A backup without the sealing keys would hold answers that nobody can read, so both always go
together. The file is readable by its owner only and appears under its name when it is whole.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import tarfile
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from app.adapters import backup_seal
from app.adapters.export_files import file_sha256
from app.db import sessions
from app.db.engine import Database
from app.services import audit
from app.settings import Settings

#: A backup is named by the moment at which it was made, in UTC.
NAMED_BY = "%Y%m%dT%H%M%S%fZ"
#: Behind it, where the file opens with a key that is kept elsewhere.
SEALED = ".age"


def record_backup(database: Database, path: Path, now: datetime) -> None:
    """Note a backup in the audit log. The schema must be this version's."""
    details: dict[str, audit.Detail] = {"sha256": file_sha256(path), "bytes": path.stat().st_size}
    kind = audit.AuditKind.BACKUP_MADE
    with sessions.write(database) as db:
        audit.record(db, kind=kind, actor=audit.SYSTEM, subject=path.name, details=details, now=now)


def list_backups(folder: Path) -> tuple[tuple[Path, datetime], ...]:
    """Return the backups in a folder and when each was made, oldest first.

    The time is in the name: that of the file changes when somebody copies it.
    """
    found = []
    for path in sorted([*folder.glob("*.tar"), *folder.glob(f"*.tar{SEALED}")]):
        name = path.name.removesuffix(SEALED).removesuffix(".tar")
        try:
            made = datetime.strptime(name, NAMED_BY).replace(tzinfo=UTC)
        except ValueError:
            continue  # not made here
        found.append((path, made))
    return tuple(found)


def make_backup(database: Database, settings: Settings, *, public_key: str = "") -> Path:
    """Write ``var/backups/<UTC time>.tar`` and return its path.

    With a ``public_key`` it ends in ``.tar.age`` and opens with the private part alone; the copy
    in clear lies beside it, in a folder of its owner, until it is sealed.

    Raises subprocess.CalledProcessError or sqlite3.Error when the copy could not be made;
    nothing is left behind then.
    """
    folder = settings.var_dir / "backups"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = datetime.now(UTC).strftime(NAMED_BY)
    target = folder / f"{name}.tar"
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        copy = _copy_database(database, Path(scratch))
        partial = Path(scratch) / "backup.tar"
        with tarfile.open(partial, "w") as archive:
            archive.add(copy, arcname=copy.name)
            archive.add(settings.var_dir / "keys", arcname="keys")
        partial.chmod(0o600)
        if public_key:
            target = target.with_name(f"{target.name}{SEALED}")
            partial = _seal(partial, public_key)
        _flush(partial)
        partial.rename(target)
    return target


def seal_backup(path: Path, *, public_key: str) -> Path:
    """Seal a backup that was made in clear, and take the clear one away."""
    target = path.with_name(f"{path.name}{SEALED}")
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        partial = Path(scratch) / target.name
        backup_seal.seal_file(path, partial, public=public_key)
        _flush(partial)
        partial.rename(target)
    path.unlink()
    return target


def _seal(partial: Path, public_key: str) -> Path:
    sealed = partial.with_name(f"{partial.name}{SEALED}")
    backup_seal.seal_file(partial, sealed, public=public_key)
    return sealed


def _copy_database(database: Database, scratch: Path) -> Path:
    if database.path is not None:
        return _copy_sqlite(database.path, scratch / "grids.sqlite")
    copy = scratch / "grids.dump"
    address = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    subprocess.run(
        ["pg_dump", "--format=custom", "--file", str(copy), "--dbname", address],  # noqa: S607  # the host's own client, wherever its package put it
        check=True,
        capture_output=True,
        timeout=3600,
    )
    return copy


def _copy_sqlite(source: Path, copy: Path) -> Path:
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(copy)) as target:
        live.backup(target, pages=1000)
        if target.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("the copy is not whole")
    return copy


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
