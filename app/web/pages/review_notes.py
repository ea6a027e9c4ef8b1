"""The list of decisions to look at again, and the form that puts one there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from app.db.queries.review_notes import ReviewEntry
from app.domain.deciding import DecisionOutcome
from app.rendering.page import Page


@dataclass(frozen=True)
class ReviewsPage(Page):
    """Code, month and how it ended; ``this_month`` is ``YYYY-MM`` by the service's own clock."""

    template: ClassVar[str] = "pages/review_notes/list.html"
    entries: tuple[ReviewEntry, ...]
    this_month: str


@dataclass(frozen=True)
class KeepReviewPage(Page):
    """What is to be kept of one appointment, and what was wrong with it."""

    template: ClassVar[str] = "pages/review_notes/keep.html"
    encounter_id: str
    code: str
    outcome: str = ""
    month: str = ""
    faults: Mapping[str, str] = field(default_factory=dict)
    outcomes: tuple[str, ...] = tuple(DecisionOutcome)
