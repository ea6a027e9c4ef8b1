"""Keeping that a decision is to be looked at again: code, edition, month, how it ended.

A member of staff decides it each time. No option, no reason, no word of anybody is kept (rules of
the room 3.4); what was hoped for is on the family's sheet and in the clinical record.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Session

from app.db.queries import encounters as encounter_queries
from app.db.queries import review_notes as queries
from app.db.tables import ReviewNote
from app.domain.access import Viewer
from app.domain.deciding import MOST_MONTHS_AHEAD, DecisionOutcome, months_between, read_month
from app.services import audit
from app.services.audit import AuditKind
from app.services.refusals import Refused


def keep_note(
    db: Session,
    *,
    encounter_id: str,
    outcome: str,
    month: str,
    by: Viewer,
    today: date,
    now: datetime,
) -> Refused | None:
    """Keep the note of an appointment; a second one replaces the first, and is in the audit log.

    Raises NotFound or ConfirmationNeeded for an appointment that is not the viewer's.
    """
    encounter = encounter_queries.get_row(db, by, encounter_id, for_update=True)
    faults = find_faults(outcome, month, today)
    if faults or encounter.code is None:
        return Refused(faults or {"outcome": "code_forgotten"})
    row = ReviewNote(
        code=encounter.code,
        team_id=encounter.team_id,
        grid_public_id=encounter.grid_public_id,
        grid_version=encounter.grid_version,
        outcome=outcome,
        review_month=month or None,
        noted_by=by.staff_id,
        noted_at=now,
    )
    db.merge(row)
    _record(db, AuditKind.REVIEW_NOTED, encounter.id, encounter.team_id, by, now)
    return None


def drop_note(db: Session, *, code: str, by: Viewer, now: datetime) -> None:
    """Take a note off the list: it was looked at, or is not needed. Raises NotFound."""
    row = queries.get_row(db, by, code)
    db.delete(row)
    _record(db, AuditKind.REVIEW_DROPPED, "review", row.team_id, by, now)


def find_faults(outcome: str, month: str, today: date) -> dict[str, str]:
    """Return a message key for each field that cannot be kept."""
    faults = {}
    if outcome not in tuple(DecisionOutcome):
        faults["outcome"] = "choose_outcome"
    read = read_month(month) if month else None
    if month and read is None:
        faults["month"] = "month_unreadable"
    elif read is not None and not 0 <= months_between(today, read) <= MOST_MONTHS_AHEAD:
        faults["month"] = "month_out_of_reach"
    return faults


def _record(
    db: Session, kind: AuditKind, subject: str, team: str, by: Viewer, now: datetime
) -> None:
    details = {"team": team}
    audit.record(db, kind=kind, actor=by.staff_id, subject=subject, details=details, now=now)
