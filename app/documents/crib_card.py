"""The crib card: how to open each row of a grid and how to check back, on one page for staff."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Final, Literal

from app.content.core_rows import core_rows
from app.content.practitioner_prompts import Prompt, Prompts
from app.content.release import GridRelease
from app.rendering.page import Page

#: From the most generous type to the smallest that a card may have.
SIZES: Final = ("roomy", "snug")
VOICE: Final = "young-person"
#: States of a cell that a practitioner will be asked about.
GAPS: Final = ("unknown", "waiting")


@dataclass(frozen=True, slots=True)
class Gap:
    """Picked options of one row that say less than the others: nobody knows, or not written yet."""

    kind: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PrepRow:
    """One row: what the family reads, how to open it, how to check back, where it says little."""

    question: str
    ask: str
    open: str
    check: str
    is_draft: bool
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class Prep:
    """Everything for the two minutes before a tablet is handed over."""

    title: str
    options: tuple[str, ...]
    begin: tuple[Prompt, ...]
    rows: tuple[PrepRow, ...]
    end: tuple[Prompt, ...]


@dataclass(frozen=True)
class CribCard(Page):
    """The card on paper. It names no person and no appointment."""

    template: ClassVar[str] = "documents/crib_card.html"
    kind: ClassVar[Literal["handout"]] = "handout"
    prep: Prep
    made_on: date
    size: str


def prepare(release: GridRelease | None, prompts: Prompts, *, picked: Collection[str] = ()) -> Prep:
    """Return the preparation for a grid and its picked options (all where none are), or for none.

    The order of rows and options is that of the grid. A sensitive grid adds its own prompts.
    """
    if release is None:
        rows = tuple(_row(prompts, row.facet, row.question, row.ask) for row in core_rows(VOICE))
        return Prep("", (), prompts.begin, rows, prompts.end)
    words = release.words(VOICE)
    options = [o.id for o in release.grid.options if not picked or o.id in picked]
    rows = tuple(
        _row(
            prompts,
            row.facet,
            words.rows[row.id].question,
            words.rows[row.id].ask,
            _gaps(release, row.id, options),
        )
        for row in release.grid.rows_for(VOICE)
    )
    begin = prompts.begin + (prompts.sensitive if release.grid.sensitive else ())
    names = tuple(words.options[option].name for option in options)
    return Prep(words.print_title or words.title, names, begin, rows, prompts.end)


def _row(
    prompts: Prompts, facet: str, question: str, ask: str, gaps: tuple[Gap, ...] = ()
) -> PrepRow:
    said = prompts.for_row(facet)
    return PrepRow(question, ask, said.open, said.check, said.basis == "our_draft", gaps)


def _gaps(release: GridRelease, row: str, options: Collection[str]) -> tuple[Gap, ...]:
    words = release.words(VOICE)
    states = {option: release.grid.cell(row, option, VOICE).state for option in options}
    found = (
        Gap(kind, tuple(words.options[o].short for o, state in states.items() if state == kind))
        for kind in GAPS
    )
    return tuple(gap for gap in found if gap.options)
