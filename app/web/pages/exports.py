"""Pages of the researcher's desk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from app.adapters.export_files import Progress
from app.db.queries.exports import ExportEntry, InstrumentCount
from app.domain.dataset import Format
from app.domain.uniqueness import MOST_ALONE
from app.rendering.page import Page


@dataclass(frozen=True)
class ExportsPage(Page):
    """What was asked for, and the form to ask. ``typed`` holds what was filled in."""

    template: ClassVar[str] = "pages/exports/list.html"
    exports: tuple[ExportEntry, ...]
    instruments: tuple[InstrumentCount, ...]
    teams: tuple[tuple[str, str], ...]
    may_request: bool
    typed: Mapping[str, str] = field(default_factory=dict)
    chosen_teams: tuple[str, ...] = ()
    chosen_formats: tuple[str, ...] = ()
    faults: Mapping[str, str] = field(default_factory=dict)

    @property
    def formats(self) -> tuple[str, ...]:
        """Return what may be asked for besides what is always there."""
        return tuple(Format)


@dataclass(frozen=True)
class ExportPage(Page):
    """One request: what, why, what came of it."""

    template: ClassVar[str] = "pages/exports/one.html"
    export: ExportEntry
    may_decide: bool
    may_download: bool
    progress: Progress | None = None

    @property
    def fewest(self) -> int:
        """Return how many rows that stand alone may be left, of the rows of the request."""
        return int((self.export.uniqueness or {"rows": 0})["rows"] * MOST_ALONE)
