"""What a practitioner is called on a tablet: initials, and a number where two share them.

A tablet stands in a room with a family, so it holds no name of staff.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

MOST_LETTERS: Final = 3
_BETWEEN_WORDS: Final = re.compile(r"[\s\-.]+")


@dataclass(frozen=True, slots=True)
class Named:
    """An account by id and name."""

    id: str
    name: str


def initials(name: str) -> str:
    """Return the first letters of the first words of a name, at most three, in capitals."""
    words = [word for word in _BETWEEN_WORDS.split(name.strip()) if word[:1].isalnum()]
    return "".join(word[0] for word in words[:MOST_LETTERS]).upper() or name.strip()[:1].upper()


def marks_of(everybody: Iterable[Named], wanted: Iterable[str]) -> Mapping[str, str]:
    """Return the mark of each wanted id, no two alike.

    ``everybody`` are all accounts that ever were, in the order in which they were made: a number
    says which of those with the same initials somebody is, so that it stays theirs when another
    one leaves. It is left out where nobody wanted shares the initials.
    """
    numbers: dict[str, int] = {}
    letters: dict[str, str] = {}
    count: dict[str, int] = {}
    for each in everybody:
        letters[each.id] = initials(each.name)
        count[letters[each.id]] = numbers[each.id] = count.get(letters[each.id], 0) + 1
    chosen = [each for each in dict.fromkeys(wanted) if each in letters]
    taken = [letters[each] for each in chosen]
    alone = {each for each in chosen if taken.count(letters[each]) == 1}
    return {
        each: letters[each] if each in alone else f"{letters[each]} {numbers[each]}"
        for each in chosen
    }
