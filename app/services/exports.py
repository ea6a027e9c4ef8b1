"""Rows leave only by a request with a reason that another account approved.

A file is made from one snapshot after the approval, counted in and out, and offered only whole.
Request, decision, making and every download are in the audit log.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from sqlmodel import Session

from app.adapters.export_files import ExportFile, file_sha256
from app.adapters.keyring import Keyring
from app.db import sessions
from app.db.engine import Database
from app.db.queries import exports as queries
from app.db.tables import AuditHead, ExportRequest
from app.domain import dataset_before as dataset
from app.domain.access import Permission, Viewer
from app.domain.dataset_before import Project, ResponseRow
from app.errors import AppError, NotAllowed, NotFound
from app.services import audit
from app.services.instruments import INSTRUMENTS
from app.services.refusals import Refused
from app.services.service_mode import ServiceState

SHORTEST_REASON = 20
LONGEST_REASON = 500


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


def request_export(
    db: Session, *, draft: ExportDraft, by: Viewer, now: datetime
) -> ExportRequest | Refused:
    """Keep a request for an approver to decide."""
    reason = " ".join(draft.reason.split())
    faults = _faults(reason, draft.filters)
    if faults or draft.filters is None:
        return Refused(faults)
    row = ExportRequest(
        id=str(uuid4()),
        requested_by=by.staff_id,
        requested_at=now,
        reason=reason,
        filters=draft.filters.as_json(),
        state="requested",
    )
    db.add(row)
    db.flush()
    details = {"reason_sha256": hashlib.sha256(reason.encode()).hexdigest()}
    _record(db, audit.AuditKind.EXPORT_REQUESTED, by, row.id, details, now)
    return row


def decide_export(
    db: Session, *, export_id: str, approve: bool, note: str, by: Viewer, now: datetime
) -> None:
    """Approve or refuse. Raises NotFound, or ExportNotDecidable for one's own or a decided one."""
    row = db.get(ExportRequest, export_id, with_for_update=True)
    if row is None:
        raise NotFound
    if row.requested_by == by.staff_id or row.state != "requested":
        raise ExportNotDecidable
    row.state = "approved" if approve else "refused"
    row.decided_by, row.decided_at = by.staff_id, now
    row.decision_note = " ".join(note.split())[:LONGEST_REASON]
    kind = audit.AuditKind.EXPORT_APPROVED if approve else audit.AuditKind.EXPORT_REFUSED
    _record(db, kind, by, export_id, {"requested_by": row.requested_by}, now)


def make_file(
    database: Database,
    *,
    export_id: str,
    folder: Path,
    keyring: Keyring,
    state: ServiceState,
    by: Viewer,
    now: datetime,
) -> None:
    """Make the file of an approved request from one snapshot. Raises NotFound, ExportNotReady.

    Made anew if the process died after the file was whole and before its row said so: the same
    snapshot gives the same bytes but for rows that came in since. A file that was made while an
    answer set was erased may still hold it: it is removed, and the next try makes another.
    """
    with sessions.read(database) as db:
        entry = _own(db, by, export_id)
        if entry.state != "approved":
            raise ExportNotReady
        sha256, rows = _write(db, entry, folder, keyring, state, now)
    with sessions.write(database) as db:
        row = db.get_one(ExportRequest, export_id, with_for_update=True)
        if row.state != "approved" or queries.was_erased_since(db, now):
            file_path(folder, export_id).unlink(missing_ok=True)
            raise ExportNotReady
        row.state, row.file_sha256, row.rows, row.built_at = "ready", sha256, rows, now
        details: dict[str, audit.Detail] = {"sha256": sha256, "rows": rows}
        _record(db, audit.AuditKind.EXPORT_BUILT, by, export_id, details, now)


def open_file(db: Session, *, export_id: str, folder: Path, by: Viewer, now: datetime) -> Path:
    """Return the whole file and note the download. Raises NotFound, ExportNotReady.

    The file is hashed again: one that was changed on disk is not offered.
    """
    entry = _own(db, by, export_id)
    path = file_path(folder, export_id)
    if entry.state != "ready" or not path.exists() or file_sha256(path) != entry.file_sha256:
        raise ExportNotReady
    details: dict[str, audit.Detail] = {"sha256": entry.file_sha256, "rows": entry.rows or 0}
    _record(db, audit.AuditKind.EXPORT_DOWNLOADED, by, export_id, details, now)
    return path


def file_path(folder: Path, export_id: str) -> Path:
    """Return where the file of an export lies."""
    return folder / f"export-{export_id}.zip"


def _own(db: Session, by: Viewer, export_id: str) -> queries.ExportEntry:
    entry = queries.get_export(db, by, export_id)
    if not entry.mine or not by.may(Permission.EXPORT_DOWNLOAD):
        raise NotAllowed
    return entry


def _write(
    db: Session,
    entry: queries.ExportEntry,
    folder: Path,
    keyring: Keyring,
    state: ServiceState,
    now: datetime,
) -> tuple[str, int]:
    counter = _Counter()
    with ExportFile(file_path(folder, entry.id)) as file:
        responses = counter.count(queries.iterate_responses(db, entry.filters))
        order = INSTRUMENTS[entry.filters.instrument_id].item_ids
        cells = _by_study(responses, entry.id, keyring, order)
        lines = counter.count_lines(dataset.csv_lines(dataset.NAMES, cells))
        file.add("responses_long.csv", lines)
        codebook = dataset.csv_lines(dataset.CODEBOOK_HEADER, dataset.codebook_rows())
        file.add("codebook.csv", codebook)
        manifest = _manifest(db, entry, state, now) | counter.as_json()
        sha256 = file.finish(manifest)
    return sha256, counter.rows


class _Counter:
    """Counts what went in and what came out; the two must agree."""

    def __init__(self) -> None:
        self.responses = self.expected = self.lines = 0

    @property
    def rows(self) -> int:
        return self.expected

    def count(self, responses: Iterator[ResponseRow]) -> Iterator[ResponseRow]:
        for response in responses:
            self.responses += 1
            self.expected += len(response.items)
            yield response

    def count_lines(self, lines: Iterator[str]) -> Iterator[str]:
        for line in lines:
            self.lines += line.count("\n")
            yield line
        if self.lines != self.expected + 1:
            raise RuntimeError("rows in and rows out differ")

    def as_json(self) -> dict[str, object]:
        return {"responses": self.responses, "rows_in": self.expected, "rows_out": self.lines - 1}


def _by_study(
    responses: Iterator[ResponseRow], export_id: str, keyring: Keyring, order: Sequence[str]
) -> Iterator[tuple[str, ...]]:
    """Turn responses into rows; pseudonyms hold within a study and join no two studies."""
    projects: dict[str, Project] = {}
    for response in responses:
        study = response.study_id or "no-study"
        if study not in projects:
            projects[study] = Project(export_id, keyring.derive("pseudonym", study))
        yield from dataset.long_rows([response], projects[study], order)


def _manifest(
    db: Session, entry: queries.ExportEntry, state: ServiceState, now: datetime
) -> dict[str, object]:
    head = db.get(AuditHead, 1)
    return {
        "export_id": entry.id,
        "made_at": now.isoformat(),
        "schema_version": dataset.SCHEMA_VERSION,
        "service_mode": state.mode,
        "demo": state.demo,
        "notice": _notice(state),
        "filters": entry.filters.as_json(),
        "reason": entry.reason,
        "left_out_voided": queries.count_voided(db, entry.filters),
        "study_sha256": queries.list_study_hashes(db),
        "attribution": list(queries.list_attributions(db, entry.filters.instrument_id)),
        "audit_head": {"seq": head.seq, "hash": head.hash} if head else None,
        "csv": {"encoding": "utf-8", "line_end": "LF", "delimiter": ",", "missing": "-99 to -91"},
    }


def _notice(state: ServiceState) -> str:
    if state.demo:
        return "INVENTED DATA. Made by the demonstration; nobody answered these questions."
    if state.mode == "training":
        return "PRACTICE DATA. Made in training mode; not for analysis."
    return ""


def _faults(reason: str, filters: queries.ExportFilters | None) -> dict[str, str]:
    faults: dict[str, str] = {}
    if len(reason) < SHORTEST_REASON:
        faults["reason"] = "reason_short"
    elif len(reason) > LONGEST_REASON:
        faults["reason"] = "reason_long"
    if filters is None:
        faults["from_on"] = "days_unreadable"
    elif filters.from_on > filters.to_on:
        faults["from_on"] = "days_reversed"
    elif filters.instrument_id not in INSTRUMENTS:
        faults["instrument"] = "instrument_unknown"
    return faults


def _record(
    db: Session,
    kind: audit.AuditKind,
    by: Viewer,
    subject: str,
    details: dict[str, audit.Detail] | dict[str, str],
    now: datetime,
) -> None:
    audit.record(db, kind=kind, actor=by.staff_id, subject=subject, details=dict(details), now=now)
