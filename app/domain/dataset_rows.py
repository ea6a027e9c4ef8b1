"""From a stored answer set to a row that may leave: pseudonyms, months, coarsened fields.

Pseudonyms are HMAC-SHA-256 under a key of the project, 128 bits kept, so that two projects cannot
be joined and one project's interim and final files can (exports.md section 4; ICO 28 March 2025:
they stay personal data for whoever reaches the key, so no export carries a key).
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

from app.domain.dataset import MERGED_AGES, Cell, Schema, WideRow
from app.domain.uniqueness import Coarsening

REFERENCE_HEX: Final = 32
WEEKS_IN_A_QUARTER: Final = 13


class StoredRow(NamedTuple):
    """One stored answer set with its appointment, as queries give it. No free text, no code.

    ``helped_by``, ``people_present`` and ``items`` are JSON as stored, or already read.
    """

    response_id: str
    encounter_id: str
    card_id: str | None
    same_day: bool | None
    practitioner: str
    team: str
    encounter_on: date
    study_id: str | None
    phase: str | None
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
    helped_by: str | list[str]
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
    appointment_type: str
    appointment_mode: str
    interpreter: str
    people_present: str | list[str]
    need_group_practitioner: str | None
    need_group_young_person: str | None
    age_band: str | None
    grid_public_id: str | None
    grid_version: int | None
    grid_sha256: str | None
    items: str | dict[str, int]


@dataclass
class Project:
    """Whose export this is and the key that makes its pseudonyms."""

    key: bytes
    _known: dict[str, str] = field(default_factory=dict)

    def reference(self, kind: str, identifier: str) -> str:
        """Return the pseudonym of an id; 32 hex digits, the same for the same project."""
        message = f"{kind}\0{identifier}".encode()
        return hmac.digest(self.key, message, "sha256").hex()[:REFERENCE_HEX]

    def practitioner(self, identifier: str) -> str:
        """Return the pseudonym of somebody of whom there are few; kept, because it comes often."""
        found = self._known.get(identifier)
        if found is None:
            found = self._known[identifier] = self.reference("practitioner", identifier)
        return found


@dataclass
class Places:
    """Counts appointments of each team as they come: by team, day and appointment."""

    starts: Mapping[str, date]
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

    def weeks(self, study_id: str | None, day: date) -> int | None:
        """Return whole weeks since the first day of the study's calendar."""
        start = self.starts.get(study_id or "")
        return None if start is None else (day - start).days // 7


def wide_rows(
    rows: Iterable[StoredRow],
    schema: Schema,
    project: Project,
    starts: Mapping[str, date],
    coarsening: Coarsening,
) -> Iterator[WideRow]:
    """Yield rows in the order of ``schema.wide``.

    ``rows`` come by team, day and appointment; ``starts`` maps a study to the first day of its
    calendar. Raises KeyError for an answer set without one of the items.
    """
    places = Places(starts)
    ids = tuple(item.id for item in schema.items)
    encounter, encounter_ref = "", ""
    for row in rows:
        if row.encounter_id != encounter:
            encounter = row.encounter_id
            encounter_ref = project.reference("encounter", encounter)
        order = places.next(row.team, row.encounter_id)
        items = json.loads(row.items) if isinstance(row.items, str) else row.items
        yield (
            schema.export_id,
            project.reference("response", row.response_id),
            encounter_ref,
            None if row.card_id is None else project.reference("card", row.card_id),
            None if row.same_day is None else int(row.same_day),
            project.practitioner(row.practitioner),
            row.team,
            *_when(row, schema, places, coarsening),
            order,
            *_answered(row),
            *_met(row, coarsening),
            *[items[item] for item in ids],
        )


def _when(
    row: StoredRow, schema: Schema, places: Places, coarsening: Coarsening
) -> tuple[Cell, ...]:
    day = row.encounter_on
    weeks = places.weeks(row.study_id, day)
    if coarsening.quarters:
        period = f"{day.year}-Q{(day.month + 2) // 3}"
        weeks = None if weeks is None else weeks // WEEKS_IN_A_QUARTER * WEEKS_IN_A_QUARTER
    else:
        period = f"{day.year:04}-{day.month:02}"
    return (period, day.isoformat(), weeks) if schema.days else (period, weeks)


def _answered(row: StoredRow) -> tuple[Cell, ...]:
    return (
        row.study_id,
        row.phase,
        row.environment,
        1 if row.demo else 0,
        row.instrument_id,
        row.instrument_version,
        row.wording_sha256,
        row.language,
        row.occasion,
        row.respondent,
        row.mode,
        1 if row.late else 0,
        _many(row.helped_by),
        row.seen_by_others,
        row.referent,
        row.weeks_since,
        row.state,
        row.reason,
        row.consent_model,
        row.consent,
        row.consent_adult,
        row.consent_text_sha256,
        row.notice_sha256,
    )


def _met(row: StoredRow, coarsening: Coarsening) -> tuple[Cell, ...]:
    ages = coarsening.merged_ages and row.age_band is not None
    return (
        row.appointment_type,
        row.appointment_mode,
        row.interpreter,
        _many(row.people_present),
        None if coarsening.no_groups else row.need_group_practitioner,
        None if coarsening.no_groups else row.need_group_young_person,
        MERGED_AGES.get(row.age_band or "") if ages else row.age_band,
        row.grid_public_id,
        row.grid_version,
        row.grid_sha256,
    )


def _many(stored: str | list[str]) -> str | None:
    if stored == "[]" or not stored:
        return None
    return ";".join(json.loads(stored) if isinstance(stored, str) else stored)
