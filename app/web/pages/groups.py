"""One of the five groups, for a family: what it means and what can happen next."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import ClassVar

from app.content.group_pages import WITH_PLAN, GroupWords
from app.content.shared_words import SharedSource
from app.rendering.page import Page
from app.web.pages.offered import GridCard


@dataclass(frozen=True)
class GroupPage(Page):
    """The page of one group. ``others`` are the names of the other four, in their fixed order."""

    template: ClassVar[str] = "pages/groups/group.html"
    words: GroupWords
    grids: tuple[GridCard, ...]
    others: tuple[GroupWords, ...]
    sources: tuple[SharedSource, ...]

    @property
    def is_sensitive(self) -> bool:
        """Whether somebody may need to leave this page at once."""
        return self.words.group == WITH_PLAN

    @property
    def any_draft(self) -> bool:
        """Say whether a draft is on this page."""
        return any(grid.is_draft for grid in self.grids)

    @classmethod
    def of(
        cls,
        groups: Mapping[str, GroupWords],
        group: str,
        cards: Collection[GridCard],
        sources: Mapping[str, SharedSource],
    ) -> GroupPage:
        """Return the page of a group that is there; ``cards`` are all grids that may be read."""
        words = groups[group]
        return cls(
            words=words,
            grids=tuple(card for card in cards if group in card.need_groups),
            others=tuple(other for name, other in groups.items() if name != group),
            sources=tuple(sources[name] for name in words.sources),
        )
