"""Who may leave a paper at the print desk: the holder of a write-only token."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from app.db.tables import Encounter, Handover, Tablet


@dataclass(frozen=True, slots=True)
class PaperHolder:
    """A device that may leave a paper, and the team whose staff may fetch it.

    ``encounter_id`` is the only encounter of a hand-over; None for an enrolled tablet.
    """

    device: str
    team_id: str
    encounter_id: str | None


def find_holder(db: Session, token_hash: str, *, now: datetime) -> PaperHolder | None:
    """Return who holds the token; None for a revoked tablet, an over hand-over, or nobody."""
    tablet = db.exec(
        select(Tablet).where(Tablet.token_hash == token_hash, col(Tablet.revoked_at).is_(None))
    ).first()
    if tablet is not None:
        return PaperHolder(tablet.id, tablet.team_id, None)
    found = db.exec(
        select(Handover.device, Encounter.team_id, Encounter.id)
        .join(Encounter, col(Encounter.id) == Handover.encounter_id)
        .where(Handover.token_hash == token_hash, Handover.expires_at > now)
    ).first()
    return PaperHolder(*found) if found is not None else None


def find_code(db: Session, encounter_id: str, *, team_id: str) -> tuple[str, str] | None:
    """Return id and short code of an encounter of the team; None without either."""
    found = db.exec(
        select(Encounter.id, Encounter.code).where(
            Encounter.id == encounter_id, Encounter.team_id == team_id
        )
    ).first()
    return (found[0], found[1]) if found is not None and found[1] else None
