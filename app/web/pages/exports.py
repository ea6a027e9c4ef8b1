"""Pages of the researcher's desk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from app.db.queries.exports import ExportEntry, InstrumentCount
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
    faults: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ExportPage(Page):
    """One request: what, why, what came of it."""

    template: ClassVar[str] = "pages/exports/one.html"
    export: ExportEntry
    may_decide: bool
    may_download: bool
