"""The logical table: what an export says, whatever file says it.

Its hash is over every long row as canonical JSON without the export's own id, in the order of the
rows, so that a repeat on the same snapshot gives the same hash and every reader can make it again
(exports.md section 2: .sav carries the time of its making, so bytes cannot be the identity).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Final

from app.domain.column import map_column
from app.domain.dataset import Schema, WideRow, names


class LogicalHash:
    """Takes wide rows as they come; ``hexdigest`` at any time."""

    def __init__(self, schema: Schema) -> None:
        header = [name for name in names(schema.wide) if name != "export_id"]
        self._hash = hashlib.sha256(f"{_canonical(header)}\n".encode())

    def write(self, rows: Sequence[WideRow]) -> None:
        """Add rows, without the export's own id, which comes first."""
        columns = list(zip(*rows, strict=True))[1:]
        cells = zip(*(map_column(_canonical, column) for column in columns), strict=True)
        self._hash.update("".join([f"[{line}]\n" for line in map(",".join, cells)]).encode())

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
