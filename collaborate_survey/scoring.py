"""Scores of CollaboRATE. Each function names its rule in ``provenance``.

An item is missing when it is absent or negative (the missing codes run from -99 to -91). A
response with a missing item has no score of any kind: ``None``, never an imputed value
(CS-MISSING).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from collaborate_survey.structure import INSTRUMENTS, Structure

#: Fewest complete responses with which anything is shown (CS-MIN-25).
FEWEST_SHOWN: Final = 25
#: Fewest complete responses with which groups may be compared (CS-RANK-190).
FEWEST_RELIABLE: Final = 190


class MixedInstruments(ValueError):
    """Responses of different instruments or wording versions were scored together (CS-POOL)."""


class Reporting(StrEnum):
    """What may be shown of a group inside the service (CS-TIERS)."""

    SUPPRESSED = "suppressed"
    INTERVAL_NOT_FOR_RANKING = "interval_not_for_ranking"
    INTERVAL = "interval"


@dataclass(frozen=True, slots=True)
class Response:
    """One given form: which instrument, which version of its wording, and the item values."""

    instrument: str
    version: str
    items: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of many responses. Percentages and means are ``None`` when none is complete.

    ``reporting`` must be looked at before any of the numbers is shown inside the service.
    ``mean`` runs from 0 to ``scale_max``; ``top_percent`` and ``mean_percent`` from 0 to 100.
    """

    instrument: str
    version: str
    scale_max: int
    given: int
    complete: int
    top: int
    top_percent: float | None
    mean: float | None
    mean_percent: float | None
    reporting: Reporting


@dataclass(frozen=True, slots=True)
class Counts:
    """A group as counts: forms given, complete ones, those with a top score, sum of all items."""

    given: int
    complete: int
    top: int
    total: int


def top_score(items: Mapping[str, int], instrument: str) -> int | None:
    """Give 1 if every item has the highest value, else 0; ``None`` if an item is missing.

    Raises ``KeyError`` for an instrument that is not CollaboRATE and ``ValueError`` for a value
    that is not on its scale or an item that is not its own. Source: CS-TOP, CS-TOP-4.
    """
    structure = INSTRUMENTS[instrument]
    values = check_complete(items, structure)
    if values is None:
        return None
    return int(all(value == structure.top_value for value in values))


def mean_score(items: Mapping[str, int], instrument: str) -> float | None:
    """Give the mean of the three items on the instrument's own scale, or ``None``.

    Raises as ``top_score`` does. Source: CS-MEAN.
    """
    values = check_complete(items, INSTRUMENTS[instrument])
    return None if values is None else sum(values) / len(values)


def percent(items: Mapping[str, int], instrument: str) -> float | None:
    """Give the sum of the items as 0 to 100 of the largest sum, or ``None``.

    Raises as ``top_score`` does. Source: CS-PERCENT.
    """
    structure = INSTRUMENTS[instrument]
    values = check_complete(items, structure)
    return None if values is None else 100 * sum(values) / _largest_sum(structure)


def score_many(responses: Iterable[Response]) -> Scores:
    """Score a group of responses of one instrument in one version of its wording.

    Raises ``MixedInstruments`` when they differ, ``ValueError`` when there are none (there is
    then no instrument to name), and as ``top_score`` does. Source: CS-TOP, CS-MEAN, CS-POOL.
    """
    group = list(responses)
    structure, version = _only_one(group)
    complete = [v for v in (check_complete(r.items, structure) for r in group) if v is not None]
    total = sum(sum(values) for values in complete)
    top = sum(all(value == structure.top_value for value in values) for values in complete)
    counts = Counts(given=len(group), complete=len(complete), top=top, total=total)
    return score_counts(counts, structure.id, version)


def score_counts(counts: Counts, instrument: str, version: str) -> Scores:
    """Score a group from its counts; equal to ``score_many`` over its responses.

    Raises ``KeyError`` for an instrument that is not CollaboRATE and ``ValueError`` for counts
    that cannot be. Source: CS-TOP, CS-MEAN, CS-PERCENT.
    """
    structure, n = INSTRUMENTS[instrument], counts.complete
    largest = _largest_sum(structure)
    if not 0 <= counts.top <= n <= counts.given or not 0 <= counts.total <= n * largest:
        raise ValueError(f"counts that cannot be: {counts}")
    top, total = counts.top, counts.total
    return Scores(
        instrument=structure.id,
        version=version,
        scale_max=structure.scale_max,
        given=counts.given,
        complete=n,
        top=top,
        top_percent=100 * top / n if n else None,
        mean=total / (n * len(structure.items)) if n else None,
        mean_percent=100 * total / (n * largest) if n else None,
        reporting=report(n),
    )


def report(n_complete: int) -> Reporting:
    """Say what may be shown of a group with this many complete responses.

    Raises ``ValueError`` for a negative number. Source: CS-MIN-25, CS-RANK-190, CS-TIERS.
    """
    if n_complete < 0:
        raise ValueError("a group cannot have fewer than 0 responses")
    if n_complete < FEWEST_SHOWN:
        return Reporting.SUPPRESSED
    if n_complete < FEWEST_RELIABLE:
        return Reporting.INTERVAL_NOT_FOR_RANKING
    return Reporting.INTERVAL


def _only_one(group: list[Response]) -> tuple[Structure, str]:
    kinds = sorted({(response.instrument, response.version) for response in group})
    if not kinds:
        raise ValueError("there are no responses to score")
    if len(kinds) > 1:
        raise MixedInstruments(f"never pooled: {kinds}")
    instrument, version = kinds[0]
    return INSTRUMENTS[instrument], version


def check_complete(items: Mapping[str, int], structure: Structure) -> tuple[int, ...] | None:
    """Give the values of a complete response in the order of the items, ``None`` otherwise.

    Raises ``ValueError`` for a value off the scale or an item of another instrument. Source:
    CS-MISSING.
    """
    ids = [item for item, _ in structure.items]
    if unknown := set(items) - set(ids):
        raise ValueError(f"not items of {structure.id}: {sorted(unknown)}")
    values = [items.get(item, -1) for item in ids]
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int) or value > structure.scale_max:
            raise ValueError(f"{value!r} is not on the scale of {structure.id}")
    return None if any(value < structure.scale_min for value in values) else tuple(values)


def _largest_sum(structure: Structure) -> int:
    return structure.scale_max * len(structure.items)
