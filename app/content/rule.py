"""The table of rules and what a rule may lean on.

A rule is a small function from a draft to findings, registered under one id. The ids are
those of the decision-aid standards (IP, EC, EP, RC, PL) or plain names for our own rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from app.content.finding import Finding
from app.content.grid import Cell, Figure, Option, Row
from app.content.parse import Draft
from app.content.passages import Passage
from app.content.wording import VoiceWords

Check = Callable[[Draft], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the gate; `asks` is what it holds a grid to, in one sentence."""

    id: str
    asks: str
    check: Check


RULES: Final[dict[str, Rule]] = {}


def rule(rule_id: str) -> Callable[[Check], Check]:
    """Register a check under its id; its docstring says what the rule asks."""

    def register(check: Check) -> Check:
        if rule_id in RULES:
            raise ValueError(f"two rules are called {rule_id}")
        RULES[rule_id] = Rule(rule_id, (check.__doc__ or "").strip().splitlines()[0], check)
        return check

    return register


def at_grid(draft: Draft, rule_id: str, what_to_do: str, *path: str | int) -> Finding:
    """A finding in grid.yaml."""
    return Finding(draft.grid_file, draft.line(draft.grid_file, *path), rule_id, what_to_do)


def at_words(
    draft: Draft, words: VoiceWords, rule_id: str, what_to_do: str, *path: str | int
) -> Finding:
    """A finding in the file of a voice."""
    file = draft.voice_file(words)
    return Finding(file, draft.line(file, *path), rule_id, what_to_do)


def at_passage(draft: Draft, passage: Passage, rule_id: str, what_to_do: str) -> Finding:
    """A finding at a text."""
    return at_words(draft, passage.words, rule_id, what_to_do, *passage.path)


def cells_of(draft: Draft) -> Iterator[tuple[int, Cell, Row, Option]]:
    """Every cell with its place in the file, its row and its option."""
    rows = {row.id: row for row in draft.grid.rows}
    options = {option.id: option for option in draft.grid.options}
    for place, cell in enumerate(draft.grid.cells):
        yield place, cell, rows[cell.row], options[cell.option]


def figures_of(draft: Draft, cell: Cell) -> list[Figure]:
    """The figures that a cell draws."""
    return [draft.evidence.figures[name] for name in cell.figures]
