"""How long each kind of row is kept, and the words for what ends it.

The periods are those of the rules of the room 3.3, to be confirmed by the controller.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from app.domain.study import Study
from app.domain.tablet import GRACE


class ErasureReason(StrEnum):
    """Why the content of an answer set was erased. "Lost" is never one of them."""

    WITHDRAWN = "withdrawn"
    RETENTION_OVER = "retention_over"


class QuarantineOutcome(StrEnum):
    """What a person decided about a copy in quarantine. None of them drops a byte unasked."""

    STORED = "stored"
    KEPT_ASIDE = "kept_aside"
    ERASED = "erased"


class Kept(StrEnum):
    """A kind of thing that is kept for a while."""

    ANSWERS = "answers"
    COUNTS = "counts"
    ENCOUNTER_CODES = "encounter_codes"
    QUARANTINE = "quarantine"
    AUDIT = "audit"
    BACKUPS = "backups"
    GRACE_COPIES = "grace_copies"
    HANDOVERS = "handovers"
    PHONE_LINKS = "phone_links"
    LOGINS = "logins"
    INVITATIONS = "invitations"
    THROTTLES = "throttles"
    EXPORT_LEFTOVERS = "export_leftovers"
    PRINTS = "prints"
    MARKS = "marks"
    DECISIONS = "decisions"
    REVIEW_NOTES = "review_notes"
    LINK_CARDS = "link_cards"
    FREE_TEXT = "free_text"
    COURSE_RATINGS = "course_ratings"


class CountedFrom(StrEnum):
    """When a period begins."""

    END_OF_STUDY = "end_of_study"
    APPOINTMENT = "appointment"
    ARRIVAL = "arrival"
    EVENT = "event"
    MADE = "made"
    RECEIPT = "receipt"
    EXPIRY = "expiry"
    LAST_USE = "last_use"
    REVIEW_MONTH = "review_month"
    NEVER_KEPT = "never_kept"


class Then(StrEnum):
    """What happens when a period is over, and who does it."""

    ERASED = "erased"
    FORGOTTEN = "forgotten"
    AWAITS_DECISION = "awaits_decision"
    DELETED = "deleted"
    DELETED_BY_TABLET = "deleted_by_tablet"
    GONE_BY_ITSELF = "gone_by_itself"
    NOT_STORED = "not_stored"


ANSWER_YEARS: Final = 5
AUDIT_YEARS: Final = 8
ENCOUNTER_CODE: Final = timedelta(days=90)
QUARANTINE: Final = timedelta(days=90)
BACKUPS: Final = timedelta(days=35)
#: Hand-overs, links and logins have no use beyond their hours; a tablet found in a drawer may
#: still ask with an old token for receipts that it never got, and deserves a clear answer.
SPENT: Final = timedelta(days=90)
#: Longer than the longest time after which failures no longer count.
THROTTLE: Final = timedelta(days=2)
#: What somebody wrote about a grid, read or not (rules of the room 3.3).
FREE_TEXT: Final = timedelta(days=90)
#: A family may come back after a long pause; a card in no pocket any more is not kept for ever.
LINK_CARD: Final = timedelta(days=730)
#: A file that is being made just now must not be swept away under the hand of its maker.
EXPORT_LEFTOVER: Final = timedelta(days=1)
PRINT: Final = timedelta(minutes=15)
#: The hour of the night at which the job runs, by the clock of the service.
RUNS_AT: Final = time(3, 0)


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table: how long something is kept, counted from when, and what then.

    Either ``years`` or ``period`` is set; neither for what is never stored.
    """

    kept: Kept
    counted_from: CountedFrom
    then: Then
    period: timedelta | None = None
    years: int | None = None


TABLE: Final = (
    Rule(Kept.ANSWERS, CountedFrom.END_OF_STUDY, Then.ERASED, years=ANSWER_YEARS),
    Rule(Kept.COUNTS, CountedFrom.END_OF_STUDY, Then.ERASED, years=ANSWER_YEARS),
    Rule(Kept.ENCOUNTER_CODES, CountedFrom.APPOINTMENT, Then.FORGOTTEN, ENCOUNTER_CODE),
    Rule(Kept.QUARANTINE, CountedFrom.ARRIVAL, Then.AWAITS_DECISION, QUARANTINE),
    Rule(Kept.GRACE_COPIES, CountedFrom.RECEIPT, Then.DELETED_BY_TABLET, GRACE),
    Rule(Kept.BACKUPS, CountedFrom.MADE, Then.DELETED, BACKUPS),
    Rule(Kept.AUDIT, CountedFrom.EVENT, Then.DELETED, years=AUDIT_YEARS),
    Rule(Kept.HANDOVERS, CountedFrom.EXPIRY, Then.DELETED, SPENT),
    Rule(Kept.PHONE_LINKS, CountedFrom.EXPIRY, Then.DELETED, SPENT),
    Rule(Kept.LOGINS, CountedFrom.LAST_USE, Then.DELETED, SPENT),
    Rule(Kept.INVITATIONS, CountedFrom.EXPIRY, Then.DELETED, SPENT),
    Rule(Kept.THROTTLES, CountedFrom.LAST_USE, Then.DELETED, THROTTLE),
    Rule(Kept.EXPORT_LEFTOVERS, CountedFrom.MADE, Then.DELETED, EXPORT_LEFTOVER),
    Rule(Kept.REVIEW_NOTES, CountedFrom.REVIEW_MONTH, Then.DELETED, ENCOUNTER_CODE),
    Rule(Kept.COURSE_RATINGS, CountedFrom.MADE, Then.DELETED, years=ANSWER_YEARS),
    Rule(Kept.LINK_CARDS, CountedFrom.LAST_USE, Then.DELETED, LINK_CARD),
    Rule(Kept.FREE_TEXT, CountedFrom.ARRIVAL, Then.ERASED, FREE_TEXT),
    Rule(Kept.PRINTS, CountedFrom.MADE, Then.GONE_BY_ITSELF, PRINT),
    Rule(Kept.MARKS, CountedFrom.NEVER_KEPT, Then.NOT_STORED),
    Rule(Kept.DECISIONS, CountedFrom.NEVER_KEPT, Then.NOT_STORED),
)


def years_before(day: date, years: int) -> date:
    """Return the same day ``years`` earlier; 28 February for a 29th that was not there."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def last_day(study: Study) -> date | None:
    """Return the last day of a study's calendars, or None while one of them has no end."""
    ends = [stretch.to_on for stretches in study.calendar.values() for stretch in stretches]
    known = [end for end in ends if end is not None]
    return max(known) if known and len(known) == len(ends) else None


def ended_by(studies: Iterable[Study], day: date) -> tuple[str, ...]:
    """Return the ids of studies whose answers are over on ``day``."""
    limit = years_before(day, ANSWER_YEARS)
    ends = ((study.id, last_day(study)) for study in studies)
    return tuple(study_id for study_id, end in ends if end is not None and end < limit)


def last_due(now: datetime, zone: tzinfo) -> datetime:
    """Return the latest moment, up to ``now``, at which the nightly job was to run."""
    local = now.astimezone(zone)
    due = datetime.combine(local.date(), RUNS_AT, zone)
    if due > local:
        due = datetime.combine(local.date() - timedelta(days=1), RUNS_AT, zone)
    return due


def next_due(now: datetime, zone: tzinfo) -> datetime:
    """Return the next moment, after ``now``, at which the nightly job is to run."""
    local = now.astimezone(zone)
    due = datetime.combine(local.date(), RUNS_AT, zone)
    if due <= local:
        due = datetime.combine(local.date() + timedelta(days=1), RUNS_AT, zone)
    return due
