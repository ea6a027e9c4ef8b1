"""Proving a password: looked up, compared without any lock held, then settled in one write.

A comparison takes a tenth of a second. Inside a transaction it would keep every other writer
waiting on SQLite, so reading, comparing and writing are three steps. ``settle`` looks at the
wait again: of many guesses sent at once, those that come after the free ones are not looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from app.adapters import passwords
from app.adapters.keyring import Keyring
from app.db import sessions
from app.db.engine import Database
from app.db.queries import staff as queries
from app.services import audit, throttling
from app.services.refusals import Refused


@dataclass(frozen=True)
class Claim:
    """Somebody says who they are, from some address."""

    username: str
    password: str
    address: str


@dataclass(frozen=True)
class Proof:
    """What came of comparing. ``reason`` is empty where the claim holds.

    ``second_factor`` says that a code or a passkey has to follow; ``codes`` that codes are on.
    """

    staff_id: str
    second_factor: bool
    codes: bool
    password_hash: str
    reason: str
    counters: tuple[throttling.Counter, throttling.Counter]
    wait_seconds: int

    @property
    def actor(self) -> str:
        """Return who is written into the audit log: an id, or nobody."""
        return self.staff_id or audit.NOBODY


def weigh(database: Database, claim: Claim, *, keyring: Keyring, now: datetime) -> Proof:
    """Compare a claim with the account of that name. Nothing is written."""
    username = plain_username(claim.username)
    counters = (
        throttling.counter(keyring, throttling.ACCOUNT, username),
        throttling.counter(keyring, throttling.ADDRESS, claim.address),
    )
    with sessions.read(database) as db:
        wait = throttling.seconds_to_wait(db, counters, now=now)
        account = queries.find_by_username(db, username)
        more = account is not None and queries.gives_more(db, account.id)
    stored = account.password_hash if account else None
    holds = wait == 0 and passwords.verify_secret(claim.password, stored)
    disabled = account is not None and account.disabled_at is not None
    return Proof(
        staff_id=account.id if account else "",
        second_factor=more,
        codes=account is not None and account.totp_on_at is not None,
        password_hash=stored or "",
        reason="disabled" if holds and disabled else "" if holds else "password",
        counters=counters,
        wait_seconds=wait,
    )


def settle(db: Session, proof: Proof, *, now: datetime, field: str = "password") -> Refused | None:
    """Write down what came of it: a refusal is counted and audited, a success forgotten."""
    wait = proof.wait_seconds or throttling.hold(db, proof.counters, now=now)
    if wait:
        return Refused({field: "wait"}, wait)
    if not proof.reason:
        throttling.forget_failures(db, proof.counters[0])
        return None
    wait = throttling.count_failure(db, proof.counters, now=now)
    note_refusal(db, staff_id=proof.staff_id, reason=proof.reason, wait=wait, now=now)
    return Refused({field: "wrong_password"}, wait)


def note_refusal(db: Session, *, staff_id: str, reason: str, wait: int, now: datetime) -> None:
    """Audit a refused try. What was typed is never kept: it may be a password."""
    audit.record(
        db,
        kind=audit.AuditKind.LOGIN_REFUSED,
        actor=staff_id or audit.NOBODY,
        subject=staff_id,
        details={"reason": reason, "wait_seconds": wait},
        now=now,
    )


def plain_username(typed: str) -> str:
    """Return a username as it is stored: no spaces around it, lower case."""
    return typed.strip().lower()
