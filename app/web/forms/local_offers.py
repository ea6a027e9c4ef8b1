"""The forms of the local offer, and the file of a feed, as plain values."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final
from uuid import UUID, uuid4

from fastapi import Depends, Request
from starlette.datastructures import FormData, UploadFile
from starlette.requests import ClientDisconnect
from starlette.types import Message

from app.db.queries.local_offers import OfferEntry
from app.domain.local_feed import MOST_BYTES
from app.domain.local_offer import (
    LONGEST_NAME,
    LONGEST_TEXT,
    MOST_WEEKS,
    OLDEST_AGE,
    OfferDraft,
    OfferPlace,
)
from app.web.forms.reading import text

#: A refused file is read on to its end and thrown away, or the browser never reads why; up to here.
MOST_DRAINED: Final = 256 * 1024 * 1024
#: What a form weighs beside its file; a field may hold what was read from one.
MOST_AROUND: Final = 64 * 1024
MOST_FIELD: Final = MOST_BYTES

Faults = Mapping[str, str]


@dataclass(frozen=True)
class OfferForm:
    """An entry as typed, kept so that the page can be drawn again."""

    id: str
    name: str = ""
    what: str = ""
    age_from: str = ""
    age_to: str = ""
    how_to_get: str = ""
    wait_weeks: str = ""
    checked_on: str = ""

    @classmethod
    def blank(cls, today: date) -> OfferForm:
        """Return an empty form: whoever writes an entry has mostly just looked."""
        return cls(id=str(uuid4()), checked_on=today.isoformat())

    @classmethod
    def of(cls, offer: OfferEntry, today: date) -> OfferForm:
        """Return an entry as a form; the day of the look is today until somebody says otherwise."""
        return cls(
            id=offer.id,
            name=offer.name,
            what=offer.what,
            age_from=_typed(offer.age_from),
            age_to=_typed(offer.age_to),
            how_to_get=offer.how_to_get,
            wait_weeks=_typed(offer.wait_weeks),
            checked_on=today.isoformat(),
        )


@dataclass(frozen=True)
class NoteForm:
    """What was said of one option, as typed; ``place`` empty takes the note back."""

    team: str
    place: str = ""
    weeks: str = ""
    offer: str = ""


@dataclass(frozen=True)
class Note:
    """What was said of one option, parsed."""

    place: OfferPlace | None
    wait_weeks: int | None
    offer_id: str | None


@dataclass(frozen=True)
class Upload:
    """A file that was sent; ``body`` is None for one that is too large, empty for none at all."""

    name: str
    body: bytes | None
    fields: Mapping[str, str]


def read_offer_form(form: FormData) -> OfferForm:
    """Return the form as typed."""
    names = [name for name in OfferForm.__dataclass_fields__ if name != "id"]
    return OfferForm(id=text(form, "id").strip(), **{n: text(form, n).strip() for n in names})


def parse_offer(form: OfferForm, today: date) -> OfferDraft | Faults:
    """Return the draft, or a message key for each field that cannot be kept."""
    faults = {key: fault for key, fault in _offer_faults(form, today) if fault}
    if faults:
        return faults
    return OfferDraft(
        name=form.name,
        what=form.what,
        age_from=_number(form.age_from),
        age_to=_number(form.age_to),
        how_to_get=form.how_to_get,
        wait_weeks=_number(form.wait_weeks),
        checked_on=date.fromisoformat(form.checked_on),
    )


def read_note_form(form: FormData) -> NoteForm:
    """Return the form as typed."""
    fields = {name: text(form, name).strip() for name in NoteForm.__dataclass_fields__}
    return NoteForm(**fields)


def parse_note(form: NoteForm, offers: Collection[str]) -> Note | Faults:
    """Return the note, or a message key for each field; ``offers`` are the ids there are."""
    places = {place.value: place for place in OfferPlace}
    faults = {
        "place": "" if form.place in {"", *places} else "unknown_choice",
        "weeks": _number_fault(form.weeks, MOST_WEEKS, "odd_weeks"),
        "offer": "" if form.offer in {"", *offers} else "offer_gone",
    }
    found = {key: fault for key, fault in faults.items() if fault}
    return found or Note(places.get(form.place), _number(form.weeks), form.offer or None)


async def read_upload(request: Request) -> Upload:
    """Return the one file of a form and its fields. A file past the limit is not kept."""
    body = bytearray()
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size <= 2 * MOST_BYTES + MOST_AROUND:
                body += chunk
            elif size > MOST_DRAINED:
                break
    except ClientDisconnect:  # nobody is there to answer
        body.clear()
    if size > 2 * MOST_BYTES + MOST_AROUND:
        return Upload("", None, {})
    return await _parsed(request, bytes(body))


Sent = Annotated[Upload, Depends(read_upload)]


async def _parsed(request: Request, body: bytes) -> Upload:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    sent = Request(request.scope, receive)
    async with sent.form(max_files=1, max_fields=8, max_part_size=MOST_FIELD) as form:
        fields = {key: value for key, value in form.items() if isinstance(value, str)}
        file = form.get("file")
        if not isinstance(file, UploadFile):
            return Upload("", b"", fields)
        return Upload(file.filename or "", await file.read(), fields)


def _offer_faults(form: OfferForm, today: date) -> tuple[tuple[str, str], ...]:
    ages = (_number(form.age_from), _number(form.age_to))
    swapped = ages[0] is not None and ages[1] is not None and ages[0] > ages[1]
    return (
        ("form", "" if _is_uuid(form.id) else "page_too_old"),
        ("name", _words_fault(form.name, LONGEST_NAME, "name_needed", "name_long")),
        ("what", _words_fault(form.what, LONGEST_TEXT, "what_needed", "text_long")),
        ("age_from", _number_fault(form.age_from, OLDEST_AGE, "odd_age")),
        (
            "age_to",
            _number_fault(form.age_to, OLDEST_AGE, "odd_age") or ("ages_swapped" * swapped),
        ),
        ("how_to_get", _words_fault(form.how_to_get, LONGEST_TEXT, "how_needed", "text_long")),
        ("wait_weeks", _number_fault(form.wait_weeks, MOST_WEEKS, "odd_weeks")),
        ("checked_on", _day_fault(form.checked_on, today)),
    )


def _words_fault(typed: str, longest: int, missing: str, long: str) -> str:
    if not typed:
        return missing
    return long if len(typed) > longest or "\0" in typed else ""


def _number_fault(typed: str, most: int, fault: str) -> str:
    number = _number(typed)
    return fault if typed and (number is None or number > most) else ""


def _day_fault(typed: str, today: date) -> str:
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return "odd_day"
    return "day_to_come" if day > today else ""


def _number(typed: str) -> int | None:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 4 else None


def _typed(number: int | None) -> str:
    return "" if number is None else str(number)


def _is_uuid(typed: str) -> bool:
    try:
        return str(UUID(typed)) == typed
    except ValueError:
        return False
