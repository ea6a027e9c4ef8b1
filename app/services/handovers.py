"""Handing a tablet over and taking it back: the login rests meanwhile, and a PIN ends that.

Hashing a PIN takes a tenth of a second, so that it is done between transactions: the writer of
answer sets must not wait for it.
"""

from __future__ import annotations

import secrets
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from sqlmodel import Session, col, update

from app.adapters import passwords
from app.adapters.keyring import Keyring
from app.db import sessions
from app.db.engine import Database
from app.db.queries import encounters as encounter_queries
from app.db.queries import handovers as queries
from app.db.tables import Encounter, Handover, Login
from app.domain.access import Permission, Viewer
from app.domain.capture import normalise_short_code
from app.domain.encounter import EncounterState, can_hand_over
from app.domain.handover import find_pin_fault
from app.errors import AppError, TabletHandedOver
from app.services import audit, encounters, feedback, hand_over_plan, throttling
from app.services.arrivals import hash_token
from app.services.audit import AuditKind
from app.services.logins import CurrentLogin
from app.services.refusals import Refused

TOKEN_BYTES: Final = 32
TOKEN_LASTS: Final = timedelta(hours=12)


class HandoverAlreadyBegun(AppError):
    """The plan was given once: a reload must never show a former person's screen."""

    status = 409
    key = "already_begun"


@dataclass(frozen=True)
class HandedOver:
    """The login rests; the tablet's page is next."""

    handover_id: str


@dataclass(frozen=True)
class TabletReturned:
    """The PIN held: where staff go on."""

    next_path: str


@dataclass(frozen=True)
class PinRefused:
    """The PIN did not hold, or it was too soon to try again."""

    wait_seconds: int


def start_handover(
    database: Database, *, encounter_id: str, pin: str | None, by: Viewer, now: datetime
) -> HandedOver | Refused:
    """Hand over the tablet of this login. ``pin`` is needed once per login and may be set anew.

    Two people may answer at the same time, each with a tablet that somebody signed in on.

    Raises NotFound, ConfirmationNeeded, the EncounterNotOpen that says how things stand, and
    TabletHandedOver when another press was faster.
    """
    with sessions.read(database) as db:
        encounter_queries.get_row(db, by, encounter_id)
        fault = _pin_fault(db, pin, by)
    if fault is not None:
        return Refused({"pin": fault})
    pin_hash = passwords.hash_secret(pin) if pin else None
    with sessions.write(database) as db:
        encounters.give_to_family(db, encounter_id=encounter_id, by=by)
        return _suspend(db, encounter_id, pin_hash, by, now)


def start_turn(
    database: Database, *, code: str, pin: str | None, by: Viewer, now: datetime
) -> HandedOver | Refused:
    """Hand over the tablet for the appointment with this code; the desk sees nothing else."""
    normal = normalise_short_code(code)
    with sessions.read(database) as db:
        found = queries.find_by_code(db, by, normal) if normal else None
    if found is None:
        return Refused({"code": "code_unknown"})
    if not can_hand_over(EncounterState(found.state)):
        return Refused({"code": "code_not_open"})
    return start_handover(database, encounter_id=found.id, pin=pin, by=by, now=now)


def begin_handover(
    db: Session,
    *,
    handover_id: str,
    keyring: Keyring,
    mode: str,
    demo: bool,
    counted: AbstractSet[str],
    worded: AbstractSet[str] = frozenset(),
    now: datetime,
) -> dict[str, Any]:
    """Return the plan of the appointment, once. Raises HandoverAlreadyBegun.

    ``counted`` are the grids of which it may be counted what was opened, by public id; ``worded``
    those about which somebody may write. ``feedback`` of the plan is after how many days at most
    that is read, 0 where nobody may write. The token
    is made here and only its hash is kept, so that nothing readable waits for anybody.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    values = {
        "begun_at": now,
        "expires_at": now + TOKEN_LASTS,
        "token_hash": hash_token(token),
    }
    first = update(Handover).where(
        col(Handover.id) == handover_id, col(Handover.begun_at).is_(None)
    )
    if db.exec(first.values(**values)).rowcount != 1:
        raise HandoverAlreadyBegun
    handover = db.get_one(Handover, handover_id)
    encounter = db.get_one(Encounter, handover.encounter_id)
    plan = hand_over_plan.appointment_plan(db, encounter, mode=mode)
    secret = hand_over_plan.device_secrets(handover, keyring, token=token)
    counts = plan["grid"] is not None and encounter.grid_public_id in counted
    may_write = plan["grid"] is not None and encounter.grid_public_id in worded
    plan |= {"counts": counts, "feedback": feedback.days_asked(db) if may_write else 0}
    return {**secret, "mode": mode, "demo": demo, **plan}


def return_tablet(
    database: Database, *, login: CurrentLogin, pin: str, keyring: Keyring, now: datetime
) -> TabletReturned | PinRefused:
    """Take the tablet back by PIN: the login wakes up, for this one encounter only.

    The try is counted before the PIN is looked at, so that many tries at once are many tries.
    A try that comes too soon is neither looked at nor counted. Nobody is locked out for good.
    """
    viewer = login.viewer
    counter = throttling.counter(keyring, throttling.PIN, viewer.login_id)
    with sessions.write(database) as db:
        # The row is held, so that tries at once come one after the other here.
        pin_hash = db.get_one(Login, viewer.login_id, with_for_update=True).pin_hash
        wait = throttling.seconds_to_wait(db, [counter], now=now)
        if wait:
            return PinRefused(wait)
        wait = throttling.count_failure(db, [counter], now=now)
    held = passwords.verify_secret(pin, pin_hash)
    with sessions.write(database) as db:
        if not held:
            _note_refused(db, login, wait, now)
            return PinRefused(wait)
        throttling.forget_failures(db, counter)
        return _wake(db, login, now)


def _pin_fault(db: Session, pin: str | None, by: Viewer) -> str | None:
    if pin:
        return find_pin_fault(pin)
    return None if encounter_queries.has_pin(db, by.login_id) else "pin_needed"


def _suspend(
    db: Session, encounter_id: str, pin_hash: str | None, by: Viewer, now: datetime
) -> HandedOver:
    login = db.get_one(Login, by.login_id, with_for_update=True)
    if login.handover_id is not None:
        raise TabletHandedOver
    handover = Handover(
        id=str(uuid4()),
        encounter_id=encounter_id,
        login_id=login.id,
        device=str(uuid4()),
        token_hash=_hash_of_nothing(),
        created_at=now,
        expires_at=now + TOKEN_LASTS,
    )
    db.add(handover)
    login.handover_id = handover.id
    login.pin_hash = pin_hash or login.pin_hash
    _record(db, AuditKind.HANDOVER_STARTED, handover, by, now)
    return HandedOver(handover.id)


def _hash_of_nothing() -> str:
    """Return what no token hashes to that anybody holds, until the hand-over begins."""
    return hash_token(secrets.token_urlsafe(TOKEN_BYTES))


def _wake(db: Session, login: CurrentLogin, now: datetime) -> TabletReturned:
    handover = db.get_one(Handover, login.handover_id)
    encounter = db.get_one(Encounter, handover.encounter_id, with_for_update=True)
    handover.returned_at = now
    other = queries.is_another_out(db, encounter.id, beside=handover.id, now=now)
    if encounter.state == EncounterState.WITH_FAMILY and not other:  # or closed elsewhere
        encounter.state = EncounterState.OPEN.value
    row = db.get_one(Login, login.viewer.login_id)
    row.handover_id, row.narrowed_to, row.last_seen_at = None, encounter.id, now
    _record(db, AuditKind.HANDOVER_RETURNED, handover, login.viewer, now)
    if login.viewer.may(Permission.ENCOUNTER_VIEW):
        return TabletReturned(f"/encounters/{encounter.id}")
    return TabletReturned("/turns")


def _note_refused(db: Session, login: CurrentLogin, wait: int, now: datetime) -> None:
    handover = db.get_one(Handover, login.handover_id)
    _record(db, AuditKind.HANDOVER_PIN_REFUSED, handover, login.viewer, now, wait_seconds=wait)


def _record(
    db: Session, kind: AuditKind, handover: Handover, by: Viewer, now: datetime, **more: int
) -> None:
    details: dict[str, str | int] = {"encounter": handover.encounter_id, "device": handover.device}
    details |= more
    audit.record(db, kind=kind, actor=by.staff_id, subject=handover.id, details=details, now=now)
