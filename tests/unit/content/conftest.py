"""A small grid that passes every rule, built in code, to be broken one way at a time."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.content.parse import parse_draft
from app.content.translation import wording_hash

OPTIONS = ("stay", "talk", "tablet")
ROWS = (
    "what",
    "like",
    "time",
    "when",
    "help",
    "hard",
    "ask",
    "who-knows",
    "get",
    "if-not",
    "sure",
)
FACE = "You meet a kind person and talk about your week. You can ask."
MORE = "They ask how you feel and what you like to do. You say as much as you want."
HELP_MORE = (
    "Think of {{x-01.per}} people. With help {{x-01.with}} felt good and {{x-01.with_rest}} "
    "did not. On a list {{x-01.without}} did and {{x-01.without_rest}} did not. That is "
    "{{x-01.more}} more. With help {{x-02.with}} slept badly."
)


def _figure(name: str, is_: str, with_n: int, without_n: int, partner: str) -> dict[str, Any]:
    return {
        "id": name,
        "kind": "pair",
        "option": "any-talk",
        "outcome": f"{is_} outcome",
        "outcome_is": is_,
        "with": {"n": with_n, "low": None, "high": None},
        "without": {"n": without_n, "low": None, "high": None, "comparator": "a list"},
        "per": 100,
        "time_span": "eight weeks",
        "who": "teenagers in three trials",
        "ages": {"from": 12, "to": 17},
        "severity": ["mild"],
        "certainty": "low",
        "source": "SRC-1",
        "mark": "V1",
        "option_forbidden": False,
        "drawn_with": [partner],
        "note": "made up",
    }


def _source(name: str) -> dict[str, Any]:
    return {
        "id": name,
        "title": f"A study called {name}",
        "year": 2020,
        "identifier": None,
        "url": "https://example.org/study",
        "supports": "that talking helps some",
        "seen": "abstract",
    }


def _evidence() -> dict[str, Any]:
    return {
        "schema": 1,
        "topic": "made-up-mood",
        "sources": [_source("SRC-1"), _source("SRC-2") | {"year": "undated"}],
        "figures": [
            _figure("x-01", "wanted", 40, 25, "x-02"),
            _figure("x-02", "unwanted", 5, 12, "x-01"),
        ],
    }


def _cell(row: str, option: str) -> dict[str, Any]:
    cell: dict[str, Any] = {"row": row, "option": option, "state": "filled"}
    cell |= {"basis": "review", "sources": ["SRC-2"]}
    if row == "help":
        cell["strength"] = "weak"
    if (row, option) == ("help", "talk"):
        cell |= {"sources": ["SRC-1", "SRC-2"], "figures": ["x-01", "x-02"]}
    if (row, option) == ("help", "tablet"):
        del cell["strength"]
        cell |= {"state": "unknown", "reason": "not_measured"}
    if (row, option) == ("time", "stay"):
        cell |= {"basis": "our_draft", "sources": []}
    if row == "get":
        cell |= {"state": "waiting", "basis": "local_fact", "sources": []}
    return cell


def _option(name: str) -> dict[str, Any]:
    option: dict[str, Any] = {
        "id": name,
        "kind": "choice",
        "usually_for": {"ages": {"from": 12, "to": 18}, "severity": ["mild", "moderate"]},
        "medicine": name == "tablet",
    }
    return option | ({"no_change": True, "review_within_days": 14} if name == "stay" else {})


def _grid() -> dict[str, Any]:
    voices = ["young-person", "parent"]
    return {
        "schema": 1,
        "slug": "made-up",
        "public_id": "zz9",
        "topic": "made-up-mood",
        "setting": "inside-nhs",
        "pair": None,
        "need_groups": ["advice", "help"],
        "ages": {"from": 12, "to": 18},
        "sensitive": False,
        "review": {
            "made_on": "2026-11-22",
            "review_on": "2027-05-22",
            "expires_on": "2027-11-22",
            "interval_months": 6,
            "owner": "content-lead",
            "policy_key": "six-monthly",
        },
        "funding": "none-yet",
        "interests": "none-declared",
        "authors": ["project-team"],
        "bands": [{"id": "safety", "place": "before", "kind": "alongside", "sources": ["SRC-2"]}],
        "options": [_option(name) for name in OPTIONS],
        "rows": [{"id": row, "facet": row, "voices": voices} for row in ROWS],
        "cells": [_cell(row, option) for row in ROWS for option in OPTIONS],
        "glossary_terms": ["ipt"],
    }


def _option_words(name: str) -> dict[str, str]:
    words = {"name": f"The way of {name}", "short": name, "usually_for": "Usually for: mild"}
    if name == "stay":
        words["not_for"] = "Not for: thoughts of ending your life"
    if name == "tablet":
        words["medicine_note"] = "A prescriber must confirm all of this with you."
    return words


def _voice(voice: str) -> dict[str, Any]:
    cells = {row: {o: {"face": FACE, "more": MORE} for o in OPTIONS} for row in ROWS}
    cells["help"]["talk"]["more"] = HELP_MORE
    about = ("funding", "interests", "authors", "policy", "evidence")
    return {
        "schema": 1,
        "grid": "made-up",
        "voice": voice,
        "language": "en",
        "title": "Feeling made up",
        "decision": "What would fit me?",
        "problem": "You may feel flat or sad for weeks. Help is there.",
        "about": dict.fromkeys(about, "We say so here in a few plain words."),
        "bands": {"safety": {"title": "This can wait", "body": "Ring 111 at any time of the day."}},
        "options": {name: _option_words(name) for name in OPTIONS},
        "rows": {row: {"question": "What is it?", "ask": "Ask what it is."} for row in ROWS},
        "cells": copy.deepcopy(cells),
        "glossary": {"ipt": {"term": "IPT", "means": "A talk about people in your life."}},
    }


def _in_other_words(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _in_other_words(entry) for key, entry in value.items()}
    return f"Ynghylch {value}" if isinstance(value, str) else value


class _WithoutAnchors(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


class GridFolder:
    """The good grid as plain structures; `write` puts them where the parser looks."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.slug = "made-up"
        self.grid = _grid()
        self.young = _voice("young-person")
        self.parent = _voice("parent")
        self.evidence = _evidence()
        self.translated: dict[str, dict[str, Any]] = {}

    def cell(self, row: str, option: str) -> dict[str, Any]:
        """The structure of one cell."""
        cells: list[dict[str, Any]] = self.grid["cells"]
        return next(c for c in cells if (c["row"], c["option"]) == (row, option))

    def option(self, name: str) -> dict[str, Any]:
        """The structure of one option."""
        options: list[dict[str, Any]] = self.grid["options"]
        return next(o for o in options if o["id"] == name)

    def say(self, text: str, row: str = "what", option: str = "talk", part: str = "more") -> None:
        """Put a text into a cell of the young person's voice."""
        self.young["cells"][row][option][part] = text

    def make_sensitive(self) -> GridFolder:
        """The same grid as one on a topic that may frighten: no figure, no medicine, off."""
        self.grid |= {"sensitive": True, "off_until_switched_on": True}
        self.grid["bands"][0]["kind"] = "first_for_everyone"
        self.option("tablet")["medicine"] = False
        self.cell("help", "talk").pop("figures")
        for voice in (self.young, self.parent):
            voice["print_title"] = "Ways to get support"
            voice["options"]["tablet"].pop("medicine_note")
            voice["cells"]["help"]["talk"]["more"] = MORE
        return self

    def translate(self) -> GridFolder:
        """The same grid with the young person's words in another language, too."""
        self.write()
        draft = parse_draft(self.root, self.slug).draft
        assert draft is not None
        words = _in_other_words(self.young)
        for key in ("schema", "grid", "voice"):
            words[key] = self.young[key]
        words["language"] = "cy"
        words["made_from"] = wording_hash(draft.voices["young-person", "en"])
        self.translated["young-person.cy.yaml"] = words
        return self

    def path(self, name: str) -> Path:
        """One of the files."""
        folder = "_evidence" if name == "made-up-mood.yaml" else self.slug
        return self.root / folder / name

    def write(self) -> Path:
        """Write all four files and give the grids folder."""
        files = {
            "grid.yaml": self.grid,
            "young-person.en.yaml": self.young,
            "parent.en.yaml": self.parent,
            "made-up-mood.yaml": self.evidence,
            **self.translated,
        }
        for name, content in files.items():
            self.path(name).parent.mkdir(parents=True, exist_ok=True)
            text = yaml.dump(
                content, Dumper=_WithoutAnchors, sort_keys=False, allow_unicode=True, width=200
            )
            self.path(name).write_text(text, encoding="utf-8")
        return self.root


@pytest.fixture
def good(tmp_path: Path) -> GridFolder:
    """A grid that passes, not yet written."""
    return GridFolder(tmp_path / "grids")


@pytest.fixture
def written(good: GridFolder) -> Callable[[], Path]:
    """Writes the good grid and gives the grids folder."""
    return good.write
