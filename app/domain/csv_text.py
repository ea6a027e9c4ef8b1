"""CSV that no spreadsheet runs: RFC 4180 quoting, LF, and one written rule for formulas.

A text cell that begins with = + - @, a tab, a carriage return or one of the full-width forms of
the first four gets an apostrophe in front; so does one that begins with an apostrophe, so that
taking one away always gives the cell back. Whole numbers keep their minus sign: a missing code
must stay a number (OWASP ASVS 1.2.10 asks for an escape; this is the written exception).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from app.domain.column import map_column
from app.domain.dataset import Cell

GUARD: Final = "'"
GUARDED_STARTS: Final = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\uff1d",
    "\uff0b",
    "\uff0d",
    "\uff20",
    GUARD,
)
RULE: Final = (
    "Text cells that begin with = + - @ (also full-width), a tab, a carriage return or an "
    "apostrophe carry one apostrophe in front; take one away to read them. Numbers are plain."
)
_NEEDS_QUOTES: Final = frozenset(',"\r\n')


def guard(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return GUARD + text if text.startswith(GUARDED_STARTS) else text


def unguard(text: str) -> str:
    """Return what ``guard`` was given."""
    return text.removeprefix(GUARD)


def cell_text(cell: Cell) -> str:
    """Return a cell as it stands in a file, in quotes where it needs them.

    The standard library's writer leaves a lone carriage return bare when lines end in LF, and its
    reader then sees two lines.
    """
    if cell is None:
        return ""
    if not isinstance(cell, str):
        return str(cell)
    if cell.isalnum():  # most are; letters and digits need no look at the rules
        return cell
    text = guard(cell)
    quoted = not _NEEDS_QUOTES.isdisjoint(text)
    return '"' + text.replace('"', '""') + '"' if quoted else text


def cells_text(cells: Iterable[Cell]) -> str:
    """Return cells as they stand beside each other in a line."""
    return ",".join(map(cell_text, cells))


def columns_text(columns: Iterable[Sequence[Cell]]) -> list[Iterator[str]]:
    """Return columns of one length as texts; ``zip`` gives the cells of each line."""
    return [map_column(cell_text, column) for column in columns]


def csv_line(cells: Iterable[Cell]) -> str:
    """Return one line with its end."""
    return cells_text(cells) + "\n"


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """Yield the lines of a header and then of the rows."""
    yield csv_line(header)
    yield from map(csv_line, rows)
