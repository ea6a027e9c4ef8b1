"""Passkeys of local accounts: adding, taking away, signing in and proving again with one.

A question goes out with a page and comes back signed, in a note that holds for half an hour and
counts once; nothing is stored for people who only look at the page.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from sqlmodel import Session, col, select

from app.adapters import authenticators
from app.adapters.authenticators import AnswerUnfit, NewKey, Owner, Place
from app.adapters.keyring import Keyring
from app.adapters.signed_note import read_note, write_note
from app.db import sessions
from app.db.engine import Database
from app.db.tables import Passkey, Staff
from app.domain.access import Viewer
from app.errors import NotFound
from app.services import audit, logins, proofs, throttling
from app.services.counting_once import use_once
from app.services.refusals import Refused
from app.services.second_factor import ISSUER
from app.services.sign_in import SignedIn

ASKED_FOR: Final = timedelta(minutes=30)
SIGNING: Final = "passkey"
LONGEST_NAME: Final = 40
MOST: Final = 10


@dataclass(frozen=True)
class Question:
    """What the page hands to the browser, and the note that comes back with the answer."""

    options: str
    note: str


@dataclass(frozen=True)
class Answered:
    """What came back: the note of the question, and the browser's answer as JSON."""

    note: str
    answer: str


@dataclass(frozen=True)
class KeyEntry:
    """One passkey as its owner sees it; ``credential_id`` is what the device calls it."""

    id: str
    name: str
    credential_id: str
    created_at: datetime
    used_at: datetime | None


def ask(place: Place, *, keyring: Keyring, now: datetime) -> Question:
    """Return a question to any passkey of this place."""
    challenge = authenticators.new_challenge()
    options = authenticators.ask_to_sign(place, challenge)
    return _question(options, challenge, SIGNING, keyring, now)


def ask_to_add(
    db: Session, place: Place, *, by: Viewer, keyring: Keyring, now: datetime
) -> Question:
    """Return the question that makes a passkey for whoever is signed in."""
    account = db.get_one(Staff, by.staff_id)
    has = tuple(key.credential_id for key in list_passkeys(db, by=by))
    owner = Owner(account.id, account.username, account.display_name, has)
    challenge = authenticators.new_challenge()
    options = authenticators.ask_to_make(place, owner, challenge, title=ISSUER)
    return _question(options, challenge, _adding(by), keyring, now)


def list_passkeys(db: Session, *, by: Viewer) -> tuple[KeyEntry, ...]:
    """Return somebody's own passkeys, oldest first."""
    query = select(Passkey).where(Passkey.staff_id == by.staff_id)
    rows = db.exec(query.order_by(col(Passkey.created_at), Passkey.id)).all()
    return tuple(
        KeyEntry(row.id, row.name, row.credential_id, row.created_at, row.used_at) for row in rows
    )


def add(
    db: Session,
    place: Place,
    *,
    by: Viewer,
    answered: Answered,
    name: str,
    keyring: Keyring,
    now: datetime,
) -> Refused | None:
    """Keep the passkey that was made. It counts as a proof given in this login."""
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        return Refused({"name": "passkey_name"})
    challenge = _take(db, answered.note, _adding(by), keyring, now)
    if challenge is None:
        return Refused({"passkey": "passkey_over"})
    try:
        made = authenticators.read_made(answered.answer, challenge, place)
    except AnswerUnfit:
        return Refused({"passkey": "passkey_wrong"})
    audit.lock_head(db.connection())  # one key, added twice at once, is found the second time
    if _find(db, made.credential_id) is not None or len(list_passkeys(db, by=by)) >= MOST:
        return Refused({"passkey": "passkey_there"})
    key = Passkey(
        id=str(uuid4()),
        staff_id=by.staff_id,
        credential_id=made.credential_id,
        public_key=made.public_key,
        sign_count=made.sign_count,
        name=name,
        created_at=now,
    )
    db.add(key)
    logins.note_second_factor(db, by=by, now=now)
    _audit(db, audit.AuditKind.PASSKEY_ADDED, key, by.staff_id, now)
    return None


def remove(
    db: Session, *, by: Viewer, passkey_id: str, demanded: bool, now: datetime
) -> Refused | None:
    """Take one's own passkey away, unless it is the last factor and one is demanded."""
    key = db.get(Passkey, passkey_id)
    if key is None or key.staff_id != by.staff_id:
        raise NotFound
    others = len(list_passkeys(db, by=by)) - 1
    if demanded and not others and db.get_one(Staff, by.staff_id).totp_on_at is None:
        return Refused({"passkey": "second_factor_demanded"})
    _delete(db, key, by.staff_id, now)
    return None


def remove_all(db: Session, *, staff_id: str, by: str, now: datetime) -> None:
    """Take every passkey of an account away, because its devices are lost."""
    for key in db.exec(select(Passkey).where(Passkey.staff_id == staff_id)).all():
        _delete(db, key, by, now)


def start_login(
    database: Database,
    place: Place,
    *,
    answered: Answered,
    address: str,
    replaces: Viewer | None,
    keyring: Keyring,
    now: datetime,
) -> SignedIn | Refused:
    """Sign in whoever the passkey belongs to. ``replaces`` is this browser's old login."""
    with sessions.write(database) as db:
        owner = _prove(db, place, answered, address=address, keyring=keyring, now=now)
        if isinstance(owner, Refused):
            return owner
        if replaces is not None:
            logins.end_login(db, by=replaces, reason="replaced", now=now)
        return SignedIn(logins.open_login(db, staff_id=owner, second_factor=True, now=now))


def confirm_login(
    database: Database,
    place: Place,
    *,
    by: Viewer,
    answered: Answered,
    address: str,
    keyring: Keyring,
    now: datetime,
) -> SignedIn | Refused:
    """Prove again, with a passkey of one's own, who is here."""
    with sessions.write(database) as db:
        owner = _prove(
            db, place, answered, address=address, keyring=keyring, now=now, whose=by.staff_id
        )
        if isinstance(owner, Refused):
            return owner
        return SignedIn(logins.confirm(db, by=by, second_factor=True, now=now))


def _prove(
    db: Session,
    place: Place,
    answered: Answered,
    *,
    address: str,
    keyring: Keyring,
    now: datetime,
    whose: str = "",
) -> str | Refused:
    """Return whose passkey answered; a wrong answer is counted and audited."""
    counters = (throttling.counter(keyring, throttling.ADDRESS, address),)
    wait = throttling.hold(db, counters, now=now)
    if wait:
        return Refused({"passkey": "wait"}, wait)
    challenge = _take(db, answered.note, SIGNING, keyring, now)
    if challenge is None:
        return Refused({"passkey": "passkey_over"})
    key = _check(db, place, answered.answer, challenge)
    owner = db.get(Staff, key.staff_id) if key else None
    known = owner.id if owner else ""
    if key is None or owner is None or not _may_enter(owner) or (whose and whose != known):
        wait = throttling.count_failure(db, counters, now=now)
        proofs.note_refusal(db, staff_id=known, reason="passkey", wait=wait, now=now)
        return Refused({"passkey": "passkey_wrong"}, wait)
    key.used_at = now
    return known


def _check(db: Session, place: Place, answer: str, challenge: str) -> Passkey | None:
    """Return the stored key that signed, with its new count, or None."""
    try:
        key = _find(db, authenticators.read_name(answer))
        if key is None:
            return None
        known = NewKey(key.credential_id, key.public_key, key.sign_count)
        key.sign_count = authenticators.check_signed(answer, challenge, place, known)
    except AnswerUnfit:
        return None
    return key


def _may_enter(owner: Staff) -> bool:
    """Say whether an account is on; after a reset it waits for its new password."""
    return owner.disabled_at is None and owner.password_hash is not None


def _take(db: Session, note: str, purpose: str, keyring: Keyring, now: datetime) -> str | None:
    """Return the challenge of a question of ours that nobody answered yet."""
    content = read_note(keyring, purpose, note, now=now)
    if content is None or not use_once(db, content["challenge"], now=now):
        return None
    return str(content["challenge"])


def _question(
    options: str, challenge: str, purpose: str, keyring: Keyring, now: datetime
) -> Question:
    until = now + ASKED_FOR
    return Question(options, write_note(keyring, purpose, {"challenge": challenge}, until=until))


def _adding(by: Viewer) -> str:
    return f"{SIGNING} of {by.staff_id}"


def _find(db: Session, credential_id: str) -> Passkey | None:
    query = select(Passkey).where(Passkey.credential_id == credential_id)
    return db.exec(query.with_for_update()).one_or_none()


def _delete(db: Session, key: Passkey, by: str, now: datetime) -> None:
    db.delete(key)
    _audit(db, audit.AuditKind.PASSKEY_REMOVED, key, by, now)


def _audit(db: Session, kind: audit.AuditKind, key: Passkey, by: str, now: datetime) -> None:
    details = {"passkey": key.id}
    audit.record(db, kind=kind, actor=by, subject=key.staff_id, details=details, now=now)
