"""Prompts for practitioners: how to begin, to open each row, to check back, to end.

For the prep view and the crib card alone. Nothing that a family sees may read this module.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

from app.content.finding import Finding
from app.content.grid import CORE_ROWS
from app.content.reading import Fields, Reader
from app.content.shared_words import Sentence, known_sources, list_banned, read_sources
from app.content.tree import Tree, read_tree, shown

FILE: Final = Path("_prompts", "practitioner.en.yaml")
#: What is said to a row beyond those that every grid has.
EXTRA: Final = "extra"
PromptBasis = Literal["our_draft", "guideline"]


@dataclass(frozen=True, slots=True)
class Prompt:
    """One thing to say or do, and what it rests on."""

    words: str
    basis: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RowPrompt:
    """How to open a row, and how to check back that it was understood."""

    open: str
    check: str
    basis: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prompts:
    """Everything for one talk. ``rows`` is by facet; ``sensitive`` only for such grids."""

    begin: tuple[Prompt, ...]
    rows: Mapping[str, RowPrompt]
    sensitive: tuple[Prompt, ...]
    end: tuple[Prompt, ...]

    def for_row(self, facet: str) -> RowPrompt:
        """Return the prompts of a row by its facet."""
        return self.rows.get(facet) or self.rows[EXTRA]


def read_prompts(root: Path) -> tuple[Prompts | None, tuple[Finding, ...]]:
    """Return the prompts, or None and what is wrong with their file. Never raises."""
    known, findings = read_sources(root)
    tree, noted = read_tree(root / FILE, root)
    findings += tuple(noted)
    if tree is None:
        return None, findings
    reader = Reader(shown(root / FILE, root))
    prompts = _prompts(reader, tree, known)
    findings += tuple(reader.findings)
    return (None if findings else prompts), findings


def check_prompts(root: Path) -> tuple[Finding, ...]:
    """Return what the gate says: the file sound, every row there, nothing unsafe, all sourced."""
    if not (root / FILE.parent).is_dir():
        return ()
    prompts, findings = read_prompts(root)
    if prompts is None:
        return findings
    file = f"{root.name}/{FILE.as_posix()}"
    return findings + tuple(list_banned(Sentence(file, 1, text) for text in all_texts(prompts)))


def all_texts(prompts: Prompts) -> Iterator[str]:
    """Every text that only practitioners may see."""
    for prompt in (*prompts.begin, *prompts.sensitive, *prompts.end):
        yield prompt.words
    for row in prompts.rows.values():
        yield row.open
        yield row.check


def _prompts(reader: Reader, tree: Tree, known: Collection[str]) -> Prompts:
    fields = reader.fields(tree, "schema language begin rows sensitive end")
    reader.check_schema(fields)

    def row(_facet: str, entry: Tree) -> RowPrompt:
        read = reader.fields(entry, "open check basis sources")
        said = (read.text("open"), read.text("check"), read.choice("basis", PromptBasis))
        return RowPrompt(*said, _sources(read, known))

    rows = fields.mapped("rows", row)
    for facet in {*CORE_ROWS, EXTRA} ^ rows.keys():
        reader.note(fields.line_of("rows"), "FIELD-MISSING", f"each row once: look at '{facet}'")
    return Prompts(
        begin=_several(reader, fields, "begin", known),
        rows=MappingProxyType(rows),
        sensitive=_several(reader, fields, "sensitive", known),
        end=_several(reader, fields, "end", known),
    )


def _several(
    reader: Reader, fields: Fields, key: str, known: Collection[str]
) -> tuple[Prompt, ...]:
    read = [reader.fields(entry, "words basis sources") for entry in fields.each(key)]
    return tuple(
        Prompt(each.text("words"), each.choice("basis", PromptBasis), _sources(each, known))
        for each in read
    )


def _sources(fields: Fields, known: Collection[str]) -> tuple[str, ...]:
    """A guideline needs a source; a draft of ours may do without."""
    named = known_sources(fields, known)
    if fields.choice("basis", PromptBasis) == "guideline" and not named:
        fields.reader.note(fields.line, "FIELD-MISSING", "name the source of a guideline")
    return named
