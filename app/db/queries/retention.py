"""What is over its time, and what the job did about it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Delete, Update, delete, exists, func, or_, update
from sqlmodel import Session, col, select

from app.db.queries.responses import table_of
from app.db.tables import (
    CourseRating,
    Encounter,
    ExportRequest,
    Exposure,
    Feedback,
    Handover,
    Invitation,
    LinkCard,
    LinkVisit,
    Login,
    PhoneLink,
    Response,
    RetentionRun,
    ReviewNote,
    Throttle,
)
from app.domain.keeping import ENCOUNTER_CODE, LINK_CARD, SPENT, THROTTLE, Kept
from app.domain.study import DEFAULT_ID

MOST_RUNS: Final = 14
_ENCOUNTER, _HANDOVER, _LOGIN = table_of(Encounter), table_of(Handover), table_of(Login)
_LINK, _INVITATION, _THROTTLE = table_of(PhoneLink), table_of(Invitation), table_of(Throttle)
_REVIEW, _COURSE = table_of(ReviewNote), table_of(CourseRating)
_CARD, _VISIT, _RESPONSE = table_of(LinkCard), table_of(LinkVisit), table_of(Response)


@dataclass(frozen=True)
class Run:
    """One run of the job: what it removed and what waits for a person, by kind."""

    id: str
    at: datetime
    removed: dict[str, int]
    awaiting: dict[str, int]


def list_runs(db: Session, *, limit: int = MOST_RUNS) -> tuple[Run, ...]:
    """Return the last runs, newest first."""
    newest = (col(RetentionRun.at).desc(), RetentionRun.id)
    rows = db.exec(select(RetentionRun).order_by(*newest).limit(limit)).all()
    return tuple(Run(row.id, row.at, dict(row.removed), dict(row.awaiting)) for row in rows)


def list_over(
    db: Session, *, ended: Collection[str], limit_on: date, limit: int
) -> tuple[str, ...]:
    """Return answer sets that are over their time, at most ``limit``.

    ``ended`` are studies that ended long enough ago; an appointment outside any study counts
    from its own day, which is over before ``limit_on``.
    """
    query = (
        select(Response.id)
        .join(Encounter, col(Encounter.id) == Response.encounter_id)
        .where(_is_over(ended, limit_on))
        .order_by(Response.id)
        .limit(limit)
    )
    return tuple(db.exec(query).all())


def list_counts_over(
    db: Session, *, ended: Collection[str], limit_on: date, limit: int
) -> tuple[Exposure, ...]:
    """Return what was counted in appointments that are over their time, at most ``limit``."""
    query = (
        select(Exposure)
        .join(Encounter, col(Encounter.id) == Exposure.encounter_id)
        .where(_is_over(ended, limit_on))
        .order_by(Exposure.id)
        .limit(limit)
    )
    return tuple(db.exec(query).all())


def list_feedback_over(db: Session, *, before: date, limit: int) -> tuple[Feedback, ...]:
    """Return what people wrote about grids before a day, at most ``limit``."""
    query = select(Feedback).where(Feedback.given_on < before).order_by(Feedback.id).limit(limit)
    return tuple(db.exec(query).all())


def _is_over(ended: Collection[str], limit_on: date) -> ColumnElement[bool]:
    outside = or_(col(Encounter.study_id).is_(None), col(Encounter.study_id) == DEFAULT_ID)
    past = outside & (col(Encounter.encounter_on) < limit_on)
    return or_(col(Encounter.study_id).in_(ended), past)


def list_ready_exports(db: Session) -> frozenset[str]:
    """Return the exports whose file is offered."""
    return frozenset(db.exec(select(ExportRequest.id).where(ExportRequest.state == "ready")).all())


def removals(
    now: datetime, codes_before: date, years_before: date
) -> tuple[tuple[Kept, Update | Delete], ...]:
    """Return the statements that forget codes and delete rows past their use, in their order.

    A login is kept as long as a hand-over names it. ``years_before`` is the day before which what
    is kept for years is over.
    """
    spent, handed = now - SPENT, exists().where(_HANDOVER.c.login_id == _LOGIN.c.id)
    forget: Any = update(_ENCOUNTER).where(
        _ENCOUNTER.c.code.is_not(None), _ENCOUNTER.c.encounter_on < codes_before
    )
    throttles = delete(_THROTTLE).where(
        _THROTTLE.c.last_at < now - THROTTLE, _THROTTLE.c.wait_until < now
    )
    return (
        (Kept.ENCOUNTER_CODES, forget.values(code=None)),
        (Kept.REVIEW_NOTES, _over_reviews(now, codes_before)),
        (Kept.HANDOVERS, delete(_HANDOVER).where(_HANDOVER.c.expires_at < spent)),
        (Kept.PHONE_LINKS, delete(_LINK).where(_LINK.c.expires_at < spent)),
        (Kept.LOGINS, delete(_LOGIN).where(_LOGIN.c.last_seen_at < spent, ~handed)),
        (Kept.INVITATIONS, delete(_INVITATION).where(_INVITATION.c.expires_at < spent)),
        (Kept.THROTTLES, throttles),
        (Kept.LINK_CARDS, _over_visits(now)),
        (Kept.LINK_CARDS, _over_cards(now)),
        (Kept.COURSE_RATINGS, delete(_COURSE).where(_COURSE.c.given_on < years_before)),
    )


def _over_visits(now: datetime) -> Delete:
    """Visits of a card to an appointment whose answers are gone, or never came."""
    answered = exists().where(_RESPONSE.c.encounter_id == _VISIT.c.encounter_id)
    return delete(_VISIT).where(_VISIT.c.noted_at < now - SPENT, ~answered)


def _over_cards(now: datetime) -> Delete:
    """Cards that nobody shows any more and that join no answers."""
    last = func.coalesce(_CARD.c.used_at, _CARD.c.printed_at)
    shown = exists().where(_VISIT.c.card_id == _CARD.c.id)
    return delete(_CARD).where(last < now - LINK_CARD, ~shown)


def _over_reviews(now: datetime, before: date) -> Delete:
    """Notes whose month, or without one whose making, is over for as long as a code is kept."""
    month, spent = _REVIEW.c.review_month, now - ENCOUNTER_CODE
    over = or_(month < f"{before:%Y-%m}", month.is_(None) & (_REVIEW.c.noted_at < spent))
    return delete(_REVIEW).where(over)
