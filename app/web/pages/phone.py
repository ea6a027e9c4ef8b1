"""Answering on one's own phone: the page itself, and how staff give somebody a link to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import ClassVar

from app.adapters.qr_code import draw_code
from app.db.queries.encounters import EncounterDetail
from app.domain.vocabulary import Person, SeenByOthers
from app.rendering.page import Page
from app.services.phone_links import OLDEST_DAYS, Asking, MadeLink

GROUP = 4


@dataclass(frozen=True)
class PhonePage(Page):
    """Every screen of the page on somebody's own phone. Nothing in it is about anybody."""

    template: ClassVar[str] = "pages/phone/phone.html"
    people: tuple[str, ...] = tuple(Person)
    seen_by_others: tuple[str, ...] = tuple(SeenByOthers)


@dataclass(frozen=True)
class NotOnThisHostPage(Page):
    """What the phones' host name says of every other address."""

    template: ClassVar[str] = "pages/phone/not-here.html"


@dataclass(frozen=True)
class MakeLinkPage(Page):
    """For whom a link is to be made, or why there can be none."""

    template: ClassVar[str] = "pages/phone/make.html"
    encounter_id: str
    code: str
    asking: Asking
    chosen: str = ""
    faults: Mapping[str, str] = field(default_factory=dict)
    oldest_days: int = OLDEST_DAYS

    @classmethod
    def of(
        cls,
        encounter: EncounterDetail,
        asking: Asking,
        chosen: str = "",
        faults: Mapping[str, str] | None = None,
    ) -> MakeLinkPage:
        """Return the page; somebody who is the only one to ask is chosen already."""
        only = asking.respondents[0] if len(asking.respondents) == 1 else ""
        return cls(encounter.id, encounter.entry.code, asking, chosen or only, faults or {})


@dataclass(frozen=True)
class PhoneLinkPage(Page):
    """A link, shown once. ``groups`` is its last part, as it is best typed by hand."""

    template: ClassVar[str] = "pages/phone/link.html"
    encounter_id: str
    respondent: str
    expires_at: datetime
    host: str
    groups: tuple[str, ...]
    side: int
    path: str

    @classmethod
    def of(cls, encounter_id: str, made: MadeLink, address: str, zone: tzinfo) -> PhoneLinkPage:
        """Return the page; ``address`` is that of the phone's page, without a token.

        The picture is part of the page, so that no image has an address.
        """
        token = made.token
        groups = tuple(token[at : at + GROUP] for at in range(0, len(token), GROUP))
        side, path = draw_code(f"{address}#{token}")
        until = made.expires_at.astimezone(zone)
        return cls(encounter_id, made.respondent, until, address, groups, side, path)
