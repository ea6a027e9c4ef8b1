"""Charts that tell a change from chance: XmR and p-chart, with the rules of Making Data Count.

A share over time is charted in groups of 25 appointments in a row, never by month: months hold few
answers and different numbers of them, and an XmR of such percentages shows limits that mean
nothing. A p-chart takes groups of any size. Source of limits and signals, unless another is named:
NHS England Making Data Count, as in NHSRplotthedots 0.2 (``ptd_spc_standard.R``,
``ptd_calculate_point_type.R``, ``ptd_add_short_group_warnings.R``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice, pairwise
from math import sqrt
from typing import Final

#: Appointments to a point: the fewest with which a score may be shown (CS-MIN-25).
GROUP_SIZE: Final = 25
#: With fewer points the limits are trial limits: they will still move.
FEWEST_POINTS: Final = 13
_XMR: Final = 2.66
_LARGEST_RANGE: Final = 3.267
_IN_A_ROW: Final = 7
#: Equal shares must not lie on two sides of their mean by the rounding of the last bit.
_ROUNDING: Final = 1e-12


class Signal(StrEnum):
    """A pattern that chance seldom makes. It says "look", never better or worse."""

    OUTSIDE = "outside"
    ONE_SIDE = "one_side"
    TREND = "trend"
    NEAR_LIMITS = "near_limits"


@dataclass(frozen=True, slots=True)
class Charted:
    """One point with the limits that hold for it, and what it is part of."""

    value: float
    n: int
    low: float
    high: float
    signals: frozenset[Signal]


@dataclass(frozen=True, slots=True)
class ControlChart:
    """Points in order of time, the line in the middle, and whether limits are for trial only."""

    centre: float
    points: tuple[Charted, ...]
    trial: bool

    @property
    def signals(self) -> frozenset[Signal]:
        """Return every pattern that is somewhere in the chart."""
        return frozenset[Signal]().union(*(point.signals for point in self.points))


def in_groups(outcomes: Iterable[bool], size: int = GROUP_SIZE) -> tuple[int, ...]:
    """Count the successes of each whole group in a row; what is left over waits for the next.

    Raises ``ValueError`` when ``size`` is not positive.
    """
    if size < 1:
        raise ValueError("a group has at least one appointment")
    going, counts = iter(outcomes), list[int]()
    while len(group := list(islice(going, size))) == size:
        counts.append(sum(group))
    return tuple(counts)


def xmr(values: Sequence[float], n: int = GROUP_SIZE, *, share: bool = True) -> ControlChart:
    """Chart single values, each over ``n`` appointments.

    Limits are the mean plus and minus 2.66 times the mean moving range; ranges from 3.267 times
    that mean on are left out of a second calculation. ``share`` keeps limits within 0 and 1.
    Raises ``ValueError`` without a value.
    """
    if not values:
        raise ValueError("there is nothing to chart")
    centre = sum(values) / len(values)
    reach = _XMR * _mean_range(values)
    return _chart(values, [n] * len(values), centre, [reach] * len(values), share=share)


def p_chart(counts: Sequence[tuple[int, int]]) -> ControlChart:
    """Chart shares of (successes, n), with limits of three standard errors for each n.

    Raises ``ValueError`` without a point, or for counts that cannot be. Source of the limits:
    Shewhart WA. Economic Control of Quality of Manufactured Product, 1931; as in Montgomery DC.
    Introduction to Statistical Quality Control, control chart for fraction nonconforming.
    """
    if not counts or any(n < 1 or not 0 <= successes <= n for successes, n in counts):
        raise ValueError("there is nothing to chart")
    sizes = [n for _, n in counts]
    centre = sum(successes for successes, _ in counts) / sum(sizes)
    reaches = [3 * sqrt(centre * (1 - centre) / n) for n in sizes]
    return _chart([s / n for s, n in counts], sizes, centre, reaches, share=True)


def _mean_range(values: Sequence[float]) -> float:
    ranges = [abs(later - earlier) for earlier, later in pairwise(values)]
    if not any(ranges):
        return 0.0
    most = _LARGEST_RANGE * sum(ranges) / len(ranges)
    kept = [moved for moved in ranges if moved < most]
    return sum(kept) / len(kept) if kept else 0.0


def _chart(
    values: Sequence[float],
    sizes: Sequence[int],
    centre: float,
    reaches: Sequence[float],
    *,
    share: bool,
) -> ControlChart:
    found = _signals(values, centre, reaches)
    floor, ceiling = (0.0, 1.0) if share else (float("-inf"), float("inf"))
    points = tuple(
        Charted(value, n, max(floor, centre - reach), min(ceiling, centre + reach), signals)
        for value, n, reach, signals in zip(values, sizes, reaches, found, strict=True)
    )
    return ControlChart(centre, points, len(points) < FEWEST_POINTS)


def _signals(
    values: Sequence[float], centre: float, reaches: Sequence[float]
) -> list[frozenset[Signal]]:
    away = [gap if abs(gap := value - centre) > _ROUNDING else 0.0 for value in values]
    sides = [(gap > 0) - (gap < 0) for gap in away]
    outside = [abs(gap) > reach + _ROUNDING for gap, reach in zip(away, reaches, strict=True)]
    near = [
        not out and abs(gap) > reach * 2 / 3
        for gap, reach, out in zip(away, reaches, outside, strict=True)
    ]
    steps = [(b > a) - (b < a) for a, b in pairwise(values)]
    marked = {
        Signal.OUTSIDE: {at for at, out in enumerate(outside) if out},
        Signal.ONE_SIDE: _windows(len(values), _IN_A_ROW, lambda w: _all_one_way(sides[w])),
        Signal.TREND: _windows(len(values), _IN_A_ROW, lambda w: _all_one_way(_within(steps, w))),
        Signal.NEAR_LIMITS: {
            at
            for at in _windows(
                len(values), 3, lambda w: _all_one_way(sides[w]) and sum(near[w]) >= 2
            )
            if near[at]
        },
    }
    return [
        frozenset(kind for kind, where in marked.items() if at in where)
        for at in range(len(values))
    ]


def _windows(length: int, size: int, fits: Callable[[slice], bool]) -> set[int]:
    """Return every place that lies in a stretch of ``size`` points that fits."""
    starts = (start for start in range(length - size + 1) if fits(slice(start, start + size)))
    return {at for start in starts for at in range(start, start + size)}


def _all_one_way(signs: Sequence[int]) -> bool:
    return bool(signs) and signs[0] != 0 and all(sign == signs[0] for sign in signs)


def _within(steps: Sequence[int], window: slice) -> Sequence[int]:
    """Return the steps between the points of a window: one fewer than its points."""
    return steps[window.start : window.stop - 1]
