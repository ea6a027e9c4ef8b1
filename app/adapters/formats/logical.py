"""The logical table: what an export says, whatever file says it.

Its hash is over every long row as canonical JSON without the export's own id, in the order of the
rows, so that a repeat on the same snapshot gives the same hash and every reader can make it again
(exports.md section 2: .sav carries the time of its making, so bytes cannot be the identity).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from app.domain.dataset import Schema, WideRow, names


class LogicalHash:
    """Takes wide rows as they come; ``hexdigest`` at any time."""

    def __init__(self, schema: Schema) -> None:
        self._alike, self._items = schema.alike, slice(len(schema.shared), None)
        header = [name for name in names(schema.wide) if name != "export_id"]
        self._hash = hashlib.sha256(f"{_canonical(header)}\n".encode())

    def write(self, rows: Sequence[WideRow]) -> None:
        """Add rows."""
        self._hash.update("".join(map(self._line, rows)).encode())

    def _line(self, row: WideRow) -> str:
        where, *alike = self._alike
        own = row[1 : where.start]  # the export's own id comes first, and is left out
        kept = ",".join([_kept(row[each]) for each in (*alike, self._items)])
        return f"{_canonical(own)[:-1]},{_kept(row[where])},{row[where.stop]},{kept}]\n"

    def close(self) -> None:
        """Nothing is open."""

    def hexdigest(self) -> str:
        """Return the hash of everything so far."""
        return self._hash.hexdigest()


def logical_sha256(schema: Schema, rows: Iterable[WideRow]) -> str:
    """Return the hash of a whole table."""
    made = LogicalHash(schema)
    made.write(list(rows))
    return made.hexdigest()


_canonical: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@lru_cache(maxsize=8192)
def _kept(cells: WideRow) -> str:
    """Return cells that come again and again as they stand inside a list."""
    return _canonical(cells)[1:-1]
