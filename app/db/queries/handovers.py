"""Reading hand-overs, for whoever holds the tablet and for the desk that starts a turn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from app.db.tables import Encounter, Handover
from app.domain.access import Viewer
from app.errors import NotFound


@dataclass(frozen=True)
class HandoverState:
    """How a hand-over stands; the code is for saying aloud and opens nothing."""

    begun: bool
    encounter_code: str


def get_state(db: Session, handover_id: str) -> HandoverState:
    """Return how a hand-over stands. Raises NotFound."""
    query = (
        select(Handover.begun_at, Encounter.code)
        .join(Encounter, col(Encounter.id) == Handover.encounter_id)
        .where(Handover.id == handover_id)
    )
    found = db.exec(query).one_or_none()
    if found is None:
        raise NotFound
    begun_at, code = found
    return HandoverState(begun_at is not None, code or "")


def is_another_out(db: Session, encounter_id: str, *, beside: str, now: datetime) -> bool:
    """Say whether another tablet of this encounter is with the family."""
    query = select(Handover.id).where(
        Handover.encounter_id == encounter_id,
        Handover.id != beside,
        col(Handover.returned_at).is_(None),
        Handover.expires_at > now,
    )
    return db.exec(query.limit(1)).first() is not None


def find_by_code(db: Session, viewer: Viewer, code: str) -> Encounter | None:
    """Return the encounter of the viewer's teams that has this code, or None."""
    query = select(Encounter).where(Encounter.code == code)
    return db.exec(query.where(col(Encounter.team_id).in_(viewer.teams))).one_or_none()
