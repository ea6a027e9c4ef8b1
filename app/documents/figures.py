"""An outcome as counted dots: the one source of every number, dot and table of a figure.

The page and the paper draw from the same `DrawnFigure`, so words, dots and table cannot
disagree. Dots are abstract (RC-12), grouped and never scattered (RC-11), filled against
hollow so that they read in grey (RC-13), with and without on one scale (RC-1), both sides
of the frame counted (RC-9) and the difference computed (RC-7). No words are made here.

An arm is two paths, not a hundred circles: zero-length dashes with round caps
(`stroke-dasharray="0 10"`) were drawn about twice as fast by the PDF engine. The first path
sets every dot, the second hollows out those to whom the outcome did not happen. Lines end
half a unit past their last dot: a dash of no length at the very end is not drawn everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from app.content.grid import AgeRange, Arm, Figure, FigureKind, OutcomeIs, Severity

PITCH: Final = 10
"""Units from one dot to the next; templates set the dash pattern to it."""
IN_A_ROW: Final = 10
IN_A_LONG_ROW: Final = 40
LONG_FROM: Final = 101
HALF: Final = PITCH // 2

Side = Literal["with", "without"]
Direction = Literal["more", "fewer", "same"]


class FigureNotDrawable(ValueError):
    """The figure may be told in words at most: unconfirmed, or of an option that is never alone."""


@dataclass(frozen=True, slots=True)
class Dots:
    """`filled` dots, then hollow ones, `per` in all. Paths are for SVG of `width` x `height`."""

    filled: int
    per: int
    width: int
    height: int
    every: str
    hollow: str


@dataclass(frozen=True, slots=True)
class DrawnArm:
    """One group of people: to `n` it happened, to `rest` it did not; `low` to `high` in print."""

    side: Side
    n: int
    rest: int
    low: int | None
    high: int | None
    dots: Dots


@dataclass(frozen=True, slots=True)
class DrawnFigure:
    """Everything that words, dots and table say about one outcome.

    `arms` is with then without; a `single` has one, a `difference` none, because its source
    gives no counts that dots could show. `difference` and `direction` are None where nobody
    was compared; `low` and `high` are the range of a `difference`.
    """

    id: str
    kind: FigureKind
    option: str
    outcome: str
    outcome_is: OutcomeIs
    per: int
    arms: tuple[DrawnArm, ...]
    comparator: str | None
    difference: int | None
    direction: Direction | None
    low: int | None
    high: int | None
    time_span: str
    who: str
    ages: AgeRange
    severity: tuple[Severity, ...]
    certainty: str
    source: str


def draw(figure: Figure) -> DrawnFigure:
    """The figure as drawn. Raises FigureNotDrawable, or ValueError on counts over `per`."""
    if figure.mark != "V1" or figure.option_forbidden:
        raise FigureNotDrawable(figure.id)
    difference = figure.difference
    only_difference = figure.kind == "difference"
    return DrawnFigure(
        id=figure.id,
        kind=figure.kind,
        option=figure.option,
        outcome=figure.outcome,
        outcome_is=figure.outcome_is,
        per=figure.per,
        arms=tuple(_arms(figure)),
        comparator=figure.comparator,
        difference=None if difference is None else abs(difference),
        direction=_direction(difference),
        low=figure.with_arm.low if only_difference else None,
        high=figure.with_arm.high if only_difference else None,
        time_span=figure.time_span,
        who=figure.who,
        ages=figure.ages,
        severity=figure.severity,
        certainty=figure.certainty,
        source=figure.source,
    )


def draw_together(figures: Iterable[Figure]) -> tuple[DrawnFigure, ...]:
    """Figures side by side. Raises ValueError when they count out of different numbers."""
    drawn = tuple(draw(figure) for figure in figures)
    if len({figure.per for figure in drawn}) > 1:
        raise ValueError("figures side by side count people out of the same number (RC-1)")
    return drawn


def draw_dots(filled: int, per: int) -> Dots:
    """`per` dots of which the first `filled` are full. Raises ValueError when they do not fit."""
    if not 0 <= filled <= per or per < 1:
        raise ValueError(f"{filled} of {per} cannot be drawn")
    columns = IN_A_LONG_ROW if per >= LONG_FROM else min(per, IN_A_ROW)
    rows = -(-per // columns)
    every = _run(0, per, columns)
    return Dots(filled, per, columns * PITCH, rows * PITCH, every, _run(filled, per, columns))


def _arms(figure: Figure) -> Iterator[DrawnArm]:
    if figure.kind == "difference":
        return
    yield _arm("with", figure.with_arm, figure.per)
    if figure.without_arm is not None:
        yield _arm("without", figure.without_arm, figure.per)


def _arm(side: Side, arm: Arm, per: int) -> DrawnArm:
    if arm.n is None:
        raise ValueError(f"the group '{side}' has no count to draw")
    return DrawnArm(side, arm.n, per - arm.n, arm.low, arm.high, draw_dots(arm.n, per))


def _direction(difference: int | None) -> Direction | None:
    if difference is None:
        return None
    if difference == 0:
        return "same"
    return "more" if difference > 0 else "fewer"


def _run(first: int, end: int, columns: int) -> str:
    """The path over the dots from `first` up to `end`: one line for each row of dots."""
    lines = []
    while first < end:
        row, column = divmod(first, columns)
        last = min(end, (row + 1) * columns) - 1
        top = row * PITCH + HALF
        lines.append(f"M{column * PITCH + HALF} {top}H{last % columns * PITCH + HALF}.5")
        first = last + 1
    return "".join(lines)
