"""Installing a study, asking it for a phase, and locking it at its first response."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import uuid4

from sqlmodel import Session, col, delete

from app.db.queries import studies as queries
from app.db.queries import teams
from app.db.tables import Study, StudyAmendment, StudyPhase
from app.domain.amendment import check_amendment, list_changes
from app.domain.encounter import can_offer_grid
from app.domain.study import (
    DEFAULT_ID,
    DEFAULT_STUDY,
    Stretch,
    StudyProblem,
    StudyUnfit,
    read_study,
)
from app.domain.study import Study as StudyDocument
from app.domain.vocabulary import Occasion, Phase
from app.errors import AppError, NotFound
from app.services import audit, consents

SHORTEST_REASON = 20
LONGEST_REASON = 500


class StudyLocked(AppError):
    """The study already has a response; its setting cannot be changed any more."""

    status = 409
    key = "study_locked"


class StudyNotLocked(AppError):
    """No answer rests on it yet: it is installed again in place of being amended."""

    status = 409
    key = "study_not_locked"


@dataclass(frozen=True)
class PhaseNow:
    """What a team's study says about a day.

    ``study_id`` is "default" for a team without a study; ``occasions`` are in the order in
    which they are asked; ``instrument_id`` is None where the study leaves it to the service.
    ``document`` is the study itself, None without one.
    """

    study_id: str
    phase: Phase
    occasions: tuple[Occasion, ...]
    instrument_id: str | None
    document: StudyDocument | None = field(default=None, compare=False)

    @property
    def offers_grid(self) -> bool:
        """Say whether a grid may be shown."""
        return can_offer_grid(self.phase)


NO_STUDY = PhaseNow(
    DEFAULT_STUDY.id, Phase.WITH_GRID, DEFAULT_STUDY.occasions, DEFAULT_STUDY.instrument
)


def phase_for(db: Session, *, team_id: str, on: date) -> PhaseNow:
    """Return what holds for a team on a day of the service's own time zone."""
    return phases_for(db, team_ids=[team_id], on=on)[team_id]


def phases_for(db: Session, *, team_ids: Collection[str], on: date) -> Mapping[str, PhaseNow]:
    """Return the same for several teams at once, with one query."""
    found = dict.fromkeys(team_ids, NO_STUDY)
    for covering in queries.list_covering(db, team_ids, on):
        study = covering.study
        found[covering.team_id] = PhaseNow(
            study.id, covering.phase, study.occasions, study.instrument, study
        )
    return found


def teams_in_baseline(db: Session, *, team_ids: Collection[str], on: date) -> frozenset[str]:
    """Return those of the teams that may not be shown a grid on that day."""
    phases = phases_for(db, team_ids=team_ids, on=on)
    return frozenset(team_id for team_id, now_in in phases.items() if not now_in.offers_grid)


def install_study(db: Session, *, document: object, by: str, now: datetime) -> StudyDocument:
    """Keep a study from its parsed document; the same document twice changes nothing.

    Until its first response a study may be installed again in a new wording. Raises StudyUnfit
    with every problem, and StudyLocked when answers already rest on another wording.
    """
    study = read_study(document)
    row = db.get(Study, study.id, with_for_update=True)
    if row is not None and row.sha256 == study.sha256:
        return study
    if row is not None and row.locked_at is not None:
        raise StudyLocked(study=study.id)
    _check_fit(db, study)
    _write(db, study, row, now, asked_at=now)
    audit.record(
        db,
        kind=audit.AuditKind.STUDY_INSTALLED,
        actor=by,
        subject=study.id,
        details={"sha256": study.sha256},
        now=now,
    )
    return study


def amend_study(
    db: Session, *, document: object, reason: str, by: str, today: date, now: datetime
) -> StudyAmendment:
    """Change a locked study from today on and keep what it said before, dated and with a reason.

    Raises NotFound, StudyNotLocked, and StudyUnfit with everything that answers rest on.
    """
    study = read_study(document)
    row = db.get(Study, study.id, with_for_update=True)
    if row is None:
        raise NotFound
    if row.locked_at is None:
        raise StudyNotLocked(study=study.id)
    before = read_study(row.content)
    problems = [*check_amendment(before, study, today), *_reason_faults(reason)]
    if problems:
        raise StudyUnfit(problems)
    _check_fit(db, study)
    amendment = _amendment(row, before, study, reason, by, now)
    amendment.number = queries.count_amendments(db, study.id) + 1
    db.add(amendment)
    _write(db, study, row, row.installed_at, asked_at=now)
    _note_amendment(db, amendment, now)
    return amendment


def note_look(db: Session, *, study_id: str, now: datetime) -> None:
    """Note the first time that results of a study were shown; later changes say so."""
    row = db.get(Study, study_id, with_for_update=True)
    if row is not None and row.first_looked_at is None:
        row.first_looked_at = now


def lock_study(db: Session, *, study_id: str | None, response_id: str, now: datetime) -> bool:
    """Lock a study at its first response; say whether this call did it.

    The default study has no row: it cannot be changed at all, so there is nothing to lock.
    """
    if study_id in {None, DEFAULT_ID}:
        return False
    row = db.get(Study, study_id, with_for_update=True)
    if row is None or row.locked_at is not None:
        return False
    row.locked_at = now
    details = {"sha256": row.sha256, "response": response_id}
    kind = audit.AuditKind.STUDY_LOCKED
    audit.record(db, kind=kind, actor=audit.SYSTEM, subject=row.id, details=details, now=now)
    return True


def _amendment(
    row: Study, before: StudyDocument, after: StudyDocument, reason: str, by: str, now: datetime
) -> StudyAmendment:
    return StudyAmendment(
        study_id=row.id,
        number=0,
        at=now,
        by=by,
        reason=" ".join(reason.split()),
        changed=list(list_changes(before, after)),
        before=before.as_json(),
        sha256_before=before.sha256,
        sha256_after=after.sha256,
        after_look=row.first_looked_at is not None,
    )


def _note_amendment(db: Session, amendment: StudyAmendment, now: datetime) -> None:
    details: dict[str, audit.Detail] = {
        "number": amendment.number,
        "sha256": amendment.sha256_after,
        "sha256_before": amendment.sha256_before,
        "after_look": amendment.after_look,
    }
    kind, study_id = audit.AuditKind.STUDY_AMENDED, amendment.study_id
    audit.record(db, kind=kind, actor=amendment.by, subject=study_id, details=details, now=now)


def _reason_faults(reason: str) -> Iterator[StudyProblem]:
    if not SHORTEST_REASON <= len(" ".join(reason.split())) <= LONGEST_REASON:
        yield StudyProblem("reason", "not_a_sentence")


def _write(
    db: Session, study: StudyDocument, row: Study | None, now: datetime, *, asked_at: datetime
) -> None:
    row = row or Study(id=study.id, title="", kind="", sha256="")
    row.title, row.kind, row.sha256 = study.title, study.type.value, study.sha256
    row.content, row.installed_at = study.as_json(), now
    db.add(row)
    db.flush()
    consents.keep_words(db, study=study, now=asked_at)
    db.exec(delete(StudyPhase).where(col(StudyPhase.study_id) == study.id))
    for team_id, stretches in study.calendar.items():
        db.add_all(_stretch_row(study.id, team_id, stretch) for stretch in stretches)
    db.flush()


def _stretch_row(study_id: str, team_id: str, stretch: Stretch) -> StudyPhase:
    return StudyPhase(
        id=str(uuid4()),
        study_id=study_id,
        team_id=team_id,
        phase=stretch.phase.value,
        from_on=stretch.from_on,
        to_on=stretch.to_on,
    )


def _check_fit(db: Session, study: StudyDocument) -> None:
    problems = [*_unknown_teams(db, study), *_taken_days(db, study)]
    if problems:
        raise StudyUnfit(problems)


def _unknown_teams(db: Session, study: StudyDocument) -> Iterator[StudyProblem]:
    known = {team.id for team in teams.list_open_teams(db, study.teams)}
    for team in study.teams:
        if team not in known:
            yield StudyProblem(f"teams.{team}", "unknown_team")


def _taken_days(db: Session, study: StudyDocument) -> Iterator[StudyProblem]:
    """A team is in one study at a time, or a day would have two phases."""
    for other in queries.list_other_stretches(db, study.teams, study.id):
        taken = Stretch(Phase(other.phase), other.from_on, other.to_on)
        if any(_meet(taken, ours) for ours in study.calendar[other.team_id]):
            yield StudyProblem(f"calendar.{other.team_id}", f"days_taken_by_{other.study_id}")


def _meet(one: Stretch, other: Stretch) -> bool:
    return one.holds(other.from_on) or other.holds(one.from_on)
