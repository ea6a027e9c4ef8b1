"""CSV: the long table and the wide one, written as rows come."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Final

from app.domain.column import map_column
from app.domain.csv_text import cell_text, columns_text, csv_line
from app.domain.dataset import Schema, WideRow, missing_reason, names

LONG: Final = "responses_long.csv"
WIDE: Final = "responses_wide.csv"


class LongCsv:
    """One line for each answer. What the answers of a set share is made once."""

    def __init__(self, schema: Schema, folder: Path) -> None:
        self._start = len(schema.shared)
        self._endings = [partial(_ending, cell_text(item.id)) for item in schema.items]
        self._file = (folder / LONG).open("w", encoding="utf-8", newline="")
        self._file.write(csv_line(names(schema.long)))
        self.rows = 0

    def write(self, rows: Sequence[WideRow]) -> None:
        """Add the answers of these sets."""
        columns = list(zip(*rows, strict=True))
        texts = columns_text(columns[: self._start])
        shared = [*map(",".join, zip(*texts, strict=True))]
        answers = zip(self._endings, columns[self._start :], strict=False)
        ends = [map_column(ending, column) for ending, column in answers]
        # Side by side: a set's shared cells, the end of an answer's line, the same cells, ...
        parts = zip(*chain.from_iterable((shared, each) for each in ends), strict=True)
        self._file.write("".join(chain.from_iterable(parts)))
        self.rows += len(rows) * len(ends)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class WideCsv:
    """One line for each answer set."""

    def __init__(self, schema: Schema, folder: Path) -> None:
        self._file = (folder / WIDE).open("w", encoding="utf-8", newline="")
        self._file.write(csv_line(names(schema.wide)))
        self.rows = 0

    def write(self, rows: Sequence[WideRow]) -> None:
        """Add these sets."""
        cells = zip(*columns_text(zip(*rows, strict=True)), strict=True)
        self._file.writelines(f"{line}\n" for line in map(",".join, cells))
        self.rows += len(rows)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _ending(item: str, value: object) -> str:
    number = value if isinstance(value, int) else None
    reason = missing_reason(number) or ""
    return f",{item},{'' if number is None else number},{reason}\n"
