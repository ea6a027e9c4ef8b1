"""Words that belong to no single grid: sources they share, and what the gate asks of them.

The pages of the five groups and the prompts for practitioners are read like grids, field by field,
and held to the same lists of words and the same reading age.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from app.content.finding import Finding
from app.content.reading import Fields, Reader
from app.content.reading_age import OLDEST, Readability, measure
from app.content.terms import in_terms, terms
from app.content.tree import Tree, read_tree, shown

SOURCES: Final = Path("_groups", "sources.yaml")
#: In the name of one group stands a word that none of its sentences may say.
ALLOWED_NAME: Final = "getting risk support"
# Rules about columns and figures, which these words do not have.
_NOT_HERE: Final = frozenset({"EVEN", "MARK", "RC-4"})


@dataclass(frozen=True, slots=True)
class SharedSource:
    """A page or publication; ``seen`` says how much of it was read."""

    id: str
    title: str
    url: str | None
    supports: str
    seen: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text of a file with its line, as the gate looks at it."""

    file: str
    line: int
    text: str


def read_sources(root: Path) -> tuple[Mapping[str, SharedSource], tuple[Finding, ...]]:
    """Return the shared sources by id, and everything wrong with their file. Never raises."""
    tree, findings = read_tree(root / SOURCES, root)
    if tree is None:
        return MappingProxyType({}), tuple(findings)
    reader = Reader(shown(root / SOURCES, root))
    fields = reader.fields(tree, "schema sources")
    reader.check_schema(fields)

    def one(name: str, entry: Tree) -> SharedSource:
        read = reader.fields(entry, "title url supports seen")
        words = (read.text("supports"), read.text("seen"))
        return SharedSource(name, read.text("title"), read.text_or_none("url"), *words)

    found = fields.mapped("sources", one)
    return MappingProxyType(found), (*findings, *reader.findings)


def known_sources(fields: Fields, known: Iterable[str]) -> tuple[str, ...]:
    """Return the sources that a mapping names; one that is not among ``known`` is noted."""
    named, ids = fields.texts("sources"), set(known)
    for name in named:
        if name not in ids:
            line = fields.line_of("sources")
            fields.reader.note(line, "ID-UNKNOWN", f"no source '{name[:60]}' in {SOURCES}")
    return named


def list_banned(sentences: Iterable[Sentence]) -> Iterator[Finding]:
    """Return a finding for each listed word, those for sensitive grids among them."""
    for sentence in sentences:
        text = sentence.text.lower().replace(ALLOWED_NAME, "")
        for key in terms():
            if key not in _NOT_HERE:
                for advice in in_terms(key, text):
                    yield Finding(sentence.file, sentence.line, key.split()[0], advice)


def too_hard(sentences: Iterable[Sentence]) -> Iterator[Finding]:
    """Return a finding where the sentences of a page together are over reading age 11."""
    listed = list(sentences)
    total = sum((measure(each.text) for each in listed), start=Readability(0, 0, 0, 0))
    if total.age > OLDEST:
        text = f"reading age {total.age} over {total.words} words; write for eleven"
        yield Finding(listed[0].file, 1, "PL-1", text)
