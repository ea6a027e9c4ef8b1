"""The sheet that a family takes home, and the same as data.

One A4 page where it can be, in the most generous of four settings, never cut. The file inside the
paper holds what the paper shows and nothing else. Its parts follow the fields of the PRSB standard
for shared decision making as far as we know them (standards, PR-01 to PR-12): our own reading, to
be checked against the standard's own model.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Final, Literal

from app.content.library import ReleaseStatus
from app.content.release import GridRelease
from app.content.wording import to_text
from app.documents.decision_record import OWN_WORDS, DecisionRecord
from app.documents.grid_handout import Code
from app.rendering.page import Page

FORMAT: Final = "decision-record"
VERSION: Final = 1
FILE_NAME: Final = "decision.json"
STANDARD: Final = "PRSB shared decision making v1.0, our reading of its fields"
#: How generous the setting is, the most generous first; none is under ten points.
SETTINGS: Final = ("roomy", "easy", "snug", "tight")


@dataclass(frozen=True, slots=True)
class LookedAt:
    """The ways that were on the screen. `picked` came from the practitioner beforehand.

    Without `shown` the grid was not opened together, and nothing says that it was.
    """

    release: GridRelease
    voice: str
    picked: tuple[str, ...]
    shown: tuple[str, ...]
    address: str

    @property
    def brought_in(self) -> tuple[str, ...]:
        """What the family added or swapped in, in the order of the grid."""
        return tuple(each for each in self.shown if each not in self.picked) if self.picked else ()

    @property
    def put_away(self) -> tuple[str, ...]:
        """What was picked beforehand and was not there at the end."""
        return tuple(each for each in self.picked if each not in self.shown) if self.shown else ()


@dataclass(frozen=True, slots=True)
class SheetBand:
    """What everyone gets, as plain paragraphs."""

    title: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True)
class DecisionSheet(Page):
    """The sheet. Without a grid (`looked_at` is None) it holds what was agreed alone."""

    template: ClassVar[str] = "documents/decision_sheet.html"
    kind: ClassVar[Literal["profile"]] = "profile"

    record: DecisionRecord
    looked_at: LookedAt | None
    copy_for: str
    made_on: date
    code: Code | None
    has_cover: bool
    status: ReleaseStatus | None
    setting: str = SETTINGS[0]

    @property
    def is_sensitive(self) -> bool:
        """Whether the grid stands behind a notice."""
        return self.looked_at is not None and self.looked_at.release.grid.sensitive

    @property
    def title(self) -> str:
        """What the grid is called where a title could tell too much."""
        if self.looked_at is None:
            return ""
        words = self.looked_at.release.words(self.looked_at.voice)
        return words.print_title or words.title

    @property
    def names(self) -> dict[str, str]:
        """The names of the ways, by id."""
        if self.looked_at is None:
            return {}
        words = self.looked_at.release.words(self.looked_at.voice)
        return {option: each.name for option, each in words.options.items()}

    @property
    def bands(self) -> tuple[SheetBand, ...]:
        """What everyone gets, on a sensitive sheet: it is there whatever was decided."""
        return tuple(_bands(self.looked_at)) if self.looked_at and self.is_sensitive else ()


@dataclass(frozen=True)
class DecisionNote(Page):
    """The same as text, for the record system."""

    template: ClassVar[str] = "documents/decision_note.txt"
    sheet: DecisionSheet
    code: str


def write_record(sheet: DecisionSheet) -> dict[str, Any]:
    """Return what the sheet shows as data: no time, no hash, no id of an appointment."""
    record, seen = sheet.record, sheet.looked_at
    return {
        "format": FORMAT,
        "version": VERSION,
        "shaped_on": STANDARD,
        "contact": {"date": sheet.made_on.isoformat()},
        "participants": [{"role": person.value} for person in record.people_present],
        "decision_to_be_made": sheet.title or None,
        "what_matters": [
            {"card": each.card, "people": list(each.people)} for each in record.shared
        ],
        "options_discussed": list(_options(sheet)),
        "information_given": _information(seen),
        "decision": {
            "outcome": record.outcome.value if record.outcome else None,
            "options": list(record.chosen),
            "decided_by": list(record.decided_by),
            "disagreed": list(record.disagreed),
        },
        "capacity_and_consent": {
            "deciding": record.deciding.value if record.deciding else None,
            "how_judged": record.how_judged.value if record.how_judged else None,
            "parental_responsibility": list(record.parental_responsibility),
            "consent_still_needed_from": [
                person.value for person in record.consent_still_needed_from
            ],
        },
        "plan": _plan(record),
        "copies_given_to": [sheet.copy_for],
    }


def _plan(record: DecisionRecord) -> dict[str, Any]:
    own = {name: getattr(record, name) for name in OWN_WORDS}
    steps = [
        {"who": step.who.value if step.who else None, "what": step.what.text}
        for step in record.steps
    ]
    return {
        **{name: words.text if words else None for name, words in own.items()},
        "steps": steps,
        "goals": [{"words": goal.words.text, "rating": goal.rating} for goal in record.goals],
        "review_on": record.review_on.isoformat() if record.review_on else None,
    }


def _options(sheet: DecisionSheet) -> Iterator[dict[str, Any]]:
    seen = sheet.looked_at
    if seen is None:
        return
    for option in seen.shown:
        picked = "practitioner" if option in seen.picked else "family"
        yield {"id": option, "name": sheet.names[option], "picked_by": picked}
    for option in seen.put_away:
        yield {"id": option, "name": sheet.names[option], "picked_by": "practitioner"} | {
            "put_away": True
        }


def _information(seen: LookedAt | None) -> list[dict[str, Any]]:
    if seen is None or not seen.shown:
        return []
    release = seen.release
    grid = {"public_id": release.public_id, "version": release.number, "voice": seen.voice}
    return [grid | {"columns": list(seen.shown), "address": seen.address}]


def _bands(seen: LookedAt) -> Iterator[SheetBand]:
    """Band 1, which no decision closes (rules of the room 1.17)."""
    words = seen.release.words(seen.voice)
    for band in seen.release.grid.bands:
        if band.kind == "first_for_everyone" and band.place == "before":
            found = words.bands[band.id]
            parts = (to_text(part, seen.release.figures) for part in found.body.split("\n\n"))
            yield SheetBand(found.title, tuple(part for part in parts if part))
