"""The questions of an instrument on one sheet of paper, to tick with a pen.

Its words are those of an installed wording pack and of no other source. It carries the code of the
appointment and a number of its own, and no name, birth date or answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Final, Literal

from app.content.instrument import Scale, WordingPack
from app.domain.vocabulary import Occasion, Person, Referent, SeenByOthers, WeeksSince
from app.rendering.page import Page

#: From the most generous setting to the closest; a pack of long sentences needs the second.
SETTINGS: Final = ("roomy", "snug")
#: Who may have helped, as the boxes of a sheet. Nobody else's help makes an answer another one.
HELPERS: Final = (Person.PARENT, Person.INTERPRETER, Person.PRACTITIONER, Person.SUPPORTER)
MARK_LETTERS: Final = 8


@dataclass(frozen=True, slots=True)
class Slip:
    """What is printed on one sheet and on no other: its number, and the words to take along."""

    code: str
    number: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class BlankForm(Page):
    """The sheet. ``marks`` are the values with what stands under each, often nothing."""

    template: ClassVar[str] = "documents/blank_form.html"
    kind: ClassVar[Literal["handout"]] = "handout"
    respondent: str
    occasion: str
    language: str
    statement: str
    questions: tuple[str, ...]
    marks: tuple[tuple[int, str], ...]
    ends: tuple[str, str] | None
    attribution: str
    is_practice: bool
    version: str
    wording_mark: str
    slip: Slip
    made_on: date
    setting: str = SETTINGS[0]
    helpers: tuple[Person, ...] = HELPERS
    seen: tuple[SeenByOthers, ...] = tuple(SeenByOthers)
    referents: tuple[Referent, ...] = ()
    weeks: tuple[WeeksSince, ...] = ()


def build(
    words: WordingPack,
    scale: Scale,
    *,
    respondent: str,
    occasion: str,
    slip: Slip,
    is_practice: bool,
    made_on: date,
) -> BlankForm:
    """Return the sheet of one respondent about one appointment.

    Raises ValueError where the pack has no words for them on this occasion.
    """
    form, statement = words.words_for(respondent), words.opening_for(respondent, occasion)
    if form is None or statement is None:
        raise ValueError("no words")
    values = range(scale.min, scale.max + 1)
    labelled = len(words.labels) == len(values)
    about_last = occasion == Occasion.BEFORE
    return BlankForm(
        respondent=respondent,
        occasion=occasion,
        language=words.language,
        statement=statement,
        questions=tuple(text for _, text in form.items),
        marks=tuple(zip(values, words.labels if labelled else ("",) * len(values), strict=True)),
        ends=None if labelled else words.end_labels,
        attribution=words.attribution,
        is_practice=is_practice,
        version=words.version,
        wording_mark=words.sha256[:MARK_LETTERS],
        slip=slip,
        made_on=made_on,
        helpers=tuple(person for person in HELPERS if _may_help(person, respondent)),
        referents=tuple(Referent) if about_last else (),
        weeks=tuple(WeeksSince) if about_last else (),
    )


def _may_help(person: Person, respondent: str) -> bool:
    """A parent who answers is not somebody who helps; another parent is ticked on a screen."""
    return respondent == "young_person" or person is not Person.PARENT
