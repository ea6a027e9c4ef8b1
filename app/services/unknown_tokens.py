"""Refusing a token that nobody holds: slowed down by the address that it came from.

Called only once the token was looked for, so that one that holds is never slowed down.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from app.adapters.keyring import Keyring
from app.services import audit, throttling
from app.services.audit import Happening
from app.services.throttling import TOKENS, Counter


@dataclass(frozen=True)
class Refusal:
    """What is told of an unknown token: an HTTP status, the key of what to say, how long to wait.

    ``happening`` is what the audit log has to be told, if anything.
    """

    status: int
    key: str
    wait_seconds: int = 0
    happening: Happening | None = None


def refuse(db: Session, *, keyring: Keyring, address: str, now: datetime) -> Refusal:
    """Count one unknown token and write down the first wait."""
    counter = throttling.counter(keyring, TOKENS, address)
    refusal = _waiting(db, counter, now)
    if refusal is None:
        # The end of the chain first, as whoever records answer sets does: in the other order two
        # of them could wait for each other.
        audit.lock_head(db.connection())
        refusal = count_under_lock(db, keyring=keyring, address=address, now=now)
        throttling.tell(db, refusal.happening, now=now)
    return refusal


def count_under_lock(db: Session, *, keyring: Keyring, address: str, now: datetime) -> Refusal:
    """Count one unknown token for a caller that holds the end of the audit chain."""
    counter = throttling.counter(keyring, TOKENS, address)
    refusal = _waiting(db, counter, now)
    if refusal is not None:
        return refusal
    _, happening = throttling.count(db, [counter], now=now)
    return Refusal(401, "credential_unknown", happening=happening)


def _waiting(db: Session, counter: Counter, now: datetime) -> Refusal | None:
    """Return the refusal of a token that came too soon: neither counted nor looked at."""
    wait = throttling.seconds_to_wait(db, [counter], now=now)
    return Refusal(429, "too_many_tries", wait) if wait else None
