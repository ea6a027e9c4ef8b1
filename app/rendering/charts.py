"""Where the marks of a chart lie, in the units of its drawing. Words come from the template.

Every chart runs from 0 to 100 % so that a small change never looks large. Nothing is said by colour
alone: what differs has a shape, a place or a word of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from app.domain.control_chart import ControlChart
from app.domain.results import Score
from app.domain.statistics import Interval

WIDTH: Final = 760
LEFT: Final = 250
RIGHT: Final = 24
TOP: Final = 34
ROW: Final = 54
MEANS_TOP: Final = 56
MEANS_ROW: Final = 68
TICKS: Final = (0, 20, 40, 60, 80, 100)
TIME_LEFT: Final = 52
TIME_HEIGHT: Final = 240
BARS_HEIGHT: Final = 150


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of the axis: its per cent and where it lies."""

    percent: int
    at: float


@dataclass(frozen=True, slots=True)
class ShareRow:
    """One line of a chart of shares; all x are in units of the drawing, None where not shown."""

    score: Score
    y: float
    x: float | None = None
    plain: tuple[float, float] | None = None
    widened: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class ShareChart:
    """Shares with their intervals, one row for each team and phase."""

    width: int
    height: int
    left: int
    ticks: tuple[Tick, ...]
    rows: tuple[ShareRow, ...]


@dataclass(frozen=True, slots=True)
class MeansRow:
    """One pair of means: its name, where it lies, None where a mean is not shown."""

    name: str
    y: float
    before: float | None
    after: float | None
    before_at: float | None
    after_at: float | None


@dataclass(frozen=True, slots=True)
class MeansChart:
    """Means before and after on the whole of their scale; ``marks`` are (value, place)."""

    width: int
    height: int
    left: int
    marks: tuple[tuple[int, float], ...]
    rows: tuple[MeansRow, ...]


@dataclass(frozen=True, slots=True)
class Dot:
    """One point over time; ``signalled`` has another shape, not only another colour."""

    x: float
    y: float
    percent: int
    phase: str
    signalled: bool


@dataclass(frozen=True, slots=True)
class Stretch:
    """The points of one phase in a row: where its band begins and ends."""

    phase: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class TimeChart:
    """Points in a row between two limits. ``line``, ``low`` and ``high`` are SVG point lists."""

    width: int
    height: int
    left: int
    ticks: tuple[Tick, ...]
    dots: tuple[Dot, ...]
    stretches: tuple[Stretch, ...]
    line: str
    low: str
    high: str
    centre: float
    trial: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: what it counts, its share of all, and where it stands."""

    value: int
    percent: float
    x: float
    y: float
    height: float
    is_last: bool


@dataclass(frozen=True, slots=True)
class BarChart:
    """A distribution; the last bar is the ceiling. ``most`` is the per cent at the top."""

    width: int
    height: int
    bar: float
    most: int
    bars: tuple[Bar, ...]


def draw_shares(scores: Sequence[Score]) -> ShareChart:
    """Lay out one row for each score, in their order."""
    rows = tuple(_share_row(found, TOP + ROW * at + ROW / 2 + 3) for at, found in enumerate(scores))
    ticks = tuple(Tick(percent, _across(percent / 100)) for percent in TICKS)
    return ShareChart(WIDTH, TOP + ROW * len(rows) + 10, LEFT, ticks, rows)


def _share_row(found: Score, y: float) -> ShareRow:
    if found.share is None:
        return ShareRow(found, y)
    return ShareRow(found, y, _across(found.share), _ends(found.plain), _ends(found.widened))


def _across(share: float) -> float:
    return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)


def _ends(interval: Interval | None) -> tuple[float, float] | None:
    return None if interval is None else (_across(interval.low), _across(interval.high))


def draw_means(
    rows: Sequence[tuple[str, float | None, float | None]], *, lowest: int, highest: int
) -> MeansChart:
    """Lay out pairs of means; the axis is the whole scale, so that a small change looks small."""

    def across(value: float) -> float:
        return _across((value - lowest) / (highest - lowest))

    def place(value: float | None) -> float | None:
        return None if value is None else across(value)

    found = tuple(
        MeansRow(name, MEANS_TOP + MEANS_ROW * at + MEANS_ROW / 2, one, two, place(one), place(two))
        for at, (name, one, two) in enumerate(rows)
    )
    marks = tuple((value, across(value)) for value in range(lowest, highest + 1))
    return MeansChart(WIDTH, MEANS_TOP + MEANS_ROW * len(found) + 10, LEFT, marks, found)


def draw_time(chart: ControlChart, phases: Sequence[str]) -> TimeChart:
    """Lay out a control chart from left to right, with a band for each phase."""
    step = (WIDTH - TIME_LEFT - RIGHT) / len(chart.points)
    xs = [round(TIME_LEFT + step * (at + 0.5), 1) for at in range(len(chart.points))]
    dots = tuple(
        Dot(x, _up(point.value), round(point.value * 100), phase, bool(point.signals))
        for x, point, phase in zip(xs, chart.points, phases, strict=True)
    )
    return TimeChart(
        width=WIDTH,
        height=TOP + TIME_HEIGHT + 34,
        left=TIME_LEFT,
        ticks=tuple(Tick(percent, _up(percent / 100)) for percent in TICKS),
        dots=dots,
        stretches=_stretches(phases, step),
        line=_points(xs, [point.value for point in chart.points]),
        low=_points(xs, [point.low for point in chart.points]),
        high=_points(xs, [point.high for point in chart.points]),
        centre=_up(chart.centre),
        trial=chart.trial,
    )


def _stretches(phases: Sequence[str], step: float) -> tuple[Stretch, ...]:
    found, at = [], 0
    for phase, group in groupby(phases):
        count = len(list(group))
        found.append(Stretch(phase, round(TIME_LEFT + step * at, 1), round(step * count, 1)))
        at += count
    return tuple(found)


def _up(share: float) -> float:
    return round(TOP + (1 - share) * TIME_HEIGHT, 1)


def _points(xs: Sequence[float], values: Sequence[float]) -> str:
    return " ".join(f"{x},{_up(value)}" for x, value in zip(xs, values, strict=True))


def draw_bars(counts: Sequence[int], most: int) -> BarChart:
    """Lay out a distribution; ``most`` is the per cent that a full-height bar stands for."""
    total = sum(counts)
    step = (WIDTH - TIME_LEFT - RIGHT) / max(1, len(counts))
    bars = []
    for value, count in enumerate(counts):
        percent = 100 * count / total if total else 0.0
        height = round(BARS_HEIGHT * percent / most, 1)
        x = round(TIME_LEFT + step * value, 1)
        last = value == len(counts) - 1
        bars.append(Bar(value, round(percent, 1), x, TOP + BARS_HEIGHT - height, height, last))
    return BarChart(WIDTH, TOP + BARS_HEIGHT + 44, round(step - 3, 1), most, tuple(bars))


def full_height(distributions: Sequence[Sequence[int]]) -> int:
    """Return the per cent (in tens) under which every distribution fits, so that they match."""
    highest = max((100 * max(d) / sum(d) for d in distributions if d and sum(d)), default=10.0)
    return min(100, max(10, int(-(-highest // 10) * 10)))
