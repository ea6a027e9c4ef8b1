"""Work on columns: the same result as cell by cell, and what comes again is made once."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from app.domain.column import map_column


@pytest.mark.parametrize("kinds", [1, 3, 40, 10_000])
def test_a_column_is_made_as_cell_by_cell(kinds: int) -> None:
    draw, asked = Random(kinds), Counter[str | int | None]()
    values: list[str | int | None] = [None, "", *(f"v{n}" if n % 2 else n for n in range(kinds))]
    column = [values[draw.randrange(min(kinds, len(values)))] for _ in range(100)]

    def make(cell: str | int | None) -> str:
        asked[cell] += 1
        return repr(cell)

    assert list(map_column(make, column)) == [repr(cell) for cell in column]
    assert asked.keys() == set(column)
    if kinds <= 40:
        assert set(asked.values()) == {1}


def test_an_empty_column_is_empty() -> None:
    assert list(map_column(repr, [])) == []
