"""What has to be true before families meet this service (rules of the room 3.1).

A service is for practice until every check here passes. Some of them a program can see for
itself; of the others somebody has to say that they hold, with their name or a reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

#: Somebody rang the local crisis number at most this long ago.
NUMBER_CHECK_LASTS: Final = timedelta(days=30)
LONGEST_WORDS: Final = 200


class Confirmed(StrEnum):
    """What no program can see: somebody says it, in a few words that others can follow up."""

    CLINICAL_SAFETY_OFFICER = "clinical-safety-officer"
    SAFEGUARDING_LEAD = "safeguarding-lead"
    OUT_OF_HOURS = "out-of-hours"
    DISK_ENCRYPTION = "disk-encryption"
    DPIA = "dpia"
    RETENTION = "retention"
    COLLABORATE_OFF = "collaborate-off"


class LiveCheck(StrEnum):
    """One thing that live use needs, in the order in which it is printed."""

    REAL_DATA = "real-data"
    CLINICAL_SAFETY_OFFICER = "clinical-safety-officer"
    SAFEGUARDING_LEAD = "safeguarding-lead"
    OUT_OF_HOURS = "out-of-hours"
    CRISIS_NUMBER = "crisis-number"
    CRISIS_NUMBER_CHECKED = "crisis-number-checked"
    WORDING = "wording"
    SECOND_FACTOR = "second-factor"
    ADMINISTRATOR = "administrator"
    DISK_ENCRYPTION = "disk-encryption"
    BACKUP_KEY = "backup-key"
    DPIA = "dpia"
    RETENTION = "retention"


#: Checks that are somebody's word and nothing else.
WORD_OF: Final[Mapping[LiveCheck, Confirmed]] = {
    LiveCheck(word.value): word for word in Confirmed if word != Confirmed.COLLABORATE_OFF
}


@dataclass(frozen=True)
class Word:
    """What somebody said, and the day on which they said it."""

    words: str
    on: date


@dataclass(frozen=True)
class LiveFacts:
    """What the checks look at.

    ``accounts`` are those that can sign in, ``without_second_factor`` how many of them have none;
    ``backup_key_proven`` says that somebody opened something with the key that is kept elsewhere.
    """

    demo: bool = False
    words: Mapping[Confirmed, Word] = field(default_factory=dict)
    crisis_number: str = ""
    crisis_number_on: date | None = None
    wording_packs: int = 0
    administrators: int = 0
    without_second_factor: int = 0
    backup_key_proven: bool = False


def find_failing(facts: LiveFacts, *, today: date) -> tuple[LiveCheck, ...]:
    """Return the checks that fail on a day, in order; empty where live use may start."""
    passed = {check: word in facts.words for check, word in WORD_OF.items()} | {
        LiveCheck.REAL_DATA: not facts.demo,
        LiveCheck.CRISIS_NUMBER: bool(facts.crisis_number),
        LiveCheck.CRISIS_NUMBER_CHECKED: _is_recent(facts.crisis_number_on, today),
        LiveCheck.WORDING: facts.wording_packs > 0 or Confirmed.COLLABORATE_OFF in facts.words,
        LiveCheck.SECOND_FACTOR: facts.without_second_factor == 0,
        LiveCheck.ADMINISTRATOR: facts.administrators > 0,
        LiveCheck.BACKUP_KEY: facts.backup_key_proven,
    }
    return tuple(check for check in LiveCheck if not passed[check])


def are_fit(words: str) -> bool:
    """Say whether words can be kept as somebody's confirmation: one line, and not empty."""
    return bool(words.strip()) and words.isprintable() and len(words) <= LONGEST_WORDS


def _is_recent(checked_on: date | None, today: date) -> bool:
    return checked_on is not None and checked_on <= today <= checked_on + NUMBER_CHECK_LASTS
