"""The words of a line, kept beside its glyphs where glyphs alone would tell other words.

The engine says once for each glyph which letters it stands for. Bengali, Hindi, Burmese and their
kin draw one letter by several glyphs, before or after the one that it follows, so whoever copies
a page, searches it or has it read aloud got letters doubled, lost and moved. PDF has a remedy:
`ActualText` beside what is drawn (ISO 32000-1, 14.9.4). Lines that run from right to left go
without: in Arabic and Hebrew one glyph is one letter, and programs turn such a line themselves,
so that words in their order would come out backwards.
"""

from __future__ import annotations

import unicodedata
from typing import Any, Final

import pydyf
from weasyprint.draw import text as drawing

JOINERS: Final = "\u200c\u200d"
RIGHT_TO_LEFT: Final = ("R", "AL")
_draw_line = drawing.draw_first_line


def keep_words() -> None:
    """Have the engine of this process say the words of such lines. Doing it twice changes nothing.

    It is one function of the engine that is wrapped: there is no hook for it.
    """
    drawing.draw_first_line = _draw_with_words


def needs_words(text: str) -> bool:
    """Return whether a line has marks that join letters, and no letter from right to left."""
    if text.isascii() or not any(_joins(character) for character in text):
        return False
    return not any(unicodedata.bidirectional(each) in RIGHT_TO_LEFT for each in text)


def _joins(character: str) -> bool:
    return character in JOINERS or unicodedata.category(character)[0] == "M"


def _draw_with_words(stream: Any, line: Any, *how: Any) -> Any:
    """Draw one line, inside a span that says its words where it needs them."""
    if not needs_words(line.text):
        return _draw_line(stream, line, *how)
    words = pydyf.Dictionary({"ActualText": pydyf.String(line.text)})
    stream.begin_marked_content("Span", words)
    try:
        return _draw_line(stream, line, *how)
    finally:
        stream.end_marked_content()
