"""What counts once: a sign-in that a provider sent back, a challenge that a passkey answered.

The row is there before anything is done with it, so of two that come at once one is refused,
whichever process they reach.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, delete

from app.db.tables import UsedOnce

#: Longer than any note lives; by then the note itself is refused.
REMEMBERED: Final = timedelta(hours=1)


def use_once(db: Session, what: str, *, now: datetime) -> bool:
    """Say whether ``what`` is used for the first time, and remember it. Only its hash is kept."""
    db.exec(delete(UsedOnce).where(col(UsedOnce.used_at) < now - REMEMBERED))
    is_postgres = db.get_bind().dialect.name == "postgresql"
    insert = postgresql.insert if is_postgres else sqlite.insert
    fresh = insert(UsedOnce).values(hash=hashlib.sha256(what.encode()).hexdigest(), used_at=now)
    # What comes back says it; the count of rows is -1 where a driver does not know it.
    added = db.execute(fresh.on_conflict_do_nothing().returning(col(UsedOnce.hash)))
    return added.first() is not None
