"""YAML files as small trees whose every node knows its line.

Built from the events of PyYAML's C parser rather than from composed nodes: anchors are
refused before they can explode, nesting is bounded before it can exhaust the stack, and
no value is ever turned into a type that the reader did not ask for (no "no" as False).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from app.content.finding import Finding

LARGEST_FILE: Final = 1024 * 1024
DEEPEST: Final = 24


@dataclass(slots=True)
class Leaf:
    """A scalar as it was written; `plain` when it carried no quotes."""

    text: str
    plain: bool
    line: int


@dataclass(slots=True)
class Items:
    """A list."""

    line: int
    entries: list[Tree] = field(default_factory=list)


@dataclass(slots=True)
class Branch:
    """A mapping; the first of two equal keys is kept, the second is a finding."""

    line: int
    entries: dict[str, Tree] = field(default_factory=dict)
    key_lines: dict[str, int] = field(default_factory=dict)


Tree = Leaf | Items | Branch


@dataclass(slots=True)
class _Open:
    node: Items | Branch
    key: str | None = None
    key_line: int = 0


class _Builder:
    """Turns parser events into a tree, noting what a grid file may not hold."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.findings: list[Finding] = []
        self.root: Tree | None = None
        self.stack: list[_Open] = []
        self.documents = 0

    def note(self, line: int, rule: str, what_to_do: str) -> None:
        self.findings.append(Finding(self.file, line, rule, what_to_do))

    def take(self, event: yaml.Event) -> None:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            self._scalar(event)
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            self.stack.pop()
        elif kind is yaml.MappingStartEvent:
            self._open(event, Branch(_line_of(event)))
        elif kind is yaml.SequenceStartEvent:
            self._open(event, Items(_line_of(event)))
        elif kind is yaml.DocumentStartEvent:
            self._document(_line_of(event))
        elif kind is yaml.AliasEvent:
            line = _line_of(event)
            self.note(line, "YAML-ANCHOR", "write the value out; aliases are refused")
            self._place(Leaf("", True, line), line)

    def _document(self, line: int) -> None:
        self.documents += 1
        if self.documents > 1:
            self.note(line, "YAML-SYNTAX", "keep one document in a file")

    def _check_properties(self, event: Any, line: int) -> None:
        if event.anchor is not None:
            self.note(line, "YAML-ANCHOR", "write the value out; anchors are refused")
        if event.tag is not None:
            self.note(line, "YAML-TAG", f"remove the tag {event.tag}")

    def _scalar(self, event: Any) -> None:
        # Nine events in ten are scalars: the way of a key is kept short.
        line = event.start_mark.line + 1
        if event.anchor is not None or event.tag is not None:
            self._check_properties(event, line)
        top = self.stack[-1] if self.stack else None
        if top is not None and top.key is None and type(top.node) is Branch:
            top.key, top.key_line = event.value, line
            return
        self._place(Leaf(event.value, event.implicit[0], line), line)

    def _open(self, event: Any, node: Items | Branch) -> None:
        self._check_properties(event, node.line)
        self._place(node, node.line)
        self.stack.append(_Open(node))

    def _place(self, node: Tree, line: int) -> None:
        if not self.stack:
            if self.documents <= 1:
                self.root = node
            return
        top = self.stack[-1]
        if isinstance(top.node, Items):
            top.node.entries.append(node)
        elif top.key is None:
            self.note(line, "YAML-KEY", "use plain words as keys")
            top.key, top.key_line = f"?{line}", line
        else:
            self._enter(top, top.node, node)

    def _enter(self, top: _Open, branch: Branch, node: Tree) -> None:
        key = top.key or ""
        top.key = None
        if key in branch.entries:
            self.note(top.key_line, "YAML-DUPLICATE", f"'{key}' stands here twice; keep one")
            return
        branch.entries[key] = node
        branch.key_lines[key] = top.key_line


def read_tree(path: Path, inside: Path) -> tuple[Tree | None, list[Finding]]:
    """The tree of one file inside a folder, and everything wrong with it. Never raises."""
    raw, findings = read_bytes(path, inside)
    return (None, findings) if raw is None else parse_tree(raw, shown(path, inside))


def read_bytes(path: Path, inside: Path) -> tuple[bytes | None, list[Finding]]:
    """The bytes of one file inside a folder, or why it was not read. Never raises."""
    file = shown(path, inside)
    try:
        if not path.resolve().is_relative_to(inside.resolve()):
            return None, [Finding(file, 1, "FILE-LINK", "links out of the folder are refused")]
        if not path.is_file():
            return None, [Finding(file, 1, "FILE-MISSING", "write this file")]
        with path.open("rb") as handle:
            if os.fstat(handle.fileno()).st_size > LARGEST_FILE:
                return None, [Finding(file, 1, "FILE-SIZE", "keep the file under 1 MiB")]
            return handle.read(), []
    except (OSError, RuntimeError, ValueError) as error:
        return None, [Finding(file, 1, "FILE-UNREADABLE", f"make it readable: {error}")]


def parse_tree(raw: bytes, file: str) -> tuple[Tree | None, list[Finding]]:
    """The tree of these bytes, and everything wrong with them. Never raises."""
    text, findings = _decode(raw, file)
    if text is None:
        return None, findings
    builder = _Builder(file)
    try:
        for event in _events(text):
            builder.take(event)
            if len(builder.stack) > DEEPEST:
                builder.note(_line_of(event), "YAML-DEPTH", f"nest at most {DEEPEST} levels deep")
                return None, findings + builder.findings
    except yaml.MarkedYAMLError as error:
        builder.note(_error_line(error), "YAML-SYNTAX", _error_words(error))
        return None, findings + builder.findings
    except (yaml.YAMLError, ValueError) as error:
        builder.note(1, "YAML-SYNTAX", str(error).splitlines()[0])
        return None, findings + builder.findings
    if builder.root is None:
        builder.note(1, "YAML-SYNTAX", "the file is empty; start with schema: 1")
    return builder.root, findings + builder.findings


def _events(text: str) -> Iterator[yaml.Event]:
    # yaml.parse asks whether there is an event before it takes each; taking alone is faster.
    parser = yaml.CSafeLoader(text)
    try:
        yield from iter(parser.get_event, None)
    finally:
        parser.dispose()


def _line_of(event: yaml.Event) -> int:
    return 1 if event.start_mark is None else int(event.start_mark.line) + 1


def _error_line(error: yaml.MarkedYAMLError) -> int:
    mark = error.problem_mark or error.context_mark
    return 1 if mark is None else int(mark.line) + 1


def _error_words(error: yaml.MarkedYAMLError) -> str:
    # The parser names where it gave up, which is often a line or more below the slip.
    problem = error.problem or error.context or "unreadable"
    return (
        f"not valid YAML ({problem}): here or above, look for a quote that is not closed, or for "
        "': ' or a bracket in a text; put such a text after >- on the lines below"
    )


def shown(path: Path, inside: Path) -> str:
    """A file as findings name it: from the grids folder on."""
    try:
        return f"{inside.name}/{path.relative_to(inside).as_posix()}"
    except ValueError:
        return path.name


def _decode(raw: bytes, file: str) -> tuple[str | None, list[Finding]]:
    if len(raw) > LARGEST_FILE:
        return None, [Finding(file, 1, "FILE-SIZE", "keep the file under 1 MiB")]
    findings = []
    if raw.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        findings.append(Finding(file, 1, "YAML-BOM", "save as UTF-8 without a byte-order mark"))
        raw = raw.removeprefix(b"\xef\xbb\xbf")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return None, [*findings, Finding(file, line, "FILE-ENCODING", "save the file as UTF-8")]
    if "\t" in text:
        findings += [
            Finding(file, number, "YAML-TAB", "use spaces, not tabs")
            for number, row in enumerate(text.split("\n"), start=1)
            if "\t" in row
        ]
    return text, findings
