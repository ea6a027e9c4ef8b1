"""Links with which one person answers once, on their own phone, about one appointment.

The token is told once and only its hash is kept. It can write one answer set and read nothing but
what this person is asked. What spends it is the receipt of a stored set (``surveys``).
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from sqlmodel import Session

from app.adapters.keyring import Keyring
from app.db import sessions
from app.db.engine import Database
from app.db.queries import encounters as encounter_queries
from app.db.queries import phone_links as queries
from app.db.queries.phone_links import LinkedEncounter
from app.db.tables import Encounter, PhoneLink
from app.domain.access import Viewer
from app.domain.capture import CROCKFORD
from app.domain.encounter import EncounterState
from app.domain.envelope import utc_text
from app.domain.own_answer import may_report_themselves
from app.domain.vocabulary import CompletionMode, Occasion, Respondent
from app.services import audit, hand_over_plan, unknown_tokens
from app.services.arrivals import hash_token, receipt_key
from app.services.audit import AuditKind
from app.services.refusals import Refused

#: 130 random bits in an alphabet that can be read aloud and typed.
TOKEN_LETTERS: Final = 26
LASTS: Final = timedelta(days=7)
#: So many days after the appointment a link can still be made.
OLDEST_DAYS: Final = 7
FIRST_SEQ: Final = 1


@dataclass(frozen=True)
class Standing:
    """How the service stands at this moment; ``today`` is its own day, ``now`` is in UTC."""

    mode: str
    is_on: bool
    today: date
    now: datetime


@dataclass(frozen=True)
class Asking:
    """Whom an appointment can still ask by link; ``fault`` is the key of why nobody.

    ``too_young``: the young person is left out for their age.
    """

    respondents: tuple[str, ...]
    too_young: bool
    fault: str | None = None


@dataclass(frozen=True)
class MadeLink:
    """A link and its token, which is told this once."""

    token: str
    respondent: str
    expires_at: datetime


@dataclass(frozen=True)
class NotBegun:
    """Why a link opens nothing: an HTTP status and the key of what to say."""

    status: int
    key: str
    wait_seconds: int = 0


def find_asking(db: Session, *, encounter_id: str, by: Viewer, standing: Standing) -> Asking:
    """Return whom a link could be made for. Raises NotFound and ConfirmationNeeded."""
    return _asking(db, encounter_queries.get_row(db, by, encounter_id), standing)


def make_link(
    db: Session, *, encounter_id: str, respondent: str, by: Viewer, standing: Standing
) -> MadeLink | Refused:
    """Make a link for one person; two parents get two. Raises NotFound, ConfirmationNeeded."""
    # Locked as for voiding: a link must not be made for what stops counting at the same moment.
    encounter = encounter_queries.get_row(db, by, encounter_id, for_update=True)
    asking = _asking(db, encounter, standing)
    if asking.fault is not None:
        return Refused({"respondent": asking.fault})
    if respondent not in asking.respondents:
        return Refused({"respondent": "choose_respondent"})
    token = "".join(secrets.choice(CROCKFORD) for _ in range(TOKEN_LETTERS))
    link = _row(encounter, respondent, token, by, standing.now)
    db.add(link)
    _record(db, link, by, standing.now)
    return MadeLink(token, respondent, link.expires_at)


def begin_link(
    database: Database,
    *,
    token: str,
    address: str,
    keyring: Keyring,
    mode: str,
    demo: bool,
    is_on: bool,
    now: datetime,
) -> dict[str, Any] | NotBegun:
    """Return what this person is asked, as often as they open the link until it is spent.

    ``address`` is where the request came from, to slow down guessing.
    """
    with sessions.write(database) as db:
        found = queries.find_by_token(db, hash_token(token)) if token else None
        if found is None:
            return _refuse_unknown(db, keyring, address, now)
        fault = _find_fault(found, is_on, now)
        if fault is not None:
            return NotBegun(403, fault)
        plan = hand_over_plan.appointment_plan(db, found.encounter, mode=mode)
        if found.link.respondent not in _asked(plan):
            return NotBegun(403, "link_closed")
        if _is_too_young(found.encounter, plan, found.link.respondent):
            return NotBegun(403, "below_age")
        found.link.begun_at = found.link.begun_at or now
        return _phone_plan(found, plan, keyring) | {"mode": mode, "demo": demo}


def _record(db: Session, link: PhoneLink, by: Viewer, now: datetime) -> None:
    details = {"encounter": link.encounter_id, "respondent": link.respondent}
    kind = AuditKind.PHONE_LINK_MADE
    audit.record(db, kind=kind, actor=by.staff_id, subject=link.id, details=details, now=now)


def _asking(db: Session, encounter: Encounter, standing: Standing) -> Asking:
    fault = _closed_for(encounter, standing)
    if fault is not None:
        return Asking((), False, fault)
    plan = hand_over_plan.appointment_plan(db, encounter, mode=standing.mode)
    asked = _asked(plan)
    old_enough = tuple(one for one in asked if not _is_too_young(encounter, plan, one))
    return Asking(old_enough, old_enough != asked, None if old_enough else "asks_nobody")


def _closed_for(encounter: Encounter, standing: Standing) -> str | None:
    if not standing.is_on:
        return "phones_off"
    if encounter.state == EncounterState.VOIDED:
        return "encounter_voided"
    is_near = 0 <= (standing.today - encounter.encounter_on).days <= OLDEST_DAYS
    return None if is_near else "encounter_old"


def _asked(plan: Mapping[str, Any]) -> tuple[str, ...]:
    """Return those who are asked about this appointment after it."""
    is_asked = plan["instrument"] is not None and Occasion.AFTER in plan["occasions"]
    known: Collection[str] = plan["respondents"] if is_asked else ()
    return tuple(one.value for one in Respondent if one in known)


def _is_too_young(encounter: Encounter, plan: Mapping[str, Any], respondent: str) -> bool:
    minimum = plan["instrument"]["minimum_age_self_report"]
    is_own = respondent == Respondent.YOUNG_PERSON
    return is_own and not may_report_themselves(encounter.age_band, minimum)


def _row(encounter: Encounter, respondent: str, token: str, by: Viewer, now: datetime) -> PhoneLink:
    return PhoneLink(
        id=str(uuid4()),
        encounter_id=encounter.id,
        device=str(uuid4()),
        token_hash=hash_token(token),
        respondent=respondent,
        made_by=by.staff_id,
        made_at=now,
        expires_at=now + LASTS,
    )


def _find_fault(found: LinkedEncounter, is_on: bool, now: datetime) -> str | None:
    """Return why a link that exists opens nothing; that it was used comes first."""
    if found.link.spent_by is not None:
        return "credential_spent"
    if found.link.expires_at <= now:
        return "credential_expired"
    if not is_on:
        return "phones_off"
    return "link_closed" if found.encounter.state == EncounterState.VOIDED else None


def _refuse_unknown(db: Session, keyring: Keyring, address: str, now: datetime) -> NotBegun:
    """Refuse an unknown token, and after too many of them say how long to wait."""
    refusal = unknown_tokens.refuse(db, keyring=keyring, address=address, now=now)
    return NotBegun(refusal.status, refusal.key, refusal.wait_seconds)


def _phone_plan(
    found: LinkedEncounter, plan: Mapping[str, Any], keyring: Keyring
) -> dict[str, Any]:
    """Return the hand-over's plan cut down to one person; of the family only the header.

    No grid: its name would say on a phone what an appointment was about.
    """
    link, respondent, key = found.link, found.link.respondent, keyring.current
    form = plan["instrument"]["forms"][respondent]
    own_words = {"statement": form["statement"], "items": form["items"]}
    return {
        "receipt_key": receipt_key(keyring, link.device).hex(),
        "device": link.device,
        "next_seq": FIRST_SEQ,
        "key": {
            "id": key.key_id.hex(),
            "public": base64.urlsafe_b64encode(key.public_point).decode().rstrip("="),
        },
        "expires_at": utc_text(link.expires_at),
        "encounter": dict(found.encounter.header),
        "occasions": [Occasion.AFTER.value],
        "respondents": [respondent],
        "instrument": plan["instrument"] | own_words | {"forms": {respondent: form}},
        "consent": plan["consent"],
        "grid": None,
        "completion_mode": CompletionMode.OWN_PHONE.value,
    }
