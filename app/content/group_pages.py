"""The pages of the five needs-based groups: one file a group, the same for every family.

Who is in which group is decided together with a practitioner, never here. A page is never an
empty list: each says what the group means, what can happen next and what one can ask.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from app.content.finding import Finding
from app.content.grid import NEED_GROUPS
from app.content.reading import Reader
from app.content.shared_words import (
    Sentence,
    known_sources,
    list_banned,
    read_sources,
    too_hard,
)
from app.content.tree import Tree, read_tree, shown

FOLDER: Final = "_groups"
#: The group whose page must hold the parts of a shared plan (rules of the room 1.16).
WITH_PLAN: Final = "risk_support"
FEWEST_LINES: Final = 3


@dataclass(frozen=True, slots=True)
class PlanPart:
    """One part of a plan that several services share."""

    part: str
    words: str


@dataclass(frozen=True, slots=True)
class GroupWords:
    """What one group's page says. ``staff`` is for practitioners alone and on no family page."""

    group: str
    name: str
    line: str
    means: tuple[str, ...]
    next: tuple[str, ...]
    plan: tuple[PlanPart, ...]
    ask: tuple[str, ...]
    staff: str
    sources: tuple[str, ...]


def read_groups(root: Path) -> tuple[Mapping[str, GroupWords], tuple[Finding, ...]]:
    """Return the five pages by group, and everything wrong with their files. Never raises.

    Where there is any finding of a file, its page is left out.
    """
    sources, findings = read_sources(root)
    found: dict[str, GroupWords] = {}
    for group in NEED_GROUPS:
        words, noted = _read(root, group, sources)
        findings += noted
        if words is not None:
            found[group] = words
    return MappingProxyType(found), findings


def check_groups(root: Path) -> tuple[Finding, ...]:
    """Return what the gate says: the files sound, the words plain, nothing unsafe, all sourced."""
    if not (root / FOLDER).is_dir():
        return ()
    groups, findings = read_groups(root)
    for words in groups.values():
        file = f"{root.name}/{FOLDER}/{words.group}.en.yaml"
        for_families = [Sentence(file, 1, text) for text in family_texts(words)]
        staff = [Sentence(file, 1, words.staff)] if words.staff else []
        findings += (*list_banned([*for_families, *staff]), *too_hard(for_families))
    return findings


def family_texts(words: GroupWords) -> Iterator[str]:
    """Every text of a page that a family reads, its name left out."""
    yield words.line
    yield from words.means
    yield from words.next
    for part in words.plan:
        yield f"{part.part}. {part.words}"
    yield from words.ask


def _read(
    root: Path, group: str, known: Collection[str]
) -> tuple[GroupWords | None, tuple[Finding, ...]]:
    path = root / FOLDER / f"{group}.en.yaml"
    tree, findings = read_tree(path, root)
    if tree is None:
        return None, tuple(findings)
    reader = Reader(shown(path, root))
    words = _words(reader, tree, group, known)
    noted = (*findings, *reader.findings)
    return (None if noted else words), noted


def _words(reader: Reader, tree: Tree, group: str, known: Collection[str]) -> GroupWords:
    required = "schema group language name line means next ask sources"
    fields = reader.fields(tree, required, "plan staff")
    reader.check_schema(fields)
    if fields.text("group") not in ("", group) or fields.text("language") not in ("", "en"):
        reader.note(fields.line_of("group"), "SLUG", f"write group: {group} and language: en")
    plan = tuple(_plan_part(reader, entry) for entry in fields.each("plan"))
    if bool(plan) != (group == WITH_PLAN):
        reader.note(fields.line, "FIELD-MISSING", f"a plan belongs to {WITH_PLAN} and to it alone")
    for key in ("next", "ask"):
        if len(list(fields.each(key))) < FEWEST_LINES:
            text = f"write {FEWEST_LINES} lines or more: no page is an empty list"
            reader.note(fields.line_of(key), "FIELD-MISSING", text)
    return GroupWords(
        group=group,
        name=fields.text("name"),
        line=fields.text("line"),
        means=fields.texts("means"),
        next=fields.texts("next"),
        plan=plan,
        ask=fields.texts("ask"),
        staff=fields.text_or_none("staff") or "",
        sources=known_sources(fields, known),
    )


def _plan_part(reader: Reader, tree: Tree) -> PlanPart:
    fields = reader.fields(tree, "part words")
    return PlanPart(fields.text("part"), fields.text("words"))
