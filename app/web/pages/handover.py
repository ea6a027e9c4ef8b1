"""Starting a turn from a code, at the desk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from app.rendering.page import Page


@dataclass(frozen=True)
class TurnPage(Page):
    """A code and, the first time on this browser, the PIN that brings the tablet back."""

    template: ClassVar[str] = "pages/handover/turn.html"
    pin_needed: bool
    code: str = ""
    faults: Mapping[str, str] = field(default_factory=dict)
