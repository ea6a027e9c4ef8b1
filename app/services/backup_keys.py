"""Which key backups are sealed to, and the proof that somebody still holds its private part."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from pathlib import Path
from typing import Final

from sqlmodel import Session

from app.adapters import backup_seal
from app.db import sessions
from app.db.engine import Database
from app.db.tables import ServiceSetting
from app.services import audit, live_use, service_mode

PUBLIC_KEY: Final = "backup_public_key"


def read_public_key(database: Database) -> str:
    """Return the key that backups are sealed to, or nothing. Works before an upgrade too."""
    with sessions.read(database) as db:
        row = db.get(ServiceSetting, PUBLIC_KEY)
        return str(row.value) if row is not None else ""


def set_public_key(db: Session, *, public: str, by: str, now: datetime) -> None:
    """Seal backups to this key from now on; it has to be proven anew. Raises BackupKeyUnfit."""
    backup_seal.check_public_key(public)
    service_mode.set_setting(db, PUBLIC_KEY, public)
    service_mode.set_setting(db, live_use.PROVEN_ON, "")
    _note(db, PUBLIC_KEY, public, by, now)


def prove_key(db: Session, *, key_file: Path, by: str, now: datetime, today: date) -> None:
    """Note that the private part opens what is sealed; it is read and not kept.

    Raises BackupKeyUnfit.
    """
    row = db.get(ServiceSetting, PUBLIC_KEY)
    if row is None:
        raise backup_seal.BackupKeyUnfit("no backup key is set")
    backup_seal.prove(str(row.value), key_file=key_file)
    service_mode.set_setting(db, live_use.PROVEN_ON, today.isoformat())
    _note(db, live_use.PROVEN_ON, today.isoformat(), by, now)


def _note(db: Session, name: str, value: str, by: str, now: datetime) -> None:
    digest = hashlib.sha256(value.encode()).hexdigest()
    kind, details = audit.AuditKind.SETTINGS_CHANGED, {"value_sha256": digest}
    audit.record(db, kind=kind, actor=by, subject=name, details=details, now=now)
