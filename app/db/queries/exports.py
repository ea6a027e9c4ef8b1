"""Reading export requests, and the rows that an approved one takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, func, select

from app.db.tables import (
    Encounter,
    Erasure,
    ExportRequest,
    Response,
    Staff,
    Team,
)
from app.domain.access import Permission, Viewer
from app.errors import NotFound


@dataclass(frozen=True)
class ExportFilters:
    """What is asked for: one instrument, a stretch of appointment days, teams (empty: all)."""

    instrument_id: str
    from_on: date
    to_on: date
    teams: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the filters as they are stored and printed in the manifest."""
        return {
            "instrument_id": self.instrument_id,
            "from_on": self.from_on.isoformat(),
            "to_on": self.to_on.isoformat(),
            "teams": list(self.teams),
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> ExportFilters:
        """Return the filters from their stored form."""
        return cls(
            instrument_id=stored["instrument_id"],
            from_on=date.fromisoformat(stored["from_on"]),
            to_on=date.fromisoformat(stored["to_on"]),
            teams=tuple(stored["teams"]),
        )


@dataclass(frozen=True)
class Wanted:
    """What is to be in the file. ``project`` is whose pseudonyms hold; ``days``: days may leave."""

    project: str = ""
    formats: tuple[str, ...] = ()
    days: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return it as it is stored and printed in the manifest."""
        return {"project": self.project, "formats": list(self.formats), "days": self.days}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any] | None, otherwise: str) -> Wanted:
        """Return it from its stored form; an older request is a project of its own."""
        if stored is None:
            return cls(project=otherwise)
        return cls(stored["project"], tuple(stored["formats"]), stored["days"])


@dataclass(frozen=True)
class ExportEntry:
    """A request as its pages show it. ``mine`` says that the viewer asked for it.

    ``approvals``: names of who approved so far. ``may_still_decide``: the viewer is not among them.
    """

    id: str
    requested_by: str
    requested_by_name: str
    requested_at: datetime
    reason: str
    filters: ExportFilters
    state: str
    decision_note: str
    rows: int | None
    file_sha256: str
    mine: bool
    wanted: Wanted
    uniqueness: Mapping[str, Any] | None
    logical_sha256: str
    fault: str
    approvals: tuple[str, ...]
    may_still_decide: bool


@dataclass(frozen=True)
class InstrumentCount:
    """How many answer sets of one instrument there are, complete or not."""

    instrument_id: str
    responses: int


def get_export(db: Session, viewer: Viewer, export_id: str) -> ExportEntry:
    """Return a request that the viewer made or may decide. Raises NotFound."""
    row = db.get(ExportRequest, export_id)
    if row is None or not _is_theirs(row, viewer):
        raise NotFound
    return _entry(row, _names(db, [row]), viewer)


def list_exports(db: Session, viewer: Viewer) -> tuple[ExportEntry, ...]:
    """Return the requests that the viewer made or may decide, newest first."""
    query = select(ExportRequest)
    if not viewer.may(Permission.EXPORT_APPROVE):
        query = query.where(ExportRequest.requested_by == viewer.staff_id)
    newest = (col(ExportRequest.requested_at).desc(), ExportRequest.id)
    rows = db.exec(query.order_by(*newest)).all()
    names = _names(db, rows)
    return tuple(_entry(row, names, viewer) for row in rows)


def list_instruments(db: Session) -> tuple[InstrumentCount, ...]:
    """Return what there is to ask for."""
    query = (
        select(Response.instrument_id, func.count(col(Response.id)))
        .join(Encounter, col(Encounter.id) == Response.encounter_id)
        .where(Encounter.state != "voided")
        .group_by(Response.instrument_id)
        .order_by(Response.instrument_id)
    )
    return tuple(InstrumentCount(name, count) for name, count in db.exec(query).all())


def list_team_names(db: Session) -> tuple[tuple[str, str], ...]:
    """Return the id and the name of every team."""
    return tuple(db.exec(select(Team.id, Team.name).order_by(Team.name, Team.id)).all())


def count_voided(db: Session, filters: ExportFilters) -> int:
    """Return how many answer sets are left out because their appointment was voided."""
    query = select(func.count(col(Response.id))).join(
        Encounter, col(Encounter.id) == Response.encounter_id
    )
    return db.exec(query.where(*_fits(filters), Encounter.state == "voided")).one()


def _fits(filters: ExportFilters) -> tuple[Any, ...]:
    fits: list[Any] = [
        Response.instrument_id == filters.instrument_id,
        col(Encounter.encounter_on) >= filters.from_on,
        col(Encounter.encounter_on) <= filters.to_on,
    ]
    if filters.teams:
        fits.append(col(Encounter.team_id).in_(filters.teams))
    return tuple(fits)


def _is_theirs(row: ExportRequest, viewer: Viewer) -> bool:
    return row.requested_by == viewer.staff_id or viewer.may(Permission.EXPORT_APPROVE)


def _names(db: Session, rows: Sequence[ExportRequest]) -> dict[str, str]:
    ids = {each for row in rows for each in (row.requested_by, *_approvers(row))}
    query = select(Staff.id, Staff.display_name).where(col(Staff.id).in_(ids))
    return dict(db.exec(query).all())


def _approvers(row: ExportRequest) -> tuple[str, ...]:
    decided = row.decided_by if row.state in {"approved", "ready"} else None
    return tuple(each for each in (row.first_approved_by, decided) if each is not None)


def _entry(row: ExportRequest, names: Mapping[str, str], viewer: Viewer) -> ExportEntry:
    approvers = _approvers(row)
    mine = row.requested_by == viewer.staff_id
    return ExportEntry(
        id=row.id,
        requested_by=row.requested_by,
        requested_by_name=names[row.requested_by],
        requested_at=row.requested_at,
        reason=row.reason,
        filters=ExportFilters.from_json(row.filters),
        state=row.state,
        decision_note=row.decision_note or "",
        rows=row.rows,
        file_sha256=row.file_sha256 or "",
        mine=mine,
        wanted=Wanted.from_json(row.wanted, row.id),
        uniqueness=row.uniqueness,
        logical_sha256=row.logical_sha256 or "",
        fault=row.fault or "",
        approvals=tuple(names.get(each, each) for each in approvers),
        may_still_decide=row.state == "requested" and not mine and viewer.staff_id not in approvers,
    )


def was_erased_since(db: Session, since: datetime) -> bool:
    """Say whether an answer set was erased at ``since`` or later."""
    return (
        db.exec(select(Erasure.response_id).where(col(Erasure.at) >= since).limit(1)).first()
        is not None
    )
