"""Rules on other languages: nothing stale and nothing still in English goes out unseen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from app.content.finding import Finding
from app.content.parse import ENGLISH, Draft
from app.content.passages import Passage, passages
from app.content.reading_age import words_of
from app.content.rule import at_passage, at_words, rule
from app.content.translation import wording_hash

# Shorter texts may be the same in two languages: "CBT", "Kooth".
_FEWEST_WORDS: Final = 4


@rule("STALE")
def is_made_from_the_english_of_today(draft: Draft) -> Iterator[Finding]:
    """A translation names the English that it was made from, and that English has not changed."""
    voices = draft.voices.values()
    hashes = {words.voice: wording_hash(words) for words in voices if words.language == ENGLISH}
    for words in voices:
        today = hashes.get(words.voice)
        if words.language != ENGLISH and today and words.made_from != today:
            text = f"stale: the English changed; mend the words, then write made_from: '{today}'"
            yield at_words(draft, words, "STALE", text, "made_from")


@rule("UNTRANSLATED")
def is_in_its_language(draft: Draft) -> Iterator[Finding]:
    """No text of another language is still the English one."""
    english = {(p.words.voice, p.path): p.text for p in passages(draft) if _is_english(p)}
    for passage in passages(draft):
        same = english.get((passage.words.voice, passage.path)) == passage.text
        if same and not _is_english(passage) and len(words_of(passage.text)) >= _FEWEST_WORDS:
            text = f"still in English: translate it into '{passage.words.language}'"
            yield at_passage(draft, passage, "UNTRANSLATED", text)


def _is_english(passage: Passage) -> bool:
    return passage.words.language == ENGLISH
