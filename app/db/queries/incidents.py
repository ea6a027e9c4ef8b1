"""Reading what was found wrong, and who may look into it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from app.db.tables import IncidentReport, Staff
from app.domain.access import PERMISSIONS, Permission, Role
from app.domain.incident import Incident, IncidentOutcome, IncidentReason, Severity
from app.errors import NotFound

PAGE_SIZE: Final = 25
_Owner: Any = aliased(Staff)
_Reporter: Any = aliased(Staff)


@dataclass(frozen=True)
class IncidentPart:
    """One page of a list; ``has_more`` says whether another follows."""

    entries: tuple[Incident, ...]
    page: int
    has_more: bool


def list_open(db: Session, *, page: int = 1) -> IncidentPart:
    """Return one page of what nobody closed, oldest first."""
    query = _query().where(col(IncidentReport.closed_at).is_(None))
    return _part(db, query.order_by(col(IncidentReport.reported_at), IncidentReport.id), page)


def list_closed(db: Session, *, page: int = 1) -> IncidentPart:
    """Return one page of what was closed, newest first."""
    query = _query().where(col(IncidentReport.closed_at).is_not(None))
    newest = (col(IncidentReport.closed_at).desc(), IncidentReport.id)
    return _part(db, query.order_by(*newest), page)


def list_all(db: Session) -> tuple[Incident, ...]:
    """Return every report, oldest first."""
    query = _query().order_by(col(IncidentReport.reported_at), IncidentReport.id)
    return tuple(_entry(row) for row in db.exec(query).all())


def get_incident(db: Session, incident_id: str) -> Incident:
    """Return one report. Raises NotFound."""
    row = db.exec(_query().where(IncidentReport.id == incident_id)).first()
    if row is None:
        raise NotFound
    return _entry(row)


def count_open(db: Session) -> int:
    """Return how many reports nobody closed."""
    query = select(func.count()).where(col(IncidentReport.closed_at).is_(None))
    return db.exec(query).one()


def list_owners(db: Session) -> tuple[tuple[str, str], ...]:
    """Return id and name of everybody who may look into a report, by name."""
    may = {role for role in Role if Permission.INCIDENT_SETTLE in PERMISSIONS[role]}
    query = select(Staff).where(col(Staff.disabled_at).is_(None))
    rows = db.exec(query.order_by(Staff.display_name, Staff.id)).all()
    return tuple((row.id, row.display_name) for row in rows if may & set(row.roles))


def _query() -> Any:  # SQLModel types a select by its columns
    report = IncidentReport
    joined = select(report, _Owner.display_name, _Reporter.display_name)
    return joined.outerjoin(_Owner, _Owner.id == report.owner_id).outerjoin(
        _Reporter, _Reporter.id == report.reported_by
    )


def _part(db: Session, query: Any, page: int) -> IncidentPart:
    rows = db.exec(query.offset((page - 1) * PAGE_SIZE).limit(PAGE_SIZE + 1)).all()
    return IncidentPart(tuple(map(_entry, rows[:PAGE_SIZE])), page, len(rows) > PAGE_SIZE)


def _entry(row: Any) -> Incident:
    report, owner, reporter = row
    return Incident(
        id=report.id,
        place=report.place,
        reason=IncidentReason(report.reason),
        by_staff=reporter or "",
        reported_at=report.reported_at,
        owner_id=report.owner_id,
        owner=owner or "",
        severity=Severity(report.severity) if report.severity else None,
        hazard=report.hazard,
        closed_at=report.closed_at,
        outcome=IncidentOutcome(report.outcome) if report.outcome else None,
    )
