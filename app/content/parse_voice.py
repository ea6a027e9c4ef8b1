"""`grids/<slug>/<voice>.<language>.yaml`: the words of one voice."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from app.content.finding import Finding
from app.content.grid import VOICES
from app.content.reading import Reader
from app.content.tree import Tree
from app.content.wording import (
    BandWords,
    CellWords,
    Glossed,
    OptionWords,
    RowWords,
    VoiceWords,
)

ABOUT: Final = "funding interests authors policy evidence"
_VOICE_FIELDS: Final = "schema grid voice language title decision problem about options rows cells"


def read_voice(tree: Tree, file: str) -> tuple[VoiceWords, list[Finding]]:
    """The words and everything wrong with their form; keys are compared by the checks."""
    reader = Reader(file)
    fields = reader.fields(tree, _VOICE_FIELDS, "bands glossary print_title made_from")
    reader.check_schema(fields)

    def cells_of_row(_: str, row: Tree) -> MappingProxyType[str, CellWords]:
        found = reader.mapped(row, lambda _, at: _cell(reader, at))
        return MappingProxyType(found)

    words = VoiceWords(
        grid=fields.named("grid"),
        voice=fields.choice("voice", VOICES),
        language=fields.text("language"),
        title=fields.text("title"),
        decision=fields.text_or_none("decision") or "",
        problem=fields.text_or_none("problem") or "",
        about=MappingProxyType(_about(reader, fields.entries.get("about"))),
        bands=MappingProxyType(fields.mapped("bands", lambda _, at: _band(reader, at))),
        options=MappingProxyType(fields.mapped("options", lambda _, at: _option(reader, at))),
        rows=MappingProxyType(fields.mapped("rows", lambda _, at: _row(reader, at))),
        cells=MappingProxyType(fields.mapped("cells", cells_of_row)),
        glossary=MappingProxyType(fields.mapped("glossary", lambda _, at: _gloss(reader, at))),
        print_title=fields.text_or_none("print_title"),
        made_from=fields.text_or_none("made_from"),
    )
    return words, reader.findings


def _about(reader: Reader, tree: Tree | None) -> dict[str, str]:
    if tree is None:
        return {}
    fields = reader.fields(tree, "", ABOUT)
    return {key: fields.text(key) for key in ABOUT.split() if key in fields.entries}


def _band(reader: Reader, tree: Tree) -> BandWords:
    fields = reader.fields(tree, "title body")
    return BandWords(fields.text("title"), fields.text("body"))


def _option(reader: Reader, tree: Tree) -> OptionWords:
    fields = reader.fields(tree, "name short usually_for", "not_for medicine_note")
    return OptionWords(
        name=fields.text("name"),
        short=fields.text("short"),
        usually_for=fields.text("usually_for"),
        not_for=fields.text_or_none("not_for"),
        medicine_note=fields.text_or_none("medicine_note"),
    )


def _row(reader: Reader, tree: Tree) -> RowWords:
    fields = reader.fields(tree, "question ask")
    return RowWords(fields.text("question"), fields.text("ask"))


def _cell(reader: Reader, tree: Tree) -> CellWords:
    fields = reader.fields(tree, "face", "more")
    return CellWords(fields.text("face"), fields.text_or_none("more") or "")


def _gloss(reader: Reader, tree: Tree) -> Glossed:
    fields = reader.fields(tree, "term means")
    return Glossed(fields.text("term"), fields.text("means"))
