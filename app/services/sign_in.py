"""Signing in: password, then a code where the second factor is on; and proving it again."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from app.adapters.keyring import Keyring
from app.db import sessions
from app.db.engine import Database
from app.db.tables import Staff
from app.domain.access import Viewer
from app.services import logins, proofs, second_factor
from app.services.proofs import Claim
from app.services.refusals import Refused

CODE_WITHIN = timedelta(minutes=5)  # ASVS 6.5.5 allows ten


@dataclass(frozen=True)
class SignedIn:
    """The token of the login that began (or was confirmed)."""

    token: str


@dataclass(frozen=True)
class CodeNeeded:
    """The password held; ``pending`` says so for five minutes and to this service only.

    ``codes`` says whether a code can follow; otherwise it has to be a passkey.
    """

    pending: str
    codes: bool


def start_login(
    database: Database,
    *,
    claim: Claim,
    replaces: Viewer | None,
    keyring: Keyring,
    now: datetime,
) -> SignedIn | CodeNeeded | Refused:
    """Sign in with a password, or ask for the code. ``replaces`` is this browser's old login."""
    proof = proofs.weigh(database, claim, keyring=keyring, now=now)
    with sessions.write(database) as db:
        refused = proofs.settle(db, proof, now=now)
        if refused is not None:
            return refused
        if proof.second_factor:
            pending = _pending(keyring, proof.staff_id, proof.password_hash, now)
            return CodeNeeded(pending, proof.codes)
        return _begin(db, proof.staff_id, replaces, second_factor=False, now=now)


def finish_login(
    database: Database,
    *,
    pending: str,
    code: str,
    address: str,
    replaces: Viewer | None,
    keyring: Keyring,
    now: datetime,
) -> SignedIn | Refused:
    """Sign in with the code that follows the password."""
    with sessions.write(database) as db:
        staff_id = _read_pending(db, pending, keyring, now)
        if staff_id is None:
            return Refused({"code": "pending_over"})
        refused = second_factor.settle_code(
            db, staff_id=staff_id, code=code, address=address, keyring=keyring, now=now
        )
        return refused or _begin(db, staff_id, replaces, second_factor=True, now=now)


def confirm_login(
    database: Database,
    *,
    by: Viewer,
    password: str,
    code: str,
    address: str,
    keyring: Keyring,
    now: datetime,
) -> SignedIn | Refused:
    """Prove again who is here: opens what a PIN does not, and renews ``confirmed_at``."""
    proof = weigh_again(
        database, by=by, password=password, address=address, keyring=keyring, now=now
    )
    with sessions.write(database) as db:
        refused = proofs.settle(db, proof, now=now)
        if refused is None and proof.second_factor and not proof.codes:
            refused = Refused({"password": "passkey_needed"})
        if refused is None and proof.codes:
            refused = second_factor.settle_code(
                db, staff_id=by.staff_id, code=code, address=address, keyring=keyring, now=now
            )
        return refused or SignedIn(
            logins.confirm(db, by=by, second_factor=proof.second_factor, now=now)
        )


def weigh_again(
    database: Database,
    *,
    by: Viewer,
    password: str,
    address: str,
    keyring: Keyring,
    now: datetime,
) -> proofs.Proof:
    """Compare a password with that of the account that is signed in."""
    with sessions.read(database) as db:
        username = db.get_one(Staff, by.staff_id).username
    claim = Claim(username, password, address)
    return proofs.weigh(database, claim, keyring=keyring, now=now)


def _begin(
    db: Session, staff_id: str, replaces: Viewer | None, *, second_factor: bool, now: datetime
) -> SignedIn:
    if replaces is not None:
        logins.end_login(db, by=replaces, reason="replaced", now=now)
    token = logins.open_login(db, staff_id=staff_id, second_factor=second_factor, now=now)
    return SignedIn(token)


def _pending(keyring: Keyring, staff_id: str, password_hash: str, now: datetime) -> str:
    until = int((now + CODE_WITHIN).timestamp())
    return f"{staff_id}.{until}.{_mark(keyring, staff_id, until, password_hash)}"


def _read_pending(db: Session, pending: str, keyring: Keyring, now: datetime) -> str | None:
    """Return the account if its password was proven in the last minutes and is the same yet."""
    staff_id, _, rest = pending.partition(".")
    until, _, mark = rest.partition(".")
    account = db.get(Staff, staff_id)
    if account is None or account.disabled_at is not None or not until.isdecimal():
        return None
    expected = _mark(keyring, staff_id, int(until), account.password_hash or "")
    genuine = hmac.compare_digest(expected.encode(), mark.encode())
    return staff_id if genuine and int(until) > now.timestamp() else None


def _mark(keyring: Keyring, staff_id: str, until: int, password_hash: str) -> str:
    return keyring.derive("password proven", f"{staff_id}.{until}.{password_hash}").hex()
