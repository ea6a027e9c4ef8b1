"""What the desk shows of counted cells: scores with both intervals, and charts over time.

Everything here is made of cells that may be shown, so totals are sums of shown cells only: a team
that is not shown cannot be found by taking the others from a total.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from app.domain.control_chart import GROUP_SIZE, ControlChart, p_chart, xmr
from app.domain.disclosure import Shown, Tier, round_share, tell
from app.domain.statistics import Difference, Interval, wilson, wilson_of_share
from app.domain.vocabulary import Phase

#: Phases in the order of a study.
ORDER: Final = tuple(phase.value for phase in Phase)
#: Fewest groups of 25 that make a line.
FEWEST_GROUPS: Final = 2
#: More points than this say less: neighbouring groups are then put together.
MOST_POINTS: Final = 24
#: Lines of teams that are remembered between looks: some megabytes, a hundred teams in ten kinds.
LINES_KEPT: Final = 1024


@dataclass(frozen=True, slots=True)
class Score:
    """One team and phase. Shares are 0 to 1; None where too few answered to show anything.

    ``top`` of ``n`` gave the highest answer to every question. ``widened`` allows for answers about
    one practitioner being alike. ``mean`` runs from 0 to the top of the scale.
    """

    team_id: str
    phase: str
    shown: Shown
    n: int = 0
    top: int = 0
    share: float | None = None
    plain: Interval | None = None
    widened: Interval | None = None
    mean: float | None = None
    sums: tuple[int, ...] = ()
    groups: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """Baseline beside the weeks with grids, over teams that are shown in both.

    ``first`` and ``second`` are (highest, n). ``fair`` is the interval to go by: of the model where
    there are practitioners enough, else the widened one. ``modelled`` says which.
    """

    teams: tuple[str, ...]
    first: tuple[int, int]
    second: tuple[int, int]
    plain: Difference
    fair: Difference
    modelled: bool
    clusters: int
    effects: tuple[float, float]

    @property
    def may_be_none(self) -> bool:
        """Say whether no difference at all would fit as well."""
        return self.fair.interval.low <= 0 <= self.fair.interval.high


@dataclass(frozen=True, slots=True)
class OverTime:
    """One team in groups of ``size`` appointments; ``phases`` names the phase of each point."""

    team_id: str
    size: int
    xmr: ControlChart
    p: ControlChart
    phases: tuple[str, ...]


def score(team_id: str, phase: str, counts: Mapping[str, Any] | None, items: int) -> Score:
    """Score one cell of ``items`` questions. Source: CS-TOP, CS-MEAN, CS-TIERS; ``wilson``."""
    if counts is None:
        return Score(team_id, phase, Shown.NOTHING)
    n, top = counts["complete"], counts["top"]
    return Score(
        team_id=team_id,
        phase=phase,
        shown=tell(counts["appointments"]),
        n=n,
        top=top,
        share=top / n,
        plain=wilson(top, n),
        widened=wilson_of_share(top / n, n / counts["effect"]),
        mean=counts["total"] / (n * items),
        sums=tuple(counts["sums"]),
        groups=tuple(counts["groups"]),
    )


def in_order(scores: Iterable[Score]) -> tuple[Score, ...]:
    """Return scores by team and then by the order of phases."""
    return tuple(sorted(scores, key=lambda s: (s.team_id, _place(s.phase), s.phase)))


def for_leaving(found: Score) -> Score:
    """Return a score as it may leave the service: rounded counts, one interval, nothing else."""
    rounded = round_share(found.top, found.n) if found.share is not None else None
    if rounded is None:
        return Score(found.team_id, found.phase, Shown.NOTHING)
    top, n = rounded
    return Score(
        team_id=found.team_id,
        phase=found.phase,
        shown=found.shown,
        n=n,
        top=top,
        share=top / n,
        plain=wilson(top, n),
        widened=found.widened and _whole(found.widened),
    )


def read_change(stored: Mapping[str, Any] | None, tier: Tier) -> Change | None:
    """Return a stored comparison as it may be shown in a tier, None where there is none."""
    if stored is None:
        return None
    first, second = _pair(stored["first"]), _pair(stored["second"])
    if tier is Tier.LEAVING:
        rounded = round_share(*first), round_share(*second)
        if rounded[0] is None or rounded[1] is None:
            return None
        first, second = rounded[0], rounded[1]
    modelled = stored["model"] is not None
    return Change(
        teams=tuple(stored["teams"]),
        first=first,
        second=second,
        plain=_difference(stored["plain"]),
        fair=_difference(stored["model"] if modelled else stored["widened"]),
        modelled=modelled,
        clusters=stored["clusters"],
        effects=_effects(stored["effects"]),
    )


def over_time(scores: Sequence[Score]) -> tuple[OverTime, ...]:
    """Return each team's groups as charts; a team with fewer than two groups of 25 has none.

    From 25 groups on two neighbours become one point, from 49 on three, never across phases.
    """
    teams = dict.fromkeys(found.team_id for found in scores)
    lines = (_line(team, tuple(s for s in scores if s.team_id == team)) for team in teams)
    return tuple(line for line in lines if line is not None)


@lru_cache(maxsize=LINES_KEPT)
def _line(team_id: str, scores: tuple[Score, ...]) -> OverTime | None:
    # Scores move only when answers are counted, and the rules for signals are slow.
    together = max(1, -(-sum(len(found.groups) for found in scores) // MOST_POINTS))
    points = [
        (sum(found.groups[at : at + together]), found.phase)
        for found in in_order(scores)
        for at in range(0, len(found.groups) - together + 1, together)
    ]
    if len(points) < FEWEST_GROUPS:
        return None
    size = GROUP_SIZE * together
    return OverTime(
        team_id,
        size,
        xmr([top / size for top, _ in points], size),
        p_chart([(top, size) for top, _ in points]),
        tuple(phase for _, phase in points),
    )


def add_sums(scores: Iterable[Score], phase: str) -> tuple[int, ...]:
    """Add the distributions of every shown team in one phase."""
    columns = [s.sums for s in scores if s.phase == phase and s.sums]
    return tuple(map(sum, zip(*columns, strict=True))) if columns else ()


def _place(phase: str) -> int:
    return ORDER.index(phase) if phase in ORDER else len(ORDER)


def _whole(interval: Interval) -> Interval:
    return Interval(round(interval.low, 2), round(interval.high, 2))


def _pair(stored: Sequence[int]) -> tuple[int, int]:
    return stored[0], stored[1]


def _effects(stored: Sequence[float]) -> tuple[float, float]:
    return stored[0], stored[1]


def _difference(stored: Sequence[float]) -> Difference:
    return Difference(stored[0], Interval(stored[1], stored[2]))
