"""Typed reading of trees: every wrong, unknown or missing field becomes a finding.

A reader never stops at the first error: it notes it and goes on with an empty value,
and whoever asked throws the half-read object away once there are findings.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from typing import Any, Final, TypeVar, cast, get_args

from app.content.finding import Finding
from app.content.grid import AgeRange, Severity
from app.content.tree import Branch, Items, Leaf, Tree

ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_NO_DATE: Final = date(1, 1, 1)
_T = TypeVar("_T")


class Fields:
    """The fields of one mapping; what is unknown or missing is noted when it is opened."""

    def __init__(
        self, reader: Reader, tree: Tree, required: frozenset[str], optional: frozenset[str]
    ) -> None:
        self.reader = reader
        self.line = tree.line
        self.entries: dict[str, Tree] = {}
        if not isinstance(tree, Branch):
            reader.note(tree.line, "FIELD-TYPE", "write fields here (name: value)")
            return
        self.entries = tree.entries
        for key in tree.entries.keys() - required - optional:
            reader.note(tree.key_lines[key], "FIELD-UNKNOWN", f"remove or rename '{key[:60]}'")
        for key in required - tree.entries.keys():
            reader.note(tree.line, "FIELD-MISSING", f"add '{key}'")

    def line_of(self, key: str) -> int:
        """Where a field stands; the mapping's own line where it is absent."""
        return self.entries[key].line if key in self.entries else self.line

    def text(self, key: str) -> str:
        """A text that is not empty; "" when absent or wrong."""
        found = self.entries.get(key)
        return self.reader.text(found) if found else ""

    def text_or_none(self, key: str) -> str | None:
        """A text, or None where the field is absent or null."""
        found = self.entries.get(key)
        return None if found is None or _is_null(found) else self.reader.text(found)

    def named(self, key: str) -> str:
        """An id: lower-case letters, digits and hyphens."""
        found = self.text(key)
        if found and not ID.fullmatch(found):
            self.reader.note(self.line_of(key), "ID-SHAPE", f"write '{found[:60]}' in kebab-case")
        return found

    def whole(self, key: str, at_least: int = 0) -> int:
        """A whole number; 0 when absent or wrong."""
        found = self.entries.get(key)
        return self.reader.whole(found, at_least) if found else 0

    def whole_or_none(self, key: str, at_least: int = 0) -> int | None:
        """A whole number, or None where the field is absent or null."""
        found = self.entries.get(key)
        return None if found is None or _is_null(found) else self.reader.whole(found, at_least)

    def flag(self, key: str) -> bool:
        """true or false; False when absent or wrong."""
        found = self.entries.get(key)
        if found is None:
            return False
        word = found.text if isinstance(found, Leaf) and found.plain else ""
        if word not in ("true", "false"):
            self.reader.note(found.line, "FIELD-TYPE", f"write true or false for '{key}'")
        return word == "true"

    def day(self, key: str) -> date:
        """A date as YYYY-MM-DD."""
        found = self.entries.get(key)
        if found is None:
            return _NO_DATE
        day = _as_day(found.text) if isinstance(found, Leaf) else None
        if day is None:
            self.reader.note(found.line, "FIELD-TYPE", f"write '{key}' as YYYY-MM-DD")
        return day or _NO_DATE

    def choice(self, key: str, allowed: Any) -> Any:
        """One of the words of a Literal or a tuple."""
        words = allowed if isinstance(allowed, tuple) else get_args(allowed)
        found = self.text(key)
        if found and found not in words:
            self._not_among(self.line_of(key), found, words)
        return found if found in words else words[0]

    def choice_or_none(self, key: str, allowed: Any) -> Any:
        """One of the words of a Literal, or None where absent or null."""
        found = self.entries.get(key)
        return None if found is None or _is_null(found) else self.choice(key, allowed)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts without repeats; empty when absent."""
        items = list(self.each(key))
        texts = [self.reader.text(item) for item in items]
        for place, item in enumerate(items):
            if texts[place] and texts[place] in texts[:place]:
                self.reader.note(item.line, "FIELD-TYPE", f"list '{texts[place]}' once")
        return tuple(texts)

    def choices(self, key: str, allowed: Any) -> tuple[Any, ...]:
        """A list whose every item is one of the allowed words."""
        words = allowed if isinstance(allowed, tuple) else get_args(allowed)
        for item in self.each(key):
            if isinstance(item, Leaf) and item.text not in words:
                self._not_among(item.line, item.text, words)
        return tuple(text for text in self.texts(key) if text in words)

    def each(self, key: str) -> Iterator[Tree]:
        """The items of a list."""
        found = self.entries.get(key)
        if isinstance(found, Items):
            yield from found.entries
        elif found is not None:
            self.reader.note(found.line, "FIELD-TYPE", f"write '{key}' as a list")

    def mapped(self, key: str, build: Callable[[str, Tree], _T]) -> dict[str, _T]:
        """A mapping from id to whatever `build` makes of each entry."""
        found = self.entries.get(key)
        return self.reader.mapped(found, build) if found is not None else {}

    def ages(self, key: str) -> AgeRange:
        """`{from: 5, to: 18}`; null for an end that is not stated."""
        found = self.entries.get(key)
        if found is None:
            return AgeRange(None, None)
        fields = self.reader.fields(found, "from to")
        ages = AgeRange(fields.whole_or_none("from"), fields.whole_or_none("to"))
        if ages.from_age is not None and ages.to_age is not None and ages.from_age > ages.to_age:
            self.reader.note(found.line, "FIELD-TYPE", "put the lower age first")
        return ages

    def severity(self, key: str) -> tuple[Severity, ...]:
        """A list of mild, moderate, severe."""
        return cast("tuple[Severity, ...]", self.choices(key, Severity))

    def _not_among(self, line: int, found: str, words: tuple[str, ...]) -> None:
        self.reader.note(line, "FIELD-TYPE", f"'{found[:60]}' is none of: {', '.join(words)}")


class Reader:
    """Collects the findings of one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.findings: list[Finding] = []

    def note(self, line: int, rule: str, what_to_do: str) -> None:
        """Record that a line breaks a rule."""
        self.findings.append(Finding(self.file, line, rule, what_to_do))

    def fields(self, tree: Tree, required: str, optional: str = "") -> Fields:
        """Open a mapping; field names are separated by spaces."""
        return Fields(self, tree, _names(required), _names(optional))

    def mapped(self, tree: Tree, build: Callable[[str, Tree], _T]) -> dict[str, _T]:
        """A mapping from any name to whatever `build` makes of each entry."""
        if isinstance(tree, Branch):
            return {name: build(name, entry) for name, entry in tree.entries.items()}
        self.note(tree.line, "FIELD-TYPE", "write names and values here (name: value)")
        return {}

    def text(self, tree: Tree) -> str:
        """A scalar with something in it, stripped."""
        if not isinstance(tree, Leaf):
            self.note(tree.line, "FIELD-TYPE", "write one text here")
            return ""
        words = tree.text.strip()
        if not words or (tree.plain and words in ("~", "null")):
            self.note(tree.line, "FIELD-MISSING", "write something here")
            return ""
        return words

    def whole(self, tree: Tree, at_least: int = 0) -> int:
        """A whole number written without quotes."""
        word = tree.text if isinstance(tree, Leaf) and tree.plain else ""
        if not re.fullmatch(r"[0-9]{1,9}", word):
            self.note(tree.line, "FIELD-TYPE", "write a whole number")
            return 0
        if int(word) < at_least:
            self.note(tree.line, "FIELD-TYPE", f"write {at_least} or more")
        return int(word)

    def check_schema(self, fields: Fields) -> None:
        """Refuse a file of another schema than 1."""
        if "schema" in fields.entries and fields.whole("schema") != 1:
            self.note(fields.line_of("schema"), "SCHEMA", "write schema: 1")


@cache
def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _is_null(tree: Tree) -> bool:
    return isinstance(tree, Leaf) and tree.plain and tree.text.strip() in ("", "~", "null")


def _as_day(word: str) -> date | None:
    # fromisoformat also reads week dates (2026-W01-1), which nobody means here.
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", word):
        return None
    try:
        return date.fromisoformat(word)
    except ValueError:
        return None
