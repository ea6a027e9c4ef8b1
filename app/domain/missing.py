"""Why an answer is absent: one closed list for items, one for whole forms.

A score is never calculated with any of these (facts: no imputation). Codes are negative so that
no scale can reach them, and each has one meaning for ever.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum


class ItemMissing(IntEnum):
    """Stored in the place of an item's value."""

    NOT_REACHED = -99
    SKIPPED = -98
    PREFER_NOT_TO_SAY = -97
    DOES_NOT_APPLY = -96
    DO_NOT_UNDERSTAND = -95
    NOT_ASKED = -94
    UNREADABLE = -93
    TECHNICAL = -92
    UNKNOWN = -91


class FormReason(StrEnum):
    """Why a whole form has no answers, or stopped."""

    NO_PREVIOUS_APPOINTMENT = "no_previous_appointment"
    NO_TIME = "no_time"
    NOT_SUITABLE = "not_suitable"
    DECLINED = "declined"
    NO_FORM_IN_LANGUAGE = "no_form_in_language"
    BELOW_AGE = "below_age"
    INTERRUPTED = "interrupted"
    LEFT_EARLY = "left_early"
    TECHNICAL = "technical"


#: With these the form was never shown, so an answer beside one of them is a contradiction.
#: ``declined`` is not among them: somebody may say no after the first question.
NEVER_SHOWN: frozenset[FormReason] = frozenset(
    {
        FormReason.NO_PREVIOUS_APPOINTMENT,
        FormReason.NO_TIME,
        FormReason.NOT_SUITABLE,
        FormReason.NO_FORM_IN_LANGUAGE,
        FormReason.BELOW_AGE,
    }
)

_CODES = frozenset(int(code) for code in ItemMissing)


def is_missing(value: int) -> bool:
    """Say whether ``value`` is one of the missing codes."""
    return value in _CODES
