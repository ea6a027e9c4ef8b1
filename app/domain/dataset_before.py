"""The table that research gets: one row for each answer, and its codebook.

Long format is the archive: a new item or a second instrument never changes the columns. Codes,
not labels. Dates leave as months. Ids leave as pseudonyms under a key of the project, so that two
projects cannot be joined. Sources: exports.md (shape, missing band), rules of the room 2.6-2.8.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from app.domain.missing import ItemMissing, is_missing
from app.domain.vocabulary import (
    AgeBand,
    AnswerState,
    AppointmentMode,
    AppointmentType,
    CompletionMode,
    Interpreter,
    NeedGroup,
    Occasion,
    Person,
    Phase,
    Referent,
    Respondent,
    SeenByOthers,
    WeeksSince,
)

REFERENCE_HEX = 16
SCHEMA_VERSION = 1
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Column:
    """One column: its name, what it means, its type and the values it may hold.

    ``kind`` is text, integer or boolean. ``values`` is empty where the list is open. ``absent``
    says what an empty cell means.
    """

    name: str
    meaning: str
    kind: str = "text"
    values: tuple[str, ...] = ()
    absent: str = ""


@dataclass(frozen=True)
class ResponseRow:
    """One stored response with its encounter, as queries give it. No free text, no code."""

    response_id: str
    encounter_id: str
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
    helped_by: Sequence[str]
    seen_by_others: str | None
    referent: str | None
    weeks_since: str | None
    state: str
    reason: str | None
    appointment_type: str
    appointment_mode: str
    interpreter: str
    need_group_practitioner: str | None
    need_group_young_person: str | None
    age_band: str | None
    people_present: Sequence[str]
    grid_public_id: str | None
    grid_version: int | None
    grid_sha256: str | None
    items: Mapping[str, int]


def _listed(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(str(value) for value in values)


NOT_RECORDED = "not recorded"
COLUMNS: tuple[Column, ...] = (
    Column("export_id", "The export that this row left with."),
    Column("response_ref", "The answer set, under this project's pseudonym."),
    Column("encounter_ref", "The appointment; shared by everybody who answered about it."),
    Column("practitioner_ref", "The responsible practitioner, for clustering."),
    Column("team", "The team, by its slug."),
    Column("month", "The month of the appointment, YYYY-MM, in the service's time zone."),
    Column("study_id", "The study whose calendar gave the phase.", absent="no study"),
    Column("phase", "From the study's calendar by date.", values=_listed(Phase), absent="no study"),
    Column("environment", "Practice or real use. Never pool the two.", values=("training", "live")),
    Column("demo", "1 for invented data.", "boolean", ("0", "1")),
    Column("instrument_id", "Which instrument. Versions with other scales have other ids."),
    Column("instrument_version", "The wording pack's version."),
    Column("wording_sha256", "Hash of the words that were shown."),
    Column("language", "The language of those words."),
    Column("occasion", "before: about the last appointment; after: about this one.",
           values=_listed(Occasion)),
    Column("respondent", "Who answered. Two parents are two respondents.",
           values=_listed(Respondent)),
    Column("mode", "How it was filled in. Never pool modes silently.",
           values=_listed(CompletionMode)),
    Column("helped_by", "Who helped, joined by semicolons.", values=_listed(Person),
           absent="nobody"),
    Column("seen_by_others", "The respondent's own word: could anyone see?",
           values=_listed(SeenByOthers), absent="not asked or not answered"),
    Column("referent", "For before: whose appointment it was.", values=_listed(Referent),
           absent=NOT_RECORDED),
    Column("weeks_since", "For before: how long ago.", values=_listed(WeeksSince),
           absent=NOT_RECORDED),
    Column("state", "complete, or interrupted before the end.", values=_listed(AnswerState)),
    Column("form_reason", "Why the form has no answers or stopped.", absent="no reason needed"),
    Column("appointment_type", "What the appointment was for.", values=_listed(AppointmentType)),
    Column("appointment_mode", "How people met.", values=_listed(AppointmentMode)),
    Column("interpreter", "Whether somebody interpreted.", values=_listed(Interpreter)),
    Column("people_present", "Who was there, joined by semicolons.", values=_listed(Person)),
    Column("need_group_practitioner", "Needs-based group as the practitioner saw it.",
           values=_listed(NeedGroup), absent=NOT_RECORDED),
    Column("need_group_young_person", "Needs-based group as the young person saw it.",
           values=_listed(NeedGroup), absent=NOT_RECORDED),
    Column("age_band", "Age band.", values=_listed(AgeBand), absent=NOT_RECORDED),
    Column("grid_public_id", "The grid that was on the tablet.", absent="no grid"),
    Column("grid_version", "Its release number.", "integer", absent="no grid"),
    Column("grid_sha256", "The hash of that release.", absent="no grid"),
    Column("item", "The item of the instrument."),
    Column("value", "The answer, or a missing code from -99 to -91.", "integer"),
    Column("missing_reason", "What the missing code means.",
           values=_listed(code.name.lower() for code in ItemMissing), absent="answered"),
)  # fmt: skip
NAMES = tuple(column.name for column in COLUMNS)


@dataclass(frozen=True)
class Project:
    """Whose export this is: its id and the key that makes its pseudonyms."""

    export_id: str
    key: bytes

    def reference(self, kind: str, identifier: str) -> str:
        """Return the pseudonym of an id; 16 hex digits, the same for the same project."""
        message = f"{kind}\0{identifier}".encode()
        return hmac.new(self.key, message, hashlib.sha256).hexdigest()[:REFERENCE_HEX]


def long_rows(
    rows: Iterable[ResponseRow], project: Project, order: Sequence[str]
) -> Iterator[tuple[str, ...]]:
    """Yield one tuple in the order of ``NAMES`` for each item of each response.

    ``order`` are the item ids as they were asked. Raises KeyError for a response without one.
    """
    for row in rows:
        shared = _shared(row, project)
        for item in order:
            value = row.items[item]
            missing = ItemMissing(value).name.lower() if is_missing(value) else ""
            yield (*shared, item, str(value), missing)


def _shared(row: ResponseRow, project: Project) -> tuple[str, ...]:
    return (
        project.export_id,
        project.reference("response", row.response_id),
        project.reference("encounter", row.encounter_id),
        project.reference("practitioner", row.practitioner),
        row.team,
        f"{row.encounter_on:%Y-%m}",
        row.study_id or "",
        row.phase or "",
        row.environment,
        "1" if row.demo else "0",
        row.instrument_id,
        row.instrument_version,
        row.wording_sha256,
        row.language,
        row.occasion,
        row.respondent,
        row.mode,
        ";".join(row.helped_by),
        row.seen_by_others or "",
        row.referent or "",
        row.weeks_since or "",
        row.state,
        row.reason or "",
        row.appointment_type,
        row.appointment_mode,
        row.interpreter,
        ";".join(row.people_present),
        row.need_group_practitioner or "",
        row.need_group_young_person or "",
        row.age_band or "",
        row.grid_public_id or "",
        "" if row.grid_version is None else str(row.grid_version),
        row.grid_sha256 or "",
    )


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield CSV lines (RFC 4180 quoting, LF). Raises ValueError for a cell that starts a formula.

    Only ``value`` may begin with a minus sign, and only as a whole number (ASVS 1.2.10 asks for
    an escape; a missing code must stay a number, and this is the written exception).
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    for cells in rows:
        for cell in cells:
            if cell.startswith(FORMULA_STARTS) and not _whole_number(cell):
                raise ValueError("a cell would be read as a formula")
        writer.writerow(cells)
        yield _drain(buffer)
    yield _drain(buffer)


def _whole_number(cell: str) -> bool:
    return cell[:1] == "-" and cell[1:].isascii() and cell[1:].isdigit()


def _drain(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


CODEBOOK_HEADER = ("column", "meaning", "type", "values", "empty_means")


def codebook_rows() -> Iterator[tuple[str, ...]]:
    """Yield one row for each column, then one for each missing code."""
    for column in COLUMNS:
        values = ";".join(column.values)
        yield (column.name, column.meaning, column.kind, values, column.absent)
    for code in ItemMissing:
        meaning = f"Missing code: {code.name.lower().replace('_', ' ')}. Never scored."
        yield (f"value={int(code)}", meaning, "integer", str(int(code)), "")
