"""The gate: whether a grid is fair, sourced, readable and safe enough to be released.

`check_grid(root, slug)` parses and, when the files are sound, runs every rule of
`rule.RULES`. `Report.findings` blocks a release; `Report.awaiting` names what only a
person can give (approvals, dates on which help contacts were checked) and blocks approval.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import app.content.rules_about
import app.content.rules_figures
import app.content.rules_safety
import app.content.rules_structure
import app.content.rules_translation
import app.content.rules_words  # noqa: F401  (importing a module registers its rules)
from app.content.balance import words_per_option
from app.content.finding import Finding
from app.content.parse import Draft, parse_draft
from app.content.readability import readability
from app.content.rule import RULES
from app.content.tree import Branch, Items, Leaf, Tree, read_tree, shown


@dataclass(frozen=True, slots=True)
class Report:
    """What the gate says about one grid. `draft` is None when the files are not sound."""

    slug: str
    draft: Draft | None
    findings: tuple[Finding, ...]
    awaiting: tuple[Finding, ...]

    @property
    def passes(self) -> bool:
        """Whether a draft release may be made."""
        return not self.findings

    def counts(self) -> Mapping[str, int]:
        """How many cells wait for a clinician, are our own guess, or say nobody knows."""
        cells = self.draft.grid.cells if self.draft else ()
        return {
            "cells": len(cells),
            "waiting": sum(1 for cell in cells if cell.state == "waiting"),
            "unknown": sum(1 for cell in cells if cell.state == "unknown"),
            "our_draft": sum(1 for cell in cells if cell.basis == "our_draft"),
        }

    def as_json(self) -> dict[str, Any]:
        """The report as plain JSON."""
        return {
            "slug": self.slug,
            "passes": self.passes,
            "findings": [finding.as_json() for finding in self.findings],
            "awaiting": [finding.as_json() for finding in self.awaiting],
            "counts": dict(self.counts()),
            "reading_ages": _reading_ages(self.draft) if self.draft else [],
            "words_per_option": _words_per_option(self.draft) if self.draft else {},
        }


def check_draft(draft: Draft) -> tuple[Finding, ...]:
    """Every finding of every rule, by file and line."""
    found = {finding for rule in RULES.values() for finding in rule.check(draft)}
    return tuple(sorted(found))


def check_grid(root: Path, slug: str) -> Report:
    """Parse and check one grid. Never raises on content."""
    parsed = parse_draft(root, slug)
    findings = check_draft(parsed.draft) if parsed.draft else parsed.findings
    return Report(slug, parsed.draft, findings, awaiting_a_person(root, slug))


def awaiting_a_person(root: Path, slug: str) -> tuple[Finding, ...]:
    """What no program can give: two approvals and the dates of the help contacts."""
    waiting = [
        Finding(f"{root.name}/{slug}/grid.yaml", 1, "AWAIT-APPROVAL", f"ask {who} to approve it")
        for who in ("a clinician", "a reviewer with lived experience")
    ]
    folder = root / "_contacts"
    for path in sorted(folder.glob("*.yaml")) if folder.is_dir() else ():
        waiting += _unchecked_contacts(path, root)
    return tuple(waiting)


def _unchecked_contacts(path: Path, root: Path) -> list[Finding]:
    tree, findings = read_tree(path, root)
    contacts = tree.entries.get("contacts") if isinstance(tree, Branch) else None
    file = shown(path, root)
    for entry in contacts.entries if isinstance(contacts, Items) else ():
        if isinstance(entry, Branch) and not _is_dated(entry.entries.get("checked_on")):
            name = entry.entries.get("id")
            who = name.text if isinstance(name, Leaf) else "this contact"
            line = entry.key_lines.get("checked_on", entry.line)
            text = f"ring or open {who} and write the date"
            findings.append(Finding(file, line, "AWAIT-CONTACT", text))
    return findings


def _is_dated(tree: Tree | None) -> bool:
    try:
        return isinstance(tree, Leaf) and bool(date.fromisoformat(tree.text))
    except ValueError:
        return False


def _reading_ages(draft: Draft) -> list[dict[str, Any]]:
    return [
        {"voice": w.voice, "part": part, "id": name, "age": grades.age, "words": grades.words}
        for w, part, name, grades in readability(draft)
    ]


def _words_per_option(draft: Draft) -> dict[str, dict[str, int]]:
    return {
        f"{words.voice}.{words.language}": words_per_option(draft, words)
        for words in draft.voices.values()
    }
