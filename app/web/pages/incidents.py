"""Something is wrong on this page: the form for everybody, the list for staff."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from app.db.queries.incidents import IncidentPart
from app.domain.incident import (
    Incident,
    IncidentOutcome,
    IncidentReason,
    Severity,
    reasons_for,
)
from app.rendering.page import Page
from app.services.incidents import Judgement


@dataclass(frozen=True)
class ReportPage(Page):
    """The form. ``about`` names the page it is about; ``wait_minutes`` is 0 or how long to wait."""

    template: ClassVar[str] = "pages/report/form.html"
    about: str
    reasons: tuple[IncidentReason, ...]
    is_staff: bool
    faults: Mapping[str, str] = field(default_factory=dict)
    chosen: str = ""
    wait_minutes: int = 0

    @classmethod
    def of(
        cls, about: str, *, staff: bool, fault: str = "", chosen: str = "", wait: int = 0
    ) -> ReportPage:
        """Return the form, with a fault at the choice or a wait in seconds."""
        faults = {"reason": fault} if fault else {}
        return cls(about, reasons_for(staff=staff), staff, faults, chosen, math.ceil(wait / 60))


@dataclass(frozen=True)
class ReportSentPage(Page):
    """It was sent: what happens now, and who answers if somebody needs help."""

    template: ClassVar[str] = "pages/report/sent.html"


@dataclass(frozen=True)
class IncidentsPage(Page):
    """What nobody closed yet, or what was closed."""

    template: ClassVar[str] = "pages/incidents/list.html"
    entries: tuple[Incident, ...]
    closed: bool
    zone: str
    newer: str | None
    older: str | None

    @classmethod
    def of(cls, part: IncidentPart, *, closed: bool, zone: str) -> IncidentsPage:
        """Return one page of either list."""
        address = f"/incidents?show={'closed' if closed else 'open'}&page="
        return cls(
            entries=part.entries,
            closed=closed,
            zone=zone,
            newer=f"{address}{part.page - 1}" if part.page > 1 else None,
            older=f"{address}{part.page + 1}" if part.has_more else None,
        )


@dataclass(frozen=True)
class IncidentPage(Page):
    """One report, and the forms for whoever may look into it, as they were filled in."""

    template: ClassVar[str] = "pages/incidents/one.html"
    entry: Incident
    zone: str
    may_settle: bool
    owners: tuple[tuple[str, str], ...]
    filled: Judgement
    hazard: str = ""
    faults: Mapping[str, str] = field(default_factory=dict)
    severities: tuple[Severity, ...] = tuple(Severity)
    outcomes: tuple[IncidentOutcome, ...] = tuple(IncidentOutcome)
