"""Checks of single JSON values, from which a format of the envelope is put together.

A check takes a JSON value and gives the value to keep, or raises ``Refused``. Types are compared
exactly: in Python True is an integer, on the wire it is not. No check repeats the value it refused.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from app.domain.missing import ItemMissing, is_missing

SALT_BYTES: Final = 16
LARGEST_COLUMN: Final = 2**31 - 1  # what an integer column of PostgreSQL holds
LARGEST_ANSWER: Final = 100  # wider than any scale; the instrument checks its own


class EnvelopeFault(StrEnum):
    """Why an envelope cannot be read. Keys: the words live in templates."""

    TOO_LARGE = "envelope_too_large"
    NOT_UTF8 = "envelope_not_utf8"
    NOT_JSON = "envelope_not_json"
    TOO_DEEP = "envelope_too_deep"
    DUPLICATE_KEY = "envelope_duplicate_key"
    FLOAT = "envelope_float"
    UNKNOWN_FORMAT = "envelope_unknown_format"
    NOT_CANONICAL = "envelope_not_canonical"
    MISSING_KEY = "envelope_missing_key"
    UNKNOWN_KEY = "envelope_unknown_key"
    WRONG_TYPE = "envelope_wrong_type"
    WRONG_VALUE = "envelope_wrong_value"


Check = Callable[[Any], Any]  # a JSON value in, the value to keep out; raises Refused


@dataclass(frozen=True, slots=True)
class Spelled:
    """A check, and the one way in which canonical JSON spells what it takes.

    The pattern takes what the check takes and nothing else, but for two things that no pattern
    can tell and whoever reads by it settles: whether a day or a time is in the calendar, and
    whether item ids are in order, each once.
    """

    check: Check
    pattern: str

    def __call__(self, value: Any) -> Any:
        """Check ``value``."""
        return self.check(value)


def pattern_of(check: Check) -> str:
    """Return the pattern of a check, one that matches nothing where it has none."""
    return check.pattern if isinstance(check, Spelled) else "(?!)"


class Refused(Exception):
    """A value is not what its key asks for; ``key`` is the path below the check, "" for itself."""

    def __init__(self, fault: EnvelopeFault = EnvelopeFault.WRONG_VALUE, key: str = "") -> None:
        super().__init__(fault)
        self.fault = fault
        self.key = key


def _typed(value: object, kind: type) -> None:
    if type(value) is not kind:  # ``isinstance`` would let True pass for 1
        raise Refused(EnvelopeFault.WRONG_TYPE)


def text(pattern: str) -> Spelled:
    """Return a check for a string that the whole ``pattern`` matches.

    The pattern takes nothing that JSON would have to escape.
    """
    compiled = re.compile(pattern)

    def check(value: Any) -> str:
        _typed(value, str)
        if not compiled.fullmatch(value):
            raise Refused
        return str(value)

    return Spelled(check, f'"(?:{pattern})"')


def whole(lowest: int, highest: int) -> Spelled:
    """Return a check for a whole number between two bounds, both allowed; ``lowest`` is 0 or 1."""

    def check(value: Any) -> int:
        _typed(value, int)
        if not lowest <= value <= highest:
            raise Refused
        return int(value)

    return Spelled(check, _up_to(highest) if lowest else f"(?:0|{_up_to(highest)})")


def exactly(number: int) -> Spelled:
    """Return a check for one whole number."""

    def check(value: Any) -> int:
        _typed(value, int)
        if value != number:
            raise Refused
        return number

    return Spelled(check, str(number))


def _up_to(highest: int) -> str:
    """Return the pattern of the numbers from 1 to ``highest``: the shorter ones, then by digit."""
    digits = str(highest)
    shorter = [rf"[1-9][0-9]{{0,{len(digits) - 2}}}"] if len(digits) > 1 else []
    lower = [
        f"{digits[:place]}[{0 if place else 1}-{int(digit) - 1}][0-9]{{{len(digits) - place - 1}}}"
        for place, digit in enumerate(digits)
        if int(digit) > (0 if place else 1)
    ]
    return f"(?:{'|'.join([*shorter, *lower, digits])})"


def one_of(listed: type[StrEnum]) -> Spelled:
    """Return a check for a value of a closed list."""
    members = {member.value: member for member in listed}

    def check(value: Any) -> StrEnum:
        _typed(value, str)
        if value not in members:
            raise Refused
        return members[value]

    return Spelled(check, f'"(?:{"|".join(map(re.escape, members))})"')


def maybe(inner: Check) -> Spelled:
    """Return a check that lets null pass beside what ``inner`` takes."""
    return Spelled(
        lambda value: None if value is None else inner(value), f"(?:null|{pattern_of(inner)})"
    )


def set_of(listed: type[StrEnum]) -> Spelled:
    """Return a check for a sorted list without repeats: a set has one spelling."""
    each = one_of(listed)

    def check(value: Any) -> tuple[StrEnum, ...]:
        _typed(value, list)
        members = tuple(each(entry) for entry in value)
        if list(members) != sorted(set(members)):
            raise Refused
        return members

    in_order = (re.escape(word) for word in sorted(listed))
    members = "".join(rf'(?:"{word}"(?:,|(?=\])))?' for word in in_order)
    return Spelled(check, rf"\[{members}(?<!,)\]")


def _salt(value: Any) -> str:
    _typed(value, str)
    try:
        raw = base64.b64decode(value + "==", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Refused from None
    if len(raw) != SALT_BYTES or base64.urlsafe_b64encode(raw).decode().rstrip("=") != value:
        raise Refused
    return str(value)


def slugs(value: Any) -> tuple[str, ...]:
    """Check and return a sorted list of ids without repeats: a set has one spelling."""
    _typed(value, list)
    members = tuple(slug(entry) for entry in value)
    if list(members) != sorted(set(members)):
        raise Refused
    return members


def tally(most: int) -> Check:
    """Return a check for an object of id to a count from 1 to ``most``."""
    counted = whole(1, most)

    def check(value: Any) -> dict[str, int]:
        _typed(value, dict)
        for key in value:
            slug(key)
        return _each(dict.fromkeys(value, counted), value)

    return check


def _day(value: Any) -> date:
    written = _DAY(value)
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise Refused from None


def _instant(value: Any) -> datetime:
    written = _INSTANT(value)
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        raise Refused from None


def _items(value: Any) -> dict[str, int]:
    _typed(value, dict)
    if not all(_ITEM_ID.fullmatch(item) for item in value):
        raise Refused
    return _each(dict.fromkeys(value, _answer), value)


def _answer(value: Any) -> int:
    _typed(value, int)
    if not (0 <= value <= LARGEST_ANSWER or is_missing(value)):
        raise Refused
    return int(value)


_ITEM_ID = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_ANSWER = f"(?:0|{_up_to(LARGEST_ANSWER)}|{'|'.join(str(int(code)) for code in ItemMissing)})"
_DAY = text(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = text(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
#: Base64url, unpadded, of 16 bytes, in its one spelling: spare bits are zero.
salt = Spelled(_salt, r'"[A-Za-z0-9_-]{21}[AQgw]"')
#: A day, ``2026-11-22`` and no other ISO spelling.
day = Spelled(_day, _DAY.pattern)
#: A UTC time as JavaScript writes it, ``2026-11-22T09:00:00.000Z``.
instant = Spelled(_instant, _INSTANT.pattern)
#: Answers: item id to a value from 0 or a missing code.
items = Spelled(_items, rf'(?P<items>\{{(?:"{_ITEM_ID.pattern}":{_ANSWER}(?:,(?=")|(?=\}})))*\}})')
uuid4 = text(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
slug = text(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?")
sha256 = text(r"[0-9a-f]{64}")
language = text(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")


def json_object(keys: Mapping[str, Check], build: Callable[..., Any]) -> Spelled:
    """Return a check for a JSON object with exactly ``keys``, put together by ``build``.

    Where a check among ``keys`` has no pattern, that of the object takes nothing.
    """

    def check(value: Any) -> Any:
        _typed(value, dict)
        if missing := keys.keys() - value.keys():
            raise Refused(EnvelopeFault.MISSING_KEY, min(missing))
        if value.keys() - keys.keys():  # its name is the sender's own text: not repeated
            raise Refused(EnvelopeFault.UNKNOWN_KEY)
        return build(**_each(keys, value))

    members = ",".join(f'"{key}":{pattern_of(keys[key])}' for key in sorted(keys))
    return Spelled(check, rf"\{{{members}\}}")


def _each(keys: Mapping[str, Check], value: Mapping[str, object]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    key = ""
    try:
        for key, check in keys.items():
            kept[key] = check(value[key])
    except Refused as refused:
        path = f"{key}.{refused.key}" if refused.key else key
        raise Refused(refused.fault, path) from None
    return kept
