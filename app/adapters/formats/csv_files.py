"""CSV: the long table and the wide one, written as rows come."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from app.domain.csv_text import cell_text, cells_text, csv_line, kept_text
from app.domain.dataset import Schema, WideRow, missing_reason, names

LONG: Final = "responses_long.csv"
WIDE: Final = "responses_wide.csv"


class SharedText:
    """What the answers of a set share, as text. Runs that many sets have alike are quoted once."""

    def __init__(self, schema: Schema) -> None:
        self._alike = schema.alike

    def of(self, row: WideRow) -> str:
        """Return the cells before the items, without an end of line."""
        where, said, met, grid = self._alike
        return (
            f"{cells_text(row[: where.start])},{kept_text(row[where])},{row[where.stop]},"
            f"{kept_text(row[said])},{kept_text(row[met])},{kept_text(row[grid])}"
        )


class LongCsv:
    """One line for each answer. What the answers of a set share is quoted once."""

    def __init__(self, schema: Schema, folder: Path) -> None:
        self._start = len(schema.shared)
        self._shared = SharedText(schema)
        self._ends = [
            {value: _ending(item.id, value) for value in _values(schema)} for item in schema.items
        ]
        self._ids = [item.id for item in schema.items]
        self._file = (folder / LONG).open("w", encoding="utf-8", newline="")
        self._file.write(csv_line(names(schema.long)))
        self.rows = 0

    def write(self, rows: Sequence[WideRow]) -> None:
        """Add the answers of these sets."""
        start, lines = self._start, []
        for row in rows:
            shared = self._shared.of(row)
            for ends, item, value in zip(self._ends, self._ids, row[start:], strict=True):
                # The codes of the scale are ready; anything else is written the slow way.
                ending = ends.get(value) if isinstance(value, int) else None
                lines.append(shared + (ending or _ending(item, value)))
        self._file.write("".join(lines))
        self.rows += len(lines)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class WideCsv:
    """One line for each answer set."""

    def __init__(self, schema: Schema, folder: Path) -> None:
        self._start = len(schema.shared)
        self._shared = SharedText(schema)
        self._file = (folder / WIDE).open("w", encoding="utf-8", newline="")
        self._file.write(csv_line(names(schema.wide)))
        self.rows = 0

    def write(self, rows: Sequence[WideRow]) -> None:
        """Add these sets."""
        start, shared = self._start, self._shared
        lines = [f"{shared.of(row)},{kept_text(row[start:])}\n" for row in rows]
        self._file.write("".join(lines))
        self.rows += len(rows)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _values(schema: Schema) -> list[int]:
    return [*range(-99, -90), *range(schema.low, schema.high + 1)]


def _ending(item: str, value: object) -> str:
    number = value if isinstance(value, int) else None
    reason = missing_reason(number) or ""
    return f",{cell_text(item)},{'' if number is None else number},{reason}\n"
