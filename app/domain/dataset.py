"""What research gets, said once: every variable, its codes, what an empty cell means.

All files of an export are written from one ``Schema``. Codes, not labels; dates leave as months;
ids leave as pseudonyms. Long (one row for each answer) is the archive: a new item never changes
its columns. Wide (one row for each answer set) is for analysis. Sources: exports.md sections 2 and
3 (one schema, missing band), rules of the room 2.6-2.8.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Final

from app.domain.consent import AdultChoice, ConsentChoice, ConsentModel
from app.domain.course import (
    HIGHEST,
    LOWEST,
    UNSAID,
    VALUES,
    CourseOccasion,
    CourseRole,
    Rating,
)
from app.domain.exposure import MinutesBand
from app.domain.feedback import Writer
from app.domain.missing import FormReason, ItemMissing
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

SCHEMA_VERSION: Final = 3


class Format(StrEnum):
    """What an export may hold besides CSV, codebook, data package, R script and manifest."""

    PARQUET = "parquet"
    SPSS = "spss"
    STATA = "stata"
    REDCAP = "redcap"
    FHIR = "fhir"
    GRIDS = "grids"
    SUNDAE = "sundae"
    COURSE = "course"
    FEEDBACK = "feedback"


FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
#: Age bands after merging, which is the last step of coarsening (``domain/uniqueness``).
MERGED_AGES: Final[Mapping[str, str]] = {
    "0-4": "0-11", "5-7": "0-11", "8-11": "0-11",
    "12-13": "12-15", "14-15": "12-15",
    "16-17": "16+", "18+": "16+",
}  # fmt: skip
LOWEST_MISSING: Final = min(int(code) for code in ItemMissing)
HIGHEST_MISSING: Final = max(int(code) for code in ItemMissing)

Cell = str | int | None
#: One answer set in the order of ``Schema.wide``; None where there is nothing to say.
WideRow = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Variable:
    """One column: its name, what it means, its type and the values it may hold.

    ``kind`` is text, integer or boolean (0 and 1). ``values`` is empty where the list is open.
    ``many``: several values joined by semicolons. ``absent`` says what an empty cell means;
    without it no cell is empty. ``item``: holds an answer or a missing code.
    """

    name: str
    label: str
    kind: str = "text"
    values: tuple[str, ...] = ()
    absent: str = ""
    many: bool = False
    item: bool = False
    universe: str = "every answer set"

    def number(self, value: str) -> int:
        """Return the number that stands for a value where a program wants numbers, from 1."""
        return self.values.index(value) + 1

    @property
    def is_coded(self) -> bool:
        """Say whether programs that want numbers get them for this closed list."""
        return self.kind == "text" and bool(self.values) and not self.many


def _listed(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(str(value) for value in values)


NOT_RECORDED: Final = "not recorded"
BEFORE: Final = "answer sets about the last appointment"
_AGES: Final = (*_listed(AgeBand), *dict.fromkeys(MERGED_AGES.values()))
DAY: Final = Variable("appointment_day", "The day of the appointment; only where approved.")
SHARED: Final[tuple[Variable, ...]] = (
    Variable("export_id", "The export that this row left with."),
    Variable("response_ref", "The answer set, under this project's pseudonym."),
    Variable("encounter_ref", "The appointment; shared by everybody who answered about it."),
    Variable("person_link", "Shared by the appointments at which a family showed the same card; "
             "never joins two projects.", absent="no card"),
    Variable("person_link_same_day", "1 where the card had been shown on that day already: "
             "perhaps one appointment, entered twice.", "boolean", absent="no card"),
    Variable("practitioner_ref", "The responsible practitioner, for clustering."),
    Variable("team", "The team, by its slug."),
    Variable("period", "Month (YYYY-MM) or quarter (YYYY-Qn) of the appointment."),
    Variable("weeks_since_study_start", "Whole weeks from the first day of the study's calendar. "
             "In steps of 13 where months became quarters.", "integer", absent="no study"),
    Variable("order_in_team", "The appointment's place among those of its team in this export, "
             "by day; chance decides within a day.", "integer"),
    Variable("study_id", "The study whose calendar gave the phase.", absent="no study"),
    Variable("phase", "From the study's calendar by date.", values=_listed(Phase),
             absent="no study"),
    Variable("environment", "Practice or real use. Never pool the two.",
             values=("training", "live")),
    Variable("demo", "1 for invented data.", "boolean"),
    Variable("instrument_id", "Which instrument. Versions with other scales have other ids."),
    Variable("instrument_version", "The wording pack's version."),
    Variable("wording_sha256", "Hash of the words that were shown."),
    Variable("language", "The language of those words."),
    Variable("occasion", "before: about the last appointment; after: about this one.",
             values=_listed(Occasion)),
    Variable("respondent", "Who answered. Two parents are two respondents.",
             values=_listed(Respondent)),
    Variable("mode", "How it was filled in. Never pool modes silently.",
             values=_listed(CompletionMode)),
    Variable("late", "1 if given on one's own phone more than 48 hours after the appointment; "
             "not in the primary set.", "boolean"),
    Variable("helped_by", "Who helped, joined by semicolons.", values=_listed(Person),
             absent="nobody", many=True),
    Variable("seen_by_others", "The respondent's own word: could anyone see?",
             values=_listed(SeenByOthers), absent="not asked or not answered"),
    Variable("referent", "Whose appointment it was.", values=_listed(Referent),
             absent=NOT_RECORDED, universe=BEFORE),
    Variable("weeks_since", "How long ago that was, in weeks.", values=_listed(WeeksSince),
             absent=NOT_RECORDED, universe=BEFORE),
    Variable("state", "complete, or interrupted before the end.", values=_listed(AnswerState)),
    Variable("form_reason", "Why the form has no answers or stopped.", values=_listed(FormReason),
             absent="no reason needed"),
    Variable("consent_model", "How the study asks for consent. Only answers with the consent that "
             "it demands are here.", values=_listed(ConsentModel),
             absent="no study, or sealed before this was recorded"),
    Variable("consent", "The respondent's own word.", values=_listed(ConsentChoice),
             absent="nobody was asked"),
    Variable("consent_adult", "The word of an adult who decides for the young person.",
             values=_listed(AdultChoice), absent="no adult was asked"),
    Variable("consent_text_sha256", "Hash of the exact words in which they were asked.",
             absent="nobody was asked"),
    Variable("notice_sha256", "Hash of the study's notice at that time.",
             absent="no study, or none was named"),
    Variable("appointment_type", "What the appointment was for.", values=_listed(AppointmentType)),
    Variable("appointment_mode", "How people met.", values=_listed(AppointmentMode)),
    Variable("interpreter", "Whether somebody interpreted.", values=_listed(Interpreter)),
    Variable("people_present", "Who was there, joined by semicolons.", values=_listed(Person),
             absent=NOT_RECORDED, many=True),
    Variable("need_group_practitioner", "Needs-based group as the practitioner saw it.",
             values=_listed(NeedGroup), absent=NOT_RECORDED),
    Variable("need_group_young_person", "Needs-based group as the young person saw it.",
             values=_listed(NeedGroup), absent=NOT_RECORDED),
    Variable("age_band", "Age band.", values=_AGES, absent=NOT_RECORDED),
    Variable("grid_public_id", "The grid that was on the tablet.", absent="no grid"),
    Variable("grid_version", "Its release number.", "integer", absent="no grid"),
    Variable("grid_sha256", "The hash of that release.", absent="no grid"),
)  # fmt: skip
MISSING_REASONS: Final = tuple(code.name.lower() for code in ItemMissing)
LONG_ONLY: Final = (
    Variable("item", "The item of the instrument."),
    Variable("value", "The answer, or a missing code from -99 to -91.", "integer", item=True),
    Variable("missing_reason", "What the missing code means.", values=MISSING_REASONS,
             absent="answered"),
)  # fmt: skip
EXPOSURE: Final = (
    Variable("encounter_ref", "The appointment, as in the answer sets."),
    Variable("environment", "Practice or real use. Never pool the two.",
             values=("training", "live")),
    Variable("grid_public_id", "The grid that was on the tablet."),
    Variable("grid_version", "Its release number.", "integer"),
    Variable("minutes_band", "How long it was on screen.", values=_listed(MinutesBand),
             absent="the family switched the counting off"),
    Variable("picked", "Options that the practitioner left in, joined by semicolons.",
             absent="all were left in, or nothing was counted", many=True),
    Variable("shown", "Options there at the end, joined by semicolons.",
             absent="nobody opened the grid, or nothing was counted", many=True),
    Variable("opened", "Row ids with how often each was opened, as row:times, joined by "
             "semicolons.", absent="nothing was opened or counted", many=True),
)  # fmt: skip

COURSE: Final = (
    Variable("form_ref", "One form about a course, under this project's pseudonym. It is tied to "
             "no answer set and no practitioner."),
    Variable("pair_ref", "The form before the course that belongs to this one.",
             absent="a form before, or nobody typed its code in"),
    Variable("environment", "Practice or real use. Never pool the two.",
             values=("training", "live")),
    Variable("period", "Month (YYYY-MM) in which it was given."),
    Variable("occasion", "before or after the course.", values=_listed(CourseOccasion)),
    Variable("role", "What somebody is at work.", values=_listed(CourseRole),
             absent="fewer than 8 forms here name this role"),
    *(
        Variable(f"rating_{rating}", f"Self-rating of {rating}, {LOWEST} to {HIGHEST}; "
                 f"{UNSAID}: would rather not say.", "integer",
                 values=tuple(str(value) for value in (*VALUES, UNSAID)))
        for rating in Rating
    ),
)  # fmt: skip
FEEDBACK: Final = (
    Variable("feedback_ref", "One text about a grid, under this project's pseudonym. It is tied to "
             "no appointment, no answer set and no other text."),
    Variable("environment", "Practice or real use. Never pool the two.",
             values=("training", "live")),
    Variable("period", "Month (YYYY-MM) in which it arrived."),
    Variable("written_by", "Young person, parent or practitioner.", values=_listed(Writer)),
    Variable("grid_public_id", "The grid that it is about."),
    Variable("grid_version", "Its release number.", "integer"),
    Variable("text", "The words as they were written. WARNING: people were asked to write no names "
             "and may have done so all the same. Read it before you share it; never quote what "
             "could tell who wrote it. It was read here before it left."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ItemShape:
    """One item of the instrument: its id, its place from 1 and what it is about, in our words."""

    id: str
    place: int
    construct: str

    @property
    def column(self) -> str:
        """Return its column in the wide table."""
        return f"item_{self.id.replace('-', '_')}"


@dataclass(frozen=True)
class Schema:
    """The variables of one export. ``low`` and ``high`` bound the scale, both included."""

    export_id: str
    instrument_id: str
    items: tuple[ItemShape, ...]
    low: int
    high: int
    days: bool = False
    notice: str = ""
    attribution: tuple[str, ...] = field(default=())

    @cached_property
    def shared(self) -> tuple[Variable, ...]:
        """Return what the long and the wide table have in common."""
        if not self.days:
            return SHARED
        place = next(i for i, each in enumerate(SHARED) if each.name == "period")
        return (*SHARED[: place + 1], DAY, *SHARED[place + 1 :])

    @cached_property
    def wide(self) -> tuple[Variable, ...]:
        """Return the columns of the wide table: one row for each answer set."""
        return (*self.shared, *(self._item_variable(item) for item in self.items))

    @cached_property
    def long(self) -> tuple[Variable, ...]:
        """Return the columns of the long table: one row for each answer."""
        return (*self.shared, *LONG_ONLY)

    @property
    def sha256(self) -> str:
        """Return the hash of the codebook, under which two exports are of one shape."""
        shape = [asdict(each) for each in (*self.wide, *LONG_ONLY, *EXPOSURE)]
        scale = [self.instrument_id, self.low, self.high, SCHEMA_VERSION]
        return hashlib.sha256(json.dumps([shape, scale]).encode()).hexdigest()

    @property
    def answer_words(self) -> Mapping[int, str]:
        """Return what each answer means where it is a word and not a number on a scale."""
        return {0: "no", 1: "yes"} if (self.low, self.high) == (0, 1) else {}

    def place(self, name: str) -> int:
        """Return where a variable stands in a wide row."""
        return next(i for i, each in enumerate(self.wide) if each.name == name)

    def _item_variable(self, item: ItemShape) -> Variable:
        label = f"{self.instrument_id} item {item.place} ({item.construct})"
        return Variable(item.column, label, "integer", item=True)


def names(variables: Iterable[Variable]) -> tuple[str, ...]:
    """Return the names in order."""
    return tuple(each.name for each in variables)


def long_rows(rows: Iterable[WideRow], schema: Schema) -> Iterator[WideRow]:
    """Yield one tuple in the order of ``schema.long`` for each item of each answer set."""
    start = len(schema.shared)
    for row in rows:
        shared = row[:start]
        for item, value in zip(schema.items, row[start:], strict=True):
            yield (*shared, item.id, value, missing_reason(value))


_REASONS: Final[Mapping[Cell, str]] = {int(code): code.name.lower() for code in ItemMissing}


def missing_reason(value: Cell) -> str | None:
    """Return the name of a missing code, None for an answer."""
    return _REASONS.get(value)


def join_many(values: Sequence[str]) -> str | None:
    """Return several values as one cell."""
    return ";".join(values) or None
