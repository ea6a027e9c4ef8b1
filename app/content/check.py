"""The gate: whether a grid is fair, sourced, readable and safe enough to be released.

`check_grid(root, slug)` parses and, when the files are sound, runs every rule of
`rule.RULES`; `check_grids(root)` does so for all grids on every core. `Report.findings`
blocks a release; `Report.awaiting` names what only a person can give and blocks approval;
`Report.advice` blocks nothing.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Final

import app.content.rules_about
import app.content.rules_figures
import app.content.rules_safety
import app.content.rules_structure
import app.content.rules_translation
import app.content.rules_words  # noqa: F401  (importing a module registers its rules)
from app.content.advice import advise
from app.content.awaiting import awaiting_a_person
from app.content.balance import ColumnBalance, balance
from app.content.finding import Finding
from app.content.parse import Draft, list_slugs, parse_draft
from app.content.readability import readability
from app.content.reading_age import syllables
from app.content.rule import RULES
from app.content.terms import terms

# Starting a process costs about as much as checking this many grids.
_WORTH_A_POOL: Final = 8


@dataclass(frozen=True, slots=True)
class ReadingAge:
    """The reading age of one row or column ("rows" or "options") of a voice."""

    voice: str
    part: str
    id: str
    age: float
    words: int


@dataclass(frozen=True, slots=True)
class Report:
    """What the gate says about one grid.

    `draft` is None when the files are not sound, and in the reports of `check_grids`.
    `balances` is keyed by voice and language ("parent.en").
    """

    slug: str
    draft: Draft | None
    findings: tuple[Finding, ...]
    awaiting: tuple[Finding, ...]
    advice: tuple[Finding, ...]
    cells: Mapping[str, int]
    reading_ages: tuple[ReadingAge, ...]
    balances: Mapping[str, tuple[ColumnBalance, ...]]

    @property
    def passes(self) -> bool:
        """Whether a draft release may be made."""
        return not self.findings

    def counts(self) -> Mapping[str, int]:
        """How many cells wait for a clinician, are our own guess, or say nobody knows."""
        return self.cells

    def as_json(self) -> dict[str, Any]:
        """The report as plain JSON."""
        return {
            "slug": self.slug,
            "passes": self.passes,
            "findings": [finding.as_json() for finding in self.findings],
            "awaiting": [finding.as_json() for finding in self.awaiting],
            "advice": [finding.as_json() for finding in self.advice],
            "counts": dict(self.cells),
            "reading_ages": [asdict(age) for age in self.reading_ages],
            "balance": {
                voice: [asdict(column) for column in columns]
                for voice, columns in self.balances.items()
            },
        }


def check_draft(draft: Draft) -> tuple[Finding, ...]:
    """Every finding of every rule, by file and line."""
    found = {finding for rule in RULES.values() for finding in rule.check(draft)}
    return tuple(sorted(found))


def check_grid(root: Path, slug: str, today: date | None = None) -> Report:
    """Parse and check one grid. Never raises on content."""
    parsed = parse_draft(root, slug)
    draft = parsed.draft
    return Report(
        slug=slug,
        draft=draft,
        findings=check_draft(draft) if draft else parsed.findings,
        awaiting=awaiting_a_person(root, slug, draft, today),
        advice=advise(draft) if draft else (),
        cells=_count_cells(draft),
        reading_ages=measure_reading_ages(draft) if draft else (),
        balances=measure_balances(draft) if draft else {},
    )


def check_grids(
    root: Path, slugs: Sequence[str] | None = None, today: date | None = None
) -> list[Report]:
    """Check many grids, all when none are named, on every core; reports come without drafts."""
    names = list_slugs(root) if slugs is None else slugs
    check = partial(_check_lightly, root, today=today)
    if len(names) < _WORTH_A_POOL:
        return [check(slug) for slug in names]
    _load_lists()
    cores = os.cpu_count() or 1
    # The processes live for seconds and make no cycles; looking for some takes a fifth of the time.
    with ProcessPoolExecutor(max_workers=cores, initializer=gc.disable) as pool:
        # Neighbours share a topic, and its evidence is read once per process.
        return list(pool.map(check, names, chunksize=max(2, len(names) // (cores * 6))))


def _check_lightly(root: Path, slug: str, today: date | None) -> Report:
    return replace(check_grid(root, slug, today), draft=None)


def _load_lists() -> None:
    """Read the dictionary and the word lists before the processes part, not once in each."""
    syllables("a")
    terms()


def _count_cells(draft: Draft | None) -> dict[str, int]:
    cells = draft.grid.cells if draft else ()
    return {
        "cells": len(cells),
        "waiting": _many(cell.state == "waiting" for cell in cells),
        "unknown": _many(cell.state == "unknown" for cell in cells),
        "our_draft": _many(cell.basis == "our_draft" for cell in cells),
    }


def _many(held: Iterable[bool]) -> int:
    return sum(1 for one in held if one)


def measure_reading_ages(draft: Draft) -> tuple[ReadingAge, ...]:
    """The reading age of each row and column of 100 words or more in the English voices."""
    return tuple(
        ReadingAge(words.voice, part, name, grades.age, grades.words)
        for words, part, name, grades in readability(draft)
    )


def measure_balances(draft: Draft) -> dict[str, tuple[ColumnBalance, ...]]:
    """How each option is told, by English voice: hedges and adjectives are English lists."""
    return {
        f"{words.voice}.{words.language}": balance(draft, words)
        for words in draft.voices.values()
        if words.language == "en"
    }
