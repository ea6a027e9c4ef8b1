"""Reading the notes for looking at a decision again: those of the viewer's teams, no others."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session, col, select

from app.db.tables import ReviewNote
from app.domain.access import Viewer
from app.domain.deciding import DecisionOutcome
from app.errors import NotFound


@dataclass(frozen=True)
class ReviewEntry:
    """One line of the list. ``month`` is ``YYYY-MM``, or empty where none was set."""

    code: str
    team_id: str
    grid_public_id: str
    grid_version: int
    outcome: DecisionOutcome
    month: str

    @property
    def grid_address(self) -> str:
        """Where the very edition is that was looked at, or nothing."""
        return f"/g/{self.grid_public_id}/{self.grid_version}" if self.grid_public_id else ""


def list_for(db: Session, viewer: Viewer) -> tuple[ReviewEntry, ...]:
    """Return the notes of the viewer's teams, the earliest month first, those without one last."""
    query = (
        select(ReviewNote)
        .where(col(ReviewNote.team_id).in_(viewer.teams))
        .order_by(
            col(ReviewNote.review_month).is_(None), col(ReviewNote.review_month), ReviewNote.code
        )
    )
    return tuple(_entry(row) for row in db.exec(query).all())


def get_row(db: Session, viewer: Viewer, code: str) -> ReviewNote:
    """Return a note of the viewer's teams, locked to be changed. Raises NotFound."""
    row = db.get(ReviewNote, code, with_for_update=True)
    if row is None or row.team_id not in viewer.teams:
        raise NotFound
    return row


def _entry(row: ReviewNote) -> ReviewEntry:
    return ReviewEntry(
        code=row.code,
        team_id=row.team_id,
        grid_public_id=row.grid_public_id or "",
        grid_version=row.grid_version or 0,
        outcome=DecisionOutcome(row.outcome),
        month=row.review_month or "",
    )
