"""Reading what people said before and after a course."""

from __future__ import annotations

from datetime import date

from sqlmodel import Session, col, select

from app.db.tables import CourseRating
from app.domain.course import CourseForm, CourseOccasion, CourseRole, Rating


def find_waiting(db: Session, code: str) -> CourseRating | None:
    """Return the form before a course that bears this code and has none after it yet."""
    found = db.exec(
        select(CourseRating).where(
            CourseRating.code == code, CourseRating.occasion == CourseOccasion.BEFORE.value
        )
    ).one_or_none()
    if found is None:
        return None
    taken = db.exec(select(CourseRating.id).where(CourseRating.pairs_with == found.id))
    return found if taken.first() is None else None


def list_forms(
    db: Session,
    *,
    environment: str,
    demo: bool,
    since: date | None = None,
    until: date | None = None,
) -> tuple[CourseForm, ...]:
    """Return the forms of one environment, by day and random id; both days are included."""
    query = select(CourseRating).where(
        CourseRating.environment == environment, CourseRating.demo == demo
    )
    if since is not None:
        query = query.where(col(CourseRating.given_on) >= since)
    if until is not None:
        query = query.where(col(CourseRating.given_on) <= until)
    rows = db.exec(query.order_by(col(CourseRating.given_on), CourseRating.id)).all()
    return tuple(
        CourseForm(
            id=row.id,
            given_on=row.given_on,
            occasion=CourseOccasion(row.occasion),
            role=CourseRole(row.role),
            values={rating: getattr(row, rating.value) for rating in Rating},
            pairs_with=row.pairs_with,
        )
        for row in rows
    )
