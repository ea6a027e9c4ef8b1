"""`grids/<slug>/grid.yaml`: the structure of a grid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Final, cast

from app.content.finding import Finding
from app.content.grid import (
    CORE_ROWS,
    DROPPABLE_ROWS,
    NEED_GROUPS,
    UNKNOWN_REASONS,
    VOICES,
    WAITING_REASONS,
    AgeRange,
    Band,
    Basis,
    Cell,
    CellState,
    Grid,
    Option,
    OptionKind,
    Owner,
    Place,
    Reason,
    Review,
    Row,
    Setting,
    Strength,
    Switch,
    UsuallyFor,
    WordsTakenOver,
)
from app.content.reading import Fields, Reader
from app.content.tree import Branch, Tree

_GRID_FIELDS: Final = (
    "schema slug public_id topic setting need_groups ages sensitive review funding interests "
    "authors bands options rows cells glossary_terms"
)
_OPTIONAL_GRID_FIELDS: Final = "pair optional off_until_switched_on words_taken_over"
_REVIEW_FIELDS: Final = "made_on review_on expires_on interval_months owner policy_key"


def read_grid(tree: Tree, file: str) -> tuple[Grid, list[Finding]]:
    """The structure and everything wrong with it; with findings the grid is half-read."""
    reader = Reader(file)
    fields = reader.fields(tree, _GRID_FIELDS, _OPTIONAL_GRID_FIELDS)
    reader.check_schema(fields)
    rows = tuple(_row(reader, item) for item in fields.each("rows"))
    grid = Grid(
        slug=fields.named("slug"),
        public_id=fields.named("public_id"),
        topic=fields.named("topic"),
        setting=fields.choice("setting", Setting),
        pair=fields.named("pair") if fields.text_or_none("pair") else None,
        need_groups=fields.choices("need_groups", NEED_GROUPS),
        ages=fields.ages("ages"),
        sensitive=fields.flag("sensitive"),
        review=_review(reader, fields),
        funding=fields.text_or_none("funding") or "",
        interests=fields.text_or_none("interests") or "",
        authors=fields.texts("authors"),
        bands=tuple(_band(reader, item) for item in fields.each("bands")),
        options=tuple(_option(reader, item) for item in fields.each("options")),
        rows=rows,
        cells=tuple(_cell(reader, item, rows) for item in fields.each("cells")),
        glossary_terms=fields.texts("glossary_terms"),
        optional=fields.choices("optional", DROPPABLE_ROWS),
        off_until_switched_on=fields.flag("off_until_switched_on"),
        words_taken_over=_taken_over(reader, fields),
    )
    _check_ids(reader, fields, grid)
    _check_coverage(reader, fields, grid)
    return grid, reader.findings


def _review(reader: Reader, fields: Fields) -> Review:
    review = reader.fields(fields.entries.get("review") or Branch(fields.line), "", _REVIEW_FIELDS)
    return Review(
        made_on=review.day("made_on"),
        review_on=review.day("review_on"),
        expires_on=review.day("expires_on"),
        interval_months=review.whole("interval_months"),
        owner=review.text_or_none("owner") or "",
        policy_key=review.text_or_none("policy_key") or "",
    )


def _taken_over(reader: Reader, fields: Fields) -> WordsTakenOver | None:
    found = fields.entries.get("words_taken_over")
    if found is None:
        return None
    taken = reader.fields(found, "by on words")
    return WordsTakenOver(taken.choices("by", Owner), taken.day("on"), taken.text("words"))


def _band(reader: Reader, tree: Tree) -> Band:
    fields = reader.fields(tree, "id place kind sources", "link waiting switch")
    return Band(
        id=fields.named("id"),
        place=fields.choice("place", Place),
        kind=fields.choice("kind", OptionKind),
        sources=fields.texts("sources"),
        link=fields.named("link") if fields.text_or_none("link") else None,
        waiting=fields.choice_or_none("waiting", WAITING_REASONS),
        switch=fields.choice_or_none("switch", Switch),
    )


def _option(reader: Reader, tree: Tree) -> Option:
    optional = "no_change review_within_days review_by_agreement"
    fields = reader.fields(tree, "id kind usually_for medicine", optional)
    return Option(
        id=fields.named("id"),
        kind=fields.choice("kind", OptionKind),
        no_change=fields.flag("no_change"),
        review_within_days=fields.whole_or_none("review_within_days", at_least=1),
        usually_for=_usually_for(reader, fields),
        medicine=fields.flag("medicine"),
        review_by_agreement=fields.flag("review_by_agreement"),
    )


def _usually_for(reader: Reader, fields: Fields) -> UsuallyFor:
    found = fields.entries.get("usually_for")
    if found is None:
        return UsuallyFor(AgeRange(None, None), ())
    inner = reader.fields(found, "ages severity")
    severity = inner.severity("severity")
    if not severity and "severity" in inner.entries:
        reader.note(inner.line_of("severity"), "FIELD-MISSING", "say how hard things are")
    return UsuallyFor(inner.ages("ages"), severity)


def _row(reader: Reader, tree: Tree) -> Row:
    fields = reader.fields(tree, "id facet voices")
    return Row(
        id=fields.named("id"),
        facet=fields.choice("facet", (*CORE_ROWS, "extra")),
        voices=fields.choices("voices", VOICES),
    )


def _cell(reader: Reader, tree: Tree, rows: tuple[Row, ...]) -> Cell:
    fields = reader.fields(tree, "row option state basis sources", "reason strength figures voices")
    row = next((r for r in rows if r.id == fields.text("row")), None)
    cell = Cell(
        row=fields.text("row"),
        option=fields.text("option"),
        state=fields.choice("state", CellState),
        basis=fields.choice("basis", Basis),
        sources=fields.texts("sources"),
        reason=fields.choice_or_none("reason", Reason),
        strength=fields.choice_or_none("strength", Strength),
        figures=fields.texts("figures"),
        voices=fields.choices("voices", VOICES) or (row.voices if row else ()),
    )
    _check_cell(fields, cell, row)
    return _with_reason(cell)


def _with_reason(cell: Cell) -> Cell:
    if cell.state != "waiting" or cell.reason:
        return cell
    reason: Reason = "local" if cell.basis == "local_fact" else "clinician"
    return replace(cell, reason=reason)


def _check_cell(fields: Fields, cell: Cell, row: Row | None) -> None:
    note = fields.reader.note
    allowed = {"unknown": UNKNOWN_REASONS, "waiting": WAITING_REASONS}.get(cell.state, ())
    if cell.reason and cell.reason not in allowed:
        note(
            fields.line_of("reason"), "CELL-REASON", f"'{cell.reason}' is no reason for this state"
        )
    if cell.state == "unknown" and not cell.reason:
        note(fields.line, "CELL-STATE", "say why nobody knows: add 'reason'")
    if cell.strength and row and row.facet not in ("help", "hard"):
        note(fields.line_of("strength"), "CELL-STATE", "strength is for the help and hard rows")
    if cell.figures and cell.state != "filled":
        note(fields.line_of("figures"), "CELL-STATE", "only a filled cell can hold figures")


def _check_ids(reader: Reader, fields: Fields, grid: Grid) -> None:
    for key, found in (("bands", grid.bands), ("options", grid.options), ("rows", grid.rows)):
        ids = [entry.id for entry in cast("Iterable[Band | Option | Row]", found)]
        for place, item in enumerate(fields.each(key)):
            if ids[place] and ids[place] in ids[:place]:
                reader.note(
                    item.line, "ID-DUPLICATE", f"'{ids[place]}' is taken; choose another id"
                )
    rows, options = {row.id for row in grid.rows}, {option.id for option in grid.options}
    for item, cell in zip(fields.each("cells"), grid.cells, strict=True):
        if cell.row and cell.row not in rows:
            reader.note(_line(item, "row"), "ID-UNKNOWN", f"no row '{cell.row[:60]}'")
        if cell.option and cell.option not in options:
            reader.note(_line(item, "option"), "ID-UNKNOWN", f"no option '{cell.option[:60]}'")


def _line(tree: Tree, key: str) -> int:
    return tree.key_lines.get(key, tree.line) if isinstance(tree, Branch) else tree.line


def _check_coverage(reader: Reader, fields: Fields, grid: Grid) -> None:
    held = Counter((c.row, c.option, voice) for c in grid.cells for voice in c.voices)
    line = fields.line_of("cells")
    for row in grid.rows:
        for option in grid.options:
            for voice in row.voices:
                if held[row.id, option.id, voice] == 0:
                    words = f"add the cell {row.id} / {option.id} ({voice})"
                    reader.note(line, "CELL-MISSING", words)
    for item, cell in zip(fields.each("cells"), grid.cells, strict=True):
        if any(held[cell.row, cell.option, voice] > 1 for voice in cell.voices):
            reader.note(item.line, "CELL-TWICE", f"keep one cell {cell.row} / {cell.option}")
