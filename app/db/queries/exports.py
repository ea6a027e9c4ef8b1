"""Reading export requests, and the rows that an approved one takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, func, select

from app.db.tables import (
    Encounter,
    Erasure,
    ExportRequest,
    InstalledPack,
    Response,
    Staff,
    Study,
    Team,
)
from app.domain.access import Permission, Viewer
from app.domain.dataset_before import ResponseRow
from app.errors import NotFound

ROWS_AT_A_TIME = 2000


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
class ExportEntry:
    """A request as its pages show it. ``mine`` says that the viewer asked for it."""

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
    return _entry(row, db.get_one(Staff, row.requested_by), viewer)


def list_exports(db: Session, viewer: Viewer) -> tuple[ExportEntry, ...]:
    """Return the requests that the viewer made or may decide, newest first."""
    query = select(ExportRequest, Staff).where(ExportRequest.requested_by == Staff.id)
    if not viewer.may(Permission.EXPORT_APPROVE):
        query = query.where(ExportRequest.requested_by == viewer.staff_id)
    newest = (col(ExportRequest.requested_at).desc(), ExportRequest.id)
    rows = db.exec(query.order_by(*newest)).all()
    return tuple(_entry(row, staff, viewer) for row, staff in rows)


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


def iterate_responses(db: Session, filters: ExportFilters) -> Iterator[ResponseRow]:
    """Yield the answer sets that fit, in the order of their arrival."""
    query = (
        select(Response, Encounter)
        .join(Encounter, col(Encounter.id) == Response.encounter_id)
        .where(*_fits(filters), Encounter.state != "voided")
        .order_by(col(Response.received_at), Response.id)
    )
    for response, encounter in db.exec(query.execution_options(yield_per=ROWS_AT_A_TIME)):
        yield _row(response, encounter)


def list_study_hashes(db: Session) -> dict[str, str]:
    """Return study id -> hash of the study file."""
    return dict(db.exec(select(Study.id, Study.sha256)).all())


def list_attributions(db: Session, instrument_id: str) -> tuple[str, ...]:
    """Return the attribution lines of the wording that was shown."""
    query = select(InstalledPack).where(InstalledPack.instrument_id == instrument_id)
    packs: Sequence[InstalledPack] = db.exec(query.order_by(InstalledPack.sha256)).all()
    return tuple(sorted({str(pack.content["attribution"]) for pack in packs}))


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


def _entry(row: ExportRequest, staff: Staff, viewer: Viewer) -> ExportEntry:
    return ExportEntry(
        id=row.id,
        requested_by=row.requested_by,
        requested_by_name=staff.display_name,
        requested_at=row.requested_at,
        reason=row.reason,
        filters=ExportFilters.from_json(row.filters),
        state=row.state,
        decision_note=row.decision_note or "",
        rows=row.rows,
        file_sha256=row.file_sha256 or "",
        mine=row.requested_by == viewer.staff_id,
    )


def _row(response: Response, encounter: Encounter) -> ResponseRow:
    return ResponseRow(
        response_id=response.id,
        encounter_id=encounter.id,
        practitioner=encounter.practitioner,
        team=encounter.team_id,
        encounter_on=encounter.encounter_on,
        study_id=encounter.study_id,
        phase=encounter.phase,
        environment=response.environment,
        demo=response.demo,
        instrument_id=response.instrument_id,
        instrument_version=response.instrument_version,
        wording_sha256=response.wording_sha256,
        language=response.language,
        occasion=response.occasion,
        respondent=response.respondent,
        mode=response.mode,
        helped_by=response.helped_by,
        seen_by_others=response.seen_by_others,
        referent=response.referent,
        weeks_since=response.weeks_since,
        state=response.state,
        reason=response.reason,
        appointment_type=encounter.appointment_type,
        appointment_mode=encounter.appointment_mode,
        interpreter=encounter.interpreter,
        need_group_practitioner=encounter.need_group_practitioner,
        need_group_young_person=encounter.need_group_young_person,
        age_band=encounter.age_band,
        people_present=encounter.people_present,
        grid_public_id=response.grid_public_id,
        grid_version=response.grid_version,
        grid_sha256=response.grid_sha256,
        items=response.items,
    )


def was_erased_since(db: Session, since: datetime) -> bool:
    """Say whether an answer set was erased at ``since`` or later."""
    return (
        db.exec(select(Erasure.response_id).where(col(Erasure.at) >= since).limit(1)).first()
        is not None
    )
