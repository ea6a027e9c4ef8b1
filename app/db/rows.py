"""Adding many whole rows at once, by a statement that is compiled once for each database.

The general way prepares every value of every row anew: for a batch of answers that took longer
than the database took to store them. The text of the statement and what is done to each value
still come from the table and the dialect; only the work for each row is less.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Insert

from app.db.tables import UtcDateTime

Row = Mapping[str, Any]
Process = Callable[[Any], Any]


def add_rows(connection: Connection, statement: Insert, rows: Sequence[Row]) -> None:
    """Insert ``rows``, which all have the same keys, in the transaction of ``connection``.

    ``statement`` is an insert without values, kept by the caller: it is the key of what was
    compiled. Raises ValueError where a column that is left out would be filled in by Python.
    """
    if not rows:
        return
    text, prepare = _compiled(statement, tuple(rows[0]), connection.dialect)
    connection.exec_driver_sql(text, [prepare(row) for row in rows])


@lru_cache(maxsize=64)
def _compiled(
    statement: Insert, columns: tuple[str, ...], dialect: Dialect
) -> tuple[str, Callable[[Row], Any]]:
    compiled = statement.compile(dialect=dialect, column_keys=list(columns))
    if compiled.insert_prefetch:
        raise ValueError("every column with a default of its own has to be given")
    processes = {name: _process(statement, name, dialect) for name in columns}
    places = compiled.positiontup
    if places is None:
        return str(compiled), lambda row: {
            name: process(row[name]) if process else row[name]
            for name, process in processes.items()
        }
    in_order = [(name, processes[name]) for name in places]
    return str(compiled), lambda row: tuple(
        [process(row[name]) if process else row[name] for name, process in in_order]
    )


def _process(statement: Insert, name: str, dialect: Dialect) -> Process | None:
    kind = statement.table.c[name].type
    process = kind.dialect_impl(dialect).bind_processor(dialect)
    # One moment stands in every row of a batch: it is written out once.
    return lru_cache(maxsize=8)(process) if process and isinstance(kind, UtcDateTime) else process
