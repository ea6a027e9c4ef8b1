"""The withdrawal code: four words by which a respondent can have their answers taken out later.

The words are nobody's name and no number in a list: they follow from the salt inside the sealed
set, so that only the page that made the set and the service that opened it can tell them. They
are 36 bits, enough to say aloud and too few to be sure of: two sets can have the same words, and
whoever looks sets up by them has to cope with that. Erasing the salt leaves nothing to derive them
from. Rules of the room 2.4.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from functools import cache
from importlib import resources
from typing import Final

WORDS_IN_CODE: Final = 4
BITS_OF_WORD: Final = 9
SALT_BYTES: Final = 16
_PURPOSE: Final = b"option-grids withdrawal 1"
_BITS: Final = WORDS_IN_CODE * BITS_OF_WORD
# Read aloud, written down with commas, numbered by hand: whatever is no letter divides.
_BETWEEN: Final = re.compile(r"[^a-z]+")
LONGEST_TYPED: Final = 200

_JAVASCRIPT: Final = """\
/**
 * The words of `app/domain/withdrawal_words.txt`, in their order. Not edited by hand: a test
 * compares this file with `withdrawal_code.as_javascript()`, which writes it.
 *
 * @module withdrawal-words
 */

export const WORDS = Object.freeze(
  (
    WORDS_HERE
  ).split(" "),
);
"""


@cache
def list_words() -> tuple[str, ...]:
    """Return the 512 words in their fixed order.

    Plain English nouns of our own choice. No two begin with the same four letters or are one
    letter apart, none sounds like another word, and none is about illness, harm, bodies or
    families. The list is never changed: codes that people took home are made of it.
    """
    text = resources.files("app.domain").joinpath("withdrawal_words.txt").read_text("utf-8")
    return tuple(text.split())


def words_of(salt: bytes) -> tuple[str, ...]:
    """Return the four words of the answer set with this salt, in the order to be said.

    ``salt`` are the 16 raw bytes of the envelope. Raises ValueError for any other length. The
    words are the first 36 bits, nine to a word, of SHA-256 over a fixed text and the salt.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError("a salt has 16 bytes")
    digest = hashlib.sha256(_PURPOSE + salt).digest()
    number = int.from_bytes(digest, "big") >> (len(digest) * 8 - _BITS)
    words, last = list_words(), 2**BITS_OF_WORD - 1
    shifts = range(_BITS - BITS_OF_WORD, -1, -BITS_OF_WORD)
    return tuple(words[(number >> shift) & last] for shift in shifts)


def read_words(typed: str) -> tuple[str, ...] | None:
    """Return the four words that somebody typed, or None where they are not four of the list.

    Capitals, commas, dots, numbers and line breaks do not matter; order does. A misspelt word is
    not guessed at: a guess might take out the answers of somebody else.
    """
    if len(typed) > LONGEST_TYPED:
        return None
    plain = unicodedata.normalize("NFKC", typed).casefold()
    words = tuple(word for word in _BETWEEN.split(plain) if word)
    known = set(list_words())
    if len(words) != WORDS_IN_CODE or not known.issuperset(words):
        return None
    return words


def as_javascript() -> str:
    """Return the text of ``static/js/withdrawal-words.js``: the same words for the device."""
    return _JAVASCRIPT.replace("WORDS_HERE", " +\n    ".join(_quoted_lines()))


def _quoted_lines() -> list[str]:
    lines, line = [], ""
    for word in list_words():
        if len(line) + len(word) > 80:
            lines.append(line)
            line = ""
        line += f"{word} "
    return [json.dumps(text) for text in (*lines, line.rstrip())]
