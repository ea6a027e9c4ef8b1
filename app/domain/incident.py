"""What somebody found wrong on a page: closed lists only, so that nobody's words are stored.

A report says which page, by the name of its template and, for a grid, its public id and edition:
never an address, which may hold the id of an appointment. Source: rules of the room 3.7.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from app.domain.dataset import FORMULA_STARTS
from app.domain.hazards import HAZARD_ID


class IncidentReason(StrEnum):
    """What is wrong, in the words of a list. The last three are offered to staff alone."""

    NOT_TRUE = "not_true"
    UPSETTING = "upsetting"
    UNCLEAR = "unclear"
    NUMBER_WRONG = "number_wrong"
    NOT_OFFERED = "not_offered"
    NOT_MINE = "not_mine"
    BROKEN = "broken"
    WRONG_APPOINTMENT = "wrong_appointment"
    WRONG_PAPER = "wrong_paper"
    ANSWERS_MISSING = "answers_missing"


STAFF_ONLY: Final = frozenset(
    {
        IncidentReason.WRONG_APPOINTMENT,
        IncidentReason.WRONG_PAPER,
        IncidentReason.ANSWERS_MISSING,
    }
)


class Severity(StrEnum):
    """How much harm came of it, as people judge; LFPSE knows the same five steps."""

    NO_HARM = "no_harm"
    LOW = "low"
    MODERATE = "moderate"
    SEVERE = "severe"
    FATAL = "fatal"


class IncidentOutcome(StrEnum):
    """What became of a report."""

    MENDED = "mended"
    WITHDRAWN = "withdrawn"
    PASSED_ON = "passed_on"
    NO_FAULT = "no_fault"


UNKNOWN_PLACE: Final = "unknown"
LONGEST_PLACE: Final = 80
_PLACE: Final = re.compile(r"[a-z_-]{1,40}(/[a-z_-]{1,40}){1,2}(/[a-z0-9]{1,8}/[0-9]{1,4})?")


def reasons_for(*, staff: bool) -> tuple[IncidentReason, ...]:
    """Return the reasons that somebody may choose from, in their order."""
    return tuple(reason for reason in IncidentReason if staff or reason not in STAFF_ONLY)


def read_place(sent: str) -> str:
    """Return the page that a report is about, or ``unknown`` for what names no page of ours.

    Long numbers and ids do not pass, so that an address pasted by hand stores nothing of anybody.
    """
    return sent if len(sent) <= LONGEST_PLACE and _PLACE.fullmatch(sent) else UNKNOWN_PLACE


def read_hazard(sent: str) -> str | None:
    """Return an id of the hazard log as it is written there, or None for anything else."""
    typed = sent.strip().upper()
    return typed if HAZARD_ID.fullmatch(typed) else None


@dataclass(frozen=True, slots=True)
class Incident:
    """One report and what people made of it. ``by_staff`` says who may be asked; families never."""

    id: str
    place: str
    reason: IncidentReason
    by_staff: str
    reported_at: datetime
    owner_id: str | None
    owner: str
    severity: Severity | None
    hazard: str | None
    closed_at: datetime | None
    outcome: IncidentOutcome | None

    @property
    def time_to_close(self) -> timedelta | None:
        """Return how long it stood open, or None while it does."""
        return self.closed_at - self.reported_at if self.closed_at else None


HEADINGS: Final = (
    "id",
    "reported_at_utc",
    "page",
    "reason",
    "reported_by",
    "owner",
    "severity",
    "hazard",
    "closed_at_utc",
    "hours_to_close",
    "outcome",
)


def render_incidents(incidents: Iterable[Incident]) -> str:
    """Return the list as CSV, for whoever reports it elsewhere by hand. No cell is a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADINGS)
    writer.writerows([_harmless(cell) for cell in _cells(each)] for each in incidents)
    return out.getvalue()


def _cells(each: Incident) -> tuple[str, ...]:
    took = each.time_to_close
    return (
        each.id,
        _moment(each.reported_at),
        each.place,
        each.reason,
        each.by_staff or "family",
        each.owner,
        each.severity or "",
        each.hazard or "",
        _moment(each.closed_at) if each.closed_at else "",
        f"{took.total_seconds() / 3600:.1f}" if took is not None else "",
        each.outcome or "",
    )


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
