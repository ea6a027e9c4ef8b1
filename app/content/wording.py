"""The words of a grid in one voice and language, and how they become safe markup.

Words are Markdown of the smallest kind: paragraphs, lists, **strong** and *emphasis*.
HTML is never read as HTML, links and pictures are not known. This module is the only
place where content becomes markup and where figure placeholders become numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from markdown_it import MarkdownIt

from app.content.grid import Figure, ReadOnly

PLACEHOLDER: Final = re.compile(r"\{\{\s*([a-z0-9][a-z0-9.-]*)\.([a-z_]+)\s*\}\}")
LOOSE_BRACES: Final = re.compile(r"\{\{|\}\}")


class UnknownFigureInWords(KeyError):
    """Words name a figure, or a part of it, that is not there."""


@dataclass(frozen=True, slots=True)
class BandWords:
    """Title (plain) and body (Markdown) of a band."""

    title: str
    body: str


@dataclass(frozen=True, slots=True)
class OptionWords:
    """The head of a column; all plain text but `not_for` and `medicine_note` (Markdown)."""

    name: str
    short: str
    usually_for: str
    not_for: str | None
    medicine_note: str | None


@dataclass(frozen=True, slots=True)
class RowWords:
    """The question of a row and a prompt for the talk; plain text."""

    question: str
    ask: str


@dataclass(frozen=True, slots=True)
class CellWords:
    """`face` is one plain paragraph, `more` is Markdown and may be empty."""

    face: str
    more: str


@dataclass(frozen=True, slots=True)
class Glossed:
    """A term as families meet it, and what it means; plain text."""

    term: str
    means: str


@dataclass(frozen=True, slots=True)
class VoiceWords:
    """All words of one voice in one language; `cells` by row id, then by option id.

    `print_title` is what a tab, a file and a paper are called where the title would tell too
    much. `made_from` is the hash of the English words that a translation was made from.
    """

    grid: str
    voice: str
    language: str
    title: str
    decision: str
    problem: str
    about: ReadOnly[str, str]
    bands: ReadOnly[str, BandWords]
    options: ReadOnly[str, OptionWords]
    rows: ReadOnly[str, RowWords]
    cells: ReadOnly[str, ReadOnly[str, CellWords]]
    glossary: ReadOnly[str, Glossed]
    print_title: str | None = None
    made_from: str | None = None

    def cell(self, row_id: str, option_id: str) -> CellWords:
        """The words of a cell. Raises KeyError."""
        return self.cells[row_id][option_id]


def placeholders(words: str) -> Iterator[tuple[str, str]]:
    """Every (figure id, part) that words name."""
    for found in PLACEHOLDER.finditer(words):
        yield found.group(1), found.group(2)


def fill(words: str, figures: Mapping[str, Figure]) -> str:
    """Words with their numbers in place. Raises UnknownFigureInWords."""

    def number(found: re.Match[str]) -> str:
        figure_id, part = found.group(1), found.group(2)
        try:
            return str(figures[figure_id].parts()[part])
        except KeyError as missing:
            raise UnknownFigureInWords(f"{figure_id}.{part}") from missing

    return PLACEHOLDER.sub(number, words)


@cache
def _markdown() -> MarkdownIt:
    # "zero" knows paragraphs only; HTML, links, pictures, code and entities stay unknown,
    # so whatever looks like them is shown as the text it is.
    return MarkdownIt("zero").enable(["list", "emphasis", "escape"])


def to_html(words: str, figures: Mapping[str, Figure]) -> str:
    """Markdown as safe HTML of p, ul, ol, li, strong and em. Raises UnknownFigureInWords."""
    return str(_markdown().render(fill(words, figures)))


def to_inline(words: str, figures: Mapping[str, Figure]) -> str:
    """One paragraph as safe HTML without the paragraph around it. Raises UnknownFigureInWords."""
    return str(_markdown().renderInline(fill(words, figures)))


def to_text(words: str, figures: Mapping[str, Figure]) -> str:
    """Words without markup, for counting, reading aloud and plain text."""
    return " ".join(
        re.sub(r"[*\\]|^\s*(?:[-+]|\d+\.)\s", "", fill(words, figures), flags=re.M).split()
    )
