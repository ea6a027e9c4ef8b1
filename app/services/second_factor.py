"""The second factor: six digits of an authenticator app (TOTP, RFC 6238, 30 seconds).

A code counts once: the step it belongs to is kept, and no step up to it is taken again.
"""

from __future__ import annotations

from datetime import datetime

import pyotp
from sqlmodel import Session, select

from app.adapters.keyring import Keyring
from app.db.queries import staff as queries
from app.db.tables import Staff
from app.domain.access import Viewer
from app.services import audit, logins, proofs, seeds, throttling
from app.services.refusals import Refused

STEP_SECONDS = 30
ALLOWED_DRIFT = (0, -1, 1)  # a phone may be half a minute off either way
ISSUER = "Comparison grids"


def begin_setup(db: Session, *, by: Viewer, keyring: Keyring) -> None:
    """Make a secret that waits to be switched on. A factor that is on stays as it is."""
    account = _locked(db, by.staff_id)
    if account.totp_on_at is None:
        account.totp_secret = seeds.seal_seed(
            pyotp.random_base32(), staff_id=account.id, keyring=keyring
        )


def provisioning_address(secret: str, username: str) -> str:
    """Return the ``otpauth://`` address that an authenticator app reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER)


def find_waiting_seed(db: Session, *, staff_id: str, keyring: Keyring) -> str | None:
    """Return the seed that waits to be switched on, for showing it once."""
    stored = queries.find_totp_secret(db, staff_id)
    return stored and seeds.open_seed(stored, staff_id=staff_id, keyring=keyring)


def switch_on(
    db: Session, *, by: Viewer, proof: proofs.Proof, code: str, keyring: Keyring, now: datetime
) -> Refused | None:
    """Switch the factor on with the password and the first code, which counts for this login."""
    refused = proofs.settle(db, proof, now=now)
    if refused is not None:
        return refused
    account = _locked(db, by.staff_id)
    step = find_step(account, code, keyring=keyring, now=now)
    if account.totp_on_at is not None or step is None:
        return Refused({"code": "wrong_code"})
    account.totp_on_at = now
    account.totp_last_step = step
    logins.note_second_factor(db, by=by, now=now)
    kind = audit.AuditKind.SECOND_FACTOR_SET
    audit.record(db, kind=kind, actor=by.staff_id, subject=by.staff_id, now=now)
    return None


def switch_off(
    db: Session, *, by: Viewer, proof: proofs.Proof, demanded: bool, now: datetime
) -> Refused | None:
    """Switch the factor off with the password, unless the service demands one of everybody."""
    refused = proofs.settle(db, proof, now=now)
    if refused is not None:
        return refused
    if demanded and not queries.count_passkeys(db, by.staff_id):
        return Refused({"password": "second_factor_demanded"})
    remove(db, staff_id=by.staff_id, by=by.staff_id, now=now)
    return None


def remove(db: Session, *, staff_id: str, by: str, now: datetime) -> None:
    """Forget the secret of an account, because it asked or because its phone is lost."""
    account = _locked(db, staff_id)
    was_on = account.totp_on_at is not None
    account.totp_secret = account.totp_on_at = account.totp_last_step = None
    if was_on:
        kind = audit.AuditKind.SECOND_FACTOR_REMOVED
        audit.record(db, kind=kind, actor=by, subject=staff_id, now=now)


def settle_code(
    db: Session, *, staff_id: str, code: str, address: str, keyring: Keyring, now: datetime
) -> Refused | None:
    """Take a code, once. A wrong one is counted and audited; the next must wait."""
    counters = (
        throttling.counter(keyring, throttling.SECOND_FACTOR, staff_id),
        throttling.counter(keyring, throttling.ADDRESS, address),
    )
    wait = throttling.hold(db, counters, now=now)
    if wait:
        return Refused({"code": "wait"}, wait)
    account = _locked(db, staff_id)
    step = find_step(account, code, keyring=keyring, now=now)
    if step is None:
        wait = throttling.count_failure(db, counters, now=now)
        proofs.note_refusal(db, staff_id=staff_id, reason="second_factor", wait=wait, now=now)
        return Refused({"code": "wrong_code"}, wait)
    account.totp_last_step = step
    throttling.forget_failures(db, counters[0])
    return None


def find_step(account: Staff, code: str, *, keyring: Keyring, now: datetime) -> int | None:
    """Return the step that ``code`` belongs to, if it is near now and was not used before."""
    digits = "".join(code.split())
    if account.totp_secret is None or len(digits) != 6 or not digits.isascii():
        return None
    seed = seeds.open_seed(account.totp_secret, staff_id=account.id, keyring=keyring)
    totp = pyotp.TOTP(seed)
    present = int(now.timestamp()) // STEP_SECONDS
    for step in (present + drift for drift in ALLOWED_DRIFT):
        matches = pyotp.utils.strings_equal(digits, totp.generate_otp(step))
        if matches and step > (account.totp_last_step or 0):
            return step
    return None


def _locked(db: Session, staff_id: str) -> Staff:
    """Return the account's row, held until the commit: two tries cannot use one code."""
    return db.exec(select(Staff).where(Staff.id == staff_id).with_for_update()).one()
