"""Reading link cards: by the appointment at which one was shown, or by the hash of its code."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, select

from app.db.tables import Encounter, LinkCard, LinkVisit, Response


@dataclass(frozen=True)
class ShownCard:
    """The card of one appointment: never its code, nor any other appointment that it joins."""

    visits: int
    same_day: bool
    is_void: bool


def find_shown(db: Session, encounter_id: str) -> ShownCard | None:
    """Return the card that was shown at an appointment, None without one.

    Whoever asks has been allowed to see the appointment.
    """
    visit = db.get(LinkVisit, encounter_id)
    if visit is None:
        return None
    card = db.get_one(LinkCard, visit.card_id)
    visits = len(list_visits(db, card.id))
    return ShownCard(visits, visit.same_day, card.voided_at is not None)


def find_by_hash(db: Session, code_hash: str) -> LinkCard | None:
    """Return the card with this keyed hash, kept from being voided meanwhile."""
    query = select(LinkCard).where(LinkCard.code_hash == code_hash)
    return db.exec(query.with_for_update()).one_or_none()


def list_visits(db: Session, card_id: str) -> tuple[LinkVisit, ...]:
    """Return where a card was shown, by appointment."""
    query = select(LinkVisit).where(LinkVisit.card_id == card_id)
    return tuple(db.exec(query.order_by(LinkVisit.encounter_id)).all())


def is_shown_on(db: Session, card_id: str, day: date) -> bool:
    """Say whether a card was shown at an appointment of that day."""
    query = (
        select(LinkVisit.encounter_id)
        .join(Encounter, col(Encounter.id) == LinkVisit.encounter_id)
        .where(LinkVisit.card_id == card_id, Encounter.encounter_on == day)
        .limit(1)
    )
    return db.exec(query).first() is not None


def list_lonely_visits(db: Session, encounter_ids: Collection[str]) -> tuple[LinkVisit, ...]:
    """Return visits to those of the appointments that hold no answers any more."""
    answered = select(Response.encounter_id).where(col(Response.encounter_id).in_(encounter_ids))
    query = select(LinkVisit).where(
        col(LinkVisit.encounter_id).in_(encounter_ids),
        col(LinkVisit.encounter_id).not_in(answered),
    )
    return tuple(db.exec(query.order_by(LinkVisit.encounter_id)).all())
