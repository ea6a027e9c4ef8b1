"""Reading links with which somebody answers on their own phone."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session, select

from app.db.tables import Encounter, PhoneLink


@dataclass(frozen=True)
class LinkedEncounter:
    """A link with the appointment that it is about."""

    link: PhoneLink
    encounter: Encounter


def find_by_token(db: Session, token_hash: str) -> LinkedEncounter | None:
    """Return the link behind a hashed token, or None. The row is kept from being spent meanwhile.

    Whoever holds the token is who may read it; there is no viewer.
    """
    query = select(PhoneLink).where(PhoneLink.token_hash == token_hash)
    link = db.exec(query.with_for_update()).one_or_none()
    if link is None:
        return None
    return LinkedEncounter(link, db.get_one(Encounter, link.encounter_id))
