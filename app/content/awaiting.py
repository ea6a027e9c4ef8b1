"""What no program can give: approvals, dates of help contacts, a prescriber's word, cells.

These findings block an approval, never a draft release.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from app.content.finding import Finding
from app.content.grid import Owner
from app.content.ownership import list_missing_owners, words_hash
from app.content.parse import Draft
from app.content.tree import Branch, Items, Leaf, Tree, read_tree, shown

_APPROVERS: Final = ("a clinician", "a reviewer with lived experience")
_OWNERS: Final[dict[Owner, str]] = {
    "clinician": "a clinician",
    "lived-experience": "somebody with lived experience",
}
# Safe messaging, section 6: every line within a month of release, then monthly.
_CHECK_LASTS: Final = timedelta(days=31)


def awaiting_a_person(
    root: Path, slug: str, draft: Draft | None, today: date | None = None
) -> tuple[Finding, ...]:
    """Everything that only a person can give. Without `today` nothing is called overdue."""
    file = f"{root.name}/{slug}/grid.yaml"
    waiting = [Finding(file, 1, "AWAIT-APPROVAL", f"ask {who} to approve it") for who in _APPROVERS]
    if draft:
        waiting += _in_grid(draft, today)
    folder = root / "_contacts"
    for path in sorted(folder.glob("*.yaml")) if folder.is_dir() else ():
        waiting += _contacts(path, root, today)
    return tuple(waiting)


def _in_grid(draft: Draft, today: date | None) -> Iterator[Finding]:
    grid, file = draft.grid, draft.grid_file
    if any(option.medicine for option in grid.options):
        text = "ask a prescriber and a pharmacist to confirm every word on medicine"
        yield Finding(file, draft.line(file, "options"), "AWAIT-PRESCRIBER", text)
    if grid.sensitive:
        text = "each service sets its own crisis number before it switches this grid on"
        yield Finding(file, draft.line(file, "sensitive"), "AWAIT-LOCAL-NUMBER", text)
    yield from _own_words(draft)
    if today and today > grid.review.review_on:
        text = "the review date has passed: look again and write the new dates"
        yield Finding(file, draft.line(file, "review", "review_on"), "AWAIT-REVIEW", text)
    yield from _open_cells(draft)


def _own_words(draft: Draft) -> Iterator[Finding]:
    """SM-F9: the words of a sensitive grid are those of people who know, and of nobody else."""
    voices = draft.voices.values()
    missing = list_missing_owners(draft.grid, voices)
    if missing:
        who = " and ".join(_OWNERS[owner] for owner in missing)
        text = (
            f"ask {who} to rewrite these words or to take them over as their own (SM-F9), "
            f"and enter it under words_taken_over with words: '{words_hash(voices)}'"
        )
        line = draft.line(draft.grid_file, "words_taken_over")
        yield Finding(draft.grid_file, line, "AWAIT-OWN-WORDS", text)


def _open_cells(draft: Draft) -> Iterator[Finding]:
    file, cells = draft.grid_file, draft.grid.cells
    for reason, who in (("local", "each service"), ("clinician", "a clinician")):
        count = sum(1 for cell in cells if cell.state == "waiting" and cell.reason == reason)
        if count:
            text = f"{count} cells wait for {who} to fill them"
            yield Finding(file, draft.line(file, "cells"), "AWAIT-CELL", text)
    ours = sum(1 for cell in cells if cell.basis == "our_draft" and cell.state != "waiting")
    if ours:
        text = f"{ours} cells are our own draft: ask a clinician or a family to check them"
        yield Finding(file, draft.line(file, "cells"), "AWAIT-CHECK", text)


def _contacts(path: Path, root: Path, today: date | None) -> Iterator[Finding]:
    tree, _ = read_tree(path, root)
    contacts = tree.entries.get("contacts") if isinstance(tree, Branch) else None
    for entry in contacts.entries if isinstance(contacts, Items) else ():
        if isinstance(entry, Branch) and not _is_checked(entry.entries.get("checked_on"), today):
            name = entry.entries.get("id")
            who = name.text if isinstance(name, Leaf) else "this contact"
            line = entry.key_lines.get("checked_on", entry.line)
            text = f"ring or open {who} and write the date"
            yield Finding(shown(path, root), line, "AWAIT-CONTACT", text)


def _is_checked(tree: Tree | None, today: date | None) -> bool:
    try:
        checked = date.fromisoformat(tree.text) if isinstance(tree, Leaf) else None
    except ValueError:
        return False
    if checked is None:
        return False
    return today is None or checked <= today <= checked + _CHECK_LASTS
