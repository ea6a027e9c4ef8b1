"""Slowing down guesses: a growing wait per account and per address, never a lock for good.

Only failures count, and a try made during the wait is not looked at, so that it can neither
succeed nor lengthen the wait. Keys are keyed hashes: the table holds no name and no address.

Where single failures are not in the audit log, it is told once that a counter made somebody wait:
one entry until the counter is forgotten, however many guesses come, so that nobody can fill it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from app.adapters.keyring import Keyring
from app.db.tables import Throttle
from app.services import audit
from app.services.audit import AuditKind, Happening


@dataclass(frozen=True)
class Limit:
    """How many failures are free, how the wait grows after them, when they are forgotten.

    ``is_told``: the audit log is told of the first wait. False where it has each failure already,
    or where what is counted is no guess.
    """

    kind: str
    free: int
    first_seconds: int
    longest_seconds: int
    forgotten_after: timedelta
    is_told: bool = False

    def wait_after(self, failures: int) -> timedelta:
        """Return the wait after so many failures in a row: it doubles up to the longest."""
        beyond = failures - self.free
        if beyond <= 0:
            return timedelta()
        seconds = self.first_seconds * 2 ** min(beyond - 1, 20)
        return timedelta(seconds=min(seconds, self.longest_seconds))


ACCOUNT = Limit("account", 3, 5, 300, timedelta(hours=24))
# A whole clinic may come from one address, so more is free and it is forgotten sooner.
ADDRESS = Limit("address", 20, 5, 300, timedelta(minutes=30))
# Sign-ins by a provider that went no further. Apart, so that a provider that is down does not make
# those wait who sign in with a password meanwhile.
PROVIDER = Limit("provider", 30, 5, 60, timedelta(minutes=30))
# Six digits, three of them valid at a time: at most 96 tries a day, 3 in 10,000 for a day.
SECOND_FACTOR = Limit("second-factor", 3, 5, 900, timedelta(hours=24))
PIN = Limit("pin", 3, 5, 300, timedelta(hours=12))
# Unknown tokens. A room of tablets may share an address, and one of them may have an old token.
TOKENS = Limit("token", 20, 5, 300, timedelta(minutes=30), is_told=True)


@dataclass(frozen=True, order=True)
class Counter:
    """One thing that failures are counted against."""

    key: str
    limit: Limit

    def is_first_wait_told(self, failures: int) -> bool:
        """Say whether so many failures are the first that make wait, and that is to be audited."""
        return self.limit.is_told and failures == self.limit.free + 1


def counter(keyring: Keyring, limit: Limit, subject: str) -> Counter:
    """Return the counter of ``subject`` (a username, an address, an id) under ``limit``."""
    digest = keyring.derive(f"throttle {limit.kind}", subject).hex()
    return Counter(f"{limit.kind}:{digest}", limit)


def seconds_to_wait(db: Session, counters: Sequence[Counter], *, now: datetime) -> int:
    """Return how long to wait before the next try, in whole seconds; 0 for none."""
    keys = [each.key for each in counters]
    rows = db.exec(select(Throttle.wait_until).where(col(Throttle.key).in_(keys))).all()
    return max((_seconds(until, now) for until in rows), default=0)


def hold(db: Session, counters: Sequence[Counter], *, now: datetime) -> int:
    """Return the wait as ``seconds_to_wait`` does, and keep other tries out until the commit.

    Without it the first of many guesses sent at once would all see that nobody waits yet.
    """
    rows = [_locked(db, each.key, now) for each in sorted(counters, key=lambda c: c.key)]
    return max((_seconds(row.wait_until, now) for row in rows), default=0)


def count_failure(
    db: Session, counters: Sequence[Counter], *, now: datetime, by: str = audit.NOBODY
) -> int:
    """Count one failure against each counter and return the wait that follows.

    The first wait of a counter is audited if its limit says so; ``by`` is who was signed in.
    """
    wait, slowed = count(db, counters, now=now, by=by)
    tell(db, slowed, now=now)
    return wait


def tell(db: Session, slowed: Happening | None, *, now: datetime) -> None:
    """Write what ``count`` returned into the audit log."""
    if slowed is not None:
        head = audit.lock_head(db.connection())
        audit.append(db.connection(), head, [slowed], now=now)


def count(
    db: Session, counters: Sequence[Counter], *, now: datetime, by: str = audit.NOBODY
) -> tuple[int, Happening | None]:
    """Count as ``count_failure`` does, for a caller that writes the audit log itself.

    One failure is at most one entry. It has the kind of the counter and never its key: who
    guesses from where is not ours to keep, and what was guessed may be nearly right.
    """
    rows = {each: _locked(db, each.key, now) for each in sorted(counters, key=lambda c: c.key)}
    for each, row in rows.items():
        forgotten = now - row.last_at > each.limit.forgotten_after
        row.failures = 1 if forgotten else row.failures + 1
        row.last_at = now
        row.wait_until = now + each.limit.wait_after(row.failures)
    db.flush()
    wait = max((_seconds(row.wait_until, now) for row in rows.values()), default=0)
    told = (
        _slowed(each.limit, by)
        for each, row in rows.items()
        if each.is_first_wait_told(row.failures)
    )
    return wait, next(told, None)


def forget_failures(db: Session, known: Counter) -> None:
    """Start again at nothing after a success."""
    row = db.get(Throttle, known.key)
    if row is not None:
        db.delete(row)


def _slowed(limit: Limit, by: str) -> Happening:
    details = {"tries": limit.free + 1, "wait_seconds": limit.first_seconds}
    return Happening(AuditKind.GUESSES_SLOWED, by, limit.kind, details)


def _locked(db: Session, key: str, now: datetime) -> Throttle:
    """Return the row, made if missing, and locked: two failures at once must count as two."""
    insert = postgresql.insert if _is_postgres(db) else sqlite.insert
    fresh = insert(Throttle).values(key=key, failures=0, wait_until=now, last_at=now)
    db.execute(fresh.on_conflict_do_nothing())
    return db.exec(select(Throttle).where(Throttle.key == key).with_for_update()).one()


def _is_postgres(db: Session) -> bool:
    return db.get_bind().dialect.name == "postgresql"


def _seconds(until: datetime, now: datetime) -> int:
    return max(0, math.ceil((until - now).total_seconds()))
