"""FHIR R4: Questionnaire and QuestionnaireResponse as NDJSON, one resource a line.

The questions are neutral labels: the instrument's words are licensed and are named by the hash of
their pack. What FHIR has no field for (phase, mode, respondent ...) is in one extension under our
own URN, so that nothing of a row is lost; a missing code is there beside data-absent-reason.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from app.adapters.formats.codebook import FHIR_REASONS
from app.domain.dataset import Cell, Schema, WideRow, names
from app.domain.missing import ItemMissing, is_missing

QUESTIONNAIRES: Final = "Questionnaire.ndjson"
RESPONSES: Final = "QuestionnaireResponse.ndjson"
URN: Final = "urn:option-grids"
ABSENT: Final = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
#: Told by fields of FHIR itself, so not again in the extension.
TOLD: Final = frozenset({"response_ref", "state"})
Resource = dict[str, Any]


class FhirFiles:
    """Writes responses as they come and, at the end, each questionnaire that they named."""

    def __init__(self, schema: Schema, folder: Path) -> None:
        self._schema, self._folder = schema, folder
        self._names = names(schema.shared)
        self._versions: set[tuple[str, str, str]] = set()
        self._file = (folder / RESPONSES).open("w", encoding="utf-8", newline="\n")

    def write(self, rows: Sequence[WideRow]) -> None:
        """Add these sets."""
        self._file.writelines(_line(self._response(row)) for row in rows)

    def _response(self, row: WideRow) -> Resource:
        start = len(self._names)
        cells = dict(zip(self._names, row[:start], strict=True))
        version = (
            str(cells["instrument_version"]),
            str(cells["wording_sha256"]),
            str(cells["language"]),
        )
        self._versions.add(version)
        found: Resource = {
            "resourceType": "QuestionnaireResponse",
            "id": cells["response_ref"],
            "extension": [_context(cells)],
            "questionnaire": f"{_url(self._schema)}|{_version(version)}",
            "status": "completed" if cells["state"] == "complete" else "stopped",
            "encounter": {"identifier": {"system": f"{URN}:encounter", "value": row[2]}},
        }
        if "-Q" not in str(cells["period"]):  # FHIR has months and no quarters
            found["authored"] = cells["period"]
        answers = zip(self._schema.items, row[start:], strict=True)
        return {**found, "item": [_item(each.id, value) for each, value in answers]}

    def close(self) -> None:
        """Write the questionnaires and close."""
        self._file.close()
        with (self._folder / QUESTIONNAIRES).open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(
                _line(questionnaire(self._schema, each)) for each in sorted(self._versions)
            )


def questionnaire(schema: Schema, version: tuple[str, str, str]) -> Resource:
    """Return the questionnaire of one wording: (pack version, pack hash, language)."""
    found: Resource = {
        "resourceType": "Questionnaire",
        "id": f"{schema.instrument_id}-{version[1][:16]}",
        "language": version[2],
        "url": _url(schema),
        "version": _version(version),
        "status": "active",
        "title": schema.instrument_id,
        "item": [
            {
                "linkId": item.id,
                "text": f"{schema.instrument_id} item {item.place}",
                "type": "integer",
                "answerOption": [{"valueInteger": n} for n in range(schema.low, schema.high + 1)],
            }
            for item in schema.items
        ],
    }
    said = " ".join([schema.notice, *schema.attribution]).strip()
    return {**found, "copyright": said} if said else found


def _url(schema: Schema) -> str:
    return f"{URN}:instrument:{schema.instrument_id}"


def _version(version: tuple[str, str, str]) -> str:
    return f"{version[0]}+{version[1][:16]}"


def _context(cells: dict[str, Cell]) -> Resource:
    inner = [
        {"url": name, "valueInteger" if isinstance(cell, int) else "valueString": cell}
        for name, cell in cells.items()
        if cell is not None and name not in TOLD
    ]
    return {"url": f"{URN}:row", "extension": inner}


def _item(link: str, value: Cell) -> Resource:
    if not isinstance(value, int) or is_missing(value):
        code = ItemMissing(value) if isinstance(value, int) else ItemMissing.UNKNOWN
        why = [
            {"url": ABSENT, "valueCode": FHIR_REASONS[code]},
            {"url": f"{URN}:missing-code", "valueInteger": int(code)},
        ]
        return {"linkId": link, "extension": why}
    return {"linkId": link, "answer": [{"valueInteger": value}]}


def _line(resource: Resource) -> str:
    return json.dumps(resource, ensure_ascii=False, separators=(",", ":")) + "\n"
