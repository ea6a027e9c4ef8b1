"""What a comparison grid is: structure and numbers, no words for families.

`Grid` is the structure that all voices share; `Source` and `Figure` are the evidence.
Words are in `wording.VoiceWords`; `release.GridRelease` is one frozen, numbered, hashed
edition with every voice in it.
All classes are frozen; sequences are tuples and mappings are read-only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Annotated, Final, Literal, TypeVar

from pydantic import AfterValidator

Place = Literal["before", "beside", "after", "apart"]
Setting = Literal["inside-nhs", "outside-nhs"]
OptionKind = Literal["first_for_everyone", "choice", "alongside"]
CellState = Literal["filled", "unknown", "waiting"]
Basis = Literal[
    "trial",
    "review",
    "guideline",
    "guideline_as_reported",
    "expert_view",
    "lived_experience",
    "local_fact",
    "our_draft",
]
Reason = Literal[
    "not_studied",
    "not_measured",
    "mixed",
    "depends_on_person",
    "not_found_yet",
    "local",
    "clinician",
]
Strength = Literal["strong", "some", "weak", "mixed", "none"]
Severity = Literal["mild", "moderate", "severe"]
FigureKind = Literal["pair", "difference", "single"]
Mark = Literal["V1", "V2"]
OutcomeIs = Literal["wanted", "unwanted"]
Switch = Literal["personal-budgets"]
Owner = Literal["clinician", "lived-experience"]

VOICES: Final = ("young-person", "parent")
NEED_GROUPS: Final = ("thriving", "advice", "help", "more_help", "risk_support")
CORE_ROWS: Final = (
    "what",
    "like",
    "time",
    "when",
    "help",
    "hard",
    "ask",
    "who-knows",
    "get",
    "if-not",
    "sure",
)
ROWS_BEFORE: Final = ("listened",)
"""Extra rows that stand before the core rows."""
ROWS_AFTER: Final = ("me", "long", "diagnosis", "stop", "home", "us")
"""Extra rows that stand after the core rows, in this order."""
DROPPABLE_ROWS: Final = ("when",)
"""Core rows that a sensitive grid may leave out by naming them under `optional`."""
UNKNOWN_REASONS: Final = (
    "not_studied",
    "not_measured",
    "mixed",
    "depends_on_person",
    "not_found_yet",
)
WAITING_REASONS: Final = ("local", "clinician")

_K = TypeVar("_K")
_V = TypeVar("_V")


def _read_only(value: Mapping[_K, _V]) -> Mapping[_K, _V]:
    return MappingProxyType(dict(value))


def _only(found: Iterator[_V], name: str) -> _V:
    for item in found:
        return item
    raise KeyError(name)


ReadOnly = Annotated[Mapping[_K, _V], AfterValidator(_read_only)]
"""A mapping that cannot be changed, also after it was read back from a release."""


@dataclass(frozen=True, slots=True)
class AgeRange:
    """Ages in whole years, both ends included; `None` where a source does not say."""

    from_age: int | None
    to_age: int | None

    def overlaps(self, other: AgeRange) -> bool:
        """Whether anybody can be in both ranges; an open end excludes nobody."""
        lowest = max(self.from_age or 0, other.from_age or 0)
        highest = min(
            200 if self.to_age is None else self.to_age,
            200 if other.to_age is None else other.to_age,
        )
        return lowest <= highest


@dataclass(frozen=True, slots=True)
class UsuallyFor:
    """Whom an option is usually for: ages and how hard things are (never empty)."""

    ages: AgeRange
    severity: tuple[Severity, ...]


@dataclass(frozen=True, slots=True)
class Review:
    """When a grid was made, is looked at again, and is no longer offered."""

    made_on: date
    review_on: date
    expires_on: date
    interval_months: int
    owner: str
    policy_key: str


@dataclass(frozen=True, slots=True)
class WordsTakenOver:
    """Who made the words of a grid their own, when, and which words: their `words_hash`.

    To take over is to have rewritten every text, or to stand behind it as it is (SM-F9).
    """

    by: tuple[Owner, ...]
    on: date
    words: str


@dataclass(frozen=True, slots=True)
class Band:
    """Text before, beside or after the columns, or apart from them; its words are in every voice.

    A band that is apart has a page of its own, without columns: for those whom this grid does not
    fit. `link` is the public id of another grid; `waiting` says why a part of it is still open.
    A band with a `switch` is shown only where the service has switched that on.
    """

    id: str
    place: Place
    kind: OptionKind
    sources: tuple[str, ...]
    link: str | None = None
    waiting: Reason | None = None
    switch: Switch | None = None


@dataclass(frozen=True, slots=True)
class Option:
    """One column. One with `no_change` has `review_within_days` or `review_by_agreement`."""

    id: str
    kind: OptionKind
    no_change: bool
    review_within_days: int | None
    usually_for: UsuallyFor
    medicine: bool
    review_by_agreement: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One question. `facet` is one of CORE_ROWS or "extra"; not every voice asks an extra row."""

    id: str
    facet: str
    voices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a row meets an option: what state it is in and what it rests on."""

    row: str
    option: str
    state: CellState
    basis: Basis
    sources: tuple[str, ...]
    reason: Reason | None
    strength: Strength | None
    figures: tuple[str, ...]
    voices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Arm:
    """A count of people out of `Figure.per`, with the published range where there is one."""

    n: int | None
    low: int | None
    high: int | None
    comparator: str | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """An outcome as counts of people.

    A `pair` has both arms with n; a `difference` has how many more in `with_arm` and only
    the comparator in `without_arm`; a `single` has no `without_arm`.
    """

    id: str
    kind: FigureKind
    option: str
    outcome: str
    outcome_is: OutcomeIs
    with_arm: Arm
    without_arm: Arm | None
    per: int
    time_span: str
    who: str
    ages: AgeRange
    severity: tuple[Severity, ...]
    certainty: str
    source: str
    mark: Mark
    option_forbidden: bool
    drawn_with: tuple[str, ...]
    note: str

    @property
    def comparator(self) -> str | None:
        """What the people without the option had."""
        return self.without_arm.comparator if self.without_arm else None

    @property
    def difference(self) -> int | None:
        """With minus without, in people out of `per`: computed, never typed (RC-7)."""
        if self.kind == "difference":
            return self.with_arm.n
        if self.without_arm is None or self.without_arm.n is None or self.with_arm.n is None:
            return None
        return self.with_arm.n - self.without_arm.n

    def parts(self) -> Mapping[str, int]:
        """The numbers that words may name as `{{id.part}}`; absent where not measured."""
        with_n = self.with_arm.n if self.kind != "difference" else None
        without_n = self.without_arm.n if self.without_arm else None
        difference = self.difference
        found: dict[str, int | None] = {
            "with": with_n,
            "without": without_n,
            "per": self.per,
            "more": None if difference is None else abs(difference),
            "with_rest": None if with_n is None else self.per - with_n,
            "without_rest": None if without_n is None else self.per - without_n,
        }
        return {part: number for part, number in found.items() if number is not None}


@dataclass(frozen=True, slots=True)
class Source:
    """A publication or page. `year` is None where it is marked undated."""

    id: str
    title: str
    year: int | None
    identifier: str | None
    url: str | None
    also: tuple[str, ...]
    supports: str
    seen: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """All sources and figures on one topic, by id."""

    topic: str
    sources: ReadOnly[str, Source]
    figures: ReadOnly[str, Figure]


@dataclass(frozen=True, slots=True)
class Grid:
    """The structure of one grid; words are in `wording.VoiceWords`.

    `optional` names core rows that this grid may leave out. With `off_until_switched_on` a
    site has to switch the grid on before anybody meets it. `words_taken_over` is asked of
    sensitive grids only (see `ownership`).
    """

    slug: str
    public_id: str
    topic: str
    setting: Setting
    pair: str | None
    need_groups: tuple[str, ...]
    ages: AgeRange
    sensitive: bool
    review: Review
    funding: str
    interests: str
    authors: tuple[str, ...]
    bands: tuple[Band, ...]
    options: tuple[Option, ...]
    rows: tuple[Row, ...]
    cells: tuple[Cell, ...]
    glossary_terms: tuple[str, ...]
    optional: tuple[str, ...] = ()
    off_until_switched_on: bool = False
    words_taken_over: WordsTakenOver | None = None

    def option(self, option_id: str) -> Option:
        """The option of that id. Raises KeyError."""
        return _only((o for o in self.options if o.id == option_id), option_id)

    def row(self, row_id: str) -> Row:
        """The row of that id. Raises KeyError."""
        return _only((r for r in self.rows if r.id == row_id), row_id)

    def cell(self, row_id: str, option_id: str, voice: str) -> Cell:
        """The cell of that place in that voice. Raises KeyError."""
        wanted = (row_id, option_id)
        places = (c for c in self.cells if (c.row, c.option) == wanted and voice in c.voices)
        return _only(places, f"{row_id}/{option_id}/{voice}")

    def rows_for(self, voice: str) -> tuple[Row, ...]:
        """The rows that a voice asks, in the order of the grid."""
        return tuple(row for row in self.rows if voice in row.voices)

    def bands_at(self, place: Place) -> tuple[Band, ...]:
        """The bands of a place, in the order of the grid."""
        return tuple(band for band in self.bands if band.place == place)

    def used_sources(self) -> tuple[str, ...]:
        """Source ids of bands and cells, each once, in order of first use."""
        named = [s for band in self.bands for s in band.sources]
        named += [s for cell in self.cells for s in cell.sources]
        return tuple(dict.fromkeys(named))

    def used_figures(self) -> tuple[str, ...]:
        """Figure ids of cells, each once, in order of first use."""
        return tuple(dict.fromkeys(f for cell in self.cells for f in cell.figures))
