"""The clinic tablet as one document: the same bytes for everybody, nothing personal in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from app.domain.vocabulary import (
    AgeBand,
    AppointmentMode,
    AppointmentType,
    Interpreter,
    NeedGroup,
    Person,
)
from app.web.forms.encounters import LANGUAGES, OTHER_LANGUAGE
from app.web.pages.appointment import AppointmentPage

#: Who is here at most appointments: these two have a place of their own on the screen.
USUALLY_HERE = (Person.YOUNG_PERSON.value, Person.PARENT.value)


@dataclass(frozen=True)
class ClinicTabletPage(AppointmentPage):
    """The appointment's screens and, around them, those of the tablet.

    The lists are those of an encounter header, so that nothing else can be chosen at triage.
    """

    template: ClassVar[str] = "pages/tablet/tablet.html"

    groups: tuple[str, ...] = tuple(value.value for value in NeedGroup)
    types: tuple[str, ...] = tuple(value.value for value in AppointmentType)
    modes: tuple[str, ...] = tuple(value.value for value in AppointmentMode)
    age_bands: tuple[str, ...] = tuple(value.value for value in AgeBand)
    usually_here: tuple[str, ...] = USUALLY_HERE
    others_here: tuple[str, ...] = tuple(p.value for p in Person if p.value not in USUALLY_HERE)
    interpreters: tuple[str, ...] = tuple(value.value for value in reversed(Interpreter))
    languages: tuple[str, ...] = (*LANGUAGES, OTHER_LANGUAGE)
