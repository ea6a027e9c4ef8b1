"""The file inside a family's sheet, read again on the day when they look at it once more.

Only what ``decision_sheet.write_record`` writes is taken, by the reader that took it in the room
(``decision_record.read_record``): nothing is guessed at, and a field that is not as we write it
refuses the whole file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from app.content.library import Library
from app.content.release import GridRelease
from app.documents.decision_record import (
    MOST_LETTERS,
    OWN_WORDS,
    DecisionRecord,
    RecordUnreadable,
    read_record,
)
from app.documents.decision_sheet import FORMAT, VERSION
from app.domain.typed_line import one_line

MOST_BYTES: Final = 64 * 1024
_OWN: Final = frozenset({*OWN_WORDS, "steps", "goals", "review_on"})


class NotADecision(ValueError):
    """The file is not one of ours. ``reason`` is the key of the message for it."""

    def __init__(self, reason: str = "foreign") -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Hoped:
    """What was hoped for. ``release`` is the very edition, None without one or where it is gone.

    ``shown`` are the ways that were on the screen, by id, and ``names`` what each is called.
    ``is_gone``: there was a grid, and this service does not have it.
    """

    made_on: date
    record: DecisionRecord
    release: GridRelease | None
    voice: str
    shown: tuple[str, ...]
    names: Mapping[str, str]
    is_gone: bool


def read_hoped(body: bytes, library: Library) -> Hoped:
    """Return what the file of a sheet says. Raises NotADecision: "foreign" or "newer"."""
    document = _parse(body)
    try:
        return _read(document, library)
    except (RecordUnreadable, KeyError, TypeError, ValueError, AttributeError):
        raise NotADecision from None


def _parse(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body.decode("utf-8")) if len(body) <= MOST_BYTES else None
    except (ValueError, RecursionError):
        raise NotADecision from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise NotADecision
    version = document.get("version")
    if version != VERSION:
        raise NotADecision("newer" if type(version) is int and version > VERSION else "foreign")
    return document


def _read(document: dict[str, Any], library: Library) -> Hoped:
    seen = _grid(document["information_given"])
    release = library.get(seen["public_id"], seen["version"]) if seen else None
    names = release.words(seen["voice"]).options if release else {}
    named = {way: words.name for way, words in names.items()} if release else _named(document)
    behind_notice = release is not None and release.grid.sensitive
    return Hoped(
        made_on=date.fromisoformat(document["contact"]["date"]),
        record=read_record(_agreed(document), ways=named, behind_notice=behind_notice),
        release=release,
        voice=seen["voice"] if release else "",
        shown=tuple(way for way in named if release and way in seen["columns"]),
        names=named,
        is_gone=bool(seen) and release is None,
    )


def _grid(information: Any) -> dict[str, Any]:
    """Return the edition that was looked at, or nothing; its address is never followed."""
    if not isinstance(information, list) or len(information) > 1:
        raise RecordUnreadable("information_given")
    if not information:
        return {}
    seen = information[0]
    is_ours = isinstance(seen["public_id"], str) and type(seen["version"]) is int
    if not is_ours or not isinstance(seen["columns"], list) or not isinstance(seen["voice"], str):
        raise RecordUnreadable("information_given")
    return dict(seen)


def _named(document: dict[str, Any]) -> dict[str, str]:
    """Return what the file calls the ways, where this service does not have their grid."""
    chosen = dict.fromkeys(document["decision"]["options"])
    told = {option["id"]: option["name"] for option in document["options_discussed"]}
    named = {way: one_line(told.get(way, way)) for way in (*told, *chosen)}
    if any(not name or len(name) > MOST_LETTERS for name in named.values()):
        raise RecordUnreadable("options_discussed")
    return named


def _agreed(document: dict[str, Any]) -> dict[str, Any]:
    """Return the record in the shape in which the room says it; absent parts stay absent."""
    plan, consent = document["plan"], document["capacity_and_consent"]
    if not set(plan) <= _OWN:
        raise RecordUnreadable("plan")
    decision = dict(document["decision"])
    chosen = decision.pop("options")
    people = [participant["role"] for participant in document["participants"]]
    return {
        **{key: value for key, value in plan.items() if value is not None},
        **decision,
        **consent,
        "chosen": chosen,
        "people_present": people,
        "shared": document["what_matters"],
    }
