"""One line that somebody typed, without signs that nobody can see."""

from __future__ import annotations

import unicodedata
from typing import Final

#: Half of many emoji, and of words in Farsi, Sinhala or Bengali: they join, or keep apart.
JOINERS: Final = "\u200c\u200d"
# Not "Cn": letters and emoji that are younger than the table at hand are in it.
UNSEEN: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp", "Zs"})


def one_line(typed: str) -> str:
    """Return words with single spaces, without controls, marks of direction and private signs."""
    return " ".join("".join(" " if _is_unseen(sign) else sign for sign in typed).split())


def _is_unseen(sign: str) -> bool:
    return unicodedata.category(sign) in UNSEEN and sign not in JOINERS
