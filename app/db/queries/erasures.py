"""Finding answer sets that are to be erased, never their answers, and what is left of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from app.db.queries.exports import ExportFilters
from app.db.tables import (
    Encounter,
    Erasure,
    ExportRequest,
    Exposure,
    Feedback,
    Quarantined,
    Response,
    Team,
)
from app.domain.dataset import Format
from app.domain.feedback import Writer
from app.domain.vocabulary import Respondent
from app.errors import NotFound

#: A file that was being made while a set came in may hold it though its row says otherwise.
#: Naming a file too many costs a look; naming one too few would be a broken promise.
MAKING_A_FILE = timedelta(hours=1)
ROWS_AT_A_TIME = 200


@dataclass(frozen=True)
class FoundSet:
    """An answer set that can be erased: when, where, by whom, never what was answered.

    ``respondent`` and ``instrument_id`` are None for a set that only lies in quarantine;
    ``copies`` counts those there.
    """

    response_id: str
    encounter_id: str | None
    device: str
    seq: int
    receipt: str
    team_name: str | None
    encounter_on: date | None
    instrument_id: str | None
    respondent: str | None
    received_at: datetime
    copies: int


@dataclass(frozen=True)
class Tombstone:
    """What is left: that a set was here, when it was erased and which exports had held it."""

    response_id: str
    at: datetime
    reason: str
    exports: tuple[str, ...]


@dataclass(frozen=True)
class SealedCopy:
    """The bytes of one copy in quarantine."""

    response_id: str
    sealed: bytes


def list_ids_by_key(db: Session, withdrawal_key: str) -> tuple[str, ...]:
    """Return the answer sets that go with a withdrawal code; two can have the same words."""
    query = select(Response.id).where(Response.withdrawal_key == withdrawal_key)
    return tuple(db.exec(query.order_by(Response.id)).all())


def iterate_copies(db: Session) -> Iterator[SealedCopy]:
    """Yield every copy in quarantine that still has its bytes."""
    query = select(Quarantined.response_id, Quarantined.sealed).order_by(Quarantined.id)
    for response_id, sealed in db.exec(query.execution_options(yield_per=ROWS_AT_A_TIME)):
        if sealed:
            yield SealedCopy(response_id, sealed)


def list_sets(db: Session, response_ids: Collection[str]) -> tuple[FoundSet, ...]:
    """Return those of the sets that are still here, oldest first."""
    found = [_find(db, response_id) for response_id in response_ids]
    present = [each for each in found if each is not None]
    return tuple(sorted(present, key=lambda each: (each.received_at, each.response_id)))


def list_copies(db: Session, response_id: str) -> tuple[Quarantined, ...]:
    """Return the rows in quarantine of one answer set that still have their bytes."""
    query = select(Quarantined).where(Quarantined.response_id == response_id)
    rows = db.exec(query.order_by(col(Quarantined.received_at), Quarantined.id)).all()
    return tuple(row for row in rows if row.sealed)


def list_lonely_counts(db: Session, encounter_ids: Collection[str]) -> tuple[Exposure, ...]:
    """Return what was counted in those of the appointments that have no answers any more."""
    db.flush()
    answered = select(Response.encounter_id).where(col(Response.encounter_id).in_(encounter_ids))
    query = select(Exposure).where(
        col(Exposure.encounter_id).in_(encounter_ids), col(Exposure.encounter_id).not_in(answered)
    )
    return tuple(db.exec(query.order_by(Exposure.id)).all())


def list_texts_beside(db: Session, sets: Collection[FoundSet]) -> tuple[Feedback, ...]:
    """Return what people of the same kind wrote about a grid in the appointments of these sets.

    Nobody can tell which of two parents wrote it, so that rather too much goes than too little.
    """
    kinds = {(each.encounter_id, _writer(each.respondent)) for each in sets if each.respondent}
    encounters = {encounter_id for encounter_id, _ in kinds}
    query = select(Feedback).where(col(Feedback.encounter_id).in_(encounters))
    rows = db.exec(query.order_by(Feedback.id)).all()
    return tuple(row for row in rows if (row.encounter_id, row.written_by) in kinds)


def _writer(respondent: str | None) -> str:
    is_own = respondent == Respondent.YOUNG_PERSON
    return (Writer.YOUNG_PERSON if is_own else Writer.PARENT).value


def list_lonely_texts(db: Session, encounter_ids: Collection[str]) -> tuple[Feedback, ...]:
    """Return texts of those of the appointments that have no answers any more."""
    db.flush()
    answered = select(Response.encounter_id).where(col(Response.encounter_id).in_(encounter_ids))
    query = select(Feedback).where(
        col(Feedback.encounter_id).in_(encounter_ids), col(Feedback.encounter_id).not_in(answered)
    )
    return tuple(db.exec(query.order_by(Feedback.id)).all())


def get_tombstone(db: Session, response_id: str) -> Tombstone:
    """Return what is left of an erased set. Raises NotFound."""
    row = db.get(Erasure, response_id)
    if row is None:
        raise NotFound
    return Tombstone(row.response_id, row.at, row.reason, tuple(row.exports))


def list_exports_to_lock(db: Session) -> tuple[ExportRequest, ...]:
    """Return the requests that have a file or may get one, and keep others from changing them."""
    query = select(ExportRequest).where(col(ExportRequest.state).in_(("approved", "ready")))
    return tuple(db.exec(query.order_by(ExportRequest.id).with_for_update()).all())


def may_hold(request: ExportRequest, response: Response, encounter: Encounter) -> bool:
    """Say whether the file of a request may hold this answer set."""
    if request.state != "ready" or request.built_at is None:
        return False
    if request.built_at + MAKING_A_FILE < response.received_at:
        return False
    if encounter.voided_at is not None and encounter.voided_at < request.built_at - MAKING_A_FILE:
        return False
    filters = ExportFilters.from_json(request.filters)
    return (
        filters.instrument_id == response.instrument_id
        and filters.from_on <= encounter.encounter_on <= filters.to_on
        and (not filters.teams or encounter.team_id in filters.teams)
    )


def may_hold_text(request: ExportRequest, row: Feedback, encounter: Encounter | None) -> bool:
    """Say whether the file of a request may hold this text about a grid."""
    if request.state != "ready" or Format.FEEDBACK not in (request.wanted or {}).get("formats", ()):
        return False
    filters = ExportFilters.from_json(request.filters)
    if filters.teams and (encounter is None or encounter.team_id not in filters.teams):
        return False
    return filters.from_on <= row.given_on <= filters.to_on


def _find(db: Session, response_id: str) -> FoundSet | None:
    response = db.get(Response, response_id)
    copies = list_copies(db, response_id)
    first = response or next(iter(copies), None)
    if first is None:
        return None
    encounter = db.get(Encounter, first.encounter_id) if first.encounter_id else None
    team = db.get(Team, encounter.team_id) if encounter else None
    return FoundSet(
        response_id=response_id,
        encounter_id=encounter.id if encounter else None,
        device=first.device,
        seq=first.seq,
        receipt=first.receipt,
        team_name=team.name if team else None,
        encounter_on=encounter.encounter_on if encounter else None,
        instrument_id=response.instrument_id if response else None,
        respondent=response.respondent if response else None,
        received_at=first.received_at,
        copies=len(copies),
    )
