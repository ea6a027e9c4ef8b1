"""Reading answers for the nightly count of the desk, and the counts for its screens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, Text, cast
from sqlmodel import Session, col, func, select

from app.db.tables import (
    DeskCell,
    DeskComparison,
    DeskFlow,
    Encounter,
    Response,
    Team,
)
from app.domain.desk import Before, CellKey, Kind

ROWS_AT_A_TIME = 2000


@dataclass(frozen=True, slots=True)
class CountedRow:
    """One answer set as far as counting needs it."""

    cell: CellKey
    at: datetime
    id: str
    encounter_id: str
    practitioner: str
    items: Mapping[str, int]
    state: str
    reason: str | None
    referent: str | None
    late: bool
    helped: bool
    interpreted: bool
    consented: bool
    consent: str | None
    consent_adult: str | None

    def answered(self, item: str) -> int:
        """Return the answer to one item, a missing code where it was never asked."""
        return self.items.get(item, -1)


@dataclass(frozen=True)
class ShownCell:
    """A cell as the screens need it; ``counts`` is None under 25 appointments."""

    team_id: str
    phase: str
    counts: Mapping[str, Any] | None


def iterate_answers(db: Session, *, practitioner: str | None = None) -> Iterator[CountedRow]:
    """Yield every answer set of an appointment that was not voided, in the order of arrival.

    With ``practitioner`` (an opaque id) only those of appointments that they led.
    """
    agreed: Any = (Response.consented, Response.consent, Response.consent_adult)
    query = (
        select(
            Encounter.study_id,
            Encounter.team_id,
            Encounter.phase,
            Response.respondent,
            Response.occasion,
            Response.mode,
            Response.instrument_id,
            Response.instrument_version,
            Response.wording_sha256,
            Response.language,
            Response.environment,
            Response.demo,
            Response.received_at,
            Response.id,
            Response.encounter_id,
            Encounter.practitioner,
            Response.items,
            Response.state,
            Response.reason,
            Response.referent,
            Response.late,
            cast(Response.helped_by, Text) != "[]",
            Encounter.interpreter != "none",
            *agreed,
        )  # type: ignore[call-overload]  # SQLModel has overloads up to four columns
        .join(Encounter, col(Encounter.id) == Response.encounter_id)
        .where(Encounter.state != "voided")
        .order_by(col(Response.received_at), Response.id)
    )
    if practitioner is not None:
        query = query.where(Encounter.practitioner == practitioner)
    cells: dict[tuple[Any, ...], CellKey] = {}
    for row in db.exec(query.execution_options(yield_per=ROWS_AT_A_TIME)):
        parts = tuple(row[:12])
        if parts not in cells:  # one object for a million answers
            cells[parts] = _cell(parts)
        yield CountedRow(cells[parts], *row[12:])


def _cell(parts: Sequence[Any]) -> CellKey:
    study, team, phase, *rest = parts
    return CellKey(Kind(study or "", *rest), team, phase or "")


def list_paired_studies(db: Session) -> frozenset[str]:
    """Return the studies that asked about an appointment before, "" for answers outside any."""
    query = (
        select(Encounter.study_id)
        .join(Response, col(Encounter.id) == Response.encounter_id)
        .where(Response.occasion == "before")
        .distinct()
    )
    return frozenset(study or "" for study in db.exec(query).all())


def list_appointments(db: Session) -> dict[tuple[str, str, str], int]:
    """Return how many appointments were opened, by study, team and phase."""
    key = (Encounter.study_id, Encounter.team_id, Encounter.phase)
    counted: Any = select(*key, func.count(col(Encounter.id)))
    query = counted.where(Encounter.state != "voided").group_by(*key).order_by(*key)
    rows = db.exec(query).all()
    return {(study or "", team, phase or ""): count for study, team, phase, count in rows}


def list_before(db: Session) -> dict[str, Before]:
    """Return every cell as it is shown now, by id."""
    columns = (DeskCell.id, DeskCell.counts, DeskCell.through_at, DeskCell.through_id)
    found: Any = select(*columns)
    rows = db.exec(found.order_by(DeskCell.id)).all()
    return {id_: Before(counts, (at, last)) for id_, counts, at, last in rows}


def counted_at(db: Session) -> datetime | None:
    """Return when the counts were made, None where they never were."""
    newest = select(DeskFlow.counted_at).order_by(col(DeskFlow.counted_at).desc()).limit(1)
    return db.exec(newest).first()


def list_kinds(db: Session, study_id: str) -> tuple[tuple[Kind, int], ...]:
    """Return the kinds of answers that a study has, and how many complete ones are shown."""
    fields = tuple(getattr(DeskCell, name) for name in Kind.__dataclass_fields__)
    complete = func.sum(cast(DeskCell.counts["complete"].as_string(), Integer))  # type: ignore[index]
    counted: Any = select(*fields, complete)  # type: ignore[call-overload]  # as above
    query = counted.where(DeskCell.study_id == study_id).group_by(*fields).order_by(*fields)
    return tuple((Kind(*parts), shown or 0) for *parts, shown in db.exec(query).all())


def list_cells(db: Session, kind: Kind) -> tuple[ShownCell, ...]:
    """Return the cells of one kind, by team and phase."""
    query = select(DeskCell.team_id, DeskCell.phase, DeskCell.counts)
    for name in Kind.__dataclass_fields__:
        query = query.where(getattr(DeskCell, name) == getattr(kind, name))
    rows = db.exec(query.order_by(DeskCell.team_id, DeskCell.phase)).all()
    return tuple(ShownCell(*row) for row in rows)


def find_comparison(db: Session, kind: Kind, what: str) -> Mapping[str, Any] | None:
    """Return what was compared for one kind (``what`` as stored), None where nothing was."""
    found = db.get(DeskComparison, f"{kind.id}-{what}")
    return None if found is None else found.content


def list_comparisons(db: Session) -> tuple[DeskComparison, ...]:
    """Return everything that was compared."""
    return tuple(db.exec(select(DeskComparison).order_by(DeskComparison.id)).all())


def list_flows(db: Session, study_id: str) -> tuple[DeskFlow, ...]:
    """Return what became of forms in a study, by team, phase and respondent."""
    query = select(DeskFlow).where(DeskFlow.study_id == study_id)
    order = (DeskFlow.team_id, DeskFlow.phase, DeskFlow.respondent)
    return tuple(db.exec(query.order_by(*order)).all())


def list_studies_with_answers(db: Session) -> tuple[str, ...]:
    """Return the ids of the studies that have forms; "default" for answers outside any."""
    query = select(DeskFlow.study_id).distinct().order_by(DeskFlow.study_id)
    return tuple(db.exec(query).all())


def list_team_names(db: Session) -> dict[str, str]:
    """Return the name of every team, closed ones too, by id."""
    return dict(db.exec(select(Team.id, Team.name).order_by(Team.id)).all())
