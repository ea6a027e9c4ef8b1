"""JSON Schema of the three kinds of file, so that editors complete and check them.

Generated from the same types that the parser reads; the parser stays the judge.
"""

from __future__ import annotations

from typing import Any, Final, get_args

from app.content.grid import (
    CORE_ROWS,
    DROPPABLE_ROWS,
    NEED_GROUPS,
    ROWS_AFTER,
    ROWS_BEFORE,
    VOICES,
    WAITING_REASONS,
    Basis,
    CellState,
    FigureKind,
    Mark,
    OptionKind,
    OutcomeIs,
    Owner,
    Place,
    Reason,
    Setting,
    Severity,
    Strength,
    Switch,
)
from app.content.reading import ID

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]

_TEXT: Final[Schema] = {"type": "string", "minLength": 1}
_NAME: Final[Schema] = {"type": "string", "pattern": f"^{ID.pattern}$"}
_FLAG: Final[Schema] = {"type": "boolean"}
_DAY: Final[Schema] = {"type": "string", "format": "date"}
_COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
_SCHEMA_1: Final[Schema] = {"const": 1}


def _maybe(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _among(words: Any) -> Schema:
    return {"enum": list(words if isinstance(words, tuple) else get_args(words))}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _table(required: Schema, optional: Schema | None = None) -> Schema:
    return {
        "type": "object",
        "properties": required | (optional or {}),
        "required": list(required),
        "additionalProperties": False,
    }


def _by_name(entry: Schema) -> Schema:
    return {"type": "object", "additionalProperties": entry}


_AGES: Final = _table({"from": _maybe(_COUNT), "to": _maybe(_COUNT)})
_SEVERITY: Final = _list(_among(Severity))


def grid_schema() -> Schema:
    """Of `grid.yaml`."""
    return _whole(
        "grid.yaml: the structure of a grid",
        {
            "schema": _SCHEMA_1,
            "slug": _NAME,
            "public_id": _NAME,
            "topic": _NAME,
            "setting": _among(Setting),
            "need_groups": _list(_among(NEED_GROUPS)),
            "ages": _AGES,
            "sensitive": _FLAG,
            "review": _review(),
            "funding": _maybe(_TEXT),
            "interests": _maybe(_TEXT),
            "authors": _list(_TEXT),
            "bands": _list(_band()),
            "options": _list(_option()),
            "rows": _list(_row()),
            "cells": _list(_cell()),
            "glossary_terms": _list(_NAME),
        },
        {
            "pair": _maybe(_NAME),
            "optional": _list(_among(DROPPABLE_ROWS)),
            "off_until_switched_on": _FLAG,
            "words_taken_over": _taken_over(),
        },
    )


def _taken_over() -> Schema:
    return _table({"by": _list(_among(Owner)), "on": _DAY, "words": _TEXT})


def _review() -> Schema:
    days = dict.fromkeys(("made_on", "review_on", "expires_on"), _DAY)
    more = {"interval_months": _COUNT, "owner": _maybe(_TEXT), "policy_key": _maybe(_TEXT)}
    return _table({}, days | more)


def _band() -> Schema:
    return _table(
        {
            "id": _NAME,
            "place": _among(Place),
            "kind": _among(OptionKind),
            "sources": _list(_TEXT),
        },
        {
            "link": _maybe(_NAME),
            "waiting": _maybe(_among(WAITING_REASONS)),
            "switch": _maybe(_among(Switch)),
        },
    )


def _option() -> Schema:
    return _table(
        {
            "id": _NAME,
            "kind": _among(OptionKind),
            "usually_for": _table({"ages": _AGES, "severity": _SEVERITY}),
            "medicine": _FLAG,
        },
        {
            "no_change": _FLAG,
            "review_within_days": _maybe({"type": "integer", "minimum": 1}),
            "review_by_agreement": _FLAG,
        },
    )


def _row() -> Schema:
    named = {"enum": [*ROWS_BEFORE, *CORE_ROWS, *ROWS_AFTER]}
    return _table(
        {
            "id": named,
            "facet": _among((*CORE_ROWS, "extra")),
            "voices": _list(_among(VOICES)),
        }
    )


def _cell() -> Schema:
    return _table(
        {
            "row": _TEXT,
            "option": _TEXT,
            "state": _among(CellState),
            "basis": _among(Basis),
            "sources": _list(_TEXT),
        },
        {
            "reason": _maybe(_among(Reason)),
            "strength": _maybe(_among(Strength)),
            "figures": _list(_TEXT),
            "voices": _list(_among(VOICES)),
        },
    )


def voice_schema() -> Schema:
    """Of `<voice>.<language>.yaml`."""
    about = dict.fromkeys(("funding", "interests", "authors", "policy", "evidence"), _TEXT)
    texts = {"cells": _by_name(_by_name(_table({"face": _TEXT}, {"more": _maybe(_TEXT)})))}
    heads = _table(
        {"name": _TEXT, "short": _TEXT, "usually_for": _TEXT},
        {"not_for": _maybe(_TEXT), "medicine_note": _maybe(_TEXT)},
    )
    return _whole(
        "The words of one voice in one language",
        {
            "schema": _SCHEMA_1,
            "grid": _NAME,
            "voice": _among(VOICES),
            "language": {"type": "string", "pattern": "^[a-z]{2,3}$"},
            "title": _TEXT,
            "decision": _maybe(_TEXT),
            "problem": _maybe(_TEXT),
            "about": _table({}, about),
            "options": _by_name(heads),
            "rows": _by_name(_table({"question": _TEXT, "ask": _TEXT})),
            **texts,
        },
        {
            "bands": _by_name(_table({"title": _TEXT, "body": _TEXT})),
            "glossary": _by_name(_table({"term": _TEXT, "means": _TEXT})),
            "print_title": _maybe(_TEXT),
            "made_from": _maybe(_TEXT),
        },
    )


def evidence_schema() -> Schema:
    """Of `_evidence/<topic>.yaml`."""
    source = _table(
        {
            "id": _TEXT,
            "title": _TEXT,
            "year": {"anyOf": [{"type": "integer"}, {"const": "undated"}]},
            "identifier": _maybe(_TEXT),
            "url": _maybe({"type": "string", "pattern": "^https?://"}),
            "supports": _TEXT,
            "seen": _TEXT,
        },
        {"also": _list(_TEXT)},
    )
    lists = {"sources": _list(source), "figures": _list(_figure())}
    return _whole("Sources and figures of one topic", {"schema": _SCHEMA_1, "topic": _NAME} | lists)


def _figure() -> Schema:
    counts = {"n": _maybe(_COUNT), "low": _maybe(_COUNT), "high": _maybe(_COUNT)}
    return _table(
        {
            "id": _TEXT,
            "kind": _among(FigureKind),
            "option": _NAME,
            "outcome": _TEXT,
            "outcome_is": _among(OutcomeIs),
            "with": _table(counts),
            "without": _maybe(_table(counts, {"comparator": _maybe(_TEXT)})),
            "per": {"type": "integer", "minimum": 1},
            "time_span": _maybe(_TEXT),
            "who": _maybe(_TEXT),
            "ages": _AGES,
            "severity": _SEVERITY,
            "certainty": _maybe(_TEXT),
            "source": _TEXT,
            "mark": _among(Mark),
            "option_forbidden": _FLAG,
            "drawn_with": _list(_TEXT),
            "note": _TEXT,
        }
    )


def _whole(title: str, required: Schema, optional: Schema | None = None) -> Schema:
    return {"$schema": _DIALECT, "title": title} | _table(required, optional)


def schemas() -> dict[str, Schema]:
    """All of them by the name that a file's first line gives."""
    return {"grid": grid_schema(), "voice": voice_schema(), "evidence": evidence_schema()}
