"""The appointment as one document: the same bytes for everybody, nothing personal in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from app.domain.vocabulary import Person, Referent, SeenByOthers, WeeksSince
from app.rendering.page import Page


@dataclass(frozen=True)
class AppointmentPage(Page):
    """Every screen from "pass it over" to "locked". The lists are those of an answer set."""

    template: ClassVar[str] = "pages/appointment/appointment.html"

    people: tuple[str, ...] = tuple(Person)
    referents: tuple[str, ...] = tuple(Referent)
    weeks_since: tuple[str, ...] = tuple(WeeksSince)
    seen_by_others: tuple[str, ...] = tuple(SeenByOthers)
