"""Reading the audit log."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, desc, select

from app.db.tables import AuditEvent, AuditHead
from app.domain.audit import GENESIS

PAGE_SIZE = 50
#: The row of the chain's end; its beginning may be noted in another one.
ONLY_HEAD = 1


@dataclass(frozen=True)
class AuditEntry:
    """One link as people read it. ``actor`` and ``subject`` are ids, never names."""

    seq: int
    at: datetime
    kind: str
    actor: str
    subject: str
    details: Mapping[str, object]


@dataclass(frozen=True)
class AuditPart:
    """One page of the log, newest first, and where the chain ends."""

    entries: tuple[AuditEntry, ...]
    page: int
    has_more: bool
    total: int
    head_hash: str


def list_events(db: Session, *, page: int = 1, page_size: int = PAGE_SIZE) -> AuditPart:
    """Return one page of the log, newest first."""
    head = db.get(AuditHead, ONLY_HEAD)
    query = select(AuditEvent).order_by(desc(col(AuditEvent.seq)))
    rows = db.exec(query.offset((page - 1) * page_size).limit(page_size + 1)).all()
    return AuditPart(
        entries=tuple(_entry(row) for row in rows[:page_size]),
        page=page,
        has_more=len(rows) > page_size,
        total=head.seq if head else 0,
        head_hash=head.hash if head else GENESIS,
    )


def _entry(row: AuditEvent) -> AuditEntry:
    return AuditEntry(row.seq, row.at, row.kind, row.actor, row.subject, _details(row.entry))


def _details(entry: bytes) -> Mapping[str, object]:
    """Return what the hashed bytes say; a log that somebody damaged must still be readable."""
    try:
        found = json.loads(entry).get("details", {})
    except (ValueError, AttributeError):
        return {}
    return found if isinstance(found, dict) else {}
