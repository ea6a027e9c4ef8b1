"""From a stored answer set to a row that may leave: pseudonyms, months, coarsened fields.

Pseudonyms are HMAC-SHA-256 under a key of the project, 128 bits kept, so that two projects cannot
be joined and one project's interim and final files can (exports.md section 4; ICO 28 March 2025:
they stay personal data for whoever reaches the key, so no export carries a key).
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache, partial
from itertools import repeat
from typing import Final, NamedTuple

from app.domain.column import map_column
from app.domain.dataset import MERGED_AGES, Cell, Schema, WideRow
from app.domain.uniqueness import Coarsening

REFERENCE_HEX: Final = 32
WEEKS_IN_A_QUARTER: Final = 13
#: How many different parts of rows are remembered: some megabytes, and most of a year.
KEPT: Final = 8192


class Said(NamedTuple):
    """What an answer set says that many others say alike. No free text, no code.

    ``helped_by`` is JSON as stored, or already read.
    """

    environment: str
    demo: bool
    instrument_id: str
    instrument_version: str
    wording_sha256: str
    language: str
    occasion: str
    respondent: str
    mode: str
    late: bool
    helped_by: str | tuple[str, ...]
    seen_by_others: str | None
    referent: str | None
    weeks_since: str | None
    state: str
    reason: str | None
    consent_model: str | None
    consent: str | None
    consent_adult: str | None
    consent_text_sha256: str | None
    notice_sha256: str | None
    grid_public_id: str | None
    grid_version: int | None
    grid_sha256: str | None


class Met(NamedTuple):
    """What is noted of an appointment that many others have alike.

    ``people_present`` is JSON as stored, or already read.
    """

    study_id: str | None
    phase: str | None
    appointment_type: str
    appointment_mode: str
    interpreter: str
    people_present: str | tuple[str, ...]
    need_group_practitioner: str | None
    need_group_young_person: str | None
    age_band: str | None


class StoredRow(NamedTuple):
    """One stored answer set with its appointment, as queries give it.

    What many rows have alike comes as one object, so that work on it can be kept. ``items`` is
    JSON.
    """

    response_id: str
    encounter_id: str
    card_id: str | None
    same_day: bool | None
    practitioner: str
    team: str
    encounter_on: date
    said: Said
    met: Met
    items: str


@dataclass
class Project:
    """Whose export this is and the key that makes its pseudonyms."""

    key: bytes
    _known: dict[str, str] = field(default_factory=dict)

    @cached_property
    def _keyed(self) -> hmac.HMAC:
        """The key, taken in: a copy of it costs less than half of taking it in again."""
        return hmac.new(self.key, digestmod="sha256")

    def reference(self, kind: str, identifier: str) -> str:
        """Return the pseudonym of an id; 32 hex digits, the same for the same project."""
        keyed = self._keyed.copy()
        keyed.update(f"{kind}\0{identifier}".encode())
        return keyed.hexdigest()[:REFERENCE_HEX]

    def card(self, identifier: str | None) -> str | None:
        """Return the pseudonym of a family's card, None where they showed none."""
        return None if identifier is None else self.reference("card", identifier)

    def practitioner(self, identifier: str) -> str:
        """Return the pseudonym of somebody of whom there are few; kept, because it comes often."""
        found = self._known.get(identifier)
        if found is None:
            found = self._known[identifier] = self.reference("practitioner", identifier)
        return found


@dataclass
class Places:
    """Counts appointments of each team as they come: by team, day and appointment."""

    team: str = ""
    encounter: str = ""
    order: int = 0

    def next(self, team: str, encounter: str) -> int:
        """Return the place in its team of the appointment that a row belongs to."""
        if team != self.team:
            self.team, self.encounter, self.order = team, "", 0
        if encounter != self.encounter:
            self.encounter, self.order = encounter, self.order + 1
        return self.order


def wide_pages(
    pages: Iterable[Sequence[StoredRow]],
    schema: Schema,
    project: Project,
    starts: Mapping[str, date],
    coarsening: Coarsening,
) -> Iterator[list[WideRow]]:
    """Yield each page's rows in the order of ``schema.wide``.

    All rows come by team, day and appointment, since they are counted within teams across pages;
    ``starts`` maps a study to the first day of its calendar. Raises KeyError for an answer set
    without one of the items.
    """
    places, shapes = Places(), Shapes(schema, starts, coarsening)
    for page in pages:
        columns = _columns(page, project, places, shapes) if page else ()
        yield list(zip(repeat(schema.export_id, len(page)), *columns, strict=True))


def _columns(
    page: Sequence[StoredRow], project: Project, places: Places, shapes: Shapes
) -> Iterator[Iterable[Cell]]:
    """Yield every column of a page after the export's id; whole columns at once cost least."""
    ids, encounters, cards, same_days, practitioners, teams, days, said, met, _ = zip(
        *page, strict=True
    )
    items = (shapes.items(row.items) for row in page)
    answered, grids = zip(*map(shapes.said, said), strict=True)
    studies, meetings = zip(*map(shapes.met, met), strict=True)
    yield map(partial(project.reference, "response"), ids)
    yield map_column(partial(project.reference, "encounter"), encounters)
    yield map_column(project.card, cards)
    yield [None if each is None else int(each) for each in same_days]
    yield map(project.practitioner, practitioners)
    yield teams
    yield from zip(*map(shapes.when, (each.study_id for each in met), days), strict=True)
    yield map(places.next, teams, encounters)
    for parts in (studies, answered, meetings, grids, items):
        yield from zip(*parts, strict=True)


class Shapes:
    """What is made of the parts of a row; the last thousands are kept, since most come again."""

    def __init__(self, schema: Schema, starts: Mapping[str, date], coarsening: Coarsening) -> None:
        ids = tuple(item.id for item in schema.items)
        keep = lru_cache(maxsize=KEPT)
        self.when = keep(partial(_when, days=schema.days, starts=starts, coarsening=coarsening))
        self.said = keep(_said)
        self.met = keep(partial(_met, coarsening=coarsening))
        self.items = keep(partial(_items, ids=ids))


def _when(
    study_id: str | None, day: date, days: bool, starts: Mapping[str, date], coarsening: Coarsening
) -> tuple[Cell, ...]:
    """Return the period, the day where it may leave, and whole weeks of the study's calendar."""
    start = starts.get(study_id or "")
    weeks = None if start is None else (day - start).days // 7
    if coarsening.quarters:
        period = f"{day.year}-Q{(day.month + 2) // 3}"
        weeks = None if weeks is None else weeks // WEEKS_IN_A_QUARTER * WEEKS_IN_A_QUARTER
    else:
        period = f"{day.year:04}-{day.month:02}"
    return (period, day.isoformat(), weeks) if days else (period, weeks)


def _said(said: Said) -> tuple[tuple[Cell, ...], tuple[Cell, ...]]:
    """Return the cells before those of the appointment, and those of the grid after them."""
    answered = (
        said.environment,
        1 if said.demo else 0,
        said.instrument_id,
        said.instrument_version,
        said.wording_sha256,
        said.language,
        said.occasion,
        said.respondent,
        said.mode,
        1 if said.late else 0,
        _many(said.helped_by),
        said.seen_by_others,
        said.referent,
        said.weeks_since,
        said.state,
        said.reason,
        said.consent_model,
        said.consent,
        said.consent_adult,
        said.consent_text_sha256,
        said.notice_sha256,
    )
    return answered, (said.grid_public_id, said.grid_version, said.grid_sha256)


def _met(met: Met, coarsening: Coarsening) -> tuple[tuple[Cell, ...], tuple[Cell, ...]]:
    """Return the cells of the study and those of the appointment."""
    ages = coarsening.merged_ages and met.age_band is not None
    appointment = (
        met.appointment_type,
        met.appointment_mode,
        met.interpreter,
        _many(met.people_present),
        None if coarsening.no_groups else met.need_group_practitioner,
        None if coarsening.no_groups else met.need_group_young_person,
        MERGED_AGES.get(met.age_band or "") if ages else met.age_band,
    )
    return (met.study_id, met.phase), appointment


def _many(stored: str | tuple[str, ...]) -> str | None:
    return ";".join(json.loads(stored) if isinstance(stored, str) else stored) or None


def _items(stored: str, ids: tuple[str, ...]) -> tuple[Cell, ...]:
    items = json.loads(stored)
    return tuple(items[each] for each in ids)
