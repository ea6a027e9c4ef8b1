"""Is this answer set valid for its instrument, and are the codes that staff type acceptable.

The functions answer with reason keys, never with words; an empty list means valid. An answer set
that is not valid is kept in quarantine by the caller, never thrown away. Identifiers, digests,
times and versions belong to the envelope and are checked there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Final

from app.content.instrument import Instrument
from app.domain.consent import find_contradictions
from app.domain.missing import NEVER_SHOWN, FormReason, ItemMissing, is_missing
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
    Referent,
    Respondent,
    SeenByOthers,
    WeeksSince,
)

_Lists = Mapping[str, type[StrEnum]]

_REQUIRED: Final[_Lists] = {
    "state": AnswerState,
    "respondent": Respondent,
    "occasion": Occasion,
    "mode": CompletionMode,
}
_NULLABLE: Final[_Lists] = {
    "seen_by_others": SeenByOthers,
    "reason": FormReason,
    "referent": Referent,
    "weeks_since": WeeksSince,
}
_HEADER_REQUIRED: Final[_Lists] = {
    "appointment_type": AppointmentType,
    "appointment_mode": AppointmentMode,
    "interpreter": Interpreter,
}
_HEADER_NULLABLE: Final[_Lists] = {
    "need_group_practitioner": NeedGroup,
    "need_group_young_person": NeedGroup,
    "age_band": AgeBand,
}


def check_answer_set(envelope: Mapping[str, object], instrument: Instrument) -> list[str]:
    """Give the reasons why an answer set is not valid for its instrument, each once.

    Never raises for anything that parsed JSON may hold.
    """
    reasons = [
        *_instrument(envelope, instrument),
        *_listed(envelope, _REQUIRED, nullable=False),
        *_listed(envelope, _NULLABLE, nullable=True),
        *_people(envelope, "helped_by"),
        *_header(envelope.get("encounter")),
        *_items(envelope, instrument),
        *_before(envelope),
        *_form_reason(envelope),
    ]
    return list(dict.fromkeys(reasons))


def check_read_set(envelope: Mapping[str, object], instrument: Instrument) -> list[str]:
    """Give what ``check_answer_set`` does, for what the envelope's reader has taken already.

    The reader knows the closed lists, the sets and that answers are whole numbers; what is left
    is what the instrument and the rules between fields say.
    """
    header = envelope["encounter"]
    code = header.get("study_code") if isinstance(header, Mapping) else None
    reasons = [
        *_instrument(envelope, instrument),
        *(check_study_code(code) if code is not None else ()),
        *_items(envelope, instrument),
        *_before(envelope),
        *_form_reason(envelope),
        *find_contradictions(envelope),
    ]
    return list(dict.fromkeys(reasons))


def _instrument(envelope: Mapping[str, object], instrument: Instrument) -> Iterator[str]:
    named = envelope.get("instrument")
    if not isinstance(named, Mapping) or named.get("id") != instrument.id:
        yield "instrument.other"
    for key, offered in (
        ("respondent", instrument.respondents),
        ("occasion", instrument.occasions),
    ):
        if envelope.get(key) not in offered:
            yield f"{key}.not_offered"


def _listed(fields: Mapping[str, object], lists: _Lists, *, nullable: bool) -> Iterator[str]:
    for key, values in lists.items():
        if key not in fields:
            yield f"{key}.absent"
        elif not (nullable and fields[key] is None) and not _is_one_of(fields[key], values):
            yield f"{key}.unknown"


def _people(fields: Mapping[str, object], key: str) -> Iterator[str]:
    people = fields.get(key)
    if not isinstance(people, list):
        yield f"{key}.absent"
    elif not all(_is_one_of(person, Person) for person in people):
        yield f"{key}.unknown"
    elif people != sorted(set(people)):
        yield f"{key}.not_sorted"


def _header(header: object) -> Iterator[str]:
    if not isinstance(header, Mapping):
        yield "encounter.absent"
        return
    yield from _listed(header, _HEADER_REQUIRED, nullable=False)
    yield from _listed(header, _HEADER_NULLABLE, nullable=True)
    yield from _people(header, "people_present")
    if header.get("study_code") is not None:
        yield from check_study_code(header["study_code"])


def _items(envelope: Mapping[str, object], instrument: Instrument) -> Iterator[str]:
    items = envelope.get("items")
    if not isinstance(items, Mapping):
        yield "items.absent"
        return
    asked = set(instrument.item_ids)
    if asked - items.keys():
        yield "items.lacking"
    if items.keys() - asked:
        yield "items.unexpected"
    for value in items.values():
        yield from _value(value, instrument)
    if envelope.get("state") == AnswerState.COMPLETE and _holds(items, ItemMissing.NOT_REACHED):
        yield "items.not_reached"


def _value(value: object, instrument: Instrument) -> Iterator[str]:
    if isinstance(value, bool) or not isinstance(value, int):
        yield "items.not_a_whole_number"
    elif not instrument.scale.holds(value) and not is_missing(value):
        yield "items.off_the_scale"


def _before(envelope: Mapping[str, object]) -> Iterator[str]:
    """Whom and when a before answer rates; today's appointment has neither."""
    if envelope.get("occasion") == Occasion.AFTER:
        for key in ("referent", "weeks_since"):
            if envelope.get(key) is not None:
                yield f"{key}.only_before"
        if envelope.get("reason") == FormReason.NO_PREVIOUS_APPOINTMENT:
            yield "reason.only_before"


def _form_reason(envelope: Mapping[str, object]) -> Iterator[str]:
    items, reason = envelope.get("items"), envelope.get("reason")
    if isinstance(reason, str) and reason in NEVER_SHOWN and isinstance(items, Mapping):
        values = [value for value in items.values() if isinstance(value, int)]
        if any(not is_missing(value) for value in values):
            yield "reason.contradicts_answers"


def _holds(items: Mapping[str, object], code: ItemMissing) -> bool:
    return any(isinstance(value, int) and value == code for value in items.values())


def _is_one_of(value: object, values: type[StrEnum]) -> bool:
    return isinstance(value, str) and value in _values_of(values)


@cache
def _values_of(listed: type[StrEnum]) -> frozenset[str]:
    return frozenset(member.value for member in listed)


# Study codes

_STUDY_CODE: Final = re.compile(r"[A-Z0-9-]{3,12}")
_TEN_DIGITS: Final = re.compile(r"[0-9]{10}")
_SPLIT_DATE: Final = re.compile(
    r"(?<![0-9])(?:[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}|[0-9]{1,2}-[0-9]{1,2}-[0-9]{2,4})(?![0-9])"
)
_NAMED_MONTH: Final = re.compile(
    r"[0-9]{1,2}-?(?:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)[A-Z]*-?[0-9]{2,4}"
)
_DIGITS: Final = re.compile(r"[0-9]+")
#: Where day, month and year stand in a run of digits, as slices.
_LAYOUTS: Final = {
    8: ((slice(0, 2), slice(2, 4), slice(4, 8)), (slice(6, 8), slice(4, 6), slice(0, 4))),
    6: ((slice(0, 2), slice(2, 4), slice(4, 6)),),
}


def check_study_code(code: object) -> list[str]:
    """Give the reasons why a study code is refused.

    A study's own number is welcome; a number that finds a person elsewhere is not. Ten digits in
    a row, hyphens or not, are taken for an NHS number whether or not its check digit fits: a
    mistyped one still points at somebody. Dates are refused with hyphens, with a month's name,
    as 8 digits, and as 6 digits in the British order (so 010203 is refused, 000123 is not).
    """
    if not isinstance(code, str) or not _STUDY_CODE.fullmatch(code):
        return ["study_code.malformed"]
    if _TEN_DIGITS.search(code.replace("-", "")):
        return ["study_code.like_nhs_number"]
    return ["study_code.like_date"] if _is_date_like(code) else []


def _is_date_like(code: str) -> bool:
    if _SPLIT_DATE.search(code) or _NAMED_MONTH.search(code):
        return True
    runs = _DIGITS.findall(code) + _DIGITS.findall(code.replace("-", ""))
    return any(_is_date(run, layout) for run in runs for layout in _LAYOUTS.get(len(run), ()))


def _is_date(run: str, layout: tuple[slice, slice, slice]) -> bool:
    day, month, year = (int(run[part]) for part in layout)
    full_year = year if year > 99 else 2000 + year
    try:
        return 1900 <= date(full_year, month, day).year < 2100
    except ValueError:
        return False


# Short codes: for saying aloud; they open nothing

CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SHORT_CODE_LENGTH: Final = 8
_HEARD_AS: Final = str.maketrans({"I": "1", "L": "1", "O": "0", " ": None, "-": None})


def new_short_code(random_bytes: bytes) -> str:
    """Write 5 random bytes as 8 characters of Crockford's base 32.

    Raises ``ValueError`` for another number of bytes: 40 bits are exactly 8 characters.
    Source: Crockford D. Base 32, https://www.crockford.com/base32.html
    """
    if len(random_bytes) != 5:
        raise ValueError("a short code is made of exactly 5 random bytes")
    number = int.from_bytes(random_bytes, "big")
    return "".join(CROCKFORD[number >> shift & 31] for shift in range(35, -1, -5))


def normalise_short_code(typed: str) -> str | None:
    """Give a code as stored from how a person typed it; ``None`` if it cannot be one.

    Spaces and hyphens go, small letters become capitals, I and L become 1, O becomes 0.
    """
    code = typed.upper().translate(_HEARD_AS)
    is_code = len(code) == SHORT_CODE_LENGTH and all(sign in CROCKFORD for sign in code)
    return code if is_code else None
