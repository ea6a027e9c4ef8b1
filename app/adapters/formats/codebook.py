"""The codebook: every variable of every table, as CSV for programs and HTML for people."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Final

from app.domain.csv_text import RULE, csv_lines
from app.domain.dataset import (
    COURSE,
    EXPOSURE,
    FEEDBACK,
    LONG_ONLY,
    MISSING_REASONS,
    Cell,
    Schema,
    Variable,
)
from app.domain.missing import ItemMissing

CSV_NAME: Final = "codebook.csv"
HTML_NAME: Final = "codebook.html"
HEADER: Final = (
    "table", "column", "label", "type", "values", "numbers_in_spss_stata_redcap",
    "empty_means", "missing_codes", "universe", "unit",
)  # fmt: skip
#: Code -> what it is in Stata, and in FHIR's data-absent-reason.
STATA_LETTERS: Final = dict(zip(ItemMissing, "abcdefghi", strict=True))
FHIR_REASONS: Final = {
    ItemMissing.NOT_REACHED: "not-asked",
    ItemMissing.SKIPPED: "asked-unknown",
    ItemMissing.PREFER_NOT_TO_SAY: "asked-declined",
    ItemMissing.DOES_NOT_APPLY: "not-applicable",
    ItemMissing.DO_NOT_UNDERSTAND: "asked-unknown",
    ItemMissing.NOT_ASKED: "not-asked",
    ItemMissing.UNREADABLE: "error",
    ItemMissing.TECHNICAL: "error",
    ItemMissing.UNKNOWN: "unknown",
}


def codebook_rows(schema: Schema) -> Iterator[tuple[str, ...]]:
    """Yield one row for each variable of each table, then one for each missing code."""
    tables = (
        ("responses_wide", "one answer set", schema.wide),
        ("responses_long", "one answer", LONG_ONLY),
        ("exposure", "one grid on one device in one appointment", EXPOSURE),
        ("course", "one form about a course; only where it was asked for", COURSE),
        ("feedback", "one text about a grid; only where it was asked for", FEEDBACK),
    )
    for table, unit, variables in tables:
        for each in variables:
            yield _row(table, unit, each, schema)
    for code, reason in zip(ItemMissing, MISSING_REASONS, strict=True):
        where = f"SPSS {int(code)}; Stata .{STATA_LETTERS[code]}; FHIR {FHIR_REASONS[code]}"
        words = f"{reason.replace('_', ' ')}. Never scored."
        yield ("missing", str(int(code)), words, "integer", reason, where, "", "", "", "")


def _row(table: str, unit: str, each: Variable, schema: Schema) -> tuple[str, ...]:
    words = ";".join(f"{value}={word}" for value, word in schema.answer_words.items())
    bounds = (words or f"{schema.low}-{schema.high}") if each.item else ""
    values = "0;1" if each.kind == "boolean" else bounds or ";".join(each.values)
    numbers = ";".join(f"{each.number(v)}={v}" for v in each.values) if each.is_coded else ""
    missing = "-99 to -91" if each.item else ""
    empty = each.absent or "never empty"
    return (table, each.name, each.label, each.kind, values, numbers, empty, missing,
            each.universe, unit)  # fmt: skip


def write_codebook(schema: Schema, folder: Path) -> None:
    """Write both forms."""
    rows: list[tuple[Cell, ...]] = list(codebook_rows(schema))
    with (folder / CSV_NAME).open("w", encoding="utf-8", newline="") as file:
        file.writelines(csv_lines(HEADER, rows))
    (folder / HTML_NAME).write_text(_html(schema), encoding="utf-8")


def _html(schema: Schema) -> str:
    head = "".join(f'<th scope="col">{escape(name.replace("_", " "))}</th>' for name in HEADER)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>\n"
        for row in codebook_rows(schema)
    )
    title = f"Codebook of {schema.instrument_id}"
    said = [f"Export {schema.export_id}", schema.notice, *schema.attribution, f"CSV: {RULE}"]
    lines = "".join(f"<p>{escape(line)}</p>\n" for line in said if line)
    return (
        f'<!doctype html>\n<html lang="en-GB"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>\n<body><h1>{escape(title)}"
        f"</h1>\n{lines}<div><table><thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody></table>"
        "</div></body></html>\n"
    )


STYLE: Final = (
    "body{font:16px/1.5 Arial,sans-serif;margin:2rem;color:#212b32}"
    "table{border-collapse:collapse}th,td{border:1px solid #aeb7bd;padding:.4rem .6rem;"
    "text-align:left;vertical-align:top;overflow-wrap:anywhere;min-width:6rem}"
    "thead th{background:#f0f4f5}div{overflow-x:auto}"
)
