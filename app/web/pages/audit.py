"""The audit log, for those who may read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from app.db.queries.audit_log import AuditEntry, AuditPart
from app.rendering.page import Page


@dataclass(frozen=True)
class AuditPage(Page):
    """One page of events, newest first, and whether the chain holds.

    ``broken_at`` is the number of the first broken link, 0 for a whole chain, None where it was
    not followed (on every page but the first).
    """

    template: ClassVar[str] = "pages/audit/log.html"
    entries: tuple[AuditEntry, ...]
    total: int
    head_hash: str
    broken_at: int | None
    zone: str
    newer: str | None
    older: str | None

    @classmethod
    def of(cls, part: AuditPart, broken_at: int | None, zone: str) -> AuditPage:
        """Return one page of the log."""
        return cls(
            entries=part.entries,
            total=part.total,
            head_hash=part.head_hash,
            broken_at=broken_at,
            zone=zone,
            newer=f"/audit?page={part.page - 1}" if part.page > 1 else None,
            older=f"/audit?page={part.page + 1}" if part.has_more else None,
        )
