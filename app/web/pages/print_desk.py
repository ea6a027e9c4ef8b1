"""The print desk: a code in, a paper out, and the page of a QR code on somebody's own phone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import ClassVar, Self

from app.domain.access import Permission, Viewer
from app.domain.keeping import PRINT
from app.rendering.page import Page
from app.services.print_desk import ON_PHONE, OpenedTicket, Review


@dataclass(frozen=True)
class PrintDeskPage(Page):
    """The box for two words. ``fault`` is the key of what was wrong with them, or empty."""

    template: ClassVar[str] = "pages/print_desk/desk.html"
    typed: str = ""
    faults: Mapping[str, str] = field(default_factory=dict)
    wait_seconds: int = 0
    minutes: int = int(PRINT.total_seconds() // 60)


@dataclass(frozen=True)
class OpenedPaperPage(Page):
    """A ticket that was opened. ``key`` gives the paper once; the rest is on this page alone.

    ``note`` and ``record`` are empty for those who do not see encounters.
    """

    template: ClassVar[str] = "pages/print_desk/opened.html"
    key: str
    copy_for: str
    until: datetime
    note: str
    record: str
    review: Review | None

    @classmethod
    def of(cls, opened: OpenedTicket, viewer: Viewer, zone: tzinfo) -> Self:
        """Return the page as far as the viewer may see it."""
        paper, sees = opened.paper, viewer.may(Permission.ENCOUNTER_VIEW)
        return cls(
            opened.key,
            paper.copy_for,
            opened.until.astimezone(zone),
            paper.note if sees else "",
            paper.record if sees else "",
            paper.review if sees else None,
        )


@dataclass(frozen=True)
class TakePaperPage(Page):
    """On somebody's own phone: the paper can be taken once. ``is_gone`` says that it was."""

    template: ClassVar[str] = "pages/print_desk/take.html"
    is_gone: bool = False
    minutes: int = int(ON_PHONE.total_seconds() // 60)
