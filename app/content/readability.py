"""Reading ages of a draft, per row and per column of a voice.

A score of one cell is noise; rows and columns of 100 words or more are measured, and the
counts of a cell are taken once and added up both ways.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from app.content.parse import ENGLISH, Draft
from app.content.passages import Passage, by_voice
from app.content.reading_age import FEWEST_WORDS, Readability, measure, words_of
from app.content.wording import VoiceWords

Measured = tuple[VoiceWords, str, str, Readability]
_NOTHING: Final = Readability(0, 0, 0, 0)
_KEPT: Final = 2


def readability(draft: Draft) -> Iterator[Measured]:
    """(voice, "rows" or "options", id, counts) for each row and column of 100 words or more."""
    yield from _measured(draft)


@lru_cache(maxsize=_KEPT)
def _measured(draft: Draft) -> tuple[Measured, ...]:
    # The formulas are made for English; other languages are not measured.
    english = [entry for entry in by_voice(draft) if entry[0].language == ENGLISH]
    return tuple(entry for words, texts in english for entry in _of_voice(words, texts))


def _of_voice(words: VoiceWords, texts: Iterable[tuple[Passage, int]]) -> Iterator[Measured]:
    familiar = _familiar(words)
    rows: dict[str, Readability] = {}
    columns: dict[str, Readability] = {}
    for passage, _ in texts:
        if passage.in_cell():
            _, row, option, *_ = (str(step) for step in passage.path)
            counts = measure(passage.filled, familiar)
            rows[row] = rows.get(row, _NOTHING) + counts
            columns[option] = columns.get(option, _NOTHING) + counts
    for part, counted in (("rows", rows), ("options", columns)):
        for name, counts in counted.items():
            if counts.words >= FEWEST_WORDS:
                yield words, part, name, counts


def _familiar(words: VoiceWords) -> frozenset[str]:
    named = [gloss.term for gloss in words.glossary.values()]
    named += [option.name for option in words.options.values()]
    named += [option.short for option in words.options.values()]
    named += [words.title]
    return frozenset(word.lower() for name in named for word in words_of(name))
