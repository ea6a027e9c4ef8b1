"""Counting answers into cells that may be shown, so that nobody can be worked out from two looks.

A cell is one team, phase and respondent, and everything else that is never pooled. It is empty
under 25 appointments and moves on only by eight complete answers or more (``disclosure``): then
neither two cells, nor a cell and a total, nor yesterday and today differ by a person.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from datetime import datetime
from typing import Any, Final

from app.domain.clustering import Cluster, describe, design_effect, model
from app.domain.control_chart import GROUP_SIZE
from app.domain.disclosure import FEWEST_RELIABLE, FEWEST_SHOWN, may_step, round_count
from app.domain.missing import is_missing
from app.domain.statistics import Difference, Pairs, mcnemar, newcombe_paired
from app.domain.vocabulary import Occasion, Phase, Referent

#: A p value below it is called seldom by chance; never better or worse.
_SELDOM: Final = 0.05


@dataclass(frozen=True, slots=True)
class Kind:
    """What every answer of one score has in common, whatever its team and phase."""

    study_id: str
    respondent: str
    occasion: str
    mode: str
    instrument_id: str
    instrument_version: str
    wording_sha256: str
    language: str
    environment: str
    demo: bool

    @property
    def id(self) -> str:
        """Return an id that is the same for the same kind."""
        return _digest(self)


@dataclass(frozen=True, slots=True)
class CellKey:
    """One cell: a kind of answers of one team in one phase."""

    kind: Kind
    team_id: str
    phase: str

    @property
    def id(self) -> str:
        """Return an id that is the same for the same cell."""
        return _digest(self)


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer of the primary set. ``values`` are in the order of the items."""

    cell: CellKey
    at: datetime
    id: str
    encounter_id: str
    practitioner: str
    values: tuple[int, ...]
    referent: str | None = None


@dataclass(slots=True)
class Tally:
    """What has been counted of one cell; ``clusters`` are (highest, n) by practitioner.

    ``encounters`` stops at the largest number that a rule asks for: a million ids would not fit.
    """

    top_value: int
    complete: int = 0
    encounters: set[str] = field(default_factory=set)
    top: int = 0
    sums: Counter[int] = field(default_factory=Counter)
    clusters: dict[str, list[int]] = field(default_factory=dict)
    groups: list[int] = field(default_factory=list)
    through: tuple[datetime, str] | None = None
    _in_group: int = 0
    _top_in_group: int = 0

    def add(self, answer: Answer) -> None:
        """Count one more answer; answers come in the order of their arrival."""
        is_top = all(value == self.top_value for value in answer.values)
        self.complete += 1
        if len(self.encounters) < FEWEST_RELIABLE:
            self.encounters.add(answer.encounter_id)
        self.top += is_top
        self.sums[sum(answer.values)] += 1
        own = self.clusters.setdefault(answer.practitioner, [0, 0])
        own[0] += is_top
        own[1] += 1
        self._group(is_top)
        self.through = (answer.at, answer.id)

    def _group(self, is_top: bool) -> None:
        self._in_group += 1
        self._top_in_group += is_top
        if self._in_group == GROUP_SIZE:
            self.groups.append(self._top_in_group)
            self._in_group = self._top_in_group = 0

    @property
    def is_shown(self) -> bool:
        """Say whether there are appointments enough; two parents of one are one appointment."""
        return len(self.encounters) >= FEWEST_SHOWN

    def as_json(self, items: int) -> dict[str, Any] | None:
        """Return the counts that may be shown of ``items`` questions, None where there are none."""
        if not self.is_shown:
            return None
        sizes = [n for _, n in self.clusters.values()]
        return {
            "complete": self.complete,
            "appointments": len(self.encounters),
            "top": self.top,
            "total": sum(value * count for value, count in self.sums.items()),
            "sums": [self.sums[value] for value in range(items * self.top_value + 1)],
            "groups": self.groups,
            "effect": round(design_effect(sizes), 4),
        }


@dataclass(frozen=True, slots=True)
class Before:
    """A cell as it was shown until now."""

    counts: Mapping[str, Any] | None
    through: tuple[datetime, str]


class CellCount:
    """Counts one cell: first what is shown already, then what waits for a step."""

    def __init__(self, top_value: int, before: Before | None) -> None:
        self.tally = Tally(top_value)
        self.stepped = False
        self._before = before if before is not None and before.counts is not None else None
        self._waiting: list[Answer] = []

    def add(self, answer: Answer) -> None:
        """Take the next answer in the order of arrival."""
        if self._before is None or (answer.at, answer.id) <= self._before.through:
            self.tally.add(answer)
        else:
            self._waiting.append(answer)

    def finish(self, items: int) -> Mapping[str, Any] | None:
        """Return the counts to show now: what was shown before, or a whole step further."""
        shown = self._before.counts if self._before is not None else None
        known = 0 if shown is None else int(shown["complete"])
        if shown is None or may_step(known, known + len(self._waiting)):
            for answer in self._waiting:
                self.tally.add(answer)
            self.stepped = True
            return self.tally.as_json(items)
        return shown if self.tally.is_shown else None

    @property
    def through(self) -> tuple[datetime, str] | None:
        """Return the newest answer that is counted."""
        return self.tally.through


def is_primary(values: Sequence[int], *, late: bool, helped: bool, interpreted: bool) -> bool:
    """Say whether an answer set is in the primary set. Source: rules of the room 1.12, 2.8."""
    return is_complete(values) and not (late or helped or interpreted)


def is_complete(values: Sequence[int]) -> bool:
    """Say whether every item has an answer (CS-MISSING)."""
    return bool(values) and not any(is_missing(value) for value in values)


def compare(tallies: Iterable[tuple[CellKey, Tally]]) -> dict[str, Any] | None:
    """Compare baseline with the period with grids over the shown cells of one kind.

    Only teams that are shown in both phases. None where there is no such team.
    """
    shown = {(key.team_id, key.phase): tally for key, tally in tallies if tally.is_shown}
    teams = sorted(
        team
        for team, phase in shown
        if phase == Phase.BASELINE and (team, Phase.WITH_GRID.value) in shown
    )
    if not teams:
        return None
    clusters = list(_clusters(shown, teams))
    described, modelled = describe(clusters), model(clusters)
    return {
        "teams": teams,
        "first": _together(clusters, "first"),
        "second": _together(clusters, "second"),
        "plain": _as_list(described.plain),
        "widened": _as_list(described.widened),
        "effects": [round(described.first_effect, 2), round(described.second_effect, 2)],
        "clusters": described.clusters,
        "model": None if modelled is None else _as_list(modelled.change),
    }


def _clusters(shown: Mapping[tuple[str, str], Tally], teams: Sequence[str]) -> Iterator[Cluster]:
    sides = [
        [shown[team, phase].clusters for team in teams]
        for phase in (Phase.BASELINE.value, Phase.WITH_GRID.value)
    ]
    first, second = (_merged(side) for side in sides)
    for name in sorted({*first, *second}):
        yield Cluster(first.get(name, (0, 0)), second.get(name, (0, 0)))


def _merged(parts: Iterable[Mapping[str, Sequence[int]]]) -> dict[str, tuple[int, int]]:
    """Add a practitioner up who works in two teams: one person is one cluster."""
    found: dict[str, tuple[int, int]] = {}
    for part in parts:
        for name, (top, n) in part.items():
            had = found.get(name, (0, 0))
            found[name] = (had[0] + top, had[1] + n)
    return found


class PairCount:
    """Pairs of a before and an after answer in one appointment, for one kind of after answers."""

    def __init__(self) -> None:
        self._tops: dict[tuple[str, str], list[bool]] = {}
        self._same: dict[str, bool] = {}

    def add(self, answer: Answer, top_value: int) -> None:
        """Take an answer of either occasion."""
        place = (answer.encounter_id, answer.cell.kind.occasion)
        is_top = all(value == top_value for value in answer.values)
        self._tops.setdefault(place, []).append(is_top)
        if answer.cell.kind.occasion == Occasion.BEFORE:
            same = answer.referent == Referent.THIS_TEAM_SAME_PERSON
            self._same[answer.encounter_id] = same

    def finish(self) -> dict[str, Any] | None:
        """Return the shown pairs; an appointment with two parents has no pair to tell apart."""
        pairs = [
            (before[0], after[0], self._same[encounter])
            for (encounter, occasion), before in self._tops.items()
            if occasion == Occasion.BEFORE
            and len(before) == 1
            and len(after := self._tops.get((encounter, Occasion.AFTER.value), [])) == 1
        ]
        every = _pairs(pairs)
        if every.n < FEWEST_SHOWN:
            return None
        same = _pairs([pair for pair in pairs if pair[2]])
        others = every.n - same.n
        # Both are shown only where their difference is no small group either.
        both = same.n >= FEWEST_SHOWN and (others == 0 or others >= FEWEST_SHOWN)
        return {
            "pairs": every.n,
            "all": _paired(every),
            "same_person": _paired(same) if both else None,
        }


def pairs_may_step(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Say whether shown pairs may go on from one count to another (as ``may_step``)."""
    return may_step(int(before["pairs"]), int(after["pairs"]))


def _pairs(pairs: Sequence[tuple[bool, bool, bool]]) -> Pairs:
    counts = Counter((before, after) for before, after, _ in pairs)
    cells = ((True, True), (True, False), (False, True), (False, False))
    return Pairs(*(counts[cell] for cell in cells))


def _paired(pairs: Pairs) -> dict[str, Any]:
    """Keep pairs rounded as for leaving: they overlap the cells that their answers are in."""
    found = newcombe_paired(pairs)
    return {
        "counts": [
            round_count(n) for n in (pairs.both, pairs.only_first, pairs.only_second, pairs.neither)
        ],
        "difference": [round(part, 2) for part in _as_list(found)],
        "by_chance": mcnemar(pairs) >= _SELDOM,
    }


def _together(clusters: Sequence[Cluster], part: str) -> list[int]:
    counts = [getattr(cluster, part) for cluster in clusters]
    return [sum(count[0] for count in counts), sum(count[1] for count in counts)]


def _as_list(found: Difference) -> list[float]:
    return [round(part, 6) for part in (found.value, found.interval.low, found.interval.high)]


def _digest(key: Kind | CellKey) -> str:
    return hashlib.sha256(repr(astuple(key)).encode()).hexdigest()[:32]
