"""Scores of many responses, kept apart by everything that must never be pooled.

A slice is one instrument in one version of its wording, one kind of respondent, one occasion, one
phase, one mode of completion. Two slices never share a response.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from collaborate_survey.scoring import Response, Scores, check_complete, score_many
from collaborate_survey.structure import INSTRUMENTS


@dataclass(frozen=True, slots=True, order=True)
class Slice:
    """What every response of one score has in common. ``phase`` is empty outside a study."""

    instrument: str
    version: str
    wording: str
    respondent: str
    occasion: str
    phase: str
    mode: str


@dataclass(frozen=True, slots=True)
class Distribution:
    """How often each value of the scale was given, and how often the end of it.

    ``items`` has, for each item in order, the number of answers at each value from the lowest.
    ``sums`` has the number of responses at each sum of the items. ``at_top`` is the number of
    responses with every item at the highest value: the ceiling, which is the top score itself.
    """

    complete: int
    items: Mapping[str, tuple[int, ...]]
    sums: tuple[int, ...]
    at_top: int

    @property
    def ceiling(self) -> float | None:
        """Return the share at the ceiling, None without a complete response."""
        return self.at_top / self.complete if self.complete else None


def score_slices(given: Iterable[tuple[Slice, Mapping[str, int]]]) -> dict[Slice, Scores]:
    """Score each slice by itself, in a fixed order of slices.

    Raises as ``score_many``; ``KeyError`` for an instrument that is not CollaboRATE, so that a
    practice answer can never come among them. Source: CS-POOL, CS-TOP, CS-MEAN.
    """
    groups: defaultdict[Slice, list[Response]] = defaultdict(list)
    for key, items in given:
        groups[key].append(Response(key.instrument, key.version, items))
    return {key: score_many(groups[key]) for key in sorted(groups)}


def distribute(responses: Iterable[Mapping[str, int]], instrument: str) -> Distribution:
    """Count the answers of complete responses of one instrument; the others are left out.

    Raises as ``top_score``. Source: the ceiling is a known problem of the measure, so the
    distribution is shown beside every score (CS-CEILING); CS-MISSING.
    """
    structure = INSTRUMENTS[instrument]
    ids = [item for item, _ in structure.items]
    complete = [v for v in (check_complete(r, structure) for r in responses) if v is not None]
    values = range(structure.scale_min, structure.scale_max + 1)
    largest = structure.scale_max * len(ids)
    counts = {item: [row[at] for row in complete] for at, item in enumerate(ids)}
    sums = [sum(row) for row in complete]
    return Distribution(
        complete=len(complete),
        items={item: tuple(map(column.count, values)) for item, column in counts.items()},
        sums=tuple(map(sums.count, range(largest + 1))),
        at_top=sums.count(largest),
    )
