"""What somebody found wrong on a page: taking it in, judging it, closing it, taking it out.

A family says which page and chooses a reason; no word of theirs, no address and no login is kept.
Reports from one address and from everybody are slowed down, so that a list stays readable.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from sqlmodel import Session

from app.adapters.keyring import Keyring
from app.db.queries import incidents as queries
from app.db.tables import IncidentReport
from app.domain.access import Viewer
from app.domain.incident import Incident, IncidentOutcome, IncidentReason, Severity
from app.errors import AppError, NotFound
from app.services import audit, throttling
from app.services.throttling import Limit

# A whole clinic may come from one address.
FROM_ONE: Final = Limit("report", 10, 60, 3600, timedelta(hours=1))
FROM_ALL: Final = Limit("reports", 200, 60, 600, timedelta(hours=1))


class IncidentClosed(AppError):
    """Somebody closed this report already."""

    status = 409
    key = "incident_closed"


@dataclass(frozen=True)
class Judgement:
    """What people make of a report; None is what nobody judged yet."""

    owner_id: str | None
    severity: Severity | None
    hazard: str | None


def report_incident(
    db: Session,
    *,
    keyring: Keyring,
    place: str,
    reason: IncidentReason,
    by: Viewer | None,
    address: str,
    now: datetime,
) -> int:
    """Keep a report and return 0, or return the seconds to wait and keep nothing.

    ``place`` comes from ``read_place``. Staff are named, families never.
    """
    counters = (
        throttling.counter(keyring, FROM_ONE, by.staff_id if by else address),
        throttling.counter(keyring, FROM_ALL, "everybody"),
    )
    wait = throttling.hold(db, counters, now=now)
    if wait:
        return wait
    throttling.count_failure(db, counters, now=now)
    row = IncidentReport(
        id=str(uuid4()),
        place=place,
        reason=reason,
        reported_by=by.staff_id if by else None,
        reported_at=now,
    )
    db.add(row)
    _record(db, audit.AuditKind.INCIDENT_REPORTED, row, by, {"reason": reason, "place": place}, now)
    return 0


def judge_incident(
    db: Session, *, incident_id: str, judgement: Judgement, by: Viewer, now: datetime
) -> None:
    """Say who looks into a report, how bad it was and which hazard it belongs to.

    An owner who may not look into reports is taken for none. Raises NotFound or IncidentClosed.
    """
    row = _open_row(db, incident_id)
    known = {owner for owner, _ in queries.list_owners(db)}
    owner = judgement.owner_id if judgement.owner_id in known else None
    row.owner_id, row.severity, row.hazard = owner, judgement.severity, judgement.hazard
    db.add(row)
    details = {"owner": row.owner_id, "severity": row.severity, "hazard": row.hazard}
    _record(db, audit.AuditKind.INCIDENT_JUDGED, row, by, details, now)


def close_incident(
    db: Session, *, incident_id: str, outcome: IncidentOutcome, by: Viewer, now: datetime
) -> None:
    """Close a report. Raises NotFound or IncidentClosed."""
    row = _open_row(db, incident_id)
    row.closed_at, row.closed_by, row.outcome = now, by.staff_id, outcome
    db.add(row)
    _record(db, audit.AuditKind.INCIDENT_CLOSED, row, by, {"outcome": outcome}, now)


def take_incidents(db: Session, *, by: Viewer, now: datetime) -> tuple[Incident, ...]:
    """Return every report for a file, and write down that they were taken."""
    found = queries.list_all(db)
    audit.record(
        db,
        kind=audit.AuditKind.INCIDENTS_TAKEN,
        actor=by.staff_id,
        subject="incidents",
        details={"count": len(found)},
        now=now,
    )
    return found


def _open_row(db: Session, incident_id: str) -> IncidentReport:
    row = db.get(IncidentReport, incident_id, with_for_update=True)
    if row is None:
        raise NotFound
    if row.closed_at is not None:
        raise IncidentClosed
    return row


def _record(
    db: Session,
    kind: audit.AuditKind,
    row: IncidentReport,
    by: Viewer | None,
    details: dict[str, str | None],
    now: datetime,
) -> None:
    actor = by.staff_id if by else audit.NOBODY
    audit.record(db, kind=kind, actor=actor, subject=row.id, details=dict(details), now=now)
