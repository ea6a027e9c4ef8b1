"""A comparison sheet without a grid: the same rows, columns for a family's own choices.

For the difficulties that no grid is about (rules of the room 1.16). What staff type as the head
of a column is printed and forgotten: this page lives for one request.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Final, Literal

from app.content.core_rows import CoreRow, core_rows
from app.rendering.page import Page

FEWEST_COLUMNS: Final = 2
MOST_COLUMNS: Final = 4
LONGEST_HEAD: Final = 60


@dataclass(frozen=True)
class BlankSheet(Page):
    """The sheet; an empty head is a line to write on."""

    template: ClassVar[str] = "documents/blank_sheet.html"
    kind: ClassVar[Literal["handout"]] = "handout"
    heads: tuple[str, ...]
    rows: tuple[CoreRow, ...]
    made_on: date


def build(heads: tuple[str, ...], *, voice: str, made_on: date) -> BlankSheet:
    """Return the sheet of 2 to 4 heads, each of 60 letters or fewer. Raises ValueError."""
    if not FEWEST_COLUMNS <= len(heads) <= MOST_COLUMNS:
        raise ValueError("columns")
    return BlankSheet(heads, core_rows(voice), made_on)
