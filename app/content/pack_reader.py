"""The reader of wording packs: bytes in, a pack or every problem out.

Strict on purpose: the words are licensed and must be shown exactly as given, so nothing is
guessed, repaired or left to a default that changes what a person reads.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import yaml

from app.content.wording_pack import (
    DEFAULT_MINIMUM_AGE,
    PACK_FORMAT,
    Form,
    FormWords,
    Licence,
    WordingPack,
)

MAX_BYTES: Final = 64 * 1024
MAX_DEPTH: Final = 6
MAX_ITEM: Final = 400
MAX_TEXT: Final = 600
MAX_LABEL: Final = 60
#: Highest values of the scales whose every value may have a label.
LABELLED_SCALES: Final = (1, 4)
AGES: Final = range(5, 19)

_REQUIRED: Final = frozenset(
    {
        "format",
        "instrument",
        "version",
        "language",
        "opening_statement",
        "items",
        "anchors",
        "attribution",
        "licence",
        "confirmed_by",
        "confirmed_on",
    }
)
_OPTIONAL: Final = frozenset({"minimum_age_self_report", "opening_statement_before"})
_LICENCE: Final = frozenset({"name", "holder", "basis", "evidence", "date"})
_FORMS: Final = frozenset({Form.PATIENT.value, Form.GUARDIAN.value})
_PROXY: Final = frozenset({Form.PROXY.value})

_VERSION: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_MARKUP: Final = re.compile(r"[<>]|&#?\w+;")
_BIDI: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_PLAIN_TAGS: Final = frozenset(
    f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "timestamp")
)
_NULL: Final = "tag:yaml.org,2002:null"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong with a file: the line (from 1) and the reason in plain words."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


@dataclass(frozen=True, slots=True)
class PackShape:
    """What a pack must bring for an instrument: item ids in order, highest value of the scale."""

    items: tuple[str, ...]
    scale_max: int


#: The instruments that a site may bring words for. A built-in one such as effort-practice is not.
PACK_SHAPES: Final[Mapping[str, PackShape]] = {
    "collaborate-0-9": PackShape(("explain", "listen", "include"), 9),
    "collaborate-0-4": PackShape(("explain", "listen", "include"), 4),
    "sure-4": PackShape(("sure", "understand", "risk-benefit", "encouragement"), 1),
}


def read_wording_pack(
    raw: bytes, name: str, shapes: Mapping[str, PackShape] = PACK_SHAPES
) -> WordingPack | list[Problem]:
    """Read a wording pack; give every problem, in the order of the lines, if there is one.

    ``name`` stands in the problems only. Never raises for anything that ``raw`` may hold.
    """
    reader = _Reader(name, shapes)
    root = reader.root(raw)
    pack = reader.pack(root) if root is not None else None
    return sorted(set(reader.problems)) if reader.problems or pack is None else pack


class _Reader:
    """Walks the YAML nodes, whose marks give the lines, and collects problems."""

    def __init__(self, name: str, shapes: Mapping[str, PackShape]) -> None:
        self.name = name
        self.shapes = shapes
        self.problems: list[Problem] = []

    def _wrong(self, where: yaml.Node | int, reason: str) -> None:
        line = where if isinstance(where, int) else where.start_mark.line + 1
        self.problems.append(Problem(self.name, line, reason))

    # From bytes to nodes

    def root(self, raw: bytes) -> yaml.Node | None:
        """Give the top node, or ``None`` after reporting why there is none."""
        if len(raw) > MAX_BYTES:
            self._wrong(1, f"the file is larger than {MAX_BYTES // 1024} KiB")
            return None
        try:
            raw.decode()
            return self._compose(raw)
        except UnicodeDecodeError as error:
            self._wrong(raw.count(b"\n", 0, error.start) + 1, "the file is not UTF-8 text")
        except yaml.reader.ReaderError as error:
            line = raw.count(b"\n", 0, error.position) + 1
            self._wrong(line, "control characters are not allowed")
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            self._wrong(line, f"this is not YAML: {error.problem}")
        return None

    def _compose(self, raw: bytes) -> yaml.Node | None:
        if not self._is_flat(raw):
            return None
        node = yaml.compose(raw, Loader=yaml.CSafeLoader)
        if node is None:
            self._wrong(1, "the file is empty")
        return node

    def _is_flat(self, raw: bytes) -> bool:
        """Look at the events first: composing deeply nested YAML overflows the C stack."""
        depth = 0
        for event in yaml.parse(raw, Loader=yaml.CSafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            line = event.start_mark.line + 1 if event.start_mark else 1
            if depth > MAX_DEPTH:
                self._wrong(line, "the file is nested too deeply")
                return False
            if isinstance(event, yaml.AliasEvent):
                self._wrong(line, "write the text out instead of pointing to it with '*'")
                return False
        return True

    # The parts of a pack

    def pack(self, root: yaml.Node) -> WordingPack | None:
        """Give the pack, or ``None`` where so much is missing that there is nothing to build."""
        top = self._mapping(root, "the file", _REQUIRED, _OPTIONAL)
        self._format(top.get("format"))
        instrument, shape = self._instrument(top.get("instrument"))
        openings = self._openings(top.get("opening_statement"), "opening_statement")
        before = self._before(top.get("opening_statement_before"), openings)
        items = self._items(top.get("items"), shape, frozenset(openings))
        fields = {key: self._text(top.get(key), key) for key in ("attribution", "confirmed_by")}
        version = self._pattern(top.get("version"), "version", _VERSION)
        language = self._pattern(top.get("language"), "language", _LANGUAGE)
        labels = self._labels(top.get("anchors"), shape)
        licence = self._licence(top.get("licence"))
        age = self._age(top.get("minimum_age_self_report"))
        confirmed_on = self._date(top.get("confirmed_on"), "confirmed_on")
        if self.problems or licence is None or confirmed_on is None:
            return None
        return WordingPack(
            instrument=instrument,
            version=version,
            language=language,
            forms=tuple(_forms(openings, before, items)),
            labels=labels,
            attribution=fields["attribution"],
            licence=licence,
            minimum_age_self_report=age,
            confirmed_by=fields["confirmed_by"],
            confirmed_on=confirmed_on,
        )

    def _format(self, node: yaml.Node | None) -> None:
        if node is not None and self._text(node, "format") not in ("", str(PACK_FORMAT)):
            self._wrong(node, f"'format' must be {PACK_FORMAT}")

    def _instrument(self, node: yaml.Node | None) -> tuple[str, PackShape | None]:
        given = self._text(node, "instrument")
        shape = self.shapes.get(given)
        if node is not None and given == "effort-practice" and shape is None:
            self._wrong(node, "effort-practice is built in and cannot be installed as a pack")
        elif node is not None and given and shape is None:
            known = ", ".join(sorted(self.shapes))
            self._wrong(node, f"unknown instrument {given!r}; known are {known}")
        return given, shape

    def _openings(self, node: yaml.Node | None, key: str) -> dict[str, str]:
        by_form = self._mapping(node, f"'{key}'", _FORMS, _PROXY)
        return {form: self._text(by_form[form], f"{key}.{form}") for form in by_form}

    def _before(self, node: yaml.Node | None, openings: dict[str, str]) -> dict[str, str]:
        if node is None:
            return {}
        key = "opening_statement_before"
        by_form = self._mapping(node, f"'{key}'", frozenset(), frozenset(openings))
        return {form: self._text(by_form[form], f"{key}.{form}") for form in by_form}

    def _items(
        self, node: yaml.Node | None, shape: PackShape | None, forms: frozenset[str]
    ) -> list[dict[str, str]]:
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode):
            self._wrong(node, "'items' must be a list")
            return []
        items = [self._item(entry, at, forms) for at, entry in enumerate(node.value, start=1)]
        found = tuple(item.get("id", "") for item in items)
        if shape is not None and found != shape.items:
            self._wrong(node, _order_reason(shape.items, found))
        return items

    def _item(self, node: yaml.Node, at: int, forms: frozenset[str]) -> dict[str, str]:
        where = f"item {at}"
        fields = self._mapping(node, where, forms | {"id"}, frozenset())
        return {key: self._text(fields[key], f"{key} of {where}", MAX_ITEM) for key in fields}

    def _labels(self, node: yaml.Node | None, shape: PackShape | None) -> tuple[str, ...]:
        fields = self._mapping(node, "'anchors'", frozenset(), frozenset({"min", "max", "labels"}))
        if node is None or not isinstance(node, yaml.MappingNode):
            return ()
        ends = [fields[key] for key in ("min", "max") if key in fields]
        if "labels" in fields:
            return self._label_list(fields["labels"], shape, mixed=bool(ends))
        if len(ends) != 2:
            self._wrong(node, "'anchors' needs both 'min' and 'max', or a list of 'labels'")
        return tuple(self._text(end, "a label", MAX_LABEL) for end in ends)

    def _label_list(
        self, node: yaml.Node, shape: PackShape | None, *, mixed: bool
    ) -> tuple[str, ...]:
        if mixed:
            self._wrong(node, "give 'min' and 'max' or 'labels', not both: they are two scales")
        if not isinstance(node, yaml.SequenceNode):
            self._wrong(node, "'labels' must be a list")
            return ()
        if shape is not None and shape.scale_max not in LABELLED_SCALES:
            self._wrong(node, f"a 0-{shape.scale_max} scale has 'min' and 'max', not 'labels'")
        elif len(node.value) != (values := 1 + (shape.scale_max if shape is not None else 4)):
            self._wrong(
                node,
                f"'labels' must be {values}, one for each of 0 to {values - 1}; "
                f"found {len(node.value)}",
            )
        return tuple(self._text(label, "a label", MAX_LABEL) for label in node.value)

    def _licence(self, node: yaml.Node | None) -> Licence | None:
        if node is None:
            return None
        fields = self._mapping(node, "'licence'", _LICENCE, frozenset())
        words = {key: self._text(fields.get(key), f"licence.{key}") for key in _LICENCE - {"date"}}
        on = self._date(fields.get("date"), "licence.date")
        return Licence(**words, date=on) if on is not None else None

    def _age(self, node: yaml.Node | None) -> int:
        if node is None:
            return DEFAULT_MINIMUM_AGE
        given = self._text(node, "minimum_age_self_report")
        if given.isascii() and given.isdigit() and len(given) <= 2 and int(given) in AGES:
            return int(given)
        if given:
            first, last = AGES[0], AGES[-1]
            self._wrong(node, f"'minimum_age_self_report' must be from {first} to {last}")
        return DEFAULT_MINIMUM_AGE

    # The smallest pieces

    def _mapping(
        self, node: yaml.Node | None, where: str, required: frozenset[str], optional: frozenset[str]
    ) -> dict[str, yaml.Node]:
        """Give the values of known keys; report missing, unknown and repeated ones."""
        if node is None:
            return {}
        if not isinstance(node, yaml.MappingNode):
            self._wrong(node, f"{where} must have named fields")
            return {}
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            word = key.value if isinstance(key, yaml.ScalarNode) else "?"
            if word not in required | optional:
                self._wrong(key, f"{where} has an unknown field {word!r}")
            elif word in found:
                self._wrong(key, f"{where} has the field {word!r} twice")
            else:
                found[word] = value
        for word in sorted(required - set(found)):
            self._wrong(node, f"{where} lacks the field '{word}'")
        return found

    def _text(self, node: yaml.Node | None, where: str, limit: int = MAX_TEXT) -> str:
        """Give the text of a node as it was typed; a missing one was reported already."""
        if node is None:
            return ""
        if not isinstance(node, yaml.ScalarNode) or node.tag not in _PLAIN_TAGS | {_NULL}:
            self._wrong(node, f"{where} must be text")
            return ""
        text = "" if node.tag == _NULL else node.value.strip()
        for reason in _text_reasons(text, limit):
            self._wrong(node, f"{where} {reason}")
        return text

    def _pattern(self, node: yaml.Node | None, key: str, pattern: re.Pattern[str]) -> str:
        given = self._text(node, key)
        if node is not None and given and not pattern.fullmatch(given):
            self._wrong(node, f"{key!r} must look like {pattern.pattern}")
        return given

    def _date(self, node: yaml.Node | None, key: str) -> date | None:
        given = self._text(node, key)
        if node is None or not given:
            return None
        try:
            on = date.fromisoformat(given)
        except ValueError:
            on = None
        if on is None or on.isoformat() != given:
            self._wrong(node, f"{key!r} must be a date such as 2026-11-22")
            return None
        return on


def _text_reasons(text: str, limit: int) -> Iterator[str]:
    if not text:
        yield "is empty"
    if len(text) > limit:
        yield f"is longer than {limit} characters"
    if _MARKUP.search(text):
        yield "has HTML in it; only plain text is allowed"
    if any(_is_control(character) for character in text):
        yield "has a control character or a line break inside it"


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cs", "Co", "Zl", "Zp"} or character in _BIDI


def _order_reason(wanted: tuple[str, ...], found: tuple[str, ...]) -> str:
    order = ", ".join(wanted)
    given = ", ".join(item or "?" for item in found) or "none"
    return f"'items' must be exactly {len(wanted)}, in the order {order}; found {given}"


def _forms(
    openings: dict[str, str], before: dict[str, str], items: list[dict[str, str]]
) -> Iterator[FormWords]:
    for form in Form:
        if form.value in openings:
            texts = tuple((item["id"], item[form.value]) for item in items)
            yield FormWords(form, openings[form.value], before.get(form.value), texts)
