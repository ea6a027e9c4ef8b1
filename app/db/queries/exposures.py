"""What was counted of grids: for research by appointment, for staff as sums without content."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, select

from app.db.queries import encounters
from app.db.tables import Encounter, Exposure
from app.domain.access import Viewer
from app.domain.encounter import EncounterState
from app.domain.exposure import MinutesBand


@dataclass(frozen=True, slots=True)
class ExposureRow:
    """What one device counted in one appointment.

    ``minutes_band`` None: the family switched it off, and the rest is empty. ``picked`` empty: the
    practitioner left every option in. ``shown`` empty: the grid was there and nobody opened it.
    An appointment whose tablet was handed over twice has two rows.
    """

    encounter_id: str
    grid_public_id: str
    grid_version: int
    picked: tuple[str, ...]
    shown: tuple[str, ...]
    opened: Mapping[str, int]
    minutes_band: MinutesBand | None


@dataclass(frozen=True, slots=True)
class Opened:
    """How much was opened, for the page of an appointment: numbers, and not of what."""

    options_at_start: int
    options_at_end: int
    parts: int
    times: int
    minutes_band: MinutesBand | None


def exposures(
    db: Session, *, environment: str, from_on: date, to_on: date, teams: Collection[str] = ()
) -> tuple[ExposureRow, ...]:
    """Return what was counted in appointments of these days, by day, appointment and id.

    ``environment`` is "training" or "live" and never both; no ``teams`` means all. Appointments
    that do not count are left out. An appointment without a row has not told: its counting was off,
    or it has not arrived.
    """
    query = (
        select(Exposure)
        .join(Encounter, col(Encounter.id) == Exposure.encounter_id)
        .where(
            Exposure.environment == environment,
            Encounter.state != EncounterState.VOIDED.value,
            Encounter.encounter_on >= from_on,
            Encounter.encounter_on <= to_on,
        )
        .order_by(col(Encounter.encounter_on), col(Exposure.encounter_id), Exposure.id)
    )
    if teams:
        query = query.where(col(Encounter.team_id).in_(teams))
    return tuple(_row(each) for each in db.exec(query).all())


def list_opened(db: Session, viewer: Viewer, encounter_id: str) -> tuple[Opened, ...]:
    """Return how much was opened in an appointment of the viewer's teams.

    Raises NotFound or ConfirmationNeeded.
    """
    encounters.get_row(db, viewer, encounter_id)
    query = select(Exposure).where(Exposure.encounter_id == encounter_id)
    rows = db.exec(query.order_by(col(Exposure.received_at), Exposure.id)).all()
    return tuple(_sums(_row(each)) for each in rows)


def _row(found: Exposure) -> ExposureRow:
    return ExposureRow(
        encounter_id=found.encounter_id,
        grid_public_id=found.grid_public_id,
        grid_version=found.grid_version,
        picked=tuple(found.picked),
        shown=tuple(found.shown),
        opened=dict(found.opened),
        minutes_band=MinutesBand(found.minutes_band) if found.minutes_band else None,
    )


def _sums(row: ExposureRow) -> Opened:
    return Opened(
        options_at_start=len(row.picked),
        options_at_end=len(row.shown),
        parts=len(row.opened),
        times=sum(row.opened.values()),
        minutes_band=row.minutes_band,
    )
