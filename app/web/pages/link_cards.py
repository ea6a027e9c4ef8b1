"""A family's link card at one appointment: printed, shown, or ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from app.adapters.qr_code import draw_code
from app.db.queries.encounters import EncounterDetail
from app.domain.link_card import VoidedCard, in_groups
from app.rendering.page import Page
from app.services.link_cards import CardHere


@dataclass(frozen=True)
class LinkCardPage(Page):
    """What can be done with cards here. A code that was typed wrongly is drawn again."""

    template: ClassVar[str] = "pages/link_cards/card.html"
    encounter_id: str
    appointment: str
    here: CardHere
    typed: str = ""
    faults: Mapping[str, str] = field(default_factory=dict)
    reasons: tuple[str, ...] = tuple(VoidedCard)

    @classmethod
    def of(
        cls,
        encounter: EncounterDetail,
        here: CardHere,
        typed: str = "",
        faults: Mapping[str, str] | None = None,
    ) -> LinkCardPage:
        """Return the page."""
        return cls(encounter.id, encounter.entry.code, here, typed, faults or {})


@dataclass(frozen=True)
class NewCardPage(Page):
    """A new card, shown once, to be printed."""

    template: ClassVar[str] = "pages/link_cards/new.html"
    encounter_id: str
    code: str
    grouped: str
    side: int
    path: str

    @classmethod
    def of(cls, encounter_id: str, code: str) -> NewCardPage:
        """Return the page; the picture is part of it, so that no image has an address."""
        return cls(encounter_id, code, in_groups(code), *draw_code(in_groups(code)))
