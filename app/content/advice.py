"""Advice on single texts: what a writer may look at again. It blocks nothing.

A reading age per cell is noise, so cells are only looked through for long sentences, long
words that no glossary explains, and glossary terms that nobody meets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from app.content.finding import Finding
from app.content.parse import ENGLISH, Draft
from app.content.passages import Passage, by_voice
from app.content.reading_age import spoken, syllables, words_of
from app.content.rule import at_passage, at_words
from app.content.wording import VoiceWords

LONGEST_SENTENCE: Final = 15
MOST_SYLLABLES: Final = 3


def advise(draft: Draft) -> tuple[Finding, ...]:
    """Everything worth a second look in the English voices, by file and line."""
    found: set[Finding] = set()
    for words, texts in by_voice(draft):
        if words.language == ENGLISH:
            known = _explained(words)
            for passage, _ in texts:
                if passage.in_cell():
                    found.update(_about(draft, passage, known))
            found.update(_unmet(draft, words, [passage for passage, _ in texts]))
    return tuple(sorted(found))


def _about(draft: Draft, passage: Passage, known: frozenset[str]) -> Iterator[Finding]:
    sentences = spoken(passage.filled)
    said = {word.lower() for sentence in sentences for word in sentence}
    for word in sorted({word for word in said - known if _is_hard(word)}):
        yield at_passage(
            draft, passage, "ADVICE-WORD", f"'{word}': a shorter word, or a glossary entry"
        )
    for sentence in sentences:
        if len(sentence) > LONGEST_SENTENCE:
            start = " ".join(sentence[:4])
            text = f"{len(sentence)} words in '{start} ...': try two sentences"
            yield at_passage(draft, passage, "ADVICE-SENTENCE", text)


@lru_cache(maxsize=20_000)
def _is_hard(word: str) -> bool:
    return syllables(word) > MOST_SYLLABLES


def _explained(words: VoiceWords) -> frozenset[str]:
    named = [gloss.term for gloss in words.glossary.values()]
    named += [option.name for option in words.options.values()]
    return frozenset(word.lower() for name in named for word in words_of(name))


def _unmet(draft: Draft, words: VoiceWords, texts: list[Passage]) -> Iterator[Finding]:
    everything = " ".join(p.text for p in texts if p.kind != "gloss").casefold()
    for key, gloss in words.glossary.items():
        if not _begins_a_word(gloss.term.casefold().removesuffix("s"), everything):
            text = f"no text says '{gloss.term}': remove it from the glossary or use it"
            yield at_words(draft, words, "ADVICE-TERM", text, "glossary", key)


def _begins_a_word(term: str, text: str) -> bool:
    # A search for a word boundary tries every sign of the text; finding the term first does not.
    at_boundary = re.compile(rf"\b{re.escape(term)}")
    at = text.find(term)
    while at >= 0:
        if at_boundary.match(text, at):
            return True
        at = text.find(term, at + 1)
    return False
