"""Pages on what people write about grids: staff's own form, the reader's list, one text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar

from app.content.library import Library
from app.db.queries.feedback import FeedbackEntry, FeedbackText
from app.domain.feedback import LONGEST, ReadAs
from app.rendering.page import Page
from app.services.feedback import FilledText, Waiting, is_overdue
from app.services.service_mode import ServiceState
from app.web.pages.offered import GridCard, card, list_offered, plain_grids


@dataclass(frozen=True)
class FeedbackFormPage(Page):
    """The form for staff, with what was filled in where it is drawn again."""

    template: ClassVar[str] = "pages/feedback/form.html"
    filled: FilledText
    grids: tuple[GridCard, ...]
    days: int
    sent: bool = False
    faults: Mapping[str, str] = field(default_factory=dict)
    longest: int = LONGEST


@dataclass(frozen=True)
class FeedbackListPage(Page):
    """What waits for its reader and what was read, without the words."""

    template: ClassVar[str] = "pages/feedback/list.html"
    unread: tuple[tuple[FeedbackEntry, bool], ...]
    settled: tuple[FeedbackEntry, ...]
    waiting: Waiting
    days: int
    on: bool
    done: str = ""

    @classmethod
    def of(
        cls,
        entries: Iterable[FeedbackEntry],
        waiting: Waiting,
        state: ServiceState,
        now: datetime,
        done: str,
    ) -> FeedbackListPage:
        """Return the page; beside each unread text stands whether it waits for too long."""
        listed = tuple(entries)
        return cls(
            tuple((e, is_overdue(e, state=state, now=now)) for e in listed if e.outcome is None),
            tuple(e for e in listed if e.outcome is not None),
            waiting,
            state.feedback_days,
            state.feedback_on,
            done,
        )


@dataclass(frozen=True)
class FeedbackOnePage(Page):
    """One text, what to do with a worry, and what the reader says came of it."""

    template: ClassVar[str] = "pages/feedback/one.html"
    found: FeedbackText
    path: str
    outcomes: tuple[ReadAs, ...] = tuple(ReadAs)


def grids_to_write_about(library: Library, state: ServiceState, on: date) -> tuple[GridCard, ...]:
    """Return the grids on offer about which somebody may write: never a sensitive one."""
    plain = plain_grids(library)
    offered = [r for r in list_offered(library, state, on) if r.public_id in plain]
    return tuple(card(library, release, on) for release in offered)
