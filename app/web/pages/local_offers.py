"""Pages of the local offer: the directory, one entry, a feed, and the notes on options."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar

from app.db.queries.local_offers import SERVICE, NoteEntry, OfferEntry
from app.db.queries.teams import TeamEntry
from app.domain.local_feed import BadEntry
from app.domain.local_offer import STALE_AFTER, OfferPlace
from app.rendering.page import Page
from app.services.local_offers import FeedOutcome
from app.web.forms.local_offers import NoteForm, OfferForm
from app.web.pages.offered import GridCard, OptionLine

#: The answers to "offered here?"; the empty one takes a note back.
PLACES = (*(place.value for place in OfferPlace), "")


@dataclass(frozen=True)
class OfferLine:
    """One entry of the list; ``stale`` when nobody has looked for too long."""

    offer: OfferEntry
    stale: bool


@dataclass(frozen=True)
class GridNotes:
    """One grid in the list: how many of its options have a note for whoever looks."""

    public_id: str
    title: str
    setting: str
    options: int
    noted: int
    stale: int


@dataclass(frozen=True)
class LocalOffersPage(Page):
    """What there is near here, and where the notes on options are."""

    template: ClassVar[str] = "pages/local_offers/list.html"
    lines: tuple[OfferLine, ...]
    grids: tuple[GridNotes, ...]
    done: str
    stale_days: int = STALE_AFTER.days

    @property
    def stale(self) -> int:
        """Return how many entries want a look."""
        return sum(line.stale for line in self.lines)

    @classmethod
    def of(
        cls,
        offers: Collection[OfferEntry],
        cards: Collection[GridCard],
        notes: Collection[NoteEntry],
        *,
        today: date,
        done: str = "",
    ) -> LocalOffersPage:
        """Return the page; ``notes`` are those of the service and of the viewer's teams."""
        lines = tuple(OfferLine(offer, offer.is_stale(today)) for offer in offers)
        grids = tuple(_grid_notes(card, notes, today) for card in cards)
        return cls(lines, grids, done if done in DONE else "")


#: What can just have been done, by the word in the address.
DONE = ("added", "changed", "retired", "checked", "taken")


@dataclass(frozen=True)
class OfferPage(Page):
    """One entry to write or change; ``is_new`` before it was first kept."""

    template: ClassVar[str] = "pages/local_offers/one.html"
    form: OfferForm
    is_new: bool
    offer: OfferEntry | None = None
    faults: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FeedPage(Page):
    """A feed: choose the file, see what it would do, take it.

    ``kept`` is what was read, to be sent back when it is taken, and ``seal`` shows that it is.
    """

    template: ClassVar[str] = "pages/local_offers/feed.html"
    fault: str = ""
    file_name: str = ""
    sha256: str = ""
    outcome: FeedOutcome | None = None
    bad: tuple[BadEntry, ...] = ()
    refused: int = 0
    kept: str = ""
    seal: str = ""


@dataclass(frozen=True)
class OptionNoteLine:
    """One option with what was said of it; ``stands_behind`` is the service's own note."""

    option: OptionLine
    form: NoteForm
    note: NoteEntry | None
    stale: bool
    stands_behind: NoteEntry | None
    faults: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class NotesPage(Page):
    """Whether each option of a grid is offered here, for a team or the whole service."""

    template: ClassVar[str] = "pages/local_offers/notes.html"
    grid: GridCard
    team: str
    teams: tuple[TeamEntry, ...]
    lines: tuple[OptionNoteLine, ...]
    offers: tuple[OfferEntry, ...]
    saved: str = ""
    places: tuple[str, ...] = PLACES

    @property
    def faults(self) -> Mapping[str, str]:
        """Return every fault by the id of its field."""
        return {
            f"{key}-{line.option.id}": fault
            for line in self.lines
            for key, fault in line.faults.items()
        }

    @classmethod
    def of(
        cls,
        grid: GridCard,
        *,
        team: str,
        teams: tuple[TeamEntry, ...],
        notes: Collection[NoteEntry],
        offers: tuple[OfferEntry, ...],
        today: date,
        typed: tuple[str, NoteForm, Mapping[str, str]] | None = None,
        saved: str = "",
    ) -> NotesPage:
        """Return the page; ``typed`` is what could not be kept: option, form and faults."""
        lines = [_note_line(option, team, notes, today) for option in grid.options]
        if typed is not None:
            lines = [_typed_line(line, *typed) for line in lines]
        return cls(grid, team, teams, tuple(lines), offers, saved)


def _grid_notes(card: GridCard, notes: Collection[NoteEntry], today: date) -> GridNotes:
    ours = [note for note in notes if note.public_id == card.public_id]
    said = {note.option_id for note in ours} & {option.id for option in card.options}
    stale = {note.option_id for note in ours if note.is_stale(today)} & said
    return GridNotes(
        card.public_id, card.title, card.setting, len(card.options), len(said), len(stale)
    )


def _note_line(
    option: OptionLine, team: str, notes: Collection[NoteEntry], today: date
) -> OptionNoteLine:
    of_option = {note.team_id: note for note in notes if note.option_id == option.id}
    note = of_option.get(team)
    behind = of_option.get(SERVICE) if team != SERVICE else None
    return OptionNoteLine(
        option, _form_of(note, team), note, note is not None and note.is_stale(today), behind
    )


def _form_of(note: NoteEntry | None, team: str) -> NoteForm:
    if note is None:
        return NoteForm(team)
    weeks = "" if note.wait_weeks is None else str(note.wait_weeks)
    return NoteForm(team, note.place, weeks, note.offer.id if note.offer else "")


def _typed_line(
    line: OptionNoteLine, option: str, form: NoteForm, faults: Mapping[str, str]
) -> OptionNoteLine:
    if line.option.id != option:
        return line
    return OptionNoteLine(line.option, form, line.note, line.stale, line.stands_behind, faults)
