"""Pages for everybody: what there is, who helps, what is kept, how it was made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from app.content.contacts import Contact, Contacts
from app.rendering.page import Page
from app.web.pages.offered import GridCard


@dataclass(frozen=True)
class TopicCards:
    """The grids of one topic, inside and outside the NHS as equals."""

    topic: str
    cards: tuple[GridCard, ...]


@dataclass(frozen=True)
class FrontPage(Page):
    """Every grid that may be read today."""

    template: ClassVar[str] = "pages/public/front.html"
    topics: tuple[TopicCards, ...]
    any_draft: bool

    @classmethod
    def of(cls, cards: Iterable[GridCard]) -> FrontPage:
        """Return the page with the cards by topic, in the order in which they come."""
        by_topic: dict[str, list[GridCard]] = {}
        for card in cards:
            by_topic.setdefault(card.topic, []).append(card)
        return cls(
            topics=tuple(TopicCards(topic, tuple(found)) for topic, found in by_topic.items()),
            any_draft=any(card.is_draft for found in by_topic.values() for card in found),
        )


@dataclass(frozen=True)
class HelpPage(Page):
    """Who answers now. The same numbers as the strip, large, for both voices."""

    template: ClassVar[str] = "pages/public/help.html"
    contacts: tuple[Contact, ...]
    local_number: str

    @classmethod
    def of(cls, contacts: Contacts) -> HelpPage:
        """Return the page of the nation's contacts and the service's own line."""
        return cls(contacts.contacts, contacts.local_number)


@dataclass(frozen=True)
class PrivacyPage(Page):
    """What is kept about you, in both voices."""

    template: ClassVar[str] = "pages/public/privacy.html"


@dataclass(frozen=True)
class AccessibilityPage(Page):
    """What was tested and how, and what was not."""

    template: ClassVar[str] = "pages/public/accessibility.html"


@dataclass(frozen=True)
class LeavingPage(Page):
    """What leaving a sensitive page does and what it cannot do; ``exit_site`` is where it goes."""

    template: ClassVar[str] = "pages/public/leaving.html"
    exit_site: str


@dataclass(frozen=True)
class LeavePage(Page):
    """The neutral page for those who left while the other site could not be reached."""

    template: ClassVar[str] = "pages/public/leave.html"


@dataclass(frozen=True)
class SourceLine:
    """One publication or page that a grid rests on."""

    title: str
    year: int | None
    identifier: str | None
    url: str | None


@dataclass(frozen=True)
class AboutPage(Page):
    """What these grids are for, what they are not for, who made them, from what."""

    template: ClassVar[str] = "pages/public/about.html"
    grids: tuple[GridCard, ...]
    sources: tuple[SourceLine, ...]
    newest_on: date | None

    @classmethod
    def of(
        cls, cards: tuple[GridCard, ...], sources: Mapping[str, SourceLine], newest_on: date | None
    ) -> AboutPage:
        """Return the page; each source once, by title."""
        ordered = sorted(sources.values(), key=lambda source: source.title.casefold())
        return cls(cards, tuple(ordered), newest_on)
