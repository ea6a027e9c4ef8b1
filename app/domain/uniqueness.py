"""Who stands alone: rows that nobody else shares the telling fields with, and what is done.

Before any row leaves, rows unique on team, time, age band, needs-based group, difficulty and
respondent are counted. Over a set share the fields are made coarser in one fixed order, and what
was done is recorded: month to quarter, then groups dropped, then ages merged (rules of the room
2.7). The share is this project's own choice; the approvers see the counts and decide.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple

from app.domain.dataset import MERGED_AGES

#: Over this share of rows that stand alone, the next step of coarsening is taken.
MOST_ALONE: Final = 0.05
#: Fewer appointments than this do not leave as rows: 1 to 7 are small numbers (rules 2.2).
FEWEST_APPOINTMENTS: Final = 8
STEPS: Final = ("month", "quarter", "no_groups", "merged_ages")


class Telling(NamedTuple):
    """The fields of one answer set by which somebody could be told; ``rows`` share them."""

    team: str
    encounter_on: date
    age_band: str | None
    group_practitioner: str | None
    group_young_person: str | None
    difficulty: str | None
    respondent: str
    rows: int = 1


@dataclass(frozen=True, slots=True)
class Coarsening:
    """What was made coarser; each step holds those before it."""

    quarters: bool = False
    no_groups: bool = False
    merged_ages: bool = False

    @classmethod
    def of(cls, step: str) -> Coarsening:
        """Return what a step of ``STEPS`` does. Raises ValueError for another word."""
        depth = STEPS.index(step)
        return cls(depth > 0, depth > 1, depth > 2)


@dataclass(frozen=True, slots=True)
class Report:
    """How many rows stood alone after each step that was tried, and the step that is taken."""

    rows: int
    alone: tuple[tuple[str, int], ...]
    step: str

    @property
    def enough(self) -> bool:
        """Say whether the share of rows that still stand alone is small enough."""
        return not self.rows or self.alone[-1][1] / self.rows <= MOST_ALONE

    def as_json(self) -> dict[str, Any]:
        """Return the report as it is stored and printed in the manifest."""
        tried = [{"step": step, "alone": count} for step, count in self.alone]
        return {"rows": self.rows, "tried": tried, "step": self.step, "most_alone": MOST_ALONE}


def report(rows: Iterable[Telling]) -> Report:
    """Count who stands alone, and take steps until few enough do or none is left."""
    found = list(rows)
    total = sum(each.rows for each in found)
    tried: list[tuple[str, int]] = []
    for step in STEPS:
        tried.append((step, _count_alone(found, Coarsening.of(step))))
        if tried[-1][1] <= total * MOST_ALONE:
            break
    return Report(total, tuple(tried), tried[-1][0])


def _count_alone(rows: Iterable[Telling], coarsening: Coarsening) -> int:
    counts: Counter[tuple[object, ...]] = Counter()
    for row in rows:
        counts[tuple(_key(row, coarsening))] += row.rows
    return sum(1 for count in counts.values() if count == 1)


def _key(row: Telling, coarsening: Coarsening) -> Iterator[object]:
    day = row.encounter_on
    yield row.team
    yield (day.year, (day.month + 2) // 3 if coarsening.quarters else day.month)
    yield MERGED_AGES.get(row.age_band or "") if coarsening.merged_ages else row.age_band
    if not coarsening.no_groups:
        yield row.group_practitioner
        yield row.group_young_person
    yield row.difficulty
    yield row.respondent
