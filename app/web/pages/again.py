"""Looking at a decision again: the file of a sheet is asked for, then stands beside its grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from app.documents.decision_reading import Hoped
from app.rendering.page import Page


@dataclass(frozen=True)
class AskSheetPage(Page):
    """Asks for the file; ``problem`` is the key of why the last one was not opened."""

    template: ClassVar[str] = "pages/again/ask.html"
    problem: str = ""


@dataclass(frozen=True)
class HopedPage(Page):
    """What was hoped for, and where the same edition is. ``may_open``: it is offered here."""

    template: ClassVar[str] = "pages/again/hoped.html"
    hoped: Hoped
    may_open: bool

    @property
    def address(self) -> str:
        """Where the very edition is, with the ways that were on the screen; empty without one."""
        release = self.hoped.release
        if release is None or not self.may_open:
            return ""
        columns = f"?c={','.join(self.hoped.shown)}" if self.hoped.shown else ""
        return f"/g/{release.public_id}/{release.number}{columns}"

    @property
    def fragment(self) -> str:
        """Where a script gets the same grid to lay beside; one behind a notice is opened apart."""
        release = self.hoped.release
        if release is None or not self.may_open or release.grid.sensitive:
            return ""
        return f"/g/{release.public_id}/{release.number}/fragment?voice={self.hoped.voice}"
