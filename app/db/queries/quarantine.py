"""Reading what was set aside: why, from where, how large. Never a byte of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import Select

from app.db.tables import Encounter, PhoneLink, Quarantined, Staff, Tablet, Team
from app.domain.keeping import QUARANTINE, QuarantineOutcome
from app.errors import NotFound

PAGE_SIZE: Final = 25
#: Other bytes under the id of a set that is stored already: those can never take its place.
SECOND_COPY: Final = 409


@dataclass(frozen=True)
class SetAside:
    """One copy in quarantine. ``tablet_number`` is None for what an unenrolled device sent.

    ``overdue``: it has waited longer than the table of what is kept allows without a decision.
    """

    id: str
    response_id: str
    tablet_number: int | None
    tablet_label: str
    own_phone: bool
    seq: int
    size: int
    reasons: tuple[str, ...]
    second_copy: bool
    team_name: str | None
    encounter_on: date | None
    received_at: datetime
    overdue: bool
    settled_at: datetime | None
    settled_by: str
    settled_as: QuarantineOutcome | None


@dataclass(frozen=True)
class QuarantinePart:
    """One page of a list; ``has_more`` says whether another follows."""

    entries: tuple[SetAside, ...]
    page: int
    has_more: bool


def list_waiting(db: Session, *, now: datetime, page: int = 1) -> QuarantinePart:
    """Return one page of what waits for a decision, the longest waiting first."""
    query = _query().where(col(Quarantined.settled_at).is_(None))
    return _part(db, query.order_by(col(Quarantined.received_at), Quarantined.id), now, page)


def list_settled(db: Session, *, now: datetime, page: int = 1) -> QuarantinePart:
    """Return one page of what was decided, newest decision first."""
    query = _query().where(col(Quarantined.settled_at).is_not(None))
    newest = (col(Quarantined.settled_at).desc(), Quarantined.id)
    return _part(db, query.order_by(*newest), now, page)


def get_set_aside(db: Session, quarantined_id: str, *, now: datetime) -> SetAside:
    """Return one copy. Raises NotFound."""
    row = db.exec(_query().where(Quarantined.id == quarantined_id)).first()
    if row is None:
        raise NotFound
    return _entry(row, now)


def count_waiting(db: Session) -> int:
    """Return how many copies wait for a decision."""
    query = select(func.count()).where(col(Quarantined.settled_at).is_(None))
    return db.exec(query).one()


def count_overdue(db: Session, *, now: datetime) -> int:
    """Return how many of them have waited longer than they may."""
    query = select(func.count()).where(
        col(Quarantined.settled_at).is_(None), col(Quarantined.received_at) <= now - QUARANTINE
    )
    return db.exec(query).one()


def _query() -> Select[Any]:
    # Columns, not rows: the sealed bytes stay where they are.
    query: Select[Any] = (
        select(  # type: ignore[call-overload]  # typed for four columns at most
            Quarantined.id,
            Quarantined.response_id,
            Quarantined.seq,
            func.length(Quarantined.sealed).label("size"),
            Quarantined.reasons,
            Quarantined.http_status,
            Quarantined.received_at,
            Quarantined.settled_at,
            Quarantined.settled_as,
            col(Staff.display_name).label("settled_by"),
            col(Tablet.number).label("tablet_number"),
            col(Tablet.label).label("tablet_label"),
            col(PhoneLink.id).label("link"),
            col(Team.name).label("team_name"),
            Encounter.encounter_on,
        )
        .select_from(Quarantined)
        .outerjoin(Tablet, col(Tablet.id) == Quarantined.device)
        .outerjoin(PhoneLink, col(PhoneLink.device) == Quarantined.device)
        .outerjoin(Encounter, col(Encounter.id) == Quarantined.encounter_id)
        .outerjoin(Team, col(Team.id) == Encounter.team_id)
        .outerjoin(Staff, col(Staff.id) == Quarantined.settled_by)
    )
    return query


def _part(db: Session, query: Select[Any], now: datetime, page: int) -> QuarantinePart:
    rows: Sequence[Any] = db.exec(query.offset((page - 1) * PAGE_SIZE).limit(PAGE_SIZE + 1)).all()
    entries = tuple(_entry(row, now) for row in rows[:PAGE_SIZE])
    return QuarantinePart(entries, page, len(rows) > PAGE_SIZE)


def _entry(row: Any, now: datetime) -> SetAside:
    return SetAside(
        id=row.id,
        response_id=row.response_id,
        tablet_number=row.tablet_number,
        tablet_label=row.tablet_label or "",
        own_phone=row.link is not None,
        seq=row.seq,
        size=row.size,
        reasons=tuple(row.reasons),
        second_copy=row.http_status == SECOND_COPY,
        team_name=row.team_name,
        encounter_on=row.encounter_on,
        received_at=row.received_at,
        overdue=row.settled_at is None and row.received_at <= now - QUARANTINE,
        settled_at=row.settled_at,
        settled_by=row.settled_by or "",
        settled_as=QuarantineOutcome(row.settled_as) if row.settled_as else None,
    )
