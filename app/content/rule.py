"""The table of rules and what a rule may lean on.

A rule is a small function from a draft to findings, registered under one id. The ids are
those of the decision-aid standards (IP, EC, EP, RC, PL) or plain names for our own rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

import yaml

from app.content.finding import Finding
from app.content.grid import Cell, Figure, Option, Row
from app.content.parse import Draft
from app.content.wording import PLACEHOLDER, VoiceWords

Kind = Literal["face", "more", "band", "option", "row", "gloss", "head", "about"]
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


@dataclass(frozen=True, slots=True)
class Passage:
    """One text of a voice with its place."""

    words: VoiceWords
    kind: Kind
    path: tuple[str | int, ...]
    text: str

    def in_cell(self) -> bool:
        """Whether the text belongs to a cell."""
        return self.kind in ("face", "more")

    def without_figures(self) -> str:
        """The text with its placeholders taken out."""
        return PLACEHOLDER.sub(" ", self.text)


def passages(draft: Draft) -> Iterator[Passage]:
    """Every text of every voice."""
    for words in draft.voices.values():
        yield from _voice_passages(words)


def _voice_passages(words: VoiceWords) -> Iterator[Passage]:
    for key in ("title", "decision", "problem"):
        yield Passage(words, "head", (key,), getattr(words, key))
    for key, text in words.about.items():
        yield Passage(words, "about", ("about", key), text)
    parts: tuple[tuple[Kind, str, tuple[str, ...]], ...] = (
        ("band", "bands", ("title", "body")),
        ("option", "options", ("name", "short", "usually_for", "not_for", "medicine_note")),
        ("row", "rows", ("question", "ask")),
        ("gloss", "glossary", ("means",)),
    )
    for kind, part, keys in parts:
        for name, entry in getattr(words, part).items():
            for key in keys:
                yield Passage(words, kind, (part, name, key), getattr(entry, key) or "")
    for row_id, cells in words.cells.items():
        for option_id, cell in cells.items():
            yield Passage(words, "face", ("cells", row_id, option_id, "face"), cell.face)
            yield Passage(words, "more", ("cells", row_id, option_id, "more"), cell.more)


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


def cell_at(draft: Draft, passage: Passage) -> Cell | None:
    """The cell whose words a passage is; None where words and structure differ."""
    try:
        _, row, option, _ = passage.path
        return draft.grid.cell(str(row), str(option), passage.words.voice)
    except (KeyError, ValueError):
        return None


@cache
def terms() -> dict[str, list[tuple[re.Pattern[str], str]]]:
    """The word lists of `terms.yaml`, by rule id."""
    raw = Path(__file__).with_name("terms.yaml").read_text(encoding="utf-8")
    listed: dict[str, list[tuple[str, str]]] = yaml.load(raw, Loader=yaml.CSafeLoader)
    flags = re.IGNORECASE | re.MULTILINE
    return {
        rule_id: [(re.compile(pattern, flags), advice) for pattern, advice in entries]
        for rule_id, entries in listed.items()
    }


def in_terms(rule_id: str, text: str) -> Iterator[str]:
    """What to do about each listed word of a rule that a text says."""
    for pattern, advice in terms()[rule_id]:
        found = pattern.search(text)
        if found:
            yield f"'{found.group().strip()}': {advice}"
