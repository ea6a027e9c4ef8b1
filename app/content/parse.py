"""Files to objects. Reports every error with file and line, and never raises.

`parse_draft(root, slug)` reads `grid.yaml`, both voices and the evidence of the topic;
`Parsed.draft` is set only when nothing at all was wrong, so nothing is ever half-loaded.
`Draft.line(file, *path)` finds the line of a place for the findings of the checks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from app.content.finding import Finding
from app.content.grid import VOICES, Evidence, Grid
from app.content.parse_evidence import read_evidence
from app.content.parse_grid import read_grid
from app.content.parse_voice import read_voice
from app.content.reading import ID
from app.content.tree import (
    Branch,
    Items,
    Leaf,
    Tree,
    parse_tree,
    read_bytes,
    read_tree,
    shown,
)
from app.content.wording import VoiceWords

ENGLISH: Final = "en"
_VOICE_FILE: Final = re.compile(r"([a-z-]+)\.([a-z]{2,3})\.yaml")


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """A grid as it is being written. `voices` is keyed by (voice, language).

    A draft is equal to itself alone, so that what was gathered from it can be kept.
    """

    grid: Grid
    voices: Mapping[tuple[str, str], VoiceWords]
    evidence: Evidence
    trees: Mapping[str, Tree]
    folder: str

    @property
    def grid_file(self) -> str:
        """The structure file, as findings name it."""
        return f"{self.folder}/{self.grid.slug}/grid.yaml"

    def voice_file(self, words: VoiceWords) -> str:
        """The file of a voice, as findings name it."""
        return f"{self.folder}/{self.grid.slug}/{words.voice}.{words.language}.yaml"

    @property
    def evidence_file(self) -> str:
        """The evidence file, as findings name it."""
        return f"{self.folder}/_evidence/{self.grid.topic}.yaml"

    def line(self, file: str, *path: str | int) -> int:
        """The line of a place, or of the nearest place above it that is there."""
        tree = self.trees.get(file)
        return line_in(tree, *path) if tree else 1


@dataclass(frozen=True, slots=True)
class Parsed:
    """A draft without errors, or none and the errors."""

    draft: Draft | None
    findings: tuple[Finding, ...]


def list_slugs(root: Path) -> tuple[str, ...]:
    """The folders that are grids: those not starting with an underscore or a dot."""
    if not root.is_dir():
        return ()
    names = (entry.name for entry in root.iterdir() if entry.is_dir())
    return tuple(sorted(name for name in names if name[0] not in "._"))


def is_left_behind(name: str) -> bool:
    """Whether an editor or the system leaves such a file beside those that a writer saves."""
    return name.startswith((".", "#")) or name.endswith("~")


def parse_draft(root: Path, slug: str) -> Parsed:
    """Everything about one grid. Never raises; every error is a finding."""
    if not ID.fullmatch(slug):
        return Parsed(None, (Finding(root.name, 1, "ID-SHAPE", "name a grid in kebab-case"),))
    files = _Files(root, slug)
    draft = files.read()
    findings = tuple(sorted(set(files.findings)))
    return Parsed(None if findings else draft, findings)


def line_in(tree: Tree, *path: str | int) -> int:
    """The line of a place in a tree; a list is entered by position, id or text."""
    here: Tree | None = tree
    line = tree.line
    for step in path:
        here, line = _descend(here, step, line)
    return line


def _descend(tree: Tree | None, step: str | int, line: int) -> tuple[Tree | None, int]:
    if isinstance(tree, Branch) and isinstance(step, str) and step in tree.entries:
        return tree.entries[step], tree.key_lines[step]
    if isinstance(tree, Items):
        for place, entry in enumerate(tree.entries):
            if step == place or (isinstance(step, str) and _names(entry, step)):
                return entry, entry.line
    return None, line


def _names(tree: Tree, wanted: str) -> bool:
    if isinstance(tree, Leaf):
        return tree.text.strip() == wanted
    found = tree.entries.get("id") if isinstance(tree, Branch) else None
    return isinstance(found, Leaf) and found.text.strip() == wanted


@lru_cache(maxsize=4)
def _evidence_in(raw: bytes, file: str) -> tuple[Evidence | None, Tree | None, tuple[Finding, ...]]:
    """The evidence of these bytes. Two grids share a topic, so the last few are kept."""
    tree, findings = parse_tree(raw, file)
    if tree is None:
        return None, None, tuple(findings)
    evidence, reader = read_evidence(tree, file)
    return evidence, tree, (*findings, *reader.findings)


class _Files:
    """The files of one grid while they are read."""

    def __init__(self, root: Path, slug: str) -> None:
        self.root = root
        self.slug = slug
        self.findings: list[Finding] = []
        self.trees: dict[str, Tree] = {}

    def read(self) -> Draft | None:
        grid = self._grid()
        voices = self._voices()
        evidence = self._evidence(grid.topic) if grid and ID.fullmatch(grid.topic) else None
        if grid is None or evidence is None:
            return None
        self._check_references(grid, evidence)
        trees = MappingProxyType(self.trees)
        return Draft(grid, MappingProxyType(voices), evidence, trees, self.root.name)

    def note(self, file: str, line: int, rule: str, what_to_do: str) -> None:
        self.findings.append(Finding(file, line, rule, what_to_do))

    def _tree(self, path: Path) -> tuple[Tree | None, str]:
        tree, findings = read_tree(path, self.root)
        self.findings += findings
        file = shown(path, self.root)
        if tree is not None:
            self.trees[file] = tree
        return tree, file

    def _grid(self) -> Grid | None:
        tree, file = self._tree(self.root / self.slug / "grid.yaml")
        if tree is None:
            return None
        grid, findings = read_grid(tree, file)
        self.findings += findings
        if grid.slug and grid.slug != self.slug:
            self.note(
                file,
                line_in(tree, "slug"),
                "SLUG",
                f"write slug: {self.slug}, as the folder is named",
            )
        return grid

    def _voices(self) -> dict[tuple[str, str], VoiceWords]:
        voices: dict[tuple[str, str], VoiceWords] = {}
        for name in sorted(self._voice_names()):
            words = self._voice(name)
            if words is not None:
                voices[words.voice, words.language] = words
        return voices

    def _voice_names(self) -> set[str]:
        names = {f"{voice}.{ENGLISH}.yaml" for voice in VOICES}
        folder = self.root / self.slug
        for entry in folder.iterdir() if folder.is_dir() else ():
            found = _VOICE_FILE.fullmatch(entry.name)
            if found and found.group(1) in VOICES:
                names.add(entry.name)
            elif entry.name != "grid.yaml" and not is_left_behind(entry.name):
                file = shown(entry, self.root)
                self.note(
                    file, 1, "FILE-UNKNOWN", "remove it: only grid.yaml and voices belong here"
                )
        return names

    def _voice(self, name: str) -> VoiceWords | None:
        tree, file = self._tree(self.root / self.slug / name)
        if tree is None:
            return None
        words, findings = read_voice(tree, file)
        self.findings += findings
        if f"{words.voice}.{words.language}.yaml" != name or words.grid != self.slug:
            text = f"grid, voice and language must say {self.slug}, {name.removesuffix('.yaml')}"
            self.note(file, line_in(tree, "voice"), "SLUG", text)
        return words

    def _evidence(self, topic: str) -> Evidence | None:
        path = self.root / "_evidence" / f"{topic}.yaml"
        raw, findings = read_bytes(path, self.root)
        self.findings += findings
        if raw is None:
            return None
        file = shown(path, self.root)
        evidence, tree, noted = _evidence_in(raw, file)
        self.findings += noted
        if tree is not None:
            self.trees[file] = tree
        return evidence

    def _check_references(self, grid: Grid, evidence: Evidence) -> None:
        file = f"{self.root.name}/{self.slug}/grid.yaml"
        named = [("bands", i, "source", s) for i, b in enumerate(grid.bands) for s in b.sources]
        named += [("cells", i, "source", s) for i, c in enumerate(grid.cells) for s in c.sources]
        named += [("cells", i, "figure", f) for i, c in enumerate(grid.cells) for f in c.figures]
        known = {"source": evidence.sources, "figure": evidence.figures}
        for key, place, kind, name in named:
            if name and name not in known[kind]:
                line = line_in(self.trees[file], key, place, f"{kind}s", name)
                text = f"no {kind} '{name[:60]}' in _evidence/{grid.topic}.yaml"
                self.note(file, line, "ID-UNKNOWN", text)
