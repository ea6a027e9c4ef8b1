"""The two words by which a paper is fetched at the print desk.

The words are those of the withdrawal code: calm nouns, none of which sounds or looks like
another. Two of 512 are 18 bits: enough for fifteen minutes beside a wait that grows with every
wrong try, and few enough to say across a corridor.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Callable
from typing import Final

from app.domain.withdrawal_code import list_words

WORDS_IN_CODE: Final = 2
LONGEST_TYPED: Final = 100
_BETWEEN: Final = re.compile(r"[^a-z]+")


def draw_code(random_below: Callable[[int], int] = secrets.randbelow) -> str:
    """Return two different words with a space between them."""
    words = list_words()
    first = random_below(len(words))
    # A word said twice is taken for one.
    second = (first + 1 + random_below(len(words) - 1)) % len(words)
    return f"{words[first]} {words[second]}"


def read_code(typed: str) -> str | None:
    """Return what somebody typed as it was given out, or None where it is not two such words.

    Capitals, commas and line breaks do not matter; order does, and nothing is guessed at.
    """
    if len(typed) > LONGEST_TYPED:
        return None
    plain = unicodedata.normalize("NFKC", typed).casefold()
    words = [word for word in _BETWEEN.split(plain) if word]
    if len(words) != WORDS_IN_CODE or not set(list_words()).issuperset(words):
        return None
    return " ".join(words)
