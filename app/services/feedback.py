"""Who reads what people write about grids, and reading it.

Rules of the room 3.5. Without a reader, an interval and an escalation path nobody is asked; words
that nobody reads are worse than no words. The audit log has every opening and never a word.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import Final

from sqlmodel import Session

from app.db import sessions
from app.db.engine import Database
from app.db.queries import feedback as queries
from app.db.queries.feedback import FeedbackEntry, FeedbackText
from app.db.tables import Feedback
from app.domain.access import Permission, Viewer
from app.domain.feedback import (
    FEWEST_DAYS,
    LONGEST,
    LONGEST_PATH,
    MOST_DAYS,
    SHORTEST_PATH,
    ReadAs,
    Writer,
    overdue_before,
    tidied,
)
from app.errors import NotAllowed, NotFound
from app.services import audit, service_mode
from app.services.audit import AuditKind
from app.services.refusals import Refused
from app.services.service_mode import ServiceState

SERVICE: Final = "service"


@dataclass(frozen=True)
class ReaderDraft:
    """Who reads, how often and what they do with a worry, as typed."""

    reader: str = ""
    days: str = ""
    path: str = ""


@dataclass(frozen=True)
class FilledText:
    """A text as staff typed it. ``id`` was drawn with the page, so that sending twice keeps one."""

    id: str
    grid: str = ""
    text: str = ""


@dataclass(frozen=True)
class Waiting:
    """How many texts wait for this viewer: unread for the reader, overdue for administrators."""

    unread: int = 0
    overdue: int = 0


def assign_reader(
    database: Database, *, draft: ReaderDraft, by: str, now: datetime
) -> ServiceState | Refused:
    """Name who reads, how often and what they do, and switch it on; the keys are fields."""
    path = " ".join(draft.path.split())
    with sessions.write(database) as db:
        faults = _faults(db, draft, path)
        if faults:
            return Refused(faults)
        was_on = service_mode.load_state(db).feedback_on
        values = {"reader": draft.reader, "days": int(draft.days), "path": path, "on": True}
        for key, value in values.items():
            service_mode.set_setting(db, f"feedback_{key}", value)
        sha256 = hashlib.sha256(path.encode()).hexdigest()
        told: dict[str, audit.Detail] = {"days": int(draft.days), "path_sha256": sha256}
        _record(db, AuditKind.FEEDBACK_ASSIGNED, by, draft.reader, told, now)
        if not was_on:
            _record(db, AuditKind.FEEDBACK_SWITCHED, by, SERVICE, {"on": True}, now)
        return service_mode.load_state(db)


def days_asked(db: Session) -> int:
    """Return after how many days at most texts are read; 0: nobody is asked to write.

    Nobody is, either, while the account of the reader is switched off.
    """
    state = service_mode.load_state(db)
    may = state.feedback_on and queries.is_active(db, state.feedback_reader)
    return state.feedback_days if may else 0


def check_open(db: Session) -> int:
    """Return what ``days_asked`` does. Raises NotFound where nobody is asked."""
    days = days_asked(db)
    if not days:
        raise NotFound
    return days


def write_text(
    db: Session, *, filled: FilledText, grids: Mapping[str, int], now: datetime
) -> Refused | None:
    """Keep what a practitioner wrote; the same id again changes nothing. The keys are fields.

    ``grids`` are those about which somebody may write: public id to number. Raises NotFound while
    nobody is asked.
    """
    check_open(db)
    text = tidied(filled.text)
    faults = {} if filled.grid in grids else {"grid": "grid_missing"}
    if not text or len(text) > LONGEST:
        faults["text"] = "text_too_long" if text else "text_missing"
    if faults:
        return Refused(faults)
    audit.lock_head(db.connection())  # two with one id come one after the other
    if db.get(Feedback, filled.id) is None:
        db.add(_row_of_staff(db, filled, text, grids[filled.grid], now))
        _record(db, AuditKind.FEEDBACK_WRITTEN, audit.NOBODY, filled.id, {}, now)
    return None


def list_texts(db: Session, *, by: Viewer) -> tuple[FeedbackEntry, ...]:
    """Return the list for the reader, without the words. Raises NotAllowed for anybody else."""
    state = _state_for_reader(db, by)
    return queries.list_entries(db, environment=state.mode, demo=state.demo)


def open_text(db: Session, *, feedback_id: str, by: Viewer, now: datetime) -> FeedbackText:
    """Return one text and note that it was opened. Raises NotAllowed, NotFound."""
    _state_for_reader(db, by)
    found = queries.get_text(db, feedback_id)
    _record(db, AuditKind.FEEDBACK_OPENED, by.staff_id, feedback_id, {}, now)
    return found


def settle_text(
    db: Session, *, feedback_id: str, outcome: ReadAs, by: Viewer, now: datetime
) -> None:
    """Note that it was read, or passed on. What was passed on stays so.

    Raises NotAllowed, NotFound.
    """
    _state_for_reader(db, by)
    row = db.get(Feedback, feedback_id, with_for_update=True)
    if row is None:
        raise NotFound
    if row.outcome in {outcome.value, ReadAs.PASSED_ON.value}:
        return
    row.outcome, row.read_by, row.read_on = outcome.value, by.staff_id, _day(now)
    details = {"outcome": outcome.value}
    _record(db, AuditKind.FEEDBACK_SETTLED, by.staff_id, feedback_id, details, now)


def count_waiting(db: Session, *, state: ServiceState, by: Viewer, now: datetime) -> Waiting:
    """Return what waits for this viewer, also after it was switched off."""
    if by.narrowed_to or not state.feedback_reader:
        return Waiting()
    before = overdue_before(_day(now), state.feedback_days)
    reads, looks_after = by.staff_id == state.feedback_reader, by.may(Permission.SERVICE_MANAGE)
    if not reads and not looks_after:
        return Waiting()
    count = partial(queries.count_unread, db, environment=state.mode, demo=state.demo)
    return Waiting(unread=count() if reads else 0, overdue=count(before=before))


def is_overdue(entry: FeedbackEntry, *, state: ServiceState, now: datetime) -> bool:
    """Say whether a text waits for longer than was promised."""
    return entry.outcome is None and entry.given_on < overdue_before(_day(now), state.feedback_days)


def _faults(db: Session, draft: ReaderDraft, path: str) -> dict[str, str]:
    faults = {}
    if not queries.is_active(db, draft.reader):
        faults["reader"] = "reader_missing"
    allowed = {str(days) for days in range(FEWEST_DAYS, MOST_DAYS + 1)}
    if draft.days not in allowed:
        faults["days"] = "days_unfit"
    if not SHORTEST_PATH <= len(path) <= LONGEST_PATH:
        faults["path"] = "path_unfit"
    return faults


def _state_for_reader(db: Session, by: Viewer) -> ServiceState:
    state = service_mode.load_state(db)
    if by.narrowed_to or by.staff_id != state.feedback_reader:
        raise NotAllowed
    return state


def _row_of_staff(
    db: Session, filled: FilledText, text: str, version: int, now: datetime
) -> Feedback:
    state = service_mode.load_state(db)
    return Feedback(
        id=filled.id,
        written_by=Writer.PRACTITIONER.value,
        grid_public_id=filled.grid,
        grid_version=version,
        text=text,
        given_on=_day(now),
        environment=state.mode,
        demo=state.demo,
    )


def _day(now: datetime) -> date:
    """Return the day by which texts are dated, that of UTC: the recorder knows no other."""
    return now.astimezone(UTC).date()


def _record(
    db: Session,
    kind: AuditKind,
    actor: str,
    subject: str,
    details: Mapping[str, audit.Detail],
    now: datetime,
) -> None:
    audit.record(db, kind=kind, actor=actor, subject=subject, details=dict(details), now=now)
