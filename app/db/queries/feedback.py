"""What people wrote about grids: lists without the words, and one text at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session, col, func, or_, select

from app.db.queries.exports import ExportFilters
from app.db.tables import Encounter, Feedback, Staff, Team
from app.domain.encounter import EncounterState
from app.domain.feedback import ReadAs, Writer, Written
from app.errors import NotFound

MOST_LISTED = 200


@dataclass(frozen=True)
class FeedbackEntry:
    """One text in the list: when, by whom and about which grid, never what it says."""

    id: str
    given_on: date
    written_by: Writer
    grid_public_id: str
    grid_version: int
    outcome: ReadAs | None


@dataclass(frozen=True)
class WhereWritten:
    """The appointment behind a text that was passed on: somebody may have to be found."""

    code: str | None
    team_name: str
    encounter_on: date


@dataclass(frozen=True)
class FeedbackText:
    """One opened text. ``where`` is None until it was passed on, and for what staff wrote."""

    entry: FeedbackEntry
    text: str
    read_on: date | None
    where: WhereWritten | None


def is_active(db: Session, staff_id: str) -> bool:
    """Say whether there is such an account and it is not switched off."""
    query = select(Staff.id).where(Staff.id == staff_id, col(Staff.disabled_at).is_(None))
    return db.exec(query).first() is not None


def list_entries(db: Session, *, environment: str, demo: bool) -> tuple[FeedbackEntry, ...]:
    """Return the texts, those that nobody read first, each part from the oldest on."""
    query = select(Feedback).where(Feedback.environment == environment, Feedback.demo == demo)
    unread_first = (col(Feedback.outcome).is_not(None), col(Feedback.given_on), Feedback.id)
    rows = db.exec(query.order_by(*unread_first).limit(MOST_LISTED)).all()
    return tuple(_entry(row) for row in rows)


def count_unread(db: Session, *, environment: str, demo: bool, before: date | None = None) -> int:
    """Return how many texts nobody read yet; ``before``: only those of earlier days."""
    query = select(func.count()).where(
        Feedback.environment == environment,
        Feedback.demo == demo,
        col(Feedback.outcome).is_(None),
    )
    if before is not None:
        query = query.where(col(Feedback.given_on) < before)
    return db.exec(query).one()


def get_text(db: Session, feedback_id: str) -> FeedbackText:
    """Return one text. Raises NotFound."""
    row = db.get(Feedback, feedback_id)
    if row is None:
        raise NotFound
    where = _where(db, row) if row.outcome == ReadAs.PASSED_ON else None
    return FeedbackText(_entry(row), row.text, row.read_on, where)


def list_written(
    db: Session, filters: ExportFilters, *, environment: str, demo: bool
) -> tuple[Written, ...]:
    """Return the texts of these days and teams that may leave, by id.

    Only what was read and not passed on, of appointments that count. What staff wrote belongs to
    no team: it leaves where no team was chosen.
    """
    whose: list[Any] = [Encounter.state != EncounterState.VOIDED.value]
    if filters.teams:
        whose.append(col(Encounter.team_id).in_(filters.teams))
    of_staff = col(Feedback.encounter_id).is_(None)
    counts = col(Feedback.encounter_id).in_(select(Encounter.id).where(*whose))
    query = select(Feedback).where(
        Feedback.environment == environment,
        Feedback.demo == demo,
        Feedback.outcome == ReadAs.READ.value,
        col(Feedback.given_on) >= filters.from_on,
        col(Feedback.given_on) <= filters.to_on,
        counts if filters.teams else or_(of_staff, counts),
    )
    return tuple(
        Written(
            row.id, row.given_on, row.written_by, row.grid_public_id, row.grid_version, row.text
        )
        for row in db.exec(query.order_by(Feedback.id)).all()
    )


def _where(db: Session, row: Feedback) -> WhereWritten | None:
    encounter = db.get(Encounter, row.encounter_id) if row.encounter_id else None
    if encounter is None:
        return None
    team = db.get_one(Team, encounter.team_id)
    return WhereWritten(encounter.code, team.name, encounter.encounter_on)


def _entry(row: Feedback) -> FeedbackEntry:
    outcome = ReadAs(row.outcome) if row.outcome else None
    return FeedbackEntry(
        row.id,
        row.given_on,
        Writer(row.written_by),
        row.grid_public_id,
        row.grid_version,
        outcome,
    )
