"""Reading studies and the calendars of teams."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, func, or_, select

from app.db.tables import EligibleCount, Study, StudyAmendment, StudyPhase
from app.domain.eligible import WeekCount
from app.domain.study import Study as StudyDocument
from app.domain.study import read_study
from app.domain.vocabulary import Phase


@dataclass(frozen=True)
class Covering:
    """The study that covers a team on a day, and the phase that the day falls in."""

    team_id: str
    phase: Phase
    study: StudyDocument


def list_covering(db: Session, team_ids: Collection[str], on: date) -> tuple[Covering, ...]:
    """Return the study of each of the teams on that day, by team; none for teams without one."""
    query = (
        select(StudyPhase, Study)
        .join(Study, col(Study.id) == StudyPhase.study_id)
        .where(col(StudyPhase.team_id).in_(team_ids), col(StudyPhase.from_on) <= on)
        .where(or_(col(StudyPhase.to_on).is_(None), col(StudyPhase.to_on) >= on))
        .order_by(StudyPhase.team_id, StudyPhase.id)
    )
    return tuple(
        Covering(stretch.team_id, Phase(stretch.phase), read_study(study.content))
        for stretch, study in db.exec(query).all()
    )


def list_studies(db: Session) -> tuple[Study, ...]:
    """Return every installed study, oldest first."""
    return tuple(db.exec(select(Study).order_by(col(Study.installed_at), Study.id)).all())


def list_other_stretches(
    db: Session, team_ids: Collection[str], study_id: str
) -> tuple[StudyPhase, ...]:
    """Return the stretches that other studies hold of these teams."""
    query = select(StudyPhase).where(col(StudyPhase.team_id).in_(team_ids))
    query = query.where(StudyPhase.study_id != study_id)
    return tuple(db.exec(query.order_by(StudyPhase.team_id, col(StudyPhase.from_on))).all())


def count_amendments(db: Session, study_id: str) -> int:
    """Return how often a study was amended."""
    query = select(func.count()).where(StudyAmendment.study_id == study_id)
    return db.exec(query.select_from(StudyAmendment)).one()


def list_amendments(db: Session, study_id: str) -> tuple[StudyAmendment, ...]:
    """Return the amendments of a study, oldest first."""
    query = select(StudyAmendment).where(StudyAmendment.study_id == study_id)
    return tuple(db.exec(query.order_by(col(StudyAmendment.number))).all())


def list_eligible(db: Session, team_ids: Collection[str]) -> tuple[WeekCount, ...]:
    """Return the weekly counts of eligible appointments of teams, by team and week."""
    query = select(EligibleCount).where(col(EligibleCount.team_id).in_(team_ids))
    order = (EligibleCount.team_id, col(EligibleCount.week_on))
    rows = db.exec(query.order_by(*order))
    return tuple(WeekCount(row.team_id, row.week_on, row.appointments) for row in rows)
