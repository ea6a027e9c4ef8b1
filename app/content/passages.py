"""Every text of a draft with its place, gathered once and searched fast."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from types import MappingProxyType
from typing import Final, Literal

from app.content.grid import Cell
from app.content.parse import ENGLISH, Draft
from app.content.reading_age import count_words
from app.content.terms import Term, terms
from app.content.wording import PLACEHOLDER, VoiceWords, fill

Kind = Literal["face", "more", "band", "option", "row", "gloss", "head", "about"]
_PARTS: Final[tuple[tuple[Kind, str, tuple[str, ...]], ...]] = (
    ("band", "bands", ("title", "body")),
    ("option", "options", ("name", "short", "usually_for", "not_for", "medicine_note")),
    ("row", "rows", ("question", "ask")),
    ("gloss", "glossary", ("means",)),
)
# Between two texts: no literal of a word list reaches across it.
_BETWEEN: Final = "\n\x00\n"
# Drafts are read one after another; the rules of one draft share what was gathered.
_KEPT: Final = 2


@dataclass(frozen=True, slots=True)
class Passage:
    """One text of a voice with its place. `filled` has its numbers in place."""

    words: VoiceWords
    kind: Kind
    path: tuple[str | int, ...]
    text: str
    filled: str

    def in_cell(self) -> bool:
        """Whether the text belongs to a cell."""
        return self.kind in ("face", "more")

    def without_figures(self) -> str:
        """The text with its placeholders taken out."""
        return PLACEHOLDER.sub(" ", self.text) if "{{" in self.text else self.text


@lru_cache(maxsize=_KEPT)
def passages(draft: Draft) -> tuple[Passage, ...]:
    """Every text of every voice."""
    return tuple(
        Passage(words, kind, path, text, _filled(draft, text))
        for words in draft.voices.values()
        for kind, path, text in _texts(words)
        if text
    )


def _filled(draft: Draft, text: str) -> str:
    if "{{" not in text:
        return text
    try:
        return fill(text, draft.evidence.figures)
    except KeyError:
        return text


def _texts(words: VoiceWords) -> Iterator[tuple[Kind, tuple[str | int, ...], str]]:
    for key in ("title", "print_title", "decision", "problem"):
        yield "head", (key,), getattr(words, key) or ""
    for key, text in words.about.items():
        yield "about", ("about", key), text
    for kind, part, keys in _PARTS:
        for name, entry in getattr(words, part).items():
            for key in keys:
                yield kind, (part, name, key), getattr(entry, key) or ""
    for row_id, cells in words.cells.items():
        for option_id, cell in cells.items():
            yield "face", ("cells", row_id, option_id, "face"), cell.face
            yield "more", ("cells", row_id, option_id, "more"), cell.more


@lru_cache(maxsize=_KEPT)
def word_counts(draft: Draft) -> tuple[int, ...]:
    """How many words each passage has, in the order of `passages`."""
    return tuple(count_words(passage.filled) for passage in passages(draft))


@lru_cache(maxsize=_KEPT)
def by_voice(draft: Draft) -> tuple[tuple[VoiceWords, tuple[tuple[Passage, int], ...]], ...]:
    """The passages of each voice with their numbers of words."""
    counted = tuple(zip(passages(draft), word_counts(draft), strict=True))
    return tuple(
        (words, tuple(entry for entry in counted if entry[0].words is words))
        for words in draft.voices.values()
    )


@dataclass(frozen=True, slots=True)
class _Spoken:
    """Passages, each in lower case, and all of those as one text in which each has its start."""

    passages: tuple[Passage, ...]
    lowered: tuple[str, ...]
    starts: tuple[int, ...]
    everything: str

    def that_may_hold(self, term: Term) -> Iterator[Passage]:
        """Passages that hold one literal of each set of needles, in their order."""
        if not term.needles:
            yield from self.passages
            return
        # The set with the longest literals is met least often; the others are asked only there.
        rarest = max(term.needles, key=_shortest)
        for place in sorted({at for literal in rarest for at in self._that_hold(literal)}):
            if term.may_be_in(self.lowered[place]):
                yield self.passages[place]

    def _that_hold(self, literal: str) -> Iterator[int]:
        at = self.everything.find(literal)
        while at >= 0:
            place = bisect_right(self.starts, at) - 1
            yield place
            following = place + 1
            if following == len(self.starts):
                return
            at = self.everything.find(literal, self.starts[following])


def _shortest(literals: tuple[str, ...]) -> int:
    return min(map(len, literals))


@lru_cache(maxsize=2 * _KEPT)
def _spoken(draft: Draft, any_language: bool) -> _Spoken:
    found = tuple(
        passage for passage in passages(draft) if any_language or passage.words.language == ENGLISH
    )
    lowered = tuple(passage.filled.lower() for passage in found)
    starts = accumulate((len(text) + len(_BETWEEN) for text in lowered[:-1]), initial=0)
    return _Spoken(found, lowered, tuple(starts), _BETWEEN.join(lowered))


def said(draft: Draft, key: str, *, any_language: bool = False) -> Iterator[tuple[Passage, str]]:
    """Every passage that says a listed word, with what to do about it.

    The lists are English; those that name signs rather than words go for any language.
    """
    spoken = _spoken(draft, any_language)
    for term in terms().get(key, ()):
        for passage in spoken.that_may_hold(term):
            found = term.pattern.search(passage.filled)
            if found:
                yield passage, term.tell(found)


@lru_cache(maxsize=_KEPT)
def _cells(draft: Draft) -> Mapping[tuple[str, str, str], Cell]:
    return MappingProxyType(
        {(c.row, c.option, voice): c for c in draft.grid.cells for voice in c.voices}
    )


def cell_at(draft: Draft, passage: Passage) -> Cell | None:
    """The cell whose words a passage is; None where words and structure differ."""
    if not passage.in_cell():
        return None
    _, row, option, _ = passage.path
    return _cells(draft).get((str(row), str(option), passage.words.voice))
