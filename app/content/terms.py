"""Word lists: patterns that texts may not hold, by rule id, from two data files.

`terms.yaml` is for every grid. `unsafe_terms.yaml` is what safe messaging forbids; it is kept
apart because it names what no page may name (SM-W1). In it, a key such as `SM-W1 sensitive`
is for grids that are marked sensitive only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import yaml

LISTS: Final = ("terms.yaml", "unsafe_terms.yaml")
SENSITIVE: Final = " sensitive"
_ESCAPED: Final = 2
_ATOM: Final = re.compile(
    r"(?P<escape>\\.)|(?P<group>\()|(?P<class>\[\^?\]?[^\]]*\])|(?P<other>[\s\S])"
)
_QUANTIFIER: Final = re.compile(r"[?*+]\??|\{[\d,]+\}\??")


@dataclass(frozen=True, slots=True)
class Term:
    """One alternative of a listed pattern, and what to do instead.

    `needles` are sets of literals; every match holds one of each set.
    """

    pattern: re.Pattern[str]
    advice: str
    needles: tuple[tuple[str, ...], ...]

    def tell(self, found: re.Match[str]) -> str:
        """What was said, and what to do about it."""
        return f"'{found.group().strip()}': {self.advice}"

    def may_be_in(self, lowered: str) -> bool:
        """Whether a lower-case text can hold a match at all; much faster than matching."""
        return all(any(literal in lowered for literal in held) for held in self.needles)


@cache
def terms() -> dict[str, tuple[Term, ...]]:
    """The terms of both lists by key; each alternative of a pattern is a term of its own."""
    found: dict[str, tuple[Term, ...]] = {}
    for name in LISTS:
        raw = Path(__file__).with_name(name).read_text(encoding="utf-8")
        listed: dict[str, list[tuple[str, str]]] = yaml.load(raw, Loader=yaml.CSafeLoader)
        for key, entries in listed.items():
            found[key] = tuple(
                term for pattern, advice in entries for term in _terms(pattern, advice)
            )
    return found


def _terms(pattern: str, advice: str) -> Iterator[Term]:
    # ASCII: the lists are English, and case then means A to Z alone, as `needles` assumes.
    flags = re.IGNORECASE | re.MULTILINE | re.ASCII
    for branch in branches(pattern):
        yield Term(re.compile(branch, flags), advice, needles(branch))


def in_terms(key: str, text: str) -> Iterator[str]:
    """What to do about each listed word that a text says."""
    lowered = text.lower()
    for term in terms().get(key, ()):
        found = term.pattern.search(text) if term.may_be_in(lowered) else None
        if found:
            yield term.tell(found)


def branches(pattern: str) -> list[str]:
    """The alternatives of a pattern, as written."""
    parts, depth, at, start = [], 0, 0, 0
    while at < len(pattern):
        atom = _ATOM.match(pattern, at)
        word = atom.group() if atom else pattern[at]
        depth += {"(": 1, ")": -1}.get(word, 0)
        if word == "|" and depth == 0:
            parts.append(pattern[start:at])
            start = at + 1
        at += len(word)
    return [*parts, pattern[start:]]


def needles(branch: str) -> tuple[tuple[str, ...], ...]:
    """Sets of lower-case literals: every match of a branch holds one of each set."""
    held: list[tuple[str, ...]] = []
    run = ""
    for word, optional in _atoms(branch):
        literal = _literal(word)
        if literal and not optional:
            run += literal
            continue
        held.append((run,))
        run = ""
        inside = _inside(word)
        if inside is not None and not optional:
            held.append(_longest_of_each(inside))
    held.append((run,))
    return tuple(dict.fromkeys(entry for entry in held if all(entry)))


def _longest_of_each(inside: str) -> tuple[str, ...]:
    """One literal for each alternative of a group; an empty one where none can be told."""
    alternatives = (needles(branch) for branch in branches(inside))
    singles = ([entry[0] for entry in held if len(entry) == 1] for held in alternatives)
    return tuple(max(literals, key=len, default="") for literals in singles)


def _literal(word: str) -> str:
    """The one sign that an atom stands for, in lower case; nothing where it may be several."""
    if len(word) == _ESCAPED and word[0] == "\\" and not word[1].isalnum():
        return word[1]
    return word.lower() if len(word) == 1 and word not in ".^$|" else ""


def _atoms(branch: str) -> Iterator[tuple[str, bool]]:
    """Each atom of a branch, and whether it may be absent."""
    at = 0
    while at < len(branch):
        end = _end_of_group(branch, at) if branch[at] == "(" else 0
        atom = _ATOM.match(branch, at)
        word = branch[at:end] if end else (atom.group() if atom else branch[at])
        at += len(word)
        counted = _QUANTIFIER.match(branch, at)
        at += len(counted.group()) if counted else 0
        yield word, bool(counted and counted.group()[0] in "?*{")
        if counted and counted.group()[0] == "+":
            yield "", True  # the repeats end a run of literals


def _end_of_group(branch: str, start: int) -> int:
    depth, at = 0, start
    while at < len(branch):
        atom = _ATOM.match(branch, at)
        word = atom.group() if atom else branch[at]
        depth += {"(": 1, ")": -1}.get(word, 0)
        at += len(word)
        if depth == 0:
            return at
    return len(branch)


def _inside(word: str) -> str | None:
    """What a group holds; None for anything else and for looks ahead and behind."""
    if not word.startswith("(") or word.startswith(("(?=", "(?!", "(?<")):
        return None
    return word[1:-1].removeprefix("?:")
