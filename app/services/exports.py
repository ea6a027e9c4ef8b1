"""Rows leave only by a request with a reason that two other people approved.

Before anybody decides, who would stand alone is counted (``domain/uniqueness``). What is too small
or under embargo is refused at once and again when the file is made (``export_making``). Request,
decisions, making and every download are in the audit log.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Final
from uuid import uuid4

from sqlmodel import Session

from app.adapters.export_files import ExportPlace, file_sha256
from app.adapters.formats.statistics_packages import ROWS_THAT_FIT
from app.db.queries import export_rows as rows
from app.db.queries import exports as queries
from app.db.queries.exports import Wanted
from app.db.tables import ExportRequest
from app.domain.access import Permission, Viewer
from app.domain.dataset import Format
from app.domain.study import read_study
from app.domain.uniqueness import FEWEST_APPOINTMENTS, report
from app.errors import AppError, NotAllowed, NotFound
from app.services import audit
from app.services.instruments import INSTRUMENTS
from app.services.refusals import Refused

SHORTEST_REASON = 20
LONGEST_REASON = 500
PROJECT: Final = re.compile(r"[a-z][a-z0-9-]{2,39}")
#: Written from a whole table in memory, so not for any number of answer sets.
BOUNDED: Final = frozenset({Format.SPSS, Format.STATA})


class ExportNotDecidable(AppError):
    """It was decided already, or you asked for it yourself."""

    status = 409
    key = "export_not_decidable"


class ExportNotReady(AppError):
    """There is no whole file to offer."""

    status = 409
    key = "export_not_ready"


@dataclass(frozen=True)
class ExportDraft:
    """A filled-in request; ``filters`` is None where a day could not be read."""

    reason: str
    filters: queries.ExportFilters | None
    wanted: Wanted = field(default_factory=Wanted)


def request_export(
    db: Session, *, draft: ExportDraft, by: Viewer, today: date, now: datetime
) -> ExportRequest | Refused:
    """Keep a request for two approvers to decide, with the count of who would stand alone."""
    reason = " ".join(draft.reason.split())
    faults = _faults(reason, draft)
    if draft.filters is not None and not faults:
        faults = find_hindrances(db, filters=draft.filters, wanted=draft.wanted, today=today)
    if faults or draft.filters is None:
        return Refused(faults)
    row = ExportRequest(
        id=str(uuid4()),
        requested_by=by.staff_id,
        requested_at=now,
        reason=reason,
        filters=draft.filters.as_json(),
        wanted=draft.wanted.as_json(),
        uniqueness=report(rows.count_telling(db, draft.filters)).as_json(),
        state="requested",
    )
    db.add(row)
    db.flush()
    details = {"reason_sha256": hashlib.sha256(reason.encode()).hexdigest()}
    record(db, audit.AuditKind.EXPORT_REQUESTED, by.staff_id, row.id, details, now)
    return row


def find_hindrances(
    db: Session, *, filters: queries.ExportFilters, wanted: Wanted, today: date
) -> dict[str, str]:
    """Return why these rows may not leave, by the field that says so; empty where they may."""
    size = rows.count_rows(db, filters)
    if size.appointments < FEWEST_APPOINTMENTS:
        return {"from_on": "too_few"}
    for study in rows.list_studies(db, filters):
        if read_study(study.content).is_embargoed(today):
            return {"from_on": "embargo"}
    if size.responses > ROWS_THAT_FIT and BOUNDED & set(wanted.formats):
        return {"formats": "too_many"}
    return {}


def decide_export(
    db: Session, *, export_id: str, approve: bool, note: str, by: Viewer, now: datetime
) -> None:
    """Approve or refuse; one refusal ends it, two people's approvals let it go.

    Raises NotFound, or ExportNotDecidable for one's own, a decided one, or a second word of the
    same person.
    """
    row = db.get(ExportRequest, export_id, with_for_update=True)
    if row is None:
        raise NotFound
    if row.state != "requested" or by.staff_id in {row.requested_by, row.first_approved_by}:
        raise ExportNotDecidable
    if approve and row.first_approved_by is None:
        row.first_approved_by, row.first_approved_at = by.staff_id, now
    else:
        row.state = "approved" if approve else "refused"
        row.decided_by, row.decided_at = by.staff_id, now
    row.decision_note = " ".join(note.split())[:LONGEST_REASON] or row.decision_note
    kind = audit.AuditKind.EXPORT_APPROVED if approve else audit.AuditKind.EXPORT_REFUSED
    record(db, kind, by.staff_id, export_id, {"requested_by": row.requested_by}, now)


def check_makeable(db: Session, *, by: Viewer, export_id: str) -> None:
    """Raise NotFound, NotAllowed or ExportNotReady unless ``by`` may have this file made now."""
    if own_export(db, by=by, export_id=export_id).state != "approved":
        raise ExportNotReady


def remove_files(folder: Path, export_id: str) -> None:
    """Remove everything on disk that holds rows of an export."""
    ExportPlace(folder, export_id).remove()


def open_file(db: Session, *, export_id: str, folder: Path, by: Viewer, now: datetime) -> Path:
    """Return the whole file and note the download. Raises NotFound, ExportNotReady.

    The file is hashed again: one that was changed on disk is not offered.
    """
    entry = own_export(db, by=by, export_id=export_id)
    path = file_path(folder, export_id)
    if entry.state != "ready" or not path.exists() or file_sha256(path) != entry.file_sha256:
        raise ExportNotReady
    details: dict[str, audit.Detail] = {"sha256": entry.file_sha256, "rows": entry.rows or 0}
    record(db, audit.AuditKind.EXPORT_DOWNLOADED, by.staff_id, export_id, details, now)
    return path


def file_path(folder: Path, export_id: str) -> Path:
    """Return where the file of an export lies."""
    return ExportPlace(folder, export_id).target


def own_export(db: Session, *, by: Viewer, export_id: str) -> queries.ExportEntry:
    """Return a request of the viewer's own. Raises NotFound or NotAllowed."""
    entry = queries.get_export(db, by, export_id)
    if not entry.mine or not by.may(Permission.EXPORT_DOWNLOAD):
        raise NotAllowed
    return entry


def _faults(reason: str, draft: ExportDraft) -> dict[str, str]:
    faults: dict[str, str] = {}
    if len(reason) < SHORTEST_REASON:
        faults["reason"] = "reason_short"
    elif len(reason) > LONGEST_REASON:
        faults["reason"] = "reason_long"
    if not PROJECT.fullmatch(draft.wanted.project):
        faults["project"] = "project_unreadable"
    if not set(draft.wanted.formats) <= set(Format):
        faults["formats"] = "formats_unknown"
    if draft.filters is None:
        faults["from_on"] = "days_unreadable"
    elif draft.filters.from_on > draft.filters.to_on:
        faults["from_on"] = "days_reversed"
    elif draft.filters.instrument_id not in INSTRUMENTS:
        faults["instrument"] = "instrument_unknown"
    return faults


def record(
    db: Session,
    kind: audit.AuditKind,
    actor: str,
    subject: str,
    details: dict[str, audit.Detail] | dict[str, str],
    now: datetime,
) -> None:
    """Write one event about an export."""
    audit.record(db, kind=kind, actor=actor, subject=subject, details=dict(details), now=now)
