"""Taking answers out by the four words of whoever gave them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from app.db.queries.erasures import FoundSet, Tombstone
from app.domain.keeping import BACKUPS
from app.rendering.page import Page


@dataclass(frozen=True)
class ErasePage(Page):
    """The box for the words. ``words`` is what was typed, shown again with a fault."""

    template: ClassVar[str] = "pages/erase/words.html"
    words: str = ""
    faults: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ErasingPage(Page):
    """What would be erased: when, where, by whom. Never what was answered."""

    template: ClassVar[str] = "pages/erase/found.html"
    words: str
    found: tuple[FoundSet, ...]


@dataclass(frozen=True)
class ErasedPage(Page):
    """What was erased, and what this service cannot reach."""

    template: ClassVar[str] = "pages/erase/done.html"
    tombstone: Tombstone
    zone: str
    backup_days: int = BACKUPS.days
