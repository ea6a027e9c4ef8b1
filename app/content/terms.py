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
_SHORTEST_NEEDLE: Final = 3
_ATOM: Final = re.compile(
    r"(?P<escape>\\.)|(?P<group>\()|(?P<class>\[\^?\]?[^\]]*\])|(?P<other>[\s\S])"
)
_QUANTIFIER: Final = re.compile(r"[?*+]\??|\{[\d,]+\}\??")


@dataclass(frozen=True, slots=True)
class Term:
    """A pattern, what to do instead, and literals one of which every match holds.

    `needles` is None where no such literals can be told; then the pattern is always tried.
    """

    pattern: re.Pattern[str]
    advice: str
    needles: tuple[str, ...] | None

    def may_be_in(self, lowered: str) -> bool:
        """Whether a lower-case text can hold a match at all; much faster than matching."""
        return self.needles is None or any(needle in lowered for needle in self.needles)


@cache
def terms() -> dict[str, tuple[Term, ...]]:
    """The terms of both lists by key."""
    found: dict[str, tuple[Term, ...]] = {}
    for name in LISTS:
        raw = Path(__file__).with_name(name).read_text(encoding="utf-8")
        listed: dict[str, list[tuple[str, str]]] = yaml.load(raw, Loader=yaml.CSafeLoader)
        for key, entries in listed.items():
            found[key] = tuple(_term(pattern, advice) for pattern, advice in entries)
    return found


def _term(pattern: str, advice: str) -> Term:
    # ASCII: the lists are English, and case then means A to Z alone, as `needles` assumes.
    flags = re.IGNORECASE | re.MULTILINE | re.ASCII
    return Term(re.compile(pattern, flags), advice, needles(pattern))


def in_terms(key: str, text: str) -> Iterator[str]:
    """What to do about each listed word that a text says."""
    lowered = text.lower()
    for term in terms().get(key, ()):
        found = term.pattern.search(text) if term.may_be_in(lowered) else None
        if found:
            yield f"'{found.group().strip()}': {term.advice}"


def needles(pattern: str) -> tuple[str, ...] | None:
    """Lower-case literals one of which every match of a pattern holds, or None."""
    found: list[str] = []
    for branch in _branches(pattern):
        held = _held_by(branch)
        if held is None:
            return None
        found += held
    return tuple(dict.fromkeys(found))


def _branches(pattern: str) -> list[str]:
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


def _held_by(branch: str) -> list[str] | None:
    """The best set of literals that a branch without alternatives at its top must hold."""
    candidates: list[list[str]] = []
    run = ""
    for word, optional in _atoms(branch):
        if len(word) == 1 and not optional and word not in ".^$|":
            run += word.lower()
            continue
        candidates.append([run])
        run = ""
        inside = _inside(word)
        if inside is not None and not optional:
            candidates.append(list(needles(inside) or [""]))
    candidates.append([run])
    best = max(candidates, key=lambda held: min(len(literal) for literal in held))
    return best if min(len(literal) for literal in best) >= _SHORTEST_NEEDLE else None


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
