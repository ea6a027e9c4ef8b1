"""A new grid to write on: files that parse, in which everything still has to be said.

Every text is "...", which the rule WRITTEN names by file and line until it holds words; only
what the rows ask is there already, as every grid asks it (`new-grid.en.yaml`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from app.content.grid import CORE_ROWS, VOICES
from app.content.parse import list_slugs, parse_draft
from app.content.reading import ID

UNWRITTEN: Final = "..."
NO_CHANGE: Final = "what-helps-now"
FIRST_CHOICE: Final = "first-choice"
_SLUG: Final = re.compile(r"(?P<topic>[a-z0-9-]+)-(?P<setting>inside-nhs|outside-nhs)")
_OTHER: Final = {"inside-nhs": "outside-nhs", "outside-nhs": "inside-nhs"}
_LETTERS: Final = "bcdfghjkmnpqrstvwxz"
_FIRST_AGE, _LAST_AGE = 5, 18
_REVIEW_MONTHS, _LIFE_MONTHS = 6, 12
_REVIEW_DAYS: Final = 14


class NotANameForAGrid(ValueError):
    """A slug ends in -inside-nhs or -outside-nhs and is in kebab-case."""


class NotANameForAnOption(ValueError):
    """An option is named in kebab-case and once."""


class GridIsThere(ValueError):
    """A folder of that name exists; nothing was written."""


def new_grid(
    root: Path, slug: str, today: date, choices: Sequence[str] = (FIRST_CHOICE,)
) -> tuple[Path, ...]:
    """Write the files of a new grid and give their paths; evidence that is there stays.

    `choices` are the columns beside what the family has now. Raises NotANameForAGrid,
    NotANameForAnOption or GridIsThere; then nothing is written.
    """
    options = _named((NO_CHANGE, *choices))
    found = _SLUG.fullmatch(slug)
    if not found or not ID.fullmatch(slug):
        raise NotANameForAGrid(slug)
    if (root / slug).exists():
        raise GridIsThere(slug)
    topic, setting = found["topic"], found["setting"]
    head = {"schema": 1, "slug": slug, "public_id": free_public_id(root), "topic": topic}
    structure = head | _structure(topic, setting, today, options)
    files = {root / slug / "grid.yaml": ("grid", structure)}
    for voice in VOICES:
        files[root / slug / f"{voice}.en.yaml"] = ("voice", _words(slug, voice, options))
    evidence = root / "_evidence" / f"{topic}.yaml"
    if not evidence.exists():
        empty: dict[str, Any] = {"schema": 1, "topic": topic, "sources": [], "figures": []}
        files[evidence] = ("evidence", empty)
    for path, (kind, content) in files.items():
        _write(path, kind, content)
    return tuple(files)


def _named(options: Sequence[str]) -> Sequence[str]:
    for name in options:
        if not ID.fullmatch(name) or options.count(name) > 1:
            raise NotANameForAnOption(name)
    return options


def free_public_id(root: Path) -> str:
    """A letter and a digit that no grid has; chosen by order, so it says nothing."""
    drafts = (parse_draft(root, slug).draft for slug in list_slugs(root))
    taken = {draft.grid.public_id for draft in drafts if draft}
    named = (f"{letter}{digit}" for digit in range(2, 10) for letter in _LETTERS)
    return next(name for name in named if name not in taken)


def _structure(topic: str, setting: str, today: date, options: Sequence[str]) -> dict[str, Any]:
    return {
        "setting": setting,
        "pair": f"{topic}-{_OTHER[setting]}",
        "need_groups": [],
        "ages": {"from": _FIRST_AGE, "to": _LAST_AGE},
        "sensitive": False,
        "review": {
            "made_on": today,
            "review_on": _later(today, _REVIEW_MONTHS),
            "expires_on": _later(today, _LIFE_MONTHS),
            "interval_months": _REVIEW_MONTHS,
            "owner": "content-lead",
            "policy_key": "six-monthly",
        },
        "funding": "none-yet",
        "interests": "none-declared",
        "authors": ["project-team"],
        "bands": [
            {"id": "safety-first", "place": "before", "kind": "first_for_everyone", "sources": []}
        ],
        "options": [_option(name) for name in options],
        "rows": [{"id": row, "facet": row, "voices": list(VOICES)} for row in CORE_ROWS],
        "cells": [_cell(row, option) for row in CORE_ROWS for option in options],
        "glossary_terms": [],
    }


def _later(day: date, months: int) -> date:
    # The 28th is in every month; a review a day or two early harms nobody.
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, min(day.day, 28))


def _option(name: str) -> dict[str, Any]:
    usual = {"ages": {"from": _FIRST_AGE, "to": _LAST_AGE}, "severity": ["mild"]}
    option: dict[str, Any] = {"id": name, "kind": "choice", "usually_for": usual, "medicine": False}
    if name == NO_CHANGE:
        option |= {"no_change": True, "review_within_days": _REVIEW_DAYS}
    return option


def _cell(row: str, option: str) -> dict[str, Any]:
    reason, basis = ("local", "local_fact") if row == "get" else ("clinician", "our_draft")
    place = {"row": row, "option": option, "state": "waiting"}
    return place | {"reason": reason, "basis": basis, "sources": []}


@cache
def _questions() -> dict[str, dict[str, list[str]]]:
    raw = Path(__file__).with_name("new-grid.en.yaml").read_text(encoding="utf-8")
    asked: dict[str, dict[str, list[str]]] = yaml.load(raw, Loader=yaml.CSafeLoader)
    return asked


def _words(slug: str, voice: str, options: Sequence[str]) -> dict[str, Any]:
    asked = _questions()[voice]
    head = dict.fromkeys(("name", "short", "usually_for", "not_for"), UNWRITTEN)
    return {
        "schema": 1,
        "grid": slug,
        "voice": voice,
        "language": "en",
        **dict.fromkeys(("title", "decision", "problem"), UNWRITTEN),
        "about": dict.fromkeys(
            ("funding", "interests", "authors", "policy", "evidence"), UNWRITTEN
        ),
        "bands": {"safety-first": dict.fromkeys(("title", "body"), UNWRITTEN)},
        "options": {name: dict(head) for name in options},
        "rows": {row: dict(zip(("question", "ask"), asked[row], strict=True)) for row in CORE_ROWS},
        "cells": {
            row: {name: dict.fromkeys(("face", "more"), UNWRITTEN) for name in options}
            for row in CORE_ROWS
        },
        "glossary": {},
    }


class _Plainly(yaml.SafeDumper):
    """Writes no anchors: the parser refuses them."""

    def ignore_aliases(self, data: Any) -> bool:
        """Every value is written out."""
        return True


def _write(path: Path, kind: str, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Editors read this line and then complete and check the file while it is typed.
    editor = f"# yaml-language-server: $schema=../_schema/{kind}.json\n"
    text = yaml.dump(content, Dumper=_Plainly, sort_keys=False, allow_unicode=True, width=100)
    path.write_text(editor + text, encoding="utf-8")
