"""Adding links to the audit chain, and following it from end to end.

Whoever adds a link holds the head's row until the commit, so that two writers cannot both stand
on the same link. On SQLite ``BEGIN IMMEDIATE`` has let only one writer in already.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from sqlalchemy import Connection, Table, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from app.db.rows import add_rows
from app.db.tables import AuditEvent, AuditHead
from app.domain.audit import (
    EMPTY_CHAIN,
    NOBODY,
    SALT_BYTES,
    SYSTEM,
    AuditKind,
    AuditLink,
    ChainHead,
    Detail,
    make_link,
    verify_chain,
)

__all__ = [
    "NOBODY",
    "SYSTEM",
    "AuditKind",
    "Detail",
    "Happening",
    "append",
    "lock_head",
    "record",
    "verify",
]

EVENTS = cast("Table", AuditEvent.__table__)  # type: ignore[attr-defined]  # SQLModel adds it
HEADS = cast("Table", AuditHead.__table__)  # type: ignore[attr-defined]  # SQLModel adds it
ONLY_HEAD = 1
#: Where the chain begins once its oldest links are over their time (``audit_pruning``).
START_OF_CHAIN = 2
ROWS_AT_A_TIME = 1000

# Built once: building a statement costs more than running it.
_FIND_HEAD = select(HEADS.c.seq, HEADS.c.hash).where(HEADS.c.id == ONLY_HEAD).with_for_update()
_ADD_EVENTS = insert(EVENTS)
_MOVE_HEAD = (
    update(HEADS)
    .where(HEADS.c.id == ONLY_HEAD)
    .values(seq=bindparam("new_seq"), hash=bindparam("new_hash"))
)
_ALL_EVENTS = (
    select(EVENTS)
    .order_by(EVENTS.c.seq)
    .execution_options(stream_results=True, yield_per=ROWS_AT_A_TIME)
)


@dataclass(frozen=True, slots=True)
class Happening:
    """Something to be written down: who did what to which thing."""

    kind: AuditKind
    actor: str
    subject: str
    details: Mapping[str, Detail] = field(default_factory=dict)


def record(
    db: Session,
    *,
    kind: AuditKind,
    actor: str,
    subject: str,
    details: Mapping[str, Detail] | None = None,
    now: datetime,
) -> AuditLink:
    """Add one link in the transaction of ``db``; it is there when the rows beside it are.

    Raises AuditEntryUnfit when ``details`` are not exactly what ``kind`` carries.
    """
    db.flush()
    connection = db.connection()
    happening = Happening(kind, actor, subject, details or {})
    return append(connection, lock_head(connection), [happening], now=now)[0]


def lock_head(connection: Connection) -> ChainHead:
    """Return the end of the chain and keep other writers from it until the commit."""
    row = connection.execute(_FIND_HEAD).first()
    if row is None:
        _start_chain(connection)
        row = connection.execute(_FIND_HEAD).one()
    return ChainHead(row.seq, row.hash)


def append(
    connection: Connection, head: ChainHead, happenings: Sequence[Happening], *, now: datetime
) -> list[AuditLink]:
    """Add links after ``head``, which ``lock_head`` gave in the same transaction."""
    links = list(_link(head, happenings, now))
    if links:
        add_rows(connection, _ADD_EVENTS, [_row(link) for link in links])
        connection.execute(_MOVE_HEAD, {"new_seq": links[-1].seq, "new_hash": links[-1].hash})
    return links


def verify(db: Session) -> int | None:
    """Return the number of the first broken link, or None; rows are read as a stream."""
    connection = db.connection()
    noted = connection.execute(select(HEADS.c.id, HEADS.c.seq, HEADS.c.hash)).all()
    ends = {row.id: ChainHead(row.seq, row.hash) for row in noted}
    head = ends.get(ONLY_HEAD, EMPTY_CHAIN)
    start = ends.get(START_OF_CHAIN, EMPTY_CHAIN)
    with connection.execute(_ALL_EVENTS) as rows:
        return verify_chain(rows, start=start, head=head)


def _link(head: ChainHead, happenings: Iterable[Happening], now: datetime) -> Iterator[AuditLink]:
    for happening in happenings:
        link = make_link(
            head,
            at=now,
            kind=happening.kind,
            actor=happening.actor,
            subject=happening.subject,
            details=happening.details,
            salt=secrets.token_bytes(SALT_BYTES),
        )
        head = ChainHead(link.seq, link.hash)
        yield link


def _row(link: AuditLink) -> dict[str, object]:
    return {
        "seq": link.seq,
        "at": link.at,
        "kind": link.kind.value,
        "actor": link.actor,
        "subject": link.subject,
        "entry": link.entry,
        "hash": link.hash,
    }


def _start_chain(connection: Connection) -> None:
    """Write the head of an empty chain, unless somebody did so a moment ago."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    values = {"id": ONLY_HEAD, "seq": EMPTY_CHAIN.seq, "hash": EMPTY_CHAIN.hash}
    connection.execute(dialect.insert(HEADS).values(values).on_conflict_do_nothing())
