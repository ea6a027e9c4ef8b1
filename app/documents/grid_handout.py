"""A grid on paper: whole, or the two to four options that somebody picked.

Faces only, as on the screen before anything is tapped; what stands behind "More" is reached
by the code on the sheet, which opens this very edition. The whole grid ends with a page of
figures and sources. Words, order and figures come from the release alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from typing import ClassVar, Final, Literal

from app.content.grid import Cell, Option, Row, Switch
from app.content.library import ReleaseStatus
from app.content.ownership import list_missing_owners
from app.content.release import GridRelease
from app.content.wording import VoiceWords, to_text
from app.documents.figures import DrawnFigure, draw_together
from app.rendering.page import Page

FEWEST_PICKED: Final = 2
MOST_PICKED: Final = 4
FEWEST_LINES: Final = {True: 2, False: 5}
# How generous the setting is, the most generous first; none is under ten points.
DENSITIES: Final = ("roomy", "easy", "snug", "tight", "closest")
# Where looking begins: most picked sheets end here or one setting more generous.
LIKELY: Final = "tight"
# How much more room the next more generous setting takes at least, as measured on every grid. Under
# it there is no need to lay a sheet out only to see that it does not fit.
TAKES_MORE: Final[Mapping[str, float]] = {"tight": 1.14, "snug": 1.07, "easy": 1.05}
# Flowing lets figures and sources begin under the table: for a grid of many short columns.
WHOLE_DENSITIES: Final = ("whole-roomy", "whole-flow", "whole-close")
# Where one letter says what an answer rests on: for a grid of many questions. A key explains them.
LETTERED: Final = ("closest", "whole-close")
# What a source takes beside its title, in letters: its number, and the end of its last line.
_SOURCE_LINE: Final = 25
# Its words are about the screen that it stands before.
_NOT_ON_PAPER: Final = "before-you-read"


class PickNotPossible(ValueError):
    """Fewer than two options, more than four, or one that this grid does not have."""


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code as one SVG path on a square of `size` units."""

    size: int
    path: str


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A source with the number by which the cells of this paper name it."""

    number: int
    title: str
    identifier: str | None


@dataclass(frozen=True, slots=True)
class Column:
    """The head of one option; the same parts for every option."""

    id: str
    name: str
    usually_for: str
    not_for: str
    medicine_note: str


@dataclass(frozen=True, slots=True)
class HandoutCell:
    """What one option says to one question, and what it rests on."""

    option: str
    face: str
    state: str
    basis: str
    reason: str | None
    strength: str | None
    sources: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class HandoutRow:
    """One question over all columns."""

    id: str
    question: str
    cells: tuple[HandoutCell, ...]


@dataclass(frozen=True, slots=True)
class HandoutBand:
    """Text that stands before the columns or, where `after` is true, below them."""

    after: bool
    title: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FigureBlock:
    """The figures of one cell, with those that belong with them in other cells (RC-22)."""

    option: str
    questions: tuple[str, ...]
    figures: tuple[DrawnFigure, ...]
    sources: tuple[int, ...]

    @property
    def studied_alike(self) -> bool:
        """Whether several figures count the same people over the same time: said once for all."""
        alike = {(figure.who, figure.time_span) for figure in self.figures}
        return len(self.figures) > 1 and len(alike) == 1


@dataclass(frozen=True)
class GridHandout(Page):
    """The paper of one edition in one voice.

    `picked` is empty for the whole grid, `left_out` counts the options that are not on the
    sheet, `note_lines` is how many lines there are to write on. A sensitive paper begins with who
    to call tonight; `has_cover` puts a sheet around it that says nothing when it is folded.
    """

    template: ClassVar[str] = "documents/grid_handout.html"
    kind: ClassVar[Literal["handout"]] = "handout"

    public_id: str
    number: int
    voice: str
    is_sensitive: bool
    awaits_own_words: bool
    has_cover: bool
    status: str
    density: str
    picked: tuple[str, ...]
    left_out: int
    note_lines: int
    title: str
    decision: str
    problem: str
    bands: tuple[HandoutBand, ...]
    columns: tuple[Column, ...]
    rows: tuple[HandoutRow, ...]
    figures: tuple[FigureBlock, ...]
    sources: tuple[SourceLine, ...]
    about: Mapping[str, str]
    made_on: date
    review_on: date
    review_is_due: bool
    expires_on: date
    address: str
    code: Code

    @property
    def is_whole(self) -> bool:
        """Whether this is the whole grid and not a picked sheet."""
        return not self.picked

    @property
    def medicine_notes(self) -> Mapping[str, tuple[str, ...]]:
        """What must be confirmed by whom, with the options of which it is said."""
        noted = dict.fromkeys(column.medicine_note for column in self.columns)
        return {
            note: tuple(column.name for column in self.columns if column.medicine_note == note)
            for note in noted
            if note
        }

    @property
    def is_lettered(self) -> bool:
        """Whether letters with a key stand for what an answer rests on."""
        return self.density in LETTERED

    @property
    def states(self) -> frozenset[str]:
        """The states of the answers on this paper, for the key to the letters."""
        return frozenset(cell.state for row in self.rows for cell in row.cells)

    @property
    def rests_on_local(self) -> bool:
        """Whether a filled answer rests on a local fact."""
        cells = (cell for row in self.rows for cell in row.cells)
        return any(cell.state == "filled" and cell.basis == "local_fact" for cell in cells)

    @property
    def bases(self) -> frozenset[str]:
        """What the answers on this paper rest on, for the key to the small words."""
        return frozenset(cell.basis for row in self.rows for cell in row.cells)

    @property
    def source_columns(self) -> tuple[tuple[SourceLine, ...], ...]:
        """The sources in columns of about the same length, in order down each column."""
        count = 4 if self.density == "whole-close" else 3
        lengths = [_SOURCE_LINE + len(source.title) for source in self.sources]
        before, whole = (0, *accumulate(lengths)), sum(lengths) or 1
        columns = [min(count - 1, start * count // whole) for start in before]
        numbered = list(zip(columns, self.sources, strict=False))
        return tuple(tuple(s for at, s in numbered if at == n) for n in range(count))

    @property
    def is_draft(self) -> bool:
        """Whether no clinician has reviewed this edition yet."""
        return self.status == ReleaseStatus.DRAFT_RELEASE


def pick(release: GridRelease, wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Return the picked options in the order of the grid. Raises PickNotPossible.

    An empty pick is the whole grid. The order of the grid is kept so that nobody's favourite
    comes first.
    """
    if not wanted:
        return ()
    picked = tuple(option.id for option in release.grid.options if option.id in wanted)
    if len(picked) != len(set(wanted)) or not FEWEST_PICKED <= len(picked) <= MOST_PICKED:
        raise PickNotPossible
    return picked


def densities(picked: tuple[str, ...]) -> tuple[str, ...]:
    """Return the settings to try for so many columns; more columns start less generously."""
    return DENSITIES[len(picked) - FEWEST_PICKED :]


def might_fit(density: str, used: float, room: float) -> str | None:
    """Return the next more generous setting, if a sheet that fits in this one might fit in it.

    One that fits in the closest alone has been tried in the next before.
    """
    if density not in TAKES_MORE or used * TAKES_MORE[density] > room:
        return None
    return DENSITIES[DENSITIES.index(density) - 1]


def fewest_lines(picked: tuple[str, ...], density: str) -> int:
    """Return how many lines to write on there are at least."""
    return 1 if density == "closest" else FEWEST_LINES[bool(picked)]


def build(
    release: GridRelease,
    *,
    voice: str,
    picked: tuple[str, ...],
    density: str,
    status: ReleaseStatus,
    review_is_due: bool,
    address: str,
    code: Code,
    note_lines: int | None = None,
    has_cover: bool = False,
    switches: Collection[Switch] = (),
) -> GridHandout:
    """Return the paper. Raises KeyError where the release lacks that voice.

    `switches` are on in this service: bands with another switch are left out.
    """
    writer = _Writer(release, release.words(voice), picked, switches)
    words, review = writer.words, release.grid.review
    return GridHandout(
        public_id=release.public_id,
        number=release.number,
        voice=voice,
        is_sensitive=release.grid.sensitive,
        awaits_own_words=bool(list_missing_owners(release.grid, release.voices.values())),
        has_cover=has_cover,
        status=status.value,
        density=density,
        picked=picked,
        left_out=len(release.grid.options) - len(writer.options),
        note_lines=fewest_lines(picked, density) if note_lines is None else note_lines,
        title=words.print_title or words.title,  # a paper lies about (SM-W11)
        decision=words.decision,
        problem=writer.text(words.problem),
        bands=tuple(writer.bands()),
        columns=tuple(writer.column(option) for option in writer.options),
        rows=tuple(writer.row(row) for row in release.grid.rows_for(voice)),
        figures=() if picked else tuple(writer.figure_blocks()),
        sources=() if picked else tuple(writer.source_lines()),
        about=words.about,
        made_on=review.made_on,
        review_on=review.review_on,
        review_is_due=review_is_due,
        expires_on=review.expires_on,
        address=address,
        code=code,
    )


def run_in(words: str) -> str:
    """Return a list as one sentence, or as its own sentences; other words as they are."""
    if not words.startswith("- "):
        return words
    items = [item.strip() for item in f"\n{words}".split("\n- ") if item.strip()]
    if all(item.endswith((".", "?")) for item in items):
        return " ".join(items)
    return "; ".join(items) + "."


class _Writer:
    """Turns one voice of a release into the parts of the paper."""

    def __init__(
        self,
        release: GridRelease,
        words: VoiceWords,
        picked: tuple[str, ...],
        switches: Collection[Switch],
    ) -> None:
        self.release = release
        self.words = words
        self.switches = switches
        self.options = [o for o in release.grid.options if not picked or o.id in picked]
        self.numbers = {name: number for number, name in enumerate(_named(release), start=1)}

    def text(self, words: str | None) -> str:
        return to_text(words, self.release.figures) if words else ""

    def paragraphs(self, words: str) -> tuple[str, ...]:
        parts = (self.text(run_in(part)) for part in words.split("\n\n"))
        return tuple(part for part in parts if part)

    def bands(self) -> Iterator[HandoutBand]:
        """The bands of the paper; one that is apart is for others than those who take it home."""
        for band in self.release.grid.bands:
            if band.place == "apart" or not (band.switch is None or band.switch in self.switches):
                continue
            if self.release.grid.sensitive and band.id == _NOT_ON_PAPER:
                continue
            words = self.words.bands[band.id]
            after = band.place != "before"
            yield HandoutBand(after, words.title, self.paragraphs(words.body))

    def column(self, option: Option) -> Column:
        words = self.words.options[option.id]
        not_for, note = self.text(words.not_for), self.text(words.medicine_note)
        return Column(option.id, words.name, words.usually_for, not_for, note)

    def row(self, row: Row) -> HandoutRow:
        cells = (self.cell(row, option) for option in self.options)
        return HandoutRow(row.id, self.words.rows[row.id].question, tuple(cells))

    def cell(self, row: Row, option: Option) -> HandoutCell:
        cell = self.release.grid.cell(row.id, option.id, self.words.voice)
        return HandoutCell(
            option=option.id,
            face=self.text(self.words.cell(row.id, option.id).face),
            state=cell.state,
            basis=cell.basis,
            reason=cell.reason,
            strength=cell.strength,
            sources=self.source_numbers(cell),
        )

    def source_numbers(self, cell: Cell) -> tuple[int, ...]:
        named = [*cell.sources, *(self.release.figures[name].source for name in cell.figures)]
        return tuple(sorted({self.numbers[name] for name in named}))

    def figure_blocks(self) -> Iterator[FigureBlock]:
        for cells in self.partners():
            names = dict.fromkeys(name for cell in cells for name in cell.figures)
            drawn = draw_together(self.release.figures[name] for name in names)
            yield FigureBlock(
                option=self.words.options[cells[0].option].name,
                questions=tuple(self.words.rows[cell.row].question for cell in cells),
                figures=drawn,
                sources=tuple(sorted({self.numbers[figure.source] for figure in drawn})),
            )

    def partners(self) -> Iterator[list[Cell]]:
        """The cells with figures; those of one option whose figures belong together as one."""
        left = [c for c in self.release.grid.cells if c.figures and self.words.voice in c.voices]
        while left:
            first = left.pop(0)
            wanted = {n for name in first.figures for n in self.release.figures[name].drawn_with}
            beside = [c for c in left if c.option == first.option and wanted & {*c.figures}]
            left = [c for c in left if c not in beside]
            yield [first, *beside]

    def source_lines(self) -> Iterator[SourceLine]:
        for name, number in self.numbers.items():
            source = self.release.sources[name]
            yield SourceLine(number, source.title, source.identifier)


def _named(release: GridRelease) -> tuple[str, ...]:
    """Every source in order of first use: the numbers that the screen gives them too."""
    of_figures = (release.figures[name].source for name in release.grid.used_figures())
    return tuple(dict.fromkeys([*release.grid.used_sources(), *of_figures]))
