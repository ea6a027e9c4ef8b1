"""How a released grid meets the standards: generated, with what is not met as plain as what is.

`score(release, approved=..., history=...)` judges every criterion of `criteria.yaml` anew from
the release itself. Words stand in the page; here are ids, verdicts and counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final, Literal

import yaml

from app.content.balance import ColumnBalance
from app.content.check import ReadingAge, measure_balances, measure_reading_ages
from app.content.grid import Cell, Evidence, Source
from app.content.ownership import OWNERS, list_missing_owners
from app.content.parse import Draft
from app.content.release import GridRelease
from app.content.rule import RULES

Verdict = Literal["met", "partly", "not_met", "awaiting_a_person", "not_applicable"]
Proof = Literal[
    "rules", "cells", "figures", "chances", "sources", "reading", "approval", "screen", "people",
    "tests", "own_words", "sensitive",
]  # fmt: skip
GROUPS: Final = ("qualifying", "certifying", "quality", "nice", "chances", "safety")


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion as `criteria.yaml` lists it."""

    id: str
    group: str
    by: Proof
    of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """A criterion with its verdict. `counts` is the evidence, such as filled and unknown cells."""

    id: str
    group: str
    verdict: Verdict
    proof: Proof
    counts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Edition:
    """One line of the history of a grid."""

    number: int
    released_on: date
    note: str
    approved: bool


@dataclass(frozen=True, slots=True)
class UsedSource:
    """A source and how many cells and bands rest on it."""

    source: Source
    uses: int


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Everything the public page of one edition shows. `balances` by voice ("parent.en")."""

    public_id: str
    number: int
    criteria: tuple[Judged, ...]
    cells: Mapping[str, int]
    reading_ages: tuple[ReadingAge, ...]
    balances: Mapping[str, tuple[ColumnBalance, ...]]
    sources: tuple[UsedSource, ...]
    history: tuple[Edition, ...]

    def totals(self, group: str) -> Mapping[Verdict, int]:
        """How many criteria of a group came out how."""
        return Counter(judged.verdict for judged in self.criteria if judged.group == group)


def score(release: GridRelease, *, approved: bool, history: Iterable[Edition] = ()) -> Scorecard:
    """Judge one edition. `approved`: whether both reviewers approved that very hash."""
    draft = draft_of(release)
    judge = _Judge(draft, approved)
    return Scorecard(
        public_id=release.public_id,
        number=release.number,
        criteria=tuple(judge.verdict(criterion) for criterion in criteria()),
        cells=_count_cells(draft.grid.cells),
        reading_ages=measure_reading_ages(draft),
        balances=measure_balances(draft),
        sources=_used_sources(draft),
        history=tuple(sorted(history, key=lambda edition: edition.number)),
    )


def draft_of(release: GridRelease) -> Draft:
    """A release as the rules read it; findings then carry no useful lines."""
    evidence = Evidence(release.grid.topic, release.sources, release.figures)
    voices = {(words.voice, words.language): words for words in release.voices.values()}
    return Draft(release.grid, voices, evidence, trees={}, folder="")


@cache
def criteria() -> tuple[Criterion, ...]:
    """Every criterion in the order of the page."""
    raw = Path(__file__).with_name("criteria.yaml").read_text(encoding="utf-8")
    listed = yaml.load(raw, Loader=yaml.CSafeLoader)
    return tuple(
        Criterion(entry["id"], group, entry["by"], tuple(entry.get("of", ())))
        for group in GROUPS
        for entry in listed[group]
    )


class _Judge:
    """Judges criteria over one draft; each kind of proof has its own method."""

    def __init__(self, draft: Draft, approved: bool) -> None:
        self.draft = draft
        self.approved = approved
        self.drawn = [name for cell in draft.grid.cells for name in cell.figures]
        self.ways: Mapping[Proof, Callable[[Criterion], tuple[Verdict, Mapping[str, float]]]] = {
            "rules": self._by_rules,
            "cells": self._by_cells,
            "figures": self._by_figures,
            "chances": self._by_chances,
            "sources": self._by_sources,
            "reading": self._by_reading,
            "approval": lambda _: ("met" if self.approved else "awaiting_a_person", {}),
            "screen": lambda _: ("met", {}),
            "people": lambda _: ("not_met", {}),
            "tests": lambda _: ("not_applicable", {}),
            "own_words": self._by_own_words,
            "sensitive": self._by_sensitive_rules,
        }

    def verdict(self, criterion: Criterion) -> Judged:
        verdict, counts = self.ways[criterion.by](criterion)
        return Judged(criterion.id, criterion.group, verdict, criterion.by, counts)

    def _by_rules(self, criterion: Criterion) -> tuple[Verdict, Mapping[str, float]]:
        found = sum(1 for name in criterion.of for _ in RULES[name].check(self.draft))
        return ("not_met", {"findings": found}) if found else ("met", {})

    def _by_sensitive_rules(self, criterion: Criterion) -> tuple[Verdict, Mapping[str, float]]:
        return self._by_rules(criterion) if self.draft.grid.sensitive else ("not_applicable", {})

    def _by_own_words(self, _: Criterion) -> tuple[Verdict, Mapping[str, float]]:
        if not self.draft.grid.sensitive:
            return "not_applicable", {}
        missing = list_missing_owners(self.draft.grid, self.draft.voices.values())
        counts: dict[str, float] = {owner: float(owner in missing) for owner in OWNERS}
        return ("not_met" if missing else "met"), counts

    def _by_figures(self, criterion: Criterion) -> tuple[Verdict, Mapping[str, float]]:
        if not self.drawn:
            return "not_applicable", {"figures": 0}
        verdict, counts = self._by_rules(criterion)
        return verdict, {**counts, "figures": len(self.drawn)}

    def _by_cells(self, criterion: Criterion) -> tuple[Verdict, Mapping[str, float]]:
        rows = {row.id for row in self.draft.grid.rows if row.facet in criterion.of}
        counts = _count_cells([cell for cell in self.draft.grid.cells if cell.row in rows])
        if not counts["cells"] or counts["waiting"] == counts["cells"]:
            return "not_met", counts
        open_ones = counts["waiting"] + counts["unknown"] + counts["our_draft"]
        return ("partly" if open_ones else "met"), counts

    def _by_chances(self, _: Criterion) -> tuple[Verdict, Mapping[str, float]]:
        cells = self.draft.grid.cells
        choices = {option.id for option in self.draft.grid.options if option.kind == "choice"}
        shown = {cell.option for cell in cells if cell.figures} & choices
        counts = {"columns": len(choices), "with_figures": len(shown)}
        return ("met" if shown == choices else "partly" if shown else "not_met"), counts

    def _by_sources(self, _: Criterion) -> tuple[Verdict, Mapping[str, float]]:
        filled = [cell for cell in self.draft.grid.cells if cell.state == "filled"]
        sourced = sum(1 for cell in filled if cell.sources)
        counts = {"filled": len(filled), "sourced": sourced}
        return ("met" if sourced == len(filled) else "partly" if sourced else "not_met"), counts

    def _by_reading(self, _: Criterion) -> tuple[Verdict, Mapping[str, float]]:
        ages = [age.age for age in measure_reading_ages(self.draft)]
        if not ages:
            return "not_met", {}
        return "met", {"lowest": min(ages), "highest": max(ages), "parts": len(ages)}


def _count_cells(cells: Iterable[Cell]) -> dict[str, int]:
    held = list(cells)
    return {
        "cells": len(held),
        "filled": sum(1 for cell in held if cell.state == "filled"),
        "unknown": sum(1 for cell in held if cell.state == "unknown"),
        "waiting": sum(1 for cell in held if cell.state == "waiting"),
        "our_draft": sum(
            1 for cell in held if cell.basis == "our_draft" and cell.state == "filled"
        ),
    }


def _used_sources(draft: Draft) -> tuple[UsedSource, ...]:
    named = [name for cell in draft.grid.cells for name in cell.sources]
    named += [name for band in draft.grid.bands for name in band.sources]
    uses = Counter(named)
    return tuple(
        UsedSource(draft.evidence.sources[name], uses[name]) for name in draft.grid.used_sources()
    )
