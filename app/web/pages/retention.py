"""How long everything is kept, and whether the job that sees to it ran."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from app.db.queries.retention import Run
from app.domain.keeping import TABLE, Rule
from app.rendering.page import Page


@dataclass(frozen=True)
class RetentionPage(Page):
    """The table, the last runs, the next one, and what only a person can decide."""

    template: ClassVar[str] = "pages/retention/retention.html"
    runs: tuple[Run, ...]
    next_at: datetime
    late: bool
    overdue: int
    newest_backup_at: datetime | None
    may_see_quarantine: bool
    zone: str
    rules: tuple[Rule, ...] = TABLE
