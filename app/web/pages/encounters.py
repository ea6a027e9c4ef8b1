"""The list of encounters, and the page of one. Never an answer: only how many there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, tzinfo
from typing import ClassVar
from urllib.parse import urlencode, urlsplit

from app.db.queries.encounters import AnswerCounts, EncounterDetail, EncounterEntry, EncounterPart
from app.db.queries.exposures import Opened
from app.db.queries.local_offers import NoteEntry
from app.domain.encounter import EncounterState, VoidReason, can_hand_over, can_move, can_offer_grid
from app.domain.keeping import ENCOUNTER_CODE
from app.domain.study import DEFAULT_ID
from app.domain.vocabulary import NeedGroup, Phase
from app.rendering.page import Page
from app.services.paper_forms import FormChoice
from app.web.pages.offered import GridCard


@dataclass(frozen=True)
class DayGroup:
    """The encounters of one day."""

    on: date
    is_today: bool
    entries: tuple[EncounterEntry, ...]


@dataclass(frozen=True)
class EncountersPage(Page):
    """One page of the list, by day."""

    template: ClassVar[str] = "pages/encounters/list.html"
    days: tuple[DayGroup, ...]
    team_names: Mapping[str, str]
    day: str
    only_own: bool
    day_unreadable: bool
    newer: str | None
    older: str | None

    @classmethod
    def of(
        cls,
        part: EncounterPart,
        *,
        team_names: Mapping[str, str],
        now: datetime,
        day: str,
        only_own: bool,
        day_unreadable: bool,
    ) -> EncountersPage:
        """Return the page; ``now`` is local, ``day`` is what was typed into the filter."""
        zone, today = now.tzinfo, now.date()
        assert zone is not None
        kept = {"day": day, "own": "yes" if only_own else ""}
        return cls(
            days=_by_day(tuple(entry.seen_in(zone) for entry in part.entries), today),
            team_names=team_names,
            day=day,
            only_own=only_own,
            day_unreadable=day_unreadable,
            newer=_address(kept, part.page - 1) if part.page > 1 else None,
            older=_address(kept, part.page + 1) if part.has_more else None,
        )


@dataclass(frozen=True)
class LookTogether:
    """A link to the same grid, version and columns and nothing else, with its QR code."""

    address: str
    side: int
    path: str

    @property
    def only_here(self) -> bool:
        """Say whether only this machine can open the link, as while a service is tried out."""
        host = urlsplit(self.address).hostname or ""
        return host == "localhost" or host.startswith("127.") or host == "::1"


@dataclass(frozen=True)
class OptionHere:
    """A picked option with what is said of it here; apart from what the grid says."""

    name: str
    note: NoteEntry | None
    stale: bool


@dataclass(frozen=True)
class EncounterPage(Page):
    """What an encounter is, and what can be done with it now."""

    template: ClassVar[str] = "pages/encounters/one.html"
    encounter: EncounterDetail
    answers: AnswerCounts
    grid: GridCard | None
    picked: tuple[str, ...]
    options: tuple[OptionHere, ...]
    together: LookTogether | None
    group_pages: tuple[str, ...]
    may_prepare: bool
    pin_needed: bool
    may_hand_over: bool
    may_change: bool
    may_close: bool
    may_void: bool
    may_link_phones: bool
    opened: tuple[Opened, ...] = ()
    forms: tuple[FormChoice, ...] = ()
    faults: Mapping[str, str] = field(default_factory=dict)
    void_reasons: tuple[str, ...] = tuple(reason.value for reason in VoidReason)
    group_values: tuple[str, ...] = tuple(group.value for group in NeedGroup)
    code_days: int = ENCOUNTER_CODE.days

    @property
    def is_open(self) -> bool:
        """Say whether the tablet is here and the encounter goes on."""
        return self.encounter.state == EncounterState.OPEN

    @property
    def may_link_cards(self) -> bool:
        """Say whether cards that join visits belong here: in a study."""
        in_study = self.encounter.study_id not in {None, DEFAULT_ID}
        return in_study and self.encounter.state != EncounterState.VOIDED

    @classmethod
    def of(
        cls,
        encounter: EncounterDetail,
        *,
        answers: AnswerCounts,
        grid: GridCard | None,
        pin_needed: bool,
        phones_on: bool,
        zone: tzinfo,
        today: date,
        notes: Mapping[str, NoteEntry] | None = None,
        together: LookTogether | None = None,
        group_pages: tuple[str, ...] = (),
        opened: tuple[Opened, ...] = (),
        forms: tuple[FormChoice, ...] = (),
        faults: Mapping[str, str] | None = None,
    ) -> EncounterPage:
        """Return the page; ``faults`` map ``pin``, ``reason`` or ``group`` to a message key.

        ``notes`` say by option what is offered here. Options are listed that are picked or, where
        none is, of which something is said.
        """
        names = {option.id: option.name for option in grid.options} if grid else {}
        state, phase = encounter.state, encounter.phase
        hand_over = can_hand_over(state)
        return cls(
            encounter=replace(encounter, entry=encounter.entry.seen_in(zone)),
            answers=answers,
            grid=grid,
            picked=tuple(names.get(option, option) for option in encounter.picked),
            options=_options_here(encounter.picked, names, notes or {}, today),
            together=together,
            group_pages=group_pages,
            may_prepare=bool(phase and can_offer_grid(Phase(phase))),
            pin_needed=pin_needed,
            may_hand_over=hand_over,
            may_change=can_move(state, EncounterState.WITH_FAMILY),
            may_close=can_move(state, EncounterState.CLOSED),
            may_void=can_move(state, EncounterState.VOIDED),
            may_link_phones=phones_on and state != EncounterState.VOIDED,
            opened=opened,
            forms=forms,
            faults=faults or {},
        )


def _options_here(
    picked: tuple[str, ...],
    names: Mapping[str, str],
    notes: Mapping[str, NoteEntry],
    today: date,
) -> tuple[OptionHere, ...]:
    chosen = picked or tuple(name for name in names if name in notes)
    noted = ((option, notes.get(option)) for option in chosen)
    return tuple(
        OptionHere(names.get(option, option), note, note is not None and note.is_stale(today))
        for option, note in noted
    )


def _by_day(entries: tuple[EncounterEntry, ...], today: date) -> tuple[DayGroup, ...]:
    days = dict.fromkeys(entry.encounter_on for entry in entries)
    return tuple(
        DayGroup(day, day == today, tuple(e for e in entries if e.encounter_on == day))
        for day in days
    )


def _address(kept: Mapping[str, str], page: int) -> str:
    steps = {key: value for key, value in kept.items() if value}
    return f"/encounters?{urlencode(steps | {'page': str(page)})}"
