"""A grid as its page sees it: one voice, every cell in order, words already safe markup.

`GridPage.of` is pure: a release, a voice, the library and a day give the same page. The
fragment is the same grid without surroundings and without links that lead away, for the
appointment, where nothing may leave the tablet.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Final, Self

from markupsafe import Markup

from app.content.grid import (
    VOICES,
    Band,
    Cell,
    Evidence,
    Option,
    OptionKind,
    Place,
    Row,
    Setting,
    Switch,
)
from app.content.library import Library, ReleaseStatus
from app.content.ownership import list_missing_owners
from app.content.parse import Draft
from app.content.readability import readability
from app.content.release import GridRelease
from app.content.wording import Glossed, VoiceWords, to_html, to_inline
from app.documents.figures import DrawnFigure, draw_together
from app.rendering.page import Page
from app.web.pages.glossing import Glossary

DEFAULT_VOICE: Final = VOICES[0]
NOTICE_BAND: Final = "before-you-read"
ENDING_BAND: Final = "not-today"

#: Topics whose readers start with one question and two ways (rules of the room 1.14).
PAIRED_TOPICS: Final = frozenset({"concentrating"})


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A source with its number in the list at the end of the page."""

    number: int
    id: str
    title: str
    identifier: str | None
    addresses: tuple[str, ...]
    supports: str


@dataclass(frozen=True, slots=True)
class OtherGrid:
    """Another grid, with equal weight: the half beside this one, or one that a band leads to."""

    href: str
    setting: Setting
    title: str


@dataclass(frozen=True, slots=True)
class BandView:
    """Text before, beside or after the columns, or on a page of its own.

    `waiting` is why a part of it is still open; `link` the grid to which it leads.
    """

    id: str
    place: Place
    title: str
    body: Markup
    waiting: str | None
    link: OtherGrid | None
    sources: tuple[SourceLine, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """What stands before a sensitive grid, with the choice to skip it.

    ``name`` does not tell the topic; ``body`` is empty where the grid has no words of its own.
    """

    name: str
    title: str
    body: Markup


@dataclass(frozen=True, slots=True)
class OptionHead:
    """The head of a column; the same parts in the same order for every option."""

    id: str
    kind: OptionKind
    name: str
    short: str
    usually_for: str
    not_for: Markup | None
    medicine_note: Markup | None
    review_within_days: int | None
    review_by_agreement: bool


@dataclass(frozen=True, slots=True)
class CellView:
    """What one option says to one question.

    `mark` is the state, or our-draft where the words are nobody's but ours. `sure` is what the
    same option says on certainty. `figures` are those of the cell and those that belong with them
    (RC-22); `drawn_under` the question where good and bad are drawn, if only there.
    """

    option: OptionHead
    state: str
    mark: str
    basis: str
    reason: str | None
    strength: str | None
    face: Markup
    more: Markup
    figures: tuple[DrawnFigure, ...]
    sources: tuple[SourceLine, ...]
    sure: Markup | None
    drawn_under: str | None


@dataclass(frozen=True, slots=True)
class RowView:
    """One question with its cells, in the order of the options."""

    id: str
    facet: str
    question: str
    ask: str
    cells: tuple[CellView, ...]


@dataclass(frozen=True)
class GridPage(Page):
    """One grid in one voice. Ids in the page start with `prefix`, so that two voices can meet."""

    template: ClassVar[str] = "pages/grid/grid.html"
    links_away: ClassVar[bool] = True

    public_id: str
    number: int
    sha256: str
    voice: str
    prefix: str
    notice: Notice | None
    ending: BandView | None
    is_sensitive: bool
    opens_paired: bool
    awaits_own_words: bool
    is_draft: bool
    review_is_due: bool
    newer: int | None
    title: str
    decision: str
    problem: str
    bands: tuple[BandView, ...]
    options: tuple[OptionHead, ...]
    rows: tuple[RowView, ...]
    glossary: Mapping[str, Glossed]
    sources: tuple[SourceLine, ...]
    about: Mapping[str, str]
    made_on: date
    review_on: date
    expires_on: date
    reading_ages: tuple[float, float] | None
    other: OtherGrid | None

    @property
    def place(self) -> str:
        """Return the name of this page with the grid's public id and edition."""
        return f"{super().place}/{self.public_id}/{self.number}"

    @classmethod
    def of(
        cls,
        release: GridRelease,
        voice: str,
        library: Library,
        today: date,
        switches: Collection[Switch] = (),
    ) -> Self:
        """The page of a release. Raises KeyError where the release lacks that voice.

        `switches` are on in this service: bands with another switch are left out.
        """
        words = release.words(voice)
        reader = _Reader(release, words, library)
        newest = library.current(release.public_id)
        review = release.grid.review
        return cls(
            public_id=release.public_id,
            number=release.number,
            sha256=release.sha256,
            voice=voice,
            prefix=reader.prefix,
            notice=reader.notice(),
            ending=reader.ending(),
            is_sensitive=release.grid.sensitive,
            opens_paired=voice == DEFAULT_VOICE and release.grid.topic in PAIRED_TOPICS,
            awaits_own_words=awaits_own_words(release),
            is_draft=library.status(release, today) == ReleaseStatus.DRAFT_RELEASE,
            review_is_due=library.review_is_due(release, today),
            newer=newest.number if newest and newest.number > release.number else None,
            title=words.title,
            decision=words.decision,
            problem=words.problem,
            bands=tuple(reader.band(band) for band in reader.bands(switches)),
            options=tuple(reader.heads.values()),
            rows=tuple(reader.row(row) for row in release.grid.rows_for(voice)),
            glossary=words.glossary,
            sources=tuple(reader.sources.values()),
            about=words.about,
            made_on=review.made_on,
            review_on=review.review_on,
            expires_on=review.expires_on,
            reading_ages=reading_ages(release, words),
            other=other_half(release, voice, library),
        )

    @property
    def address(self) -> str:
        """Where this very edition is served."""
        return f"/g/{self.public_id}/{self.number}"

    def bands_at(self, place: Place) -> tuple[BandView, ...]:
        """The bands of a place, in their order."""
        return tuple(band for band in self.bands if band.place == place)


@dataclass(frozen=True)
class GridFragment(GridPage):
    """The same grid without surroundings, and without links that lead off the tablet."""

    template: ClassVar[str] = "fragments/grid.html"
    links_away: ClassVar[bool] = False


def reading_ages(release: GridRelease, words: VoiceWords) -> tuple[float, float] | None:
    """The lowest and highest reading age over rows and columns, as the gate measures them."""
    evidence = Evidence(release.grid.topic, release.sources, release.figures)
    voices = {(words.voice, words.language): words}
    draft = Draft(release.grid, voices, evidence, trees={}, folder="")
    ages = [grades.age for _, _, _, grades in readability(draft)]
    return (min(ages), max(ages)) if ages else None


def awaits_own_words(release: GridRelease) -> bool:
    """Whether families are told that nobody who knows has made these words their own (SM-F9)."""
    return bool(list_missing_owners(release.grid, release.voices.values()))


def other_half(release: GridRelease, voice: str, library: Library) -> OtherGrid | None:
    """The other grid of the pair; None where it lacks that voice or there is none."""
    found = library.pair(release)
    return _led_to(found, voice)


def _led_to(found: GridRelease | None, voice: str) -> OtherGrid | None:
    if found is None or f"{voice}.en" not in found.voices:
        return None
    return OtherGrid(f"/g/{found.public_id}", found.grid.setting, found.words(voice).title)


class _Reader:
    """Turns the words of one voice into views; numbers sources in order of first use."""

    def __init__(self, release: GridRelease, words: VoiceWords, library: Library) -> None:
        self.release = release
        self.words = words
        self.library = library
        self.prefix = f"{release.public_id}-{words.voice}-"
        self.glossary = Glossary(words.glossary, self.prefix)
        self.sources = {line.id: line for line in _numbered(release)}
        self.heads = {option.id: self.head(option) for option in release.grid.options}
        self.sure = {row.id for row in release.grid.rows if row.facet == "sure"}

    def html(self, words: str) -> Markup:
        return self.glossary.link(to_html(words, self.release.figures))

    def line(self, words: str) -> Markup:
        return self.glossary.link(to_inline(words, self.release.figures))

    def maybe_line(self, words: str | None) -> Markup | None:
        return self.line(words) if words else None

    def band(self, band: Band) -> BandView:
        words = self.words.bands[band.id]
        found = self.library.current(band.link) if band.link else None
        return BandView(
            id=band.id,
            place=band.place,
            title=words.title,
            body=self.html(words.body),
            waiting=band.waiting,
            link=_led_to(found, self.words.voice),
            sources=tuple(self.sources[name] for name in band.sources),
        )

    def bands(self, switches: Collection[Switch]) -> Iterator[Band]:
        """The bands of the page; the notice stands before it, the ending after it."""
        told = (NOTICE_BAND, ENDING_BAND) if self.release.grid.sensitive else ()
        for band in self.release.grid.bands:
            if band.id not in told and (band.switch is None or band.switch in switches):
                yield band

    def notice(self) -> Notice | None:
        """What a sensitive grid says before anything else (SM-W12)."""
        if not self.release.grid.sensitive:
            return None
        words = self.words.bands.get(NOTICE_BAND)
        name = self.words.print_title or ""
        return (
            Notice(name, words.title, self.html(words.body))
            if words
            else Notice(name, "", Markup())
        )

    def ending(self) -> BandView | None:
        """How a sensitive grid ends (SM-H6), where its writers have words for it."""
        bands = self.release.grid.bands if self.release.grid.sensitive else ()
        return next((self.band(band) for band in bands if band.id == ENDING_BAND), None)

    def head(self, option: Option) -> OptionHead:
        words = self.words.options[option.id]
        return OptionHead(
            id=option.id,
            kind=option.kind,
            name=words.name,
            short=words.short,
            usually_for=words.usually_for,
            not_for=self.maybe_line(words.not_for),
            medicine_note=self.maybe_line(words.medicine_note),
            review_within_days=option.review_within_days,
            review_by_agreement=option.review_by_agreement,
        )

    def row(self, row: Row) -> RowView:
        words = self.words.rows[row.id]
        cells = (self.cell(row, head) for head in self.heads.values())
        return RowView(row.id, row.facet, words.question, words.ask, tuple(cells))

    def cell(self, row: Row, head: OptionHead) -> CellView:
        cell = self.release.grid.cell(row.id, head.id, self.words.voice)
        words = self.words.cell(row.id, head.id)
        figures = draw_together(self.release.figures[name] for name in self.drawn(cell))
        named = dict.fromkeys([*cell.sources, *(figure.source for figure in figures)])
        return CellView(
            option=head,
            state=cell.state,
            mark=_mark(cell),
            basis=cell.basis,
            reason=cell.reason,
            strength=cell.strength,
            face=self.line(words.face),
            more=self.html(words.more) if words.more else Markup(),
            figures=figures,
            sources=tuple(self.sources[name] for name in named),
            sure=self.how_sure(cell) if row.facet in ("help", "hard") else None,
            drawn_under=self.drawn_under(cell),
        )

    def drawn(self, cell: Cell) -> tuple[str, ...]:
        """The figures of a cell, then those of its option that must be drawn with them (RC-22)."""
        beside = {name for other in self.beside(cell) for name in other.figures}
        partners = (n for name in cell.figures for n in self.release.figures[name].drawn_with)
        return tuple(dict.fromkeys([*cell.figures, *(n for n in partners if n in beside)]))

    def drawn_under(self, cell: Cell) -> str | None:
        """The question under which the same option has good and bad drawn together."""
        for other in self.beside(cell):
            if any(self.release.figures[name].drawn_with for name in other.figures):
                return self.words.rows[other.row].question
        return None

    def beside(self, cell: Cell) -> Iterator[Cell]:
        """The other cells of the same option in this voice."""
        for other in self.release.grid.cells:
            same = other.option == cell.option and self.words.voice in other.voices
            if same and other.row != cell.row:
                yield other

    def how_sure(self, cell: Cell) -> Markup | None:
        """What the row on certainty says of the same option; None where it is not asked."""
        for name in self.sure:
            found = self.words.cells.get(name, {}).get(cell.option)
            if found is not None:
                return self.line(found.face)
        return None


def _mark(cell: Cell) -> str:
    return "our-draft" if cell.state == "filled" and cell.basis == "our_draft" else cell.state


def _numbered(release: GridRelease) -> Iterator[SourceLine]:
    named = dict.fromkeys(
        [
            *release.grid.used_sources(),
            *(release.figures[name].source for name in release.grid.used_figures()),
        ]
    )
    for number, name in enumerate(named, start=1):
        source = release.sources[name]
        addresses = tuple(a for a in (source.url, *source.also) if a)
        yield SourceLine(number, name, source.title, source.identifier, addresses, source.supports)
