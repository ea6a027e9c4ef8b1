"""SURE: four yes-or-no questions on whether somebody is sure about a decision, and its count.

Another measure by other people, kept here beside CollaboRATE because both ask families after an
appointment. Their answers never meet: its structure is not in ``INSTRUMENTS``, so that no score of
CollaboRATE can take it in, and the other way round. No sentence of it is here: its words come from
a site's wording pack (``provenance``, SU-LICENCE).

The count is of a group. It is never worked out for one person on a screen, and raises nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from collaborate_survey.scoring import MixedInstruments, Response, check_complete
from collaborate_survey.structure import Structure

#: Order and meaning: Légaré 2010 (provenance ``SU-ITEMS``); named in this project's own words.
SURE: Final = Structure(
    id="sure-4",
    name_key="instrument.sure-4",
    items=(
        ("sure", "feeling sure of the choice"),
        ("understand", "knowing enough to choose"),
        ("risk-benefit", "knowing which good and bad sides weigh most"),
        ("encouragement", "having the support and advice that are needed"),
    ),
    scale_min=0,
    scale_max=1,
    respondents=("young_person", "parent_self"),
    occasions=("after",),
    top_value=1,
    scored_as="sure",
)

#: A count of yes up to here may mean that somebody is unsure (SU-CUT).
UNSURE_UP_TO: Final = 3


@dataclass(frozen=True, slots=True)
class SureCounts:
    """A group: forms given, complete ones, how many of those said yes 0, 1, 2, 3 and 4 times.

    ``unsure_percent`` is the share of complete forms with 3 or fewer, None where none is complete.
    """

    version: str
    given: int
    complete: int
    by_yes: tuple[int, ...]
    unsure_percent: float | None


def count_yes(items: Mapping[str, int]) -> int | None:
    """Return how often somebody said yes, 0 to 4; None if one of the four is missing.

    Raises ``ValueError`` for a value that is not 0 or 1 or an item that is not SURE's. Source:
    SU-SCORE, SU-MISSING.
    """
    values = check_complete(items, SURE)
    return None if values is None else sum(values)


def count_group(responses: Iterable[Response]) -> SureCounts:
    """Count a group of forms in one version of the wording.

    Raises ``MixedInstruments`` for another instrument or two versions together, ``ValueError`` for
    no forms at all and as ``count_yes``. Source: SU-SCORE, SU-CUT, SU-MISSING, CS-POOL.
    """
    group = list(responses)
    kinds = sorted({(response.instrument, response.version) for response in group})
    if not kinds:
        raise ValueError("there are no responses to count")
    if len(kinds) > 1 or kinds[0][0] != SURE.id:
        raise MixedInstruments(f"never pooled: {kinds}")
    counted = [yes for yes in (count_yes(response.items) for response in group) if yes is not None]
    unsure = sum(yes <= UNSURE_UP_TO for yes in counted)
    return SureCounts(
        version=kinds[0][1],
        given=len(group),
        complete=len(counted),
        by_yes=tuple(counted.count(yes) for yes in range(len(SURE.items) + 1)),
        unsure_percent=100 * unsure / len(counted) if counted else None,
    )


# What a registry of instruments asks of a scoring module, so that SURE is one among others.


def top_score(items: Mapping[str, int], instrument: str) -> int | None:
    """Return 1 if all four are yes, else 0; None if one is missing. Raises as ``count_yes``."""
    yes = _of(items, instrument)
    return None if yes is None else int(yes == len(SURE.items))


def mean_score(items: Mapping[str, int], instrument: str) -> float | None:
    """Return the share of yes among the four; None if one is missing. Raises as ``count_yes``."""
    yes = _of(items, instrument)
    return None if yes is None else yes / len(SURE.items)


def percent(items: Mapping[str, int], instrument: str) -> float | None:
    """Return the same from 0 to 100. Raises as ``count_yes``."""
    mean = mean_score(items, instrument)
    return None if mean is None else 100 * mean


def _of(items: Mapping[str, int], instrument: str) -> int | None:
    if instrument != SURE.id:
        raise KeyError(instrument)
    return count_yes(items)
