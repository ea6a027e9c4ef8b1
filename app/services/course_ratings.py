"""Keeping what people say of themselves before and after a course, and looking at it.

Whoever is signed in may send a form, also one from paper for somebody without an account. The
form is not tied to the account: the row has a day and no time, and the audit log says that a form
was kept and not by whom.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from sqlmodel import Session

from app.db.queries import course_ratings as queries
from app.db.tables import CourseRating
from app.domain.access import Viewer
from app.domain.capture import new_short_code, normalise_short_code
from app.domain.course import CourseOccasion, CourseResult, Rating, check_form, summarise
from app.domain.disclosure import Tier
from app.errors import NotFound
from app.services import audit
from app.services.audit import AuditKind
from app.services.refusals import Refused
from app.services.service_mode import ServiceState

#: What the log calls the whole of it; a form is not named there.
SUBJECT: Final = "course"


@dataclass(frozen=True)
class FilledForm:
    """A form as it was typed. ``id`` was drawn with the page, so that sending twice keeps one."""

    id: str
    occasion: str = ""
    role: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    code: str = ""


@dataclass(frozen=True)
class KeptForm:
    """What was kept: ``code`` is for a form before, ``paired`` says so of one after."""

    code: str
    paired: bool


def check_open(state: ServiceState) -> None:
    """Raise NotFound while the service does not ask about courses."""
    if not state.course_ratings_on:
        raise NotFound


def keep_form(
    db: Session, *, form: FilledForm, state: ServiceState, today: date, now: datetime
) -> KeptForm | Refused:
    """Keep a form; the same id again changes nothing. The keys of ``Refused`` are fields.

    Raises NotFound while the service does not ask about courses.
    """
    check_open(state)
    faults = check_form(form.occasion, form.role, form.values)
    if faults:
        return Refused(faults)
    audit.lock_head(db.connection())  # two with one id, or one code, come one after the other
    known = db.get(CourseRating, form.id)
    if known is not None:
        return KeptForm(known.code or "", known.pairs_with is not None)
    before = None
    if form.occasion == CourseOccasion.AFTER and form.code.strip():
        before = queries.find_waiting(db, normalise_short_code(form.code) or "")
        if before is None:
            return Refused({"code": "code_unknown"})
    row = _row(form, before, state, today)
    db.add(row)
    audit.record(
        db, kind=AuditKind.COURSE_RATED, actor=audit.NOBODY, subject=SUBJECT, details={}, now=now
    )
    return KeptForm(row.code or "", before is not None)


def view_results(
    db: Session, *, state: ServiceState, by: Viewer, today: date, now: datetime
) -> CourseResult:
    """Return what may be shown and note that somebody looked."""
    return _summarised(db, AuditKind.RESULTS_VIEWED, {}, state, by, today, now)


def take_results(
    db: Session, *, state: ServiceState, by: Viewer, today: date, now: datetime
) -> CourseResult:
    """Return the same and note that somebody took it along."""
    return _summarised(db, AuditKind.RESULTS_TAKEN, {"what": "csv"}, state, by, today, now)


def _row(
    form: FilledForm, before: CourseRating | None, state: ServiceState, today: date
) -> CourseRating:
    is_before = form.occasion == CourseOccasion.BEFORE
    return CourseRating(
        id=form.id,
        given_on=today,
        occasion=form.occasion,
        role=form.role,
        **{rating.value: int(form.values[rating]) for rating in Rating},
        code=new_short_code(secrets.token_bytes(5)) if is_before else None,
        pairs_with=before.id if before is not None else None,
        environment=state.mode,
        demo=state.demo,
    )


def _summarised(
    db: Session,
    kind: AuditKind,
    more: dict[str, audit.Detail],
    state: ServiceState,
    by: Viewer,
    today: date,
    now: datetime,
) -> CourseResult:
    details: dict[str, audit.Detail] = {"slice": "", "tier": Tier.LEAVING.value, **more}
    audit.record(db, kind=kind, actor=by.staff_id, subject=SUBJECT, details=details, now=now)
    return summarise(queries.list_forms(db, environment=state.mode, demo=state.demo), today)
