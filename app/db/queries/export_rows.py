"""The rows that an approved request takes, in pages that stay small, and what is said of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final, TypeVar

from sqlalchemy import String, cast
from sqlmodel import Session, col, func, select

from app.db.queries.exports import ExportFilters
from app.db.tables import (
    Encounter,
    Exposure,
    InstalledPack,
    LinkVisit,
    Response,
    Study,
    StudyPhase,
)
from app.domain.dataset import Cell, join_many
from app.domain.dataset_rows import KEPT, Met, Said, StoredRow
from app.domain.encounter import EncounterState
from app.domain.uniqueness import Telling

ROWS_AT_A_TIME: Final = 5_000
Alike = TypeVar("Alike", Said, Met)


@dataclass(frozen=True)
class Size:
    """How much fits the filters: answer sets, and appointments that they are about."""

    responses: int
    appointments: int


def count_rows(db: Session, filters: ExportFilters) -> Size:
    """Return how much would leave."""
    query = select(
        func.count(col(Response.id)), func.count(func.distinct(Response.encounter_id))
    ).join(Encounter, col(Encounter.id) == Response.encounter_id)
    return Size(*db.exec(query.where(*_leaves(filters))).one())


def count_telling(db: Session, filters: ExportFilters) -> Iterator[Telling]:
    """Yield the telling fields of what would leave, those that are alike together."""
    year = func.extract("year", col(Encounter.encounter_on))
    month = func.extract("month", col(Encounter.encounter_on))
    told = (
        Encounter.team_id,
        year,
        month,
        Encounter.age_band,
        Encounter.need_group_practitioner,
        Encounter.need_group_young_person,
        Response.grid_public_id,
        Response.respondent,
    )
    query: Any = (
        _select(*told, func.count(col(Response.id)))
        .join(Encounter, col(Encounter.id) == Response.encounter_id)
        .where(*_leaves(filters))
        .group_by(*told)
    )
    for team, at_year, at_month, *rest in db.exec(query):
        yield Telling(team, date(int(at_year), int(at_month), 1), *rest)


def iterate_rows(db: Session, filters: ExportFilters) -> Iterator[list[StoredRow]]:
    """Yield the answer sets by team, day and appointment, some thousands at a time.

    Never by the time of their arrival: that would be a clock. Within a day the order is that of
    random ids.
    """
    query = (
        _select(*_columns(db))
        .join(Encounter, col(Encounter.id) == Response.encounter_id)
        .join(LinkVisit, col(LinkVisit.encounter_id) == Encounter.id, isouter=True)
        .where(*_leaves(filters))
        .order_by(Encounter.team_id, Encounter.encounter_on, Encounter.id, Response.id)
    )
    said, met = _kept(Said), _kept(Met)
    for page in _pages(db, query):
        *own, answered, meeting, items = zip(*page, strict=True)
        columns = (*own, map(said, answered), map(met, meeting), items)
        yield list(map(StoredRow._make, zip(*columns, strict=True)))


def iterate_exposure(db: Session, filters: ExportFilters) -> Iterator[tuple[str, tuple[Cell, ...]]]:
    """Yield the appointment's id and the cells after it, in the order of ``dataset.EXPOSURE``."""
    query = (
        _select(Exposure)
        .join(Encounter, col(Encounter.id) == Exposure.encounter_id)
        .where(*_appointment(filters), _answered(filters))
        .order_by(Encounter.team_id, Encounter.encounter_on, Encounter.id, Exposure.id)
    )
    for page in _pages(db, query):
        for row in page:
            yield row.encounter_id, _exposure(row)


def list_starts(db: Session) -> dict[str, date]:
    """Return the first day of every study's calendar."""
    query = select(StudyPhase.study_id, func.min(StudyPhase.from_on))
    return dict(db.exec(query.group_by(StudyPhase.study_id)).all())


def list_studies(db: Session, filters: ExportFilters) -> tuple[Study, ...]:
    """Return the studies whose answers would leave, by id."""
    inside = (
        select(Encounter.study_id)
        .join(Response, col(Response.encounter_id) == Encounter.id)
        .where(*_leaves(filters))
    )
    query = select(Study).where(col(Study.id).in_(inside)).order_by(Study.id)
    return tuple(db.exec(query).all())


def list_attributions(db: Session, instrument_id: str) -> tuple[str, ...]:
    """Return the attribution lines of the wording that was shown."""
    query = select(InstalledPack).where(InstalledPack.instrument_id == instrument_id)
    packs: Sequence[InstalledPack] = db.exec(query.order_by(InstalledPack.sha256)).all()
    return tuple(sorted({str(pack.content["attribution"]) for pack in packs}))


def list_grids(db: Session, filters: ExportFilters) -> tuple[tuple[str, int, str], ...]:
    """Return the releases that were on the tablets: public id, number, hash."""
    shown = (Response.grid_public_id, Response.grid_version, Response.grid_sha256)
    query: Any = (
        _select(*shown)
        .join(Encounter, col(Encounter.id) == Response.encounter_id)
        .where(*_leaves(filters), col(Response.grid_public_id).is_not(None))
        .distinct()
        .order_by(*shown)
    )
    return tuple((str(g), int(n), str(sha)) for g, n, sha in db.exec(query))


def _select(*columns: Any) -> Any:
    # sqlmodel types up to four columns.
    return select(*columns)


def _pages(db: Session, query: Any) -> Iterator[Sequence[Any]]:
    """Rows as they come from a cursor on the server's side, never all at once."""
    how = {"stream_results": True, "yield_per": ROWS_AT_A_TIME}
    yield from db.connection().execute(query, execution_options=how).partitions()


def _columns(db: Session) -> tuple[Any, ...]:
    """Return one column for each field of ``StoredRow``, in its order."""
    own = (
        Response.id,
        Response.encounter_id,
        LinkVisit.card_id,
        LinkVisit.same_day,
        Encounter.practitioner,
        Encounter.team_id,
        Encounter.encounter_on,
    )
    alike = (_as_one(db, Response, Said), _as_one(db, Encounter, Met))
    return (*own, *alike, cast(Response.items, String))


def _as_one(db: Session, table: Any, fields: type[Said] | type[Met]) -> Any:
    """Return the fields of a table as one JSON list.

    A text that came before is known at once; thirty cells each would be made and thrown away.
    """
    columns = [getattr(table, name) for name in fields._fields]
    if db.connection().dialect.name == "sqlite":
        return func.json_array(*columns, type_=String)
    return cast(func.json_build_array(*columns), String)


def _kept(fields: Callable[..., Alike]) -> Callable[[str], Alike]:
    """Return how such a list is read; the last thousands are kept, one object for one text."""

    @lru_cache(maxsize=KEPT)
    def read(text: str) -> Alike:
        cells = json.loads(text)
        return fields(*(tuple(cell) if isinstance(cell, list) else cell for cell in cells))

    return read


def _exposure(row: Any) -> tuple[Cell, ...]:
    opened = [f"{name}:{times}" for name, times in sorted(row.opened.items())]
    return (
        row.environment,
        row.grid_public_id,
        row.grid_version,
        row.minutes_band,
        join_many(row.picked),
        join_many(row.shown),
        join_many(opened),
    )


def _answered(filters: ExportFilters) -> Any:
    inside = select(Response.encounter_id).where(*_agreed(filters))
    return col(Exposure.encounter_id).in_(inside)


def _leaves(filters: ExportFilters) -> tuple[Any, ...]:
    return (*_agreed(filters), *_appointment(filters))


def _agreed(filters: ExportFilters) -> tuple[Any, ...]:
    """What was answered without the consent that its study demands never leaves."""
    return (Response.instrument_id == filters.instrument_id, col(Response.consented).is_(True))


def _appointment(filters: ExportFilters) -> tuple[Any, ...]:
    fits: list[Any] = [
        col(Encounter.state) != EncounterState.VOIDED.value,
        col(Encounter.encounter_on) >= filters.from_on,
        col(Encounter.encounter_on) <= filters.to_on,
    ]
    if filters.teams:
        fits.append(col(Encounter.team_id).in_(filters.teams))
    return tuple(fits)
