"""Link cards: printing one, noting that one was shown, and ending one.

The code is on the card and passes through here; what is kept is a keyed hash, so that a copy of
the database alone tells nobody which card is whose. It is in no log and no audit entry.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from sqlmodel import Session

from app.adapters.keyring import Keyring
from app.db.queries import encounters as encounter_queries
from app.db.queries import link_cards as queries
from app.db.queries.link_cards import ShownCard
from app.db.tables import Encounter, LinkCard, LinkVisit
from app.domain.access import Viewer
from app.domain.encounter import EncounterState
from app.domain.link_card import CODE_LETTERS, UNJOINS, VoidedCard, new_card_code, read_card_code
from app.domain.study import DEFAULT_ID
from app.services import audit, throttling
from app.services.audit import AuditKind
from app.services.refusals import Refused
from app.services.throttling import Limit

#: 60 random bits cannot be guessed; this keeps somebody from trying all day.
CARDS: Final = Limit("link card", 10, 5, 900, timedelta(hours=12), is_told=True)


@dataclass(frozen=True)
class CardHere:
    """What can be done with cards at an appointment; ``fault`` is the key of why nothing."""

    shown: ShownCard | None
    fault: str | None


def find_card(db: Session, *, encounter_id: str, by: Viewer) -> CardHere:
    """Return how an appointment stands. Raises NotFound and ConfirmationNeeded."""
    row = encounter_queries.get_row(db, by, encounter_id)
    return CardHere(queries.find_shown(db, row.id), _closed_for(row))


def make_card(
    db: Session, *, encounter_id: str, by: Viewer, keyring: Keyring, now: datetime
) -> str | Refused:
    """Make a card for the family of an appointment; return its code, which is told this once."""
    row = encounter_queries.get_row(db, by, encounter_id, for_update=True)
    fault = _fault_of(db, row)
    if fault is not None:
        return Refused({"card": fault})
    code = new_card_code(secrets.randbits(5 * CODE_LETTERS))
    card = LinkCard(
        id=str(uuid4()),
        code_hash=hash_code(keyring, code),
        study_id=str(row.study_id),
        team_id=row.team_id,
        printed_by=by.staff_id,
        printed_at=now,
    )
    db.add(card)
    db.flush()
    _record(db, AuditKind.LINK_CARD_MADE, card, row.id, by, now)
    _join(db, row, card, by, now, same_day=False)
    return code


def show_card(
    db: Session,
    *,
    encounter_id: str,
    typed: str,
    is_another: bool,
    by: Viewer,
    keyring: Keyring,
    now: datetime,
) -> Refused | None:
    """Note that a card was shown. Raises NotFound and ConfirmationNeeded.

    ``is_another``: on a day on which it was shown already, staff say that this is another
    appointment; it is noted and flagged.
    """
    row = encounter_queries.get_row(db, by, encounter_id, for_update=True)
    fault = _fault_of(db, row)
    if fault is not None:
        return Refused({"card": fault})
    card = _find(db, typed, by, keyring, now)
    if isinstance(card, Refused):
        return card
    same_day = queries.is_shown_on(db, card.id, row.encounter_on)
    fault = _unfit(row, card) or ("card_same_day" if same_day and not is_another else None)
    if fault is not None:
        return Refused({"code": fault})
    _join(db, row, card, by, now, same_day=same_day)
    return None


def take_off(db: Session, *, encounter_id: str, by: Viewer, now: datetime) -> None:
    """Undo that a card was noted at an appointment; the card works on."""
    row = encounter_queries.get_row(db, by, encounter_id, for_update=True)
    visit = db.get(LinkVisit, row.id)
    if visit is not None:
        _drop(db, visit, by.staff_id, now)


def void_card(
    db: Session, *, encounter_id: str, reason: VoidedCard | None, by: Viewer, now: datetime
) -> Refused | None:
    """End the card of an appointment. Twice is once.

    A lost card leaves the visits joined that it joined; one that is not wanted any more, or was
    another family's, joins nothing from now on.
    """
    row = encounter_queries.get_row(db, by, encounter_id, for_update=True)
    visit = db.get(LinkVisit, row.id)
    if visit is None or reason is None:
        return Refused({"reason": "choose_reason" if visit else "card_none"})
    card = db.get_one(LinkCard, visit.card_id, with_for_update=True)
    if card.voided_at is None:
        card.voided_at, card.voided_by, card.void_reason = now, by.staff_id, reason.value
        db.add(card)
        _record(db, AuditKind.LINK_CARD_VOIDED, card, row.id, by, now, reason=reason.value)
    if reason in UNJOINS:
        for each in queries.list_visits(db, card.id):
            _drop(db, each, by.staff_id, now)
    return None


def drop_lonely(db: Session, encounter_ids: set[str], *, actor: str, now: datetime) -> None:
    """Forget which card was shown at appointments that hold no answers any more."""
    for visit in queries.list_lonely_visits(db, encounter_ids):
        _drop(db, visit, actor, now)


def hash_code(keyring: Keyring, code: str) -> str:
    """Return what is stored of a code; nothing leads back from it without our secret."""
    return keyring.derive("link card", code).hex()


def _closed_for(row: Encounter) -> str | None:
    if row.study_id in {None, DEFAULT_ID}:
        return "card_no_study"
    return "encounter_voided" if row.state == EncounterState.VOIDED else None


def _fault_of(db: Session, row: Encounter) -> str | None:
    joined = db.get(LinkVisit, row.id) is not None
    return _closed_for(row) or ("card_already" if joined else None)


def _find(
    db: Session, typed: str, by: Viewer, keyring: Keyring, now: datetime
) -> LinkCard | Refused:
    code = read_card_code(typed)
    if code is None:
        return Refused({"code": "card_unreadable"})
    counters = [throttling.counter(keyring, CARDS, by.staff_id)]
    wait = throttling.hold(db, counters, now=now)
    if wait:
        return Refused({"code": "card_too_many"}, wait)
    card = queries.find_by_hash(db, hash_code(keyring, code))
    if card is None:
        throttling.count_failure(db, counters, now=now, by=by.staff_id)
        return Refused({"code": "card_unknown"})
    return card


def _unfit(row: Encounter, card: LinkCard) -> str | None:
    if card.voided_at is not None:
        return "card_void"
    return None if card.study_id == row.study_id else "card_other_study"


def _join(
    db: Session, row: Encounter, card: LinkCard, by: Viewer, now: datetime, *, same_day: bool
) -> None:
    visit = LinkVisit(
        encounter_id=row.id,
        card_id=card.id,
        same_day=same_day,
        noted_by=by.staff_id,
        noted_at=now,
    )
    card.used_at = now
    db.add(card)
    db.add(visit)
    _record(db, AuditKind.LINK_CARD_SHOWN, card, row.id, by, now, same_day=same_day)


def _drop(db: Session, visit: LinkVisit, actor: str, now: datetime) -> None:
    details: dict[str, audit.Detail] = {"encounter": visit.encounter_id}
    kind, subject = AuditKind.LINK_CARD_TAKEN_OFF, visit.card_id
    db.delete(visit)
    audit.record(db, kind=kind, actor=actor, subject=subject, details=details, now=now)


def _record(
    db: Session,
    kind: AuditKind,
    card: LinkCard,
    encounter_id: str,
    by: Viewer,
    now: datetime,
    **more: audit.Detail,
) -> None:
    details: dict[str, audit.Detail] = {"encounter": encounter_id, **more}
    audit.record(db, kind=kind, actor=by.staff_id, subject=card.id, details=details, now=now)
