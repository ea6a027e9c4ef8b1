"""Work on a page of rows column by column: what many rows have alike is worked on once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import repeat
from typing import TypeVar

Given = TypeVar("Given", bound=Hashable)
Made = TypeVar("Made")


def map_column(make: Callable[[Given], Made], column: Sequence[Given]) -> Iterator[Made]:
    """Yield what ``make`` gives for each value of a column, in its order.

    ``make`` is pure. Where half of the values or more come again it is asked once for each
    different one, so values that are equal must be alike to it too: never 1 and True in one column.
    """
    different = set(column)
    if len(different) == 1:
        return repeat(make(column[0]), len(column))
    if 2 * len(different) > len(column):
        return map(make, column)
    return map({value: make(value) for value in different}.__getitem__, column)
