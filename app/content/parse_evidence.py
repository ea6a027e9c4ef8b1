"""`grids/_evidence/<topic>.yaml`: the sources and figures that grids point to."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import MappingProxyType
from typing import Final, TypeVar

from app.content.grid import Arm, Evidence, Figure, FigureKind, Mark, OutcomeIs, Source
from app.content.reading import Fields, Reader
from app.content.tree import Branch, Leaf, Tree

_FIGURE_FIELDS: Final = (
    "id kind option outcome outcome_is with without per time_span who ages severity "
    "certainty source mark option_forbidden drawn_with note"
)
_SOURCE_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,63}")
_Entry = TypeVar("_Entry", Source, Figure)
_Read = Callable[[Reader, Tree], _Entry]


def read_evidence(tree: Tree, file: str) -> tuple[Evidence, Reader]:
    """The evidence of one topic and a reader that holds the findings."""
    reader = Reader(file)
    fields = reader.fields(tree, "schema topic sources figures")
    reader.check_schema(fields)
    sources = _keyed(reader, fields, "sources", _source)
    figures = _keyed(reader, fields, "figures", _figure)
    _check_references(reader, fields, sources, figures)
    evidence = Evidence(fields.named("topic"), MappingProxyType(sources), MappingProxyType(figures))
    return evidence, reader


def _keyed(reader: Reader, fields: Fields, key: str, read: _Read[_Entry]) -> dict[str, _Entry]:
    found: dict[str, _Entry] = {}
    for item in fields.each(key):
        entry = read(reader, item)
        if entry.id and entry.id in found:
            reader.note(item.line, "ID-DUPLICATE", f"give each of the {key} an id of its own")
        found[entry.id] = entry
    return found


def _source(reader: Reader, tree: Tree) -> Source:
    fields = reader.fields(tree, "id title year identifier url supports seen", "also")
    name = fields.text("id")
    if name and not _SOURCE_ID.fullmatch(name):
        reader.note(fields.line_of("id"), "ID-SHAPE", "use letters, digits, dots and hyphens")
    return Source(
        id=name,
        title=fields.text("title"),
        year=_year(reader, fields),
        identifier=fields.text_or_none("identifier"),
        url=_address(reader, fields),
        also=fields.texts("also"),
        supports=fields.text("supports"),
        seen=fields.text("seen"),
    )


def _year(reader: Reader, fields: Fields) -> int | None:
    found = fields.entries.get("year")
    if found is None or (isinstance(found, Leaf) and found.text == "undated"):
        return None
    year = reader.whole(found)
    if not 1900 <= year <= 2100:
        reader.note(found.line, "SOURCE-YEAR", "write the year, or the word undated")
    return year


def _address(reader: Reader, fields: Fields) -> str | None:
    url = fields.text_or_none("url")
    if url and not re.match(r"https?://[^\s]+$", url):
        reader.note(fields.line_of("url"), "FIELD-TYPE", "write a whole address or null")
    return url


def _figure(reader: Reader, tree: Tree) -> Figure:
    fields = reader.fields(tree, _FIGURE_FIELDS)
    figure = Figure(
        id=fields.text("id"),
        kind=fields.choice("kind", FigureKind),
        option=fields.named("option"),
        outcome=fields.text("outcome"),
        outcome_is=fields.choice("outcome_is", OutcomeIs),
        with_arm=_arm(reader, fields, "with") or Arm(None, None, None),
        without_arm=_arm(reader, fields, "without"),
        per=fields.whole("per", at_least=1),
        time_span=fields.text_or_none("time_span") or "",
        who=fields.text_or_none("who") or "",
        ages=fields.ages("ages"),
        severity=fields.severity("severity"),
        certainty=fields.text_or_none("certainty") or "",
        source=fields.text("source"),
        mark=fields.choice("mark", Mark),
        option_forbidden=fields.flag("option_forbidden"),
        drawn_with=fields.texts("drawn_with"),
        note=fields.text("note"),
    )
    _check_counts(reader, fields, figure)
    return figure


def _arm(reader: Reader, fields: Fields, key: str) -> Arm | None:
    found = fields.entries.get(key)
    if found is None or not isinstance(found, Branch):
        if found is not None and fields.text_or_none(key) is not None:
            reader.note(found.line, "FIELD-TYPE", f"write '{key}' as n, low, high")
        return None
    arm = reader.fields(found, "n low high", "comparator")
    return Arm(
        arm.whole_or_none("n"),
        arm.whole_or_none("low"),
        arm.whole_or_none("high"),
        arm.text_or_none("comparator"),
    )


def _check_counts(reader: Reader, fields: Fields, figure: Figure) -> None:
    for key, arm in (("with", figure.with_arm), ("without", figure.without_arm)):
        numbers = [n for n in (arm.low, arm.n, arm.high) if n is not None] if arm else []
        if any(n > figure.per for n in numbers):
            reader.note(fields.line_of(key), "FIGURE-COUNT", f"'{key}' is above per; check both")
        if numbers != sorted(numbers):
            reader.note(fields.line_of(key), "FIGURE-COUNT", "n must lie between low and high")
    if figure.with_arm.n is None:
        reader.note(fields.line_of("with"), "FIGURE-COUNT", "write n")
    _check_kind(reader, fields, figure)


def _check_kind(reader: Reader, fields: Fields, figure: Figure) -> None:
    other = figure.without_arm
    if figure.kind == "single" and other is not None:
        reader.note(fields.line_of("without"), "FIGURE-KIND", "a single has without: null")
    elif figure.kind != "single" and (other is None or not other.comparator):
        reader.note(fields.line, "FIGURE-KIND", "name the comparator under 'without'")
    elif figure.kind == "pair" and other is not None and other.n is None:
        reader.note(fields.line_of("without"), "FIGURE-KIND", "a pair needs n without, too")
    elif figure.kind == "difference" and other is not None and other.n is not None:
        reader.note(fields.line_of("without"), "FIGURE-KIND", "a difference has no n without")


def _check_references(
    reader: Reader, fields: Fields, sources: dict[str, Source], figures: dict[str, Figure]
) -> None:
    for item, figure in zip(fields.each("figures"), figures.values(), strict=False):
        if figure.source and figure.source not in sources:
            line = item.key_lines.get("source", item.line) if isinstance(item, Branch) else 1
            reader.note(line, "ID-UNKNOWN", f"no source '{figure.source}' in this file")
        for other in figure.drawn_with:
            if other not in figures:
                reader.note(item.line, "ID-UNKNOWN", f"no figure '{other}' in this file")
