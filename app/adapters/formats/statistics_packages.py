"""SPSS ``.sav`` and Stata ``.dta``, each with value labels and its own kind of missing value.

Both libraries want the whole table at once, unlike every other format; ``rows_that_fit`` says how
many sets may be written, and more are refused before a file is begun. Closed lists are numbers
with the code as label, since Stata labels numbers alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from app.adapters.formats.codebook import STATA_LETTERS
from app.domain.dataset import (
    HIGHEST_MISSING,
    LOWEST_MISSING,
    MISSING_REASONS,
    Cell,
    Schema,
    Variable,
    WideRow,
)
from app.domain.missing import ItemMissing

SAV: Final = "responses_wide.sav"
DTA: Final = "responses_wide.dta"
#: Measured with 42 columns: about 6 kB of memory for each answer set while a file is written.
BYTES_FOR_EACH: Final = 6_000
MOST_BYTES: Final = 1_200_000_000
ROWS_THAT_FIT: Final = MOST_BYTES // BYTES_FOR_EACH
_LETTERS: Final[Mapping[int, str]] = {int(code): letter for code, letter in STATA_LETTERS.items()}


def write_sav(schema: Schema, rows: Sequence[WideRow], path: Path) -> None:
    """Write SPSS. Answers keep their missing codes, declared as one range."""
    import pyreadstat

    items = {each.name for each in schema.wide if each.item}
    band: list[Any] = [{"lo": LOWEST_MISSING, "hi": HIGHEST_MISSING}]
    pyreadstat.write_sav(
        _frame(schema, rows, _plain),
        path,
        file_label=f"Export {schema.export_id}"[:64],
        column_labels={each.name: each.label for each in schema.wide},
        note=[line for line in (schema.notice, *schema.attribution) if line] or "",
        variable_value_labels=_value_labels(schema, _sav_missing()),
        missing_ranges=dict.fromkeys(sorted(items), band),
        variable_measure={each.name: _measure(each) for each in schema.wide},
        row_compress=True,
    )


def write_dta(schema: Schema, rows: Sequence[WideRow], path: Path) -> None:
    """Write Stata. Missing codes become .a to .i, each with its label."""
    import pyreadstat

    letters = list(_LETTERS.values())
    pyreadstat.write_dta(
        _frame(schema, rows, _lettered),
        path,
        file_label=f"Export {schema.export_id}"[:80],
        column_labels={each.name: each.label[:80] for each in schema.wide},
        variable_value_labels=_value_labels(
            schema, dict(zip(letters, MISSING_REASONS, strict=True))
        ),
        missing_user_values={each.name: letters for each in schema.wide if each.item},
        version=15,
    )


def _frame(schema: Schema, rows: Sequence[WideRow], item: Any) -> Any:
    import pandas as pd

    columns = zip(*rows, strict=True) if rows else ([] for _ in schema.wide)
    return pd.DataFrame(
        {
            each.name: _column(each, list(column), item)
            for each, column in zip(schema.wide, columns, strict=True)
        }
    )


def _column(each: Variable, cells: list[Cell], item: Any) -> Any:
    import pandas as pd

    if each.item:
        return item(cells)
    if each.is_coded:
        numbers = {value: each.number(value) for value in each.values}
        return pd.Series([numbers.get(str(cell)) for cell in cells], dtype="Int32")
    if each.kind == "text":
        return pd.Series(["" if cell is None else cell for cell in cells], dtype=object)
    return pd.Series(cells, dtype="Int32")


def _plain(cells: list[Cell]) -> Any:
    import pandas as pd

    return pd.Series(cells, dtype="int32")


def _lettered(cells: list[Cell]) -> Any:
    import pandas as pd

    return pd.Series([_LETTERS.get(int(cell or 0), cell) for cell in cells], dtype=object)


def _value_labels(schema: Schema, missing: Mapping[Any, str]) -> dict[str, dict[Any, str]]:
    labels: dict[str, dict[Any, str]] = {}
    for each in schema.wide:
        if each.is_coded:
            labels[each.name] = {each.number(value): value for value in each.values}
        elif each.kind == "boolean":
            labels[each.name] = {0: "no", 1: "yes"}
        elif each.item:
            labels[each.name] = {**schema.answer_words, **missing}
    return labels


def _sav_missing() -> dict[int, str]:
    codes = zip(ItemMissing, MISSING_REASONS, strict=True)
    return {int(code): reason for code, reason in codes}


def _measure(each: Variable) -> str:
    if each.item:
        return "ordinal"
    return "scale" if each.kind == "integer" else "nominal"
