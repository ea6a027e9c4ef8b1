"""Reading a directory feed of the Open Referral UK standard (HSDS-UK 3) from a file's bytes.

Taken are the parts that a family needs, with the standard's own names: ``id``, ``name``,
``status``, ``description``, ``minimum_age``, ``maximum_age``, ``application_process`` and
``assured_date`` of each service; phones, address and page of the service stand in where nobody
wrote how to get it. Waits are not read: the standard has withdrawn that field.
Source: schema/service.json of the Human Services Data Specification 3.0.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NoReturn

from app.domain.local_offer import (
    LONGEST_NAME,
    LONGEST_TEXT,
    OLDEST_AGE,
    UNDATED,
    OfferDraft,
)

MOST_BYTES: Final = 4 * 1024 * 1024
MOST_ENTRIES: Final = 2000
LONGEST_REF: Final = 100
ACTIVE: Final = "active"
STATUSES: Final = (ACTIVE, "inactive", "defunct", "temporarily closed")

_TAG: Final = re.compile(r"<[^<>]{0,2000}>")
_UNPRINTED: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff\s]+"
)


class FeedUnreadable(ValueError):
    """The file as a whole is no feed; the argument is the key of why."""


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One service of a feed. ``offer`` is None where it is not active: nothing to go to now."""

    ref: str
    name: str
    offer: OfferDraft | None


@dataclass(frozen=True, slots=True)
class BadEntry:
    """A service that cannot be taken: its place in the file from 1, its name or id, and why."""

    place: int
    called: str
    why: str


@dataclass(frozen=True, slots=True)
class Feed:
    """What a file holds, in its own order."""

    entries: tuple[FeedEntry, ...]
    bad: tuple[BadEntry, ...]


class _Unfit(ValueError):
    """One service cannot be taken; the argument is the key of why."""


def read_feed(raw: bytes, *, today: date) -> Feed:
    """Return what a feed holds; a bad service is named and the others stay good.

    Raises FeedUnreadable with ``too_large``, ``not_json``, ``not_a_feed`` or ``too_many``.
    """
    if len(raw) > MOST_BYTES:
        raise FeedUnreadable("too_large")
    found = _services(_parsed(raw))
    if len(found) > MOST_ENTRIES:
        raise FeedUnreadable("too_many")
    entries: dict[str, FeedEntry] = {}
    bad: list[BadEntry] = []
    for place, service in enumerate(found, start=1):
        try:
            entry = _entry(service, today, entries)
            entries[entry.ref] = entry
        except _Unfit as unfit:
            bad.append(BadEntry(place, _called(service), str(unfit)))
    return Feed(tuple(entries.values()), tuple(bad))


def write_entries(entries: Iterable[FeedEntry]) -> bytes:
    """Return entries as a small feed of their own, which ``read_feed`` reads back the same."""
    services = [_as_service(entry) for entry in entries]
    return json.dumps({"contents": services}, ensure_ascii=False).encode()


def _as_service(entry: FeedEntry) -> dict[str, Any]:
    named = {"id": entry.ref, "name": html.escape(entry.name), "status": STATUSES[1]}
    if entry.offer is None:
        return named
    offer = entry.offer
    return named | {
        "status": ACTIVE,
        "description": html.escape(offer.what),
        "minimum_age": offer.age_from,
        "maximum_age": offer.age_to,
        "application_process": html.escape(offer.how_to_get),
        "assured_date": None if offer.checked_on == UNDATED else offer.checked_on.isoformat(),
    }


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode("utf-8-sig"), parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise FeedUnreadable("not_json") from None


def _no_number(_word: str) -> NoReturn:
    raise ValueError("no JSON number")


def _services(found: Any) -> list[Any]:
    """A page of a feed has its services under ``contents``; a list or one service will do."""
    if isinstance(found, dict) and isinstance(found.get("contents"), list):
        return list(found["contents"])
    if isinstance(found, dict) and "id" in found and "name" in found:
        return [found]
    if isinstance(found, list):
        return found
    raise FeedUnreadable("not_a_feed")


def _entry(service: Any, today: date, known: Container[str]) -> FeedEntry:
    if not isinstance(service, dict):
        raise _Unfit("not_a_service")
    ref, name = _ref(service), _words(service, "name", LONGEST_NAME)
    if ref in known:
        raise _Unfit("twice")
    if not name:
        raise _Unfit("no_name")
    status = service.get("status")
    if status not in STATUSES:
        raise _Unfit("unknown_status")
    return FeedEntry(ref, name, _offer(service, name, today) if status == ACTIVE else None)


def _offer(service: Mapping[str, Any], name: str, today: date) -> OfferDraft:
    age_from, age_to = _age(service, "minimum_age"), _age(service, "maximum_age")
    if age_from is not None and age_to is not None and age_from > age_to:
        raise _Unfit("ages_swapped")
    how = _words(service, "application_process", LONGEST_TEXT) or _ways(service)
    what = _words(service, "description", LONGEST_TEXT)
    return OfferDraft(name, what, age_from, age_to, how, None, _checked_on(service, today))


def _ref(service: Mapping[str, Any]) -> str:
    ref = service.get("id")
    if not isinstance(ref, str) or not re.fullmatch(rf"[!-~]{{1,{LONGEST_REF}}}", ref):
        raise _Unfit("no_id")
    return ref


def _age(service: Mapping[str, Any], key: str) -> int | None:
    age = service.get(key)
    if age is None:
        return None
    if isinstance(age, bool) or not isinstance(age, (int, float)) or not 0 <= age <= OLDEST_AGE:
        raise _Unfit("odd_age")
    return int(age)


def _checked_on(service: Mapping[str, Any], today: date) -> date:
    day = service.get("assured_date")
    if day is None or day == "":
        return UNDATED
    try:
        checked_on = date.fromisoformat(day[:10])
    except (TypeError, ValueError):
        raise _Unfit("odd_date") from None
    if checked_on > today:
        raise _Unfit("date_to_come")
    return checked_on


def _ways(service: Mapping[str, Any]) -> str:
    """How to reach a service where nobody wrote how to get it: phone, address, page."""
    phones = service.get("phones")
    listed = phones if isinstance(phones, list) else []
    numbers = [_words(phone, "number", 40) for phone in listed[:3] if isinstance(phone, dict)]
    ways = [*numbers, _words(service, "email", 120), _words(service, "url", 200)]
    return _cut("; ".join(way for way in ways if way), LONGEST_TEXT)


def _words(service: Mapping[str, Any], key: str, longest: int) -> str:
    """A text of a feed as plain words in one line; markup, which feeds often hold, is dropped."""
    said = service.get(key)
    if not isinstance(said, str):
        return ""
    plain = html.unescape(_TAG.sub(" ", said[: longest * 20]))
    return _cut(_UNPRINTED.sub(" ", plain).strip(), longest)


def _cut(words: str, longest: int) -> str:
    if len(words) <= longest:
        return words
    return words[: longest - 1].rsplit(" ", 1)[0] + "\u2026"


def _called(service: Any) -> str:
    if not isinstance(service, dict):
        return ""
    return _words(service, "name", LONGEST_NAME) or _words(service, "id", LONGEST_REF)
