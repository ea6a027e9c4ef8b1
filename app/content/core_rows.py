"""What each core row asks, as every grid asks it: for papers and views that have no grid."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from app.content.grid import CORE_ROWS


@dataclass(frozen=True, slots=True)
class CoreRow:
    """A row by its facet: the question, and a prompt for the talk."""

    facet: str
    question: str
    ask: str


@cache
def core_rows(voice: str) -> tuple[CoreRow, ...]:
    """Return the core rows in their order. Raises KeyError for a voice that does not exist."""
    raw = Path(__file__).with_name("new-grid.en.yaml").read_text(encoding="utf-8")
    asked: dict[str, dict[str, list[str]]] = yaml.load(raw, Loader=yaml.CSafeLoader)
    rows = asked[voice]
    return tuple(CoreRow(facet, *rows[facet]) for facet in CORE_ROWS)
