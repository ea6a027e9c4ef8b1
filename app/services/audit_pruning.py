"""Taking the oldest links off the audit chain when their time is over.

The chain goes on from where it was cut: number and hash of the last link that went are noted
beside its end, and following the chain begins there.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from app.services import audit
from app.services.audit import EVENTS, HEADS, START_OF_CHAIN


def prune(db: Session, *, before: datetime) -> int:
    """Remove every link up to the first that is not older than ``before``; return how many.

    The newest link always stays. Only whole stretches from the front can go: a clock that was
    wrong for a day keeps what follows it.
    """
    connection = db.connection()
    head = audit.lock_head(connection)
    first_kept = connection.execute(
        select(func.min(EVENTS.c.seq)).where(EVENTS.c.at >= before)
    ).scalar()
    cut = (head.seq if first_kept is None else first_kept) - 1
    last = connection.execute(
        select(EVENTS.c.seq, EVENTS.c.hash).where(EVENTS.c.seq == cut)
    ).first()
    if last is None:
        return 0
    removed = connection.execute(delete(EVENTS).where(EVENTS.c.seq <= cut)).rowcount
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    noted = {"seq": last.seq, "hash": last.hash}
    start = dialect.insert(HEADS).values(id=START_OF_CHAIN, **noted)
    connection.execute(start.on_conflict_do_update(index_elements=["id"], set_=noted))
    return removed
