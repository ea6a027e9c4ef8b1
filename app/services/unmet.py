"""What families looked at and cannot have here, by quarter; a line in the log for every look."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Session

from app.db.queries import unmet as queries
from app.domain.access import Viewer
from app.domain.disclosure import Tier
from app.domain.unmet import Unmet, count_unmet, first_told, quarter_of
from app.services import audit

#: What the log calls this table, where a look at results names a study.
SUBJECT = "not_offered_here"


def view_unmet(db: Session, *, by: Viewer, today: date, now: datetime) -> tuple[Unmet, ...]:
    """Return the table as it may leave the service, and note that somebody looked."""
    kind = audit.AuditKind.RESULTS_VIEWED
    details: dict[str, audit.Detail] = {"slice": "", "tier": Tier.LEAVING.value}
    audit.record(db, kind=kind, actor=by.staff_id, subject=SUBJECT, details=details, now=now)
    return _count(db, today)


def take_unmet(db: Session, *, by: Viewer, today: date, now: datetime) -> tuple[Unmet, ...]:
    """Return the same, and note that somebody took it along."""
    kind = audit.AuditKind.RESULTS_TAKEN
    details: dict[str, audit.Detail] = {"slice": "", "tier": Tier.LEAVING.value, "what": "csv"}
    audit.record(db, kind=kind, actor=by.staff_id, subject=SUBJECT, details=details, now=now)
    return _count(db, today)


def _count(db: Session, today: date) -> tuple[Unmet, ...]:
    looked = queries.iterate_looked(db, since=first_told(today), until=quarter_of(today))
    return count_unmet(looked, queries.list_noted(db), today)
