"""What is sent about something wrong, and what people make of it."""

from __future__ import annotations

from starlette.datastructures import FormData

from app.domain.incident import (
    IncidentOutcome,
    IncidentReason,
    Severity,
    read_hazard,
    reasons_for,
)
from app.services.incidents import Judgement
from app.web.forms.reading import text


def read_reason(form: FormData, *, staff: bool) -> IncidentReason | None:
    """Return the reason that was chosen, or None for none or one that is not offered."""
    value = text(form, "reason")
    return next((reason for reason in reasons_for(staff=staff) if reason == value), None)


def read_judgement(form: FormData) -> tuple[Judgement, dict[str, str]]:
    """Return what was filled in, and the faults by field."""
    severity, hazard = text(form, "severity"), text(form, "hazard")
    judgement = Judgement(
        owner_id=text(form, "owner") or None,
        severity=Severity(severity) if severity in set(Severity) else None,
        hazard=read_hazard(hazard),
    )
    wrong = hazard.strip() and judgement.hazard is None
    return judgement, {"hazard": "hazard_unreadable"} if wrong else {}


def read_outcome(form: FormData) -> IncidentOutcome | None:
    """Return what became of it, or None for none or one that does not exist."""
    value = text(form, "outcome")
    return IncidentOutcome(value) if value in set(IncidentOutcome) else None
