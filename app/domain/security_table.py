"""The table of security requirements: which apply, what is done about each, which tests show it.

The ids and levels are those of OWASP ASVS 5.0.0; the words are ours. The table is
``docs/security/asvs.csv``: every requirement of levels 1 and 2, and a few of level 3.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Final

_ID: Final = re.compile(r"(1?\d)\.\d{1,2}\.\d{1,2}")
CHAPTERS: Final = {
    "1": "Encoding and sanitization",
    "2": "Validation and business logic",
    "3": "Web frontend",
    "4": "API and web service",
    "5": "Files",
    "6": "Authentication",
    "7": "Sessions",
    "8": "Authorization",
    "9": "Self-contained tokens (our receipts)",
    "10": "OAuth and OIDC",
    "11": "Cryptography",
    "12": "Secure communication",
    "13": "Configuration",
    "14": "Data protection",
    "15": "Secure coding and architecture",
    "16": "Logging and errors",
    "17": "WebRTC",
}


class ControlState(StrEnum):
    """How a requirement stands."""

    TESTED = "tested"
    BUILT = "built"
    PARTLY = "partly"
    MISSING = "missing"
    SITE = "site"
    NOT_APPLICABLE = "not_applicable"


STATE_WORDS: Final = {
    ControlState.TESTED: "built, and a test fails if it breaks",
    ControlState.BUILT: "built or written down; no test of its own",
    ControlState.PARTLY: "part of what is asked is there; the control says which",
    ControlState.MISSING: "not there",
    ControlState.SITE: "whoever runs the service has to do it",
    ControlState.NOT_APPLICABLE: "there is nothing here that it could apply to",
}


class SecurityTableBroken(ValueError):
    """The table cannot be used; the message names the id and the reason."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement: ``id`` without its V, the level, our words, and how it stands."""

    id: str
    level: int
    topic: str
    state: ControlState
    control: str
    where: str
    tests: tuple[str, ...]

    @property
    def chapter(self) -> str:
        """Return the number of the chapter."""
        return self.id.partition(".")[0]


COLUMNS: Final = tuple(field.name for field in fields(Requirement))


def read_requirements(lines: Iterable[str]) -> tuple[Requirement, ...]:
    """Return the rows in their order; raise ``SecurityTableBroken`` at the first fault."""
    reader = csv.DictReader(lines)
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise SecurityTableBroken("the columns are " + ", ".join(COLUMNS))
    rows = tuple(_requirement(row) for row in reader)
    twice = [name for name, count in Counter(row.id for row in rows).items() if count > 1]
    if twice:
        raise SecurityTableBroken(f"{', '.join(twice)}: there twice")
    return rows


def _requirement(row: dict[str, str]) -> Requirement:
    name, tests = row["id"], tuple(row["tests"].split())
    if not _ID.fullmatch(name) or row["level"] not in ("1", "2", "3"):
        raise SecurityTableBroken(f"{name}: no id and level of the standard")
    if row["state"] not in tuple(ControlState) or not row["topic"] or not row["control"]:
        raise SecurityTableBroken(f"{name}: topic, state and control are needed")
    state = ControlState(row["state"])
    if state is ControlState.TESTED and not tests:
        raise SecurityTableBroken(f"{name}: says tested and names no test")
    places = row["where"]
    if state in (ControlState.TESTED, ControlState.BUILT) and not places:
        raise SecurityTableBroken(f"{name}: says built and not where")
    return Requirement(name, int(row["level"]), row["topic"], state, row["control"], places, tests)


_HEAD: Final = """\
# Security requirements, one by one

Made from `asvs.csv` by `grids assurance write`; change that file, not this page. Ids and levels are
those of OWASP ASVS 5.0.0; the words are ours and short, so read the standard beside them. Every
requirement of levels 1 and 2 is here, and a few of level 3 that we do. A test checks the count of
each chapter, that every test named exists, and that every place does.

**Self-assessed.** Nobody outside the project has checked it, and there was no penetration test.
"""


def render_requirements(rows: Sequence[Requirement]) -> str:
    """Return the table as markdown: counts, what is open, then chapter by chapter."""
    lines = [_HEAD, *_counts(rows), *_open(rows)]
    for chapter, words in CHAPTERS.items():
        lines += [f"## V{chapter} {words}\n"]
        lines += ["| Id | Level | About | State | What is done | Where | Tests |"]
        lines += ["|---|---|---|---|---|---|---|"]
        lines += [_row(row) for row in rows if row.chapter == chapter]
        lines.append("")
    return "\n".join(lines)


def _counts(rows: Sequence[Requirement]) -> list[str]:
    lines = ["| State | Level 1 | Level 2 | Level 3 | Meaning |", "|---|---:|---:|---:|---|"]
    for state, words in STATE_WORDS.items():
        by_level = Counter(row.level for row in rows if row.state is state)
        lines.append(f"| {state} | {by_level[1]} | {by_level[2]} | {by_level[3]} | {words} |")
    totals = Counter(row.level for row in rows)
    return [*lines, f"| all | {totals[1]} | {totals[2]} | {totals[3]} | |", ""]


def _open(rows: Sequence[Requirement]) -> list[str]:
    lines = ["## What is open\n"]
    for state in (ControlState.MISSING, ControlState.PARTLY, ControlState.SITE):
        lines += [
            f"- **{row.id}** {row.topic} ({state}): {row.control}"
            for row in rows
            if row.state is state
        ]
    return [*lines, ""]


def _row(row: Requirement) -> str:
    tests = "<br>".join(f"`{test}`" for test in row.tests)
    where = "<br>".join(f"`{place}`" for place in row.where.split("; ") if place)
    cells = (row.id, str(row.level), row.topic, row.state, row.control, where, tests)
    return "| " + " | ".join(cells) + " |"
