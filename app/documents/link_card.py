"""A link card on paper: one sheet, the card to cut out and what it is, without a name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal

from app.domain.link_card import in_groups
from app.rendering.page import Page


@dataclass(frozen=True)
class LinkCardPaper(Page):
    """The sheet. ``side`` and ``path`` draw the code for a scanner: the code and nothing else."""

    template: ClassVar[str] = "documents/link_card.html"
    kind: ClassVar[Literal["handout"]] = "handout"
    code: str
    side: int
    path: str
    made_on: date

    @property
    def grouped(self) -> str:
        """Return the code as a person reads it."""
        return in_groups(self.code)
