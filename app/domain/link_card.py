"""A card that a family may keep, so that a later visit can be seen to be theirs.

Its code is random and says nothing: never made from a birth date, a name or a number of the
service (rules of the room 2.6). Not having one is normal.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from app.domain.capture import CROCKFORD

#: 60 random bits. Two of them are in a million cards with a chance of one in two million.
CODE_LETTERS: Final = 12
GROUP: Final = 4
_HEARD_AS: Final = str.maketrans(
    {"I": "1", "L": "1", "O": "0", " ": None, "-": None, "\u2013": None}
)


class VoidedCard(StrEnum):
    """Why a card stopped working. A closed list: no sentence about a family."""

    LOST = "lost"
    NOT_WANTED = "not_wanted"
    MISPRINTED = "misprinted"
    WRONG_FAMILY = "wrong_family"


#: After these reasons the visits that were joined by the card are joined no more.
UNJOINS: Final = frozenset({VoidedCard.NOT_WANTED, VoidedCard.WRONG_FAMILY})


def new_card_code(number: int) -> str:
    """Write 60 random bits as a code. Raises ValueError for a number that does not fit."""
    if not 0 <= number < 1 << 5 * CODE_LETTERS:
        raise ValueError("a card's code is made of 60 bits")
    return "".join(CROCKFORD[number >> 5 * at & 31] for at in range(CODE_LETTERS - 1, -1, -1))


def in_groups(code: str) -> str:
    """Return a code as a person reads it: three groups of four."""
    return "-".join(code[at : at + GROUP] for at in range(0, CODE_LETTERS, GROUP))


def read_card_code(typed: str) -> str | None:
    """Return the code that somebody typed or scanned, None where it cannot be one."""
    code = typed.strip().upper().translate(_HEARD_AS)
    fits = len(code) == CODE_LETTERS and all(sign in CROCKFORD for sign in code)
    return code if fits else None
