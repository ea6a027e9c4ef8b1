"""A proof: a draft as it would be if it were released now, for looking at and nothing else.

It is never written, hashed or entered anywhere. Texts that are still to be written are drawn
as dots, so that a page can be looked at from the first hour on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Final, TypeVar

from app.content.grid import Grid
from app.content.parse import ENGLISH, Draft
from app.content.release import GridRelease
from app.content.skeleton import UNWRITTEN
from app.content.wording import BandWords, CellWords, OptionWords, RowWords, VoiceWords

NO_NUMBER: Final = 0
_T = TypeVar("_T")


def proof(draft: Draft, language: str, today: date) -> GridRelease:
    """The edition that this draft would be in a language; a voice that lacks it is in English.

    The voices stand under the key of English, where the page of a grid looks for them.
    """
    english = {voice: words for (voice, spoken), words in draft.voices.items() if spoken == ENGLISH}
    voices = {
        f"{voice}.{ENGLISH}": _whole(draft.grid, draft.voices.get((voice, language), words))
        for voice, words in english.items()
    }
    return GridRelease(
        format=1,
        slug=draft.grid.slug,
        public_id=draft.grid.public_id,
        number=NO_NUMBER,
        released_on=today,
        note="",
        grid=draft.grid,
        voices=MappingProxyType(voices),
        sources=draft.evidence.sources,
        figures=draft.evidence.figures,
        sha256="",
    )


def _whole(grid: Grid, words: VoiceWords) -> VoiceWords:
    """Words for everything that the structure names, dots where nobody wrote any."""
    options = [option.id for option in grid.options]
    rows = [row.id for row in grid.rows_for(words.voice)]
    heads = OptionWords(UNWRITTEN, UNWRITTEN, UNWRITTEN, None, None)
    unwritten = CellWords(UNWRITTEN, "")
    return replace(
        words,
        bands=_with(words.bands, (b.id for b in grid.bands), BandWords(UNWRITTEN, UNWRITTEN)),
        options=_with(words.options, options, heads),
        rows=_with(words.rows, rows, RowWords(UNWRITTEN, UNWRITTEN)),
        cells={row: _with(words.cells.get(row, {}), options, unwritten) for row in rows},
    )


def _with(written: Mapping[str, _T], wanted: Iterable[str], empty: _T) -> Mapping[str, _T]:
    return {**dict.fromkeys(wanted, empty), **written}
