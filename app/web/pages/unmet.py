"""The quarterly table of what families looked at and cannot have here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import ClassVar, Final

from app.domain.csv_text import csv_lines
from app.domain.unmet import Unmet, last_of
from app.rendering.page import Page
from app.web.pages.offered import GridCard

HEADER: Final = (
    "quarter_from", "grid", "grid_name", "option", "option_name", "noted_today",
    "weeks_noted_today", "appointments_rounded_to_5", "of_rounded_to_5",
)  # fmt: skip
REDACTED: Final = "redacted"


@dataclass(frozen=True)
class UnmetLine:
    """One line with the names of today's edition; an option that is in it no more has its id."""

    grid: str
    option: str
    line: Unmet


@dataclass(frozen=True)
class Quarter:
    """Three months, both days included, and its lines."""

    first: date
    last: date
    lines: tuple[UnmetLine, ...]


@dataclass(frozen=True)
class UnmetPage(Page):
    """Every quarter that is over, the newest first."""

    template: ClassVar[str] = "pages/research/unmet.html"
    quarters: tuple[Quarter, ...]

    @classmethod
    def of(cls, lines: Iterable[Unmet], cards: Iterable[GridCard]) -> UnmetPage:
        """Return the page; ``lines`` come by quarter."""
        grids, options = _names(cards)
        quarters = []
        for first, found in groupby(lines, key=lambda line: line.quarter):
            named = (
                UnmetLine(
                    grids.get(line.public_id, line.public_id),
                    options.get((line.public_id, line.option_id), line.option_id),
                    line,
                )
                for line in found
            )
            quarters.append(Quarter(first, last_of(first), tuple(named)))
        return cls(quarters=tuple(quarters))


def table_text(page: UnmetPage) -> str:
    """Return the page as CSV; None where too few are behind a count reads ``redacted``."""
    rows = (
        (
            quarter.first.isoformat(),
            entry.line.public_id,
            entry.grid,
            entry.line.option_id,
            entry.option,
            entry.line.missing.value,
            entry.line.weeks,
            REDACTED if entry.line.appointments is None else entry.line.appointments,
            REDACTED if entry.line.of is None else entry.line.of,
        )
        for quarter in page.quarters
        for entry in quarter.lines
    )
    return "".join(csv_lines(HEADER, rows))


def _names(cards: Iterable[GridCard]) -> tuple[Mapping[str, str], Mapping[tuple[str, str], str]]:
    grids: dict[str, str] = {}
    options: dict[tuple[str, str], str] = {}
    for card in cards:
        grids[card.public_id] = card.title
        options |= {(card.public_id, option.id): option.name for option in card.options}
    return grids, options
