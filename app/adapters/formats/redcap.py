"""REDCap: a data dictionary of 18 columns in their order, and a file to import.

The first field is the record's id. Closed lists are radio buttons with numbers; an answer's
missing codes are choices of its field, since REDCap stores a missing code as the literal value.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from app.domain.csv_text import csv_line, csv_lines
from app.domain.dataset import MISSING_REASONS, Cell, Schema, Variable, WideRow
from app.domain.missing import ItemMissing

DICTIONARY: Final = "redcap_dictionary.csv"
IMPORT: Final = "redcap_import.csv"
FORM: Final = "answer_set"
HEADER: Final = (
    "Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label",
    "Choices, Calculations, OR Slider Labels", "Field Note",
    "Text Validation Type OR Show Slider Number", "Text Validation Min", "Text Validation Max",
    "Identifier?", "Branching Logic (Show field only if...)", "Required Field?",
    "Custom Alignment", "Question Number (surveys only)", "Matrix Group Name", "Matrix Ranking?",
    "Field Annotation",
)  # fmt: skip
RECORD: Final = "record_id"


def fields(schema: Schema) -> tuple[Variable, ...]:
    """Return the variables in the order of the import file; the answer set's id comes first."""
    first = next(each for each in schema.wide if each.name == "response_ref")
    return (first, *(each for each in schema.wide if each is not first))


def dictionary_rows(schema: Schema) -> Iterator[tuple[str, ...]]:
    """Yield one row for each field."""
    for each in fields(schema):
        name = RECORD if each.name == "response_ref" else each.name
        kind, choices, check = _kind(each, schema)
        note = f"Empty: {each.absent}" if each.absent else ""
        yield (name, FORM, "", kind, each.label, choices, note, check, *[""] * 10)


def _kind(each: Variable, schema: Schema) -> tuple[str, str, str]:
    if each.item:
        codes = [
            (str(n), schema.answer_words.get(n, str(n))) for n in range(schema.low, schema.high + 1)
        ]
        pairs = zip(ItemMissing, MISSING_REASONS, strict=True)
        codes += [(str(int(code)), reason.replace("_", " ")) for code, reason in pairs]
        return "radio", _choices(codes), ""
    if each.is_coded:
        return "radio", _choices([(str(each.number(v)), v) for v in each.values]), ""
    if each.kind == "boolean":
        return "yesno", "", ""
    return "text", "", "integer" if each.kind == "integer" else ""


def _choices(pairs: Sequence[tuple[str, str]]) -> str:
    return " | ".join(f"{code}, {label}" for code, label in pairs)


class RedcapFiles:
    """Writes the dictionary at once and the import file as rows come."""

    def __init__(self, schema: Schema, folder: Path) -> None:
        with (folder / DICTIONARY).open("w", encoding="utf-8", newline="") as file:
            file.writelines(csv_lines(HEADER, dictionary_rows(schema)))
        order = fields(schema)
        self._places = [schema.place(each.name) for each in order]
        self._codes = [
            {value: each.number(value) for value in each.values} if each.is_coded else None
            for each in order
        ]
        self._file = (folder / IMPORT).open("w", encoding="utf-8", newline="")
        self._file.write(csv_line([RECORD, *(each.name for each in order[1:])]))

    def write(self, rows: Sequence[WideRow]) -> None:
        """Add these sets."""
        self._file.writelines(csv_line(self._cells(row)) for row in rows)

    def _cells(self, row: WideRow) -> list[Cell]:
        return [
            row[place] if codes is None else codes.get(str(row[place]))
            for place, codes in zip(self._places, self._codes, strict=True)
        ]

    def close(self) -> None:
        """Close the import file."""
        self._file.close()
