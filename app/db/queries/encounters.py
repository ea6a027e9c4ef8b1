"""Reading encounters. Fetching and authorising are one call: what is not yours is not there.

Everybody sees the encounters of their own teams, administrators too. A login that came back by
PIN sees its one encounter, and for anything else is asked for the password first (rules 1.9).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from typing import Any

from sqlmodel import Session, col, desc, func, select
from sqlmodel.sql.expression import SelectOfScalar

from app.db.tables import Encounter, Handover, Login, Quarantined, Response, Team
from app.domain.access import Viewer
from app.domain.encounter import EncounterState, VoidReason
from app.domain.vocabulary import AnswerState, Person
from app.errors import ConfirmationNeeded, NotFound

PAGE_SIZE = 25
MOST_ON_HOME = 12


@dataclass(frozen=True)
class EncounterEntry:
    """One line of a list. The code is for saying aloud; it opens nothing."""

    id: str
    code: str
    team_id: str
    encounter_on: date
    opened_at: datetime
    state: EncounterState
    appointment_type: str
    topic: str | None
    opened_by_viewer: bool

    def seen_in(self, zone: tzinfo) -> EncounterEntry:
        """Return the same line with its time as clocks there show it."""
        return replace(self, opened_at=self.opened_at.astimezone(zone))


@dataclass(frozen=True)
class EncounterDetail:
    """Everything that staff may see about an encounter; never an answer."""

    entry: EncounterEntry
    team_name: str
    appointment_mode: str
    need_group_practitioner: str | None
    need_group_young_person: str | None
    age_band: str | None
    people_present: tuple[str, ...]
    language: str
    interpreter: str
    study_code: str | None
    study_id: str | None
    phase: str | None
    grid_public_id: str | None
    grid_version: int | None
    grid_sha256: str | None
    picked: tuple[str, ...]
    header: Mapping[str, Any]
    header_differs: bool
    closed_at: datetime | None
    voided_at: datetime | None
    void_reason: VoidReason | None

    @property
    def id(self) -> str:
        """Return the id made by the device."""
        return self.entry.id

    @property
    def state(self) -> EncounterState:
        """Return where the encounter stands."""
        return self.entry.state


@dataclass(frozen=True)
class AnswerCounts:
    """How many answer sets arrived. Numbers only: a screen of staff holds no answer."""

    complete: int = 0
    interrupted: int = 0
    quarantined: int = 0


@dataclass(frozen=True)
class EncounterPart:
    """One page of a list; ``has_more`` says whether another follows."""

    entries: tuple[EncounterEntry, ...]
    page: int
    has_more: bool


def get(db: Session, viewer: Viewer, encounter_id: str) -> EncounterDetail:
    """Return an encounter of the viewer's teams. Raises NotFound or ConfirmationNeeded."""
    row = get_row(db, viewer, encounter_id)
    team = db.get_one(Team, row.team_id)
    return _detail(row, team.name, viewer)


def get_row(
    db: Session, viewer: Viewer, encounter_id: str, *, for_update: bool = False
) -> Encounter:
    """Return the row behind an encounter, for a service that changes it. Raises as ``get``."""
    if viewer.narrowed_to is not None and viewer.narrowed_to != encounter_id:
        raise ConfirmationNeeded
    row = db.get(Encounter, encounter_id, with_for_update=for_update)
    if row is None or row.team_id not in viewer.teams:
        raise NotFound
    return row


def list_for(
    db: Session,
    viewer: Viewer,
    *,
    on: date | None = None,
    only_own: bool = False,
    page: int = 1,
    page_size: int = PAGE_SIZE,
) -> EncounterPart:
    """Return one page of the encounters of the viewer's teams, newest day first."""
    query = _of_teams(viewer)
    if on is not None:
        query = query.where(Encounter.encounter_on == on)
    if only_own:
        query = query.where(Encounter.opened_by == viewer.staff_id)
    rows = db.exec(query.offset((page - 1) * page_size).limit(page_size + 1)).all()
    entries = tuple(_entry(row, viewer) for row in rows[:page_size])
    return EncounterPart(entries, page, len(rows) > page_size)


def list_open(
    db: Session, viewer: Viewer, *, on: date, limit: int = MOST_ON_HOME
) -> tuple[EncounterEntry, ...]:
    """Return the day's encounters of the viewer's teams that are still going on, newest first."""
    going_on = (EncounterState.OPEN.value, EncounterState.WITH_FAMILY.value)
    query = _of_teams(viewer).where(
        Encounter.encounter_on == on, col(Encounter.state).in_(going_on)
    )
    return tuple(_entry(row, viewer) for row in db.exec(query.limit(limit)).all())


def count_answers(db: Session, encounter_id: str) -> AnswerCounts:
    """Return how many answer sets of an encounter are kept, and how."""
    states = select(Response.state, func.count()).where(Response.encounter_id == encounter_id)
    by_state = dict(db.exec(states.group_by(Response.state)).all())
    waiting = select(func.count()).where(
        Quarantined.encounter_id == encounter_id, col(Quarantined.settled_at).is_(None)
    )
    return AnswerCounts(
        complete=by_state.get(AnswerState.COMPLETE.value, 0),
        interrupted=by_state.get(AnswerState.INTERRUPTED.value, 0),
        quarantined=db.exec(waiting).one(),
    )


def count_handovers(db: Session, encounter_id: str) -> int:
    """Return how often a tablet was handed over in an encounter."""
    query = select(func.count()).where(Handover.encounter_id == encounter_id)
    return db.exec(query).one()


def has_pin(db: Session, login_id: str) -> bool:
    """Say whether six digits were chosen for this tablet since somebody signed in on it."""
    query = select(Login.id).where(Login.id == login_id, col(Login.pin_hash).is_not(None))
    return db.exec(query).first() is not None


def _of_teams(viewer: Viewer) -> SelectOfScalar[Encounter]:
    if viewer.narrowed_to is not None:
        raise ConfirmationNeeded
    return (
        select(Encounter)
        .where(col(Encounter.team_id).in_(viewer.teams))
        .order_by(desc(col(Encounter.encounter_on)), desc(col(Encounter.opened_at)), Encounter.id)
    )


def _entry(row: Encounter, viewer: Viewer) -> EncounterEntry:
    return EncounterEntry(
        id=row.id,
        code=row.code or "",
        team_id=row.team_id,
        encounter_on=row.encounter_on,
        opened_at=row.opened_at,
        state=EncounterState(row.state),
        appointment_type=row.appointment_type,
        topic=row.topic,
        opened_by_viewer=row.opened_by == viewer.staff_id,
    )


def _detail(row: Encounter, team_name: str, viewer: Viewer) -> EncounterDetail:
    return EncounterDetail(
        entry=_entry(row, viewer),
        team_name=team_name,
        appointment_mode=row.appointment_mode,
        need_group_practitioner=row.need_group_practitioner,
        need_group_young_person=row.need_group_young_person,
        age_band=row.age_band,
        people_present=tuple(p.value for p in Person if p.value in row.people_present),
        language=row.language,
        interpreter=row.interpreter,
        study_code=row.study_code,
        study_id=row.study_id,
        phase=row.phase,
        grid_public_id=row.grid_public_id,
        grid_version=row.grid_version,
        grid_sha256=row.grid_sha256,
        picked=tuple(row.picked),
        header=dict(row.header),
        header_differs=row.header_differs,
        closed_at=row.closed_at,
        voided_at=row.voided_at,
        void_reason=VoidReason(row.void_reason) if row.void_reason else None,
    )
