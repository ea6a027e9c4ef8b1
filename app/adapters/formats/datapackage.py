"""``datapackage.json``, Data Package v2: schema, missing codes with labels, hashes, sizes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from app.domain.dataset import (
    COURSE,
    EXPOSURE,
    FEEDBACK,
    HIGHEST_MISSING,
    LOWEST_MISSING,
    MISSING_REASONS,
    Schema,
    Variable,
)
from app.domain.missing import ItemMissing

NAME: Final = "datapackage.json"
PROFILE: Final = "https://datapackage.org/profiles/2.0/datapackage.json"


def datapackage(schema: Schema, files: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the descriptor of those CSV files that are there (name, bytes, sha256)."""
    tables = {
        "responses_long.csv": (schema.long, ["response_ref", "item"]),
        "responses_wide.csv": (schema.wide, ["response_ref"]),
        "exposure.csv": (EXPOSURE, None),
        "course.csv": (COURSE, ["form_ref"]),
        "feedback.csv": (FEEDBACK, ["feedback_ref"]),
    }
    resources = [
        _resource(file, *tables[str(file["name"])], schema)
        for file in files
        if file["name"] in tables
    ]
    return {
        "$schema": PROFILE,
        "name": f"export-{schema.export_id}",
        "title": f"{schema.instrument_id}, export {schema.export_id}",
        "description": " ".join([schema.notice, *schema.attribution]).strip(),
        "resources": resources,
    }


def write_datapackage(schema: Schema, files: Iterable[Mapping[str, Any]], folder: Path) -> None:
    """Write the descriptor."""
    text = json.dumps(datapackage(schema, files), indent=2, ensure_ascii=False)
    (folder / NAME).write_text(text + "\n", encoding="utf-8")


def _resource(
    file: Mapping[str, Any], variables: Iterable[Variable], key: list[str] | None, schema: Schema
) -> dict[str, Any]:
    described: dict[str, Any] = {"fields": [_field(each, schema) for each in variables]}
    if key:
        described["primaryKey"] = key
    return {
        "name": str(file["name"]).removesuffix(".csv"),
        "type": "table",
        "path": file["name"],
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": file["bytes"],
        "hash": f"sha256:{file['sha256']}",
        "dialect": {"delimiter": ",", "lineTerminator": "\n"},
        "schema": {**described, "missingValues": [""]},
    }


def _field(each: Variable, schema: Schema) -> dict[str, Any]:
    kind = {"text": "string", "integer": "integer", "boolean": "integer"}[each.kind]
    found: dict[str, Any] = {"name": each.name, "title": each.label, "type": kind}
    limits: dict[str, Any] = {} if each.absent else {"required": True}
    if each.kind == "boolean":
        limits["enum"] = [0, 1]
    if each.item:
        # The codes stay values here, so that no reader drops why an answer is missing; their
        # labels are in the codebook and in this list.
        limits |= {"minimum": LOWEST_MISSING, "maximum": schema.high}
        found["missingCodes"] = [
            {"value": str(int(code)), "label": label}
            for code, label in zip(ItemMissing, MISSING_REASONS, strict=True)
        ]
        found["missingBand"] = [LOWEST_MISSING, HIGHEST_MISSING]
    if each.values and not each.many:
        whole = each.kind == "integer"
        found["categories"] = [int(value) if whole else value for value in each.values]
        limits["enum"] = found["categories"]
    return {**found, "constraints": limits} if limits else found
