"""A decision made together on its way to paper: a sheet, a note and a file, made and forgotten.

Nothing here stores a word, and nothing here writes to the database (rules of the room 3.4).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, datetime
from html import unescape
from typing import Any, Final

from app.adapters.intake import Intake, NotReadable
from app.adapters.qr_code import draw_code
from app.content.library import Library, ReleaseStatus
from app.content.release import GridRelease
from app.documents import decision_reading, decision_sheet
from app.documents.decision_reading import Hoped
from app.documents.decision_record import COPIES, DecisionRecord, RecordUnreadable, read_record
from app.documents.decision_sheet import SETTINGS, DecisionNote, DecisionSheet, LookedAt
from app.documents.grid_handout import Code
from app.domain.deciding import DecisionOutcome
from app.rendering.paper import Enclosed, Pdf
from app.services.papers import Press
from app.services.print_desk import Paper, Review

KEYS: Final = frozenset({"agreed", "grid", "voice", "copy_for", "ticked", "cover", "encounter"})
GRID_KEYS: Final = frozenset({"public_id", "version", "picked", "shown"})
JSON: Final = "application/json"
MOST_WAYS: Final = 12


@dataclass(frozen=True, slots=True)
class DecisionOrder:
    """What a tablet asks to have printed. `base` is where the service is reached."""

    document: Any
    library: Library
    base: str


class NotTicked(Exception):
    """A sensitive sheet goes on paper only by the young person's own tick."""


def read_sheet(order: DecisionOrder, *, made_on: date) -> DecisionSheet:
    """Return the sheet that is asked for. Raises RecordUnreadable or NotTicked."""
    asked = order.document
    if not isinstance(asked, dict) or not set(asked) <= KEYS:
        raise RecordUnreadable("order")
    release, status = _find_release(order, made_on)
    looked_at = _looked_at(order, release) if release is not None else None
    sensitive = release is not None and release.grid.sensitive
    ways = [option.id for option in release.grid.options] if release is not None else []
    record = read_record(asked.get("agreed", {}), ways=ways, behind_notice=sensitive)
    if asked.get("copy_for", COPIES[0]) not in COPIES:
        raise RecordUnreadable("copy_for")
    if sensitive and asked.get("ticked") is not True:
        raise NotTicked
    return DecisionSheet(
        record=record,
        looked_at=looked_at,
        copy_for=asked.get("copy_for", COPIES[0]),
        made_on=made_on,
        code=Code(*draw_code(looked_at.address)) if looked_at else None,
        has_cover=sensitive and asked.get("cover") is True,
        status=status,
    )


async def make_paper(
    press: Press, *, sheet: DecisionSheet, encounter: tuple[str, str] | None, now: datetime
) -> Paper:
    """Return the sheet with its note and its file. Raises TooBusy.

    `encounter` is the id and the short code of the appointment where the service knows it.
    """
    shown = decision_sheet.write_record(sheet)
    enclosed = Enclosed(
        decision_sheet.FILE_NAME, _json(shown).encode(), JSON, made_on=sheet.made_on
    )
    pdf = await _lay_out(press, sheet, enclosed)
    identity, code = encounter or ("", "")
    return Paper(
        pdf.body,
        copy_for=sheet.copy_for,
        note=write_note(press, sheet, code),
        record=_json(for_the_record(shown, sheet, code, now)),
        review=_review(sheet.record, identity),
        missing=pdf.missing,
    )


async def open_hoped(intake: Intake, library: Library, *, pdf: bytes) -> Hoped:
    """Return what a sheet of ours says that was hoped for. Raises NotReadable or TooBusy.

    Reasons: "foreign" (not made here), "locked" (needs a password), "newer" (a later format).
    """
    name, most = decision_sheet.FILE_NAME, decision_reading.MOST_BYTES
    body = await intake.read_enclosed(pdf, name=name, most=most)
    try:
        return decision_reading.read_hoped(body, library)
    except decision_reading.NotADecision as error:
        raise NotReadable(error.reason) from None


def write_note(press: Press, sheet: DecisionSheet, code: str) -> str:
    """Return the note as plain text, without empty lines."""
    html = press.renderer.page(DecisionNote(sheet, code), press.chrome)
    # Every page is escaped on its way out; a note is read by no browser.
    lines = (" ".join(line.split()) for line in unescape(html).splitlines())
    return "\n".join(line for line in lines if line)


def for_the_record(
    shown: dict[str, Any], sheet: DecisionSheet, code: str, now: datetime
) -> dict[str, Any]:
    """Return what the sheet shows, with what a record system needs besides: time, code, hash."""
    release = sheet.looked_at.release if sheet.looked_at else None
    contact = {"date_time": now.isoformat(timespec="minutes"), "appointment_code": code or None}
    information = [
        {**each, "sha256": release.sha256} for each in shown["information_given"] if release
    ]
    provenance = {"recorded_by": "family and practitioner together, on a shared tablet"}
    return {
        **shown,
        "contact": shown["contact"] | contact,
        "information_given": information,
        "provenance": provenance,
    }


async def _lay_out(press: Press, sheet: DecisionSheet, enclosed: Enclosed) -> Pdf:
    """One page in the most generous setting that fits; what needs two gets two, whole."""
    most = 1 + sheet.has_cover
    for setting in SETTINGS:
        html = press.renderer.page(replace(sheet, setting=setting), press.chrome)
        last = setting == SETTINGS[-1]
        pdf = await press.workers.render(
            html, kind=sheet.kind, at_most=None if last else most, enclosed=(enclosed,)
        )
        if pdf.body:
            break
    return pdf


def _find_release(
    order: DecisionOrder, made_on: date
) -> tuple[GridRelease | None, ReleaseStatus | None]:
    grid = order.document.get("grid")
    if grid is None:
        return None, None
    if not isinstance(grid, dict) or not set(grid) <= GRID_KEYS:
        raise RecordUnreadable("grid")
    public_id, number = grid.get("public_id"), grid.get("version")
    if not isinstance(public_id, str) or type(number) is not int:
        raise RecordUnreadable("grid")
    release = order.library.get(public_id, number)
    if release is None:
        raise RecordUnreadable("grid")
    return release, order.library.status(release, made_on)


def _looked_at(order: DecisionOrder, release: GridRelease) -> LookedAt:
    grid, voice = order.document["grid"], order.document.get("voice", "young-person")
    if not isinstance(voice, str) or f"{voice}.en" not in release.voices:
        raise RecordUnreadable("voice")
    picked, shown = (_ways(grid.get(key, []), key, release) for key in ("picked", "shown"))
    columns = ",".join(shown or picked)
    path = f"/g/{release.public_id}/{release.number}"
    address = f"{order.base}{path}" + (f"?c={columns}" if columns else "")
    return LookedAt(release, voice, picked, shown, address)


def _ways(value: Any, field: str, release: GridRelease) -> tuple[str, ...]:
    known = [option.id for option in release.grid.options]
    if not isinstance(value, list) or len(value) > MOST_WAYS:
        raise RecordUnreadable(field)
    if any(not isinstance(each, str) or each not in known for each in value):
        raise RecordUnreadable(field)
    return tuple(option for option in known if option in value)


def _review(record: DecisionRecord, encounter_id: str) -> Review | None:
    """What the desk may offer to keep of it: how it ended, and the month."""
    if not encounter_id or record.outcome is None:
        return None
    month = f"{record.review_on:%Y-%m}" if record.review_on else ""
    return Review(encounter_id, DecisionOutcome(record.outcome).value, month)


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1)
