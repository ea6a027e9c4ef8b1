"""Parquet: both tables in row groups as rows come, codes as dictionaries, the codebook's hash."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from app.domain.dataset import Schema, Variable, WideRow, names

LONG: Final = "responses_long.parquet"
WIDE: Final = "responses_wide.parquet"


def arrow_schema(variables: Sequence[Variable], schema: Schema) -> Any:
    """Return the Arrow schema of a table; labels are in the fields' metadata."""
    import pyarrow as pa

    def kind(each: Variable) -> Any:
        if each.item or each.kind == "boolean":
            return pa.int8()
        return pa.int32() if each.kind == "integer" else pa.dictionary(pa.int32(), pa.string())

    described = [
        pa.field(each.name, kind(each), metadata={"label": each.label}) for each in variables
    ]
    about = {"codebook_sha256": schema.sha256, "export_id": schema.export_id}
    return pa.schema(
        described, metadata=about | ({"notice": schema.notice} if schema.notice else {})
    )


class ParquetTables:
    """Writes the wide and the long table, one row group for each batch."""

    def __init__(self, schema: Schema, folder: Path) -> None:
        import pyarrow.parquet as pq

        self._schema = schema
        self._wide_schema = arrow_schema(schema.wide, schema)
        self._long_schema = arrow_schema(schema.long, schema)
        how: dict[str, Any] = {"compression": "zstd", "version": "2.6"}
        self._wide = pq.ParquetWriter(folder / WIDE, self._wide_schema, **how)
        self._long = pq.ParquetWriter(folder / LONG, self._long_schema, **how)

    def write(self, rows: Sequence[WideRow]) -> None:
        """Add these sets as one row group of each table."""
        if not rows:
            return
        import pyarrow as pa

        columns = [
            pa.array(column, type=field.type)
            for column, field in zip(zip(*rows, strict=True), self._wide_schema, strict=True)
        ]
        self._wide.write_table(pa.table(columns, schema=self._wide_schema))
        self._long.write_table(self._melt(columns, len(rows)))

    def _melt(self, columns: list[Any], rows: int) -> Any:
        """Return the long table of a batch: each set's answers one after another."""
        import numpy as np
        import pyarrow as pa

        from app.domain.dataset import missing_reason

        items, start = self._schema.items, len(self._schema.shared)
        which = pa.array(np.repeat(np.arange(rows), len(items)))
        shared = [column.take(which) for column in columns[:start]]
        values = np.stack([np.asarray(column) for column in columns[start:]], axis=1).ravel()
        kinds = self._long_schema
        said = {int(value): missing_reason(int(value)) for value in np.unique(values)}
        reasons = [said[value] for value in values.tolist()]
        item = pa.array([each.id for each in items] * rows, type=kinds.field("item").type)
        answers = [
            item,
            pa.array(values, type=pa.int8()),
            pa.array(reasons, type=kinds.field("missing_reason").type),
        ]
        return pa.table([*shared, *answers], schema=kinds)

    def close(self) -> None:
        """Close both files."""
        self._wide.close()
        self._long.close()


def read_wide(path: Path, schema: Schema) -> list[WideRow]:
    """Return the rows of a wide Parquet file."""
    import pyarrow.parquet as pq

    found = pq.read_table(path, columns=list(names(schema.wide))).to_pydict()
    return list(zip(*found.values(), strict=True))
