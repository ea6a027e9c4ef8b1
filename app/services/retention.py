"""The nightly job that holds the service to the table of what is kept, and how long.

One run leaves one row and one audit event, also where nothing was over. Running it again finds
nothing to do. What only a person can decide is counted and shown, never removed.
"""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from typing import Final
from uuid import uuid4

from sqlalchemy import text
from sqlmodel import Session

from app.db import sessions
from app.db.engine import Database
from app.db.queries import quarantine, studies
from app.db.queries import retention as queries
from app.db.queries.retention import Run
from app.db.tables import RetentionRun
from app.domain import keeping
from app.domain.keeping import ErasureReason, Kept
from app.domain.study import read_study
from app.services import audit, audit_pruning, backups, erasing_bytes, erasures, exports

#: Any fixed number: two PostgreSQL processes must not run the job at once.
LOCK: Final = 7_240_912
#: Answer sets that are erased in one transaction: tablets must not wait long for their receipts.
AT_A_TIME: Final = 100


@dataclass(frozen=True)
class Folders:
    """Where files lie that the job looks after."""

    backups: Path
    exports: Path

    @classmethod
    def under(cls, var_dir: Path) -> Folders:
        """Return the folders of a service."""
        return cls(var_dir / "backups", var_dir / "exports")


def enforce_retention(
    database: Database,
    *,
    folders: Folders,
    zone: tzinfo,
    now: datetime,
    only_if_due: bool = False,
) -> Run | None:
    """Remove what is over its time and write down how much of each kind.

    None where another process runs the job just now or, with ``only_if_due``, where it ran since
    the last time that it was to run. A run that dies in the middle has erased what it has erased;
    the next one goes on from there.
    """
    if only_if_due and not is_due(database, zone=zone, now=now):
        return None
    removed: Counter[str] = Counter()
    removed[Kept.ANSWERS] = _erase_answers(database, folders, zone, now)
    removed[Kept.COUNTS] = _erase_counts(database, zone, now)
    removed[Kept.FREE_TEXT] = _erase_feedback(database, folders, now)
    removed[Kept.BACKUPS] = _delete_backups(folders.backups, now)
    removed[Kept.EXPORT_LEFTOVERS] = _delete_leftovers(database, folders.exports, now)
    with sessions.write(database) as db:
        if not _may_run(db, database) or (only_if_due and not _due(db, zone, now)):
            return None
        run = _finish(db, removed, zone, now)
    erasing_bytes.drop_old_pages(database)
    return run


def is_due(database: Database, *, zone: tzinfo, now: datetime) -> bool:
    """Say whether the job has not run since the last time that it was to run."""
    with sessions.read(database) as db:
        return _due(db, zone, now)


def _due(db: Session, zone: tzinfo, now: datetime) -> bool:
    last = next(iter(queries.list_runs(db, limit=1)), None)
    return last is None or last.at < keeping.last_due(now, zone)


def _may_run(db: Session, database: Database) -> bool:
    """Keep other processes out until the commit; on SQLite the write lock has done so."""
    if database.dialect == "sqlite":
        return True
    taken = db.connection().execute(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": LOCK})
    return bool(taken.scalar_one())


def _erase_answers(database: Database, folders: Folders, zone: tzinfo, now: datetime) -> int:
    today, count = now.astimezone(zone).date(), 0
    limit_on = keeping.years_before(today, keeping.ANSWER_YEARS)
    while True:
        with sessions.write(database) as db:
            ended = _ended_studies(db, today)
            over = queries.list_over(db, ended=ended, limit_on=limit_on, limit=AT_A_TIME)
            emptied = _erase(db, over, now) if over else ()
        erasures.forget_files(folders.exports, emptied)
        count += len(over)
        if len(over) < AT_A_TIME:
            return count


def _erase_counts(database: Database, zone: tzinfo, now: datetime) -> int:
    """Erase what was counted in appointments that are over and where nobody answered."""
    today, count = now.astimezone(zone).date(), 0
    limit_on = keeping.years_before(today, keeping.ANSWER_YEARS)
    reason = ErasureReason.RETENTION_OVER
    while True:
        with sessions.write(database) as db:
            ended = _ended_studies(db, today)
            over = queries.list_counts_over(db, ended=ended, limit_on=limit_on, limit=AT_A_TIME)
            if over:
                erasing_bytes.overwrite_what_is_deleted(db)
                audit.lock_head(db.connection())
            erasures.erase_counts(db, over, reason=reason, actor=audit.SYSTEM, now=now)
        count += len(over)
        if len(over) < AT_A_TIME:
            return count


def _erase_feedback(database: Database, folders: Folders, now: datetime) -> int:
    """Erase what people wrote about grids, read or not, when its days are over."""
    before, count = now.astimezone(UTC).date() - keeping.FREE_TEXT, 0
    while True:
        with sessions.write(database) as db:
            over, emptied = erasures.erase_old_feedback(db, before=before, limit=AT_A_TIME, now=now)
        erasures.forget_files(folders.exports, emptied)
        count += over
        if over < AT_A_TIME:
            return count


def _ended_studies(db: Session, today: date) -> tuple[str, ...]:
    documents = (read_study(row.content) for row in studies.list_studies(db))
    return keeping.ended_by(documents, today)


def _erase(db: Session, over: tuple[str, ...], now: datetime) -> tuple[str, ...]:
    """Erase these; one that somebody took out by its words meanwhile is passed over."""
    reason, actor = ErasureReason.RETENTION_OVER, audit.SYSTEM
    return erasures.erase_sets(db, over, reason=reason, actor=actor, now=now, skip_gone=True)


def _delete_backups(folder: Path, now: datetime) -> int:
    over = [path for path, made in backups.list_backups(folder) if made < now - keeping.BACKUPS]
    return _unlink(over)


def _delete_leftovers(database: Database, folder: Path, now: datetime) -> int:
    """Remove files of exports that no request offers: taken back, or never finished."""
    with sessions.read(database) as db:
        offered = {exports.file_path(folder, each) for each in queries.list_ready_exports(db)}
    before = now - keeping.EXPORT_LEFTOVER
    return _unlink(
        [path for path in folder.glob("*") if path not in offered and _older(path, before)]
    )


def _older(path: Path, than: datetime) -> bool:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC) < than


def _unlink(paths: list[Path]) -> int:
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return len(paths)


def _finish(db: Session, removed: Counter[str], zone: tzinfo, now: datetime) -> Run:
    today = now.astimezone(zone).date()
    codes_before = today - keeping.ENCOUNTER_CODE
    years_before = keeping.years_before(today, keeping.ANSWER_YEARS)
    for kept, statement in queries.removals(now, codes_before, years_before):
        removed[kept] += db.connection().execute(statement).rowcount
    pruned = audit_pruning.prune(db, before=_audit_limit(now, zone))
    removed[Kept.AUDIT] = pruned
    awaiting = {Kept.QUARANTINE.value: quarantine.count_overdue(db, now=now)}
    row = RetentionRun(
        id=str(uuid4()), at=now, removed=_counts(removed), awaiting=_counts(awaiting)
    )
    db.add(row)
    details = {"removed": _listed(row.removed), "awaiting": _listed(row.awaiting)}
    _record(db, audit.AuditKind.RETENTION_ENFORCED, row.id, details, now)
    if removed[Kept.BACKUPS]:
        count = {"count": removed[Kept.BACKUPS]}
        _record(db, audit.AuditKind.BACKUPS_DELETED, "backups", count, now)
    return Run(row.id, now, dict(row.removed), dict(row.awaiting))


def _audit_limit(now: datetime, zone: tzinfo) -> datetime:
    local = now.astimezone(zone)
    day = keeping.years_before(local.date(), keeping.AUDIT_YEARS)
    return datetime.combine(day, local.time(), zone)


def _counts(found: Counter[str] | dict[str, int]) -> dict[str, int]:
    return {str(kept): count for kept, count in sorted(found.items()) if count}


def _listed(counts: dict[str, int]) -> str:
    return " ".join(f"{kept}={count}" for kept, count in counts.items())


def _record(
    db: Session,
    kind: audit.AuditKind,
    subject: str,
    details: dict[str, str] | dict[str, int],
    now: datetime,
) -> None:
    audit.record(db, kind=kind, actor=audit.SYSTEM, subject=subject, details=dict(details), now=now)
