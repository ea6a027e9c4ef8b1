"""What people write about a grid in their own words: what was missing or unclear.

Rules of the room 3.5: off until a service names a reader, an interval and an escalation path; at
most 280 characters; about the page and never about somebody; never where a grid is sensitive. The
device seals it when "send" is tapped and sends it like an answer set (same envelope, same queue,
same receipt). Nothing looks through the words: no list, no flag, no order by what they say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

from app.domain import envelope_checks as wire
from app.domain.disclosure import SMALLEST_STEP
from app.domain.envelope import (
    ENCOUNTER_1,
    GRID_1,
    EncounterHeader,
    GridShown,
    read_as,
)
from app.domain.envelope_checks import EnvelopeFault, Refused

FORMAT: Final = "feedback-1"
#: Characters of one text (rules of the room 3.5).
LONGEST: Final = 280
#: Days between two readings, both included: who waits longer has no reader.
FEWEST_DAYS: Final = 1
MOST_DAYS: Final = 14
#: Characters of an escalation path: long enough to name who and how.
SHORTEST_PATH: Final = 20
LONGEST_PATH: Final = 500
#: Control characters but the line break, and halves of characters, which no UTF-8 can hold.
_UNFIT: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class Writer(StrEnum):
    """Who wrote it, no finer than that."""

    YOUNG_PERSON = "young_person"
    PARENT = "parent"
    PRACTITIONER = "practitioner"


class ReadAs(StrEnum):
    """What the reader says came of it."""

    READ = "read"
    PASSED_ON = "passed_on"


@dataclass(frozen=True, slots=True)
class FeedbackSet:
    """One text as a device sealed it."""

    format: str
    id: str
    device: str
    seq: int
    key_id: str
    salt: str
    encounter: EncounterHeader
    grid: GridShown
    written_by: Writer
    text: str


def _text(value: Any) -> str:
    if type(value) is not str:
        raise Refused(EnvelopeFault.WRONG_TYPE)
    if not is_fit(value):
        raise Refused
    return value


def _of_family(value: Any) -> Writer:
    writer: Writer = wire.one_of(Writer)(value)
    if writer == Writer.PRACTITIONER:  # they have a page of their own
        raise Refused
    return writer


FEEDBACK_1: Final[Mapping[str, wire.Check]] = {
    "format": wire.text(FORMAT),
    "id": wire.uuid4,
    "device": wire.uuid4,
    "seq": wire.whole(1, wire.LARGEST_COLUMN),
    "key_id": wire.text(r"[0-9a-f]{16}"),
    "salt": wire.salt,
    "encounter": wire.json_object(ENCOUNTER_1, EncounterHeader),
    "grid": wire.json_object(GRID_1, GridShown),
    "written_by": _of_family,
    "text": _text,
}
_feedback_1 = wire.json_object(FEEDBACK_1, FeedbackSet)


def is_feedback(document: Mapping[str, object]) -> bool:
    """Say whether what was in an envelope says of itself that it is a text about a grid."""
    return document.get("format") == FORMAT


def read_feedback(document: Mapping[str, object], raw: bytes) -> FeedbackSet:
    """Return the text in a document; ``raw`` are the padded bytes it came in.

    Raises EnvelopeUnreadable, as ``envelope.read_format_1`` does.
    """
    found: FeedbackSet = read_as(_feedback_1, document, raw)
    return found


def is_fit(text: str) -> bool:
    """Say whether a text can be kept: something is there, trimmed, and it is not too long."""
    return bool(text) and text == text.strip() and len(text) <= LONGEST and not _UNFIT.search(text)


def tidied(typed: str) -> str:
    """Return what was typed without what no text needs; it may still be empty or too long."""
    return _UNFIT.sub(" ", typed.replace("\r\n", "\n").replace("\r", "\n")).strip()


def overdue_before(today: date, days: int) -> date:
    """Return the day before which a text that nobody has read yet waits for too long."""
    return today - timedelta(days=days)


@dataclass(frozen=True, slots=True)
class Written:
    """A text that may leave, as it is stored."""

    id: str
    given_on: date
    written_by: str
    grid_public_id: str
    grid_version: int
    text: str


Row = tuple[str, str, str, str, str, int, str]


def leaving_rows(
    texts: Iterable[Written], environment: str, pseudonym: Callable[[str], str]
) -> tuple[Row, ...]:
    """Return texts as an approved project may have them, in the order of ``dataset.FEEDBACK``.

    Months for days; nothing at all under eight texts. In the order of pseudonyms, since that of
    days would tell them; no appointment, so that no text can be laid beside its answers.
    """
    rows = sorted(
        (
            pseudonym(each.id),
            environment,
            f"{each.given_on:%Y-%m}",
            each.written_by,
            each.grid_public_id,
            each.grid_version,
            each.text,
        )
        for each in texts
    )
    return tuple(rows) if len(rows) >= SMALLEST_STEP else ()
