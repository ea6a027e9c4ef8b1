"""The page for a lost network: what still works, and whom to ring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from app.rendering.page import Page


@dataclass(frozen=True)
class OfflinePage(Page):
    """Shown by the worker in place of a page that is not on this tablet."""

    template: ClassVar[str] = "pages/public/offline.html"
