"""Typing in what came back on paper: which sheet, what is on it, and that it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from app.documents.blank_form import HELPERS
from app.domain.missing import FormReason
from app.domain.paper_answers import ITEM, MISSING_ON_PAPER, list_reasons
from app.domain.vocabulary import Occasion, Referent, SeenByOthers, WeeksSince
from app.rendering.page import Page
from app.services.paper_forms import FoundForm


@dataclass(frozen=True)
class FindFormPage(Page):
    """The two codes that stand on the sheet."""

    template: ClassVar[str] = "pages/paper_answers/find.html"
    code: str = ""
    number: str = ""
    faults: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """One question as it stands on the sheet, and what was chosen for it."""

    field: str
    text: str
    chosen: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that was typed in two ways; empty is nothing chosen."""

    field: str
    first: str
    second: str


@dataclass(frozen=True)
class TypeInPage(Page):
    """One sheet, typed in for the first time or, where ``carried`` holds that, again."""

    template: ClassVar[str] = "pages/paper_answers/type.html"
    encounter_id: str
    code: str
    number: str
    respondent: str
    is_before: bool
    rows: tuple[Row, ...]
    values: tuple[str, ...]
    labels: Mapping[str, str]
    ends: tuple[str, str]
    reasons: tuple[FormReason, ...]
    typed: Mapping[str, str]
    carried: str = ""
    differences: tuple[Difference, ...] = ()
    faults: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = tuple(MISSING_ON_PAPER)
    helpers: tuple[str, ...] = tuple(HELPERS)
    seen: tuple[str, ...] = tuple(SeenByOthers)
    referents: tuple[str, ...] = tuple(Referent)
    weeks: tuple[str, ...] = tuple(WeeksSince)

    @classmethod
    def of(
        cls,
        found: FoundForm,
        *,
        typed: Mapping[str, str],
        carried: str = "",
        differences: tuple[Difference, ...] = (),
        faults: Mapping[str, str] | None = None,
    ) -> TypeInPage:
        """Return the page of a sheet, with what was typed so far."""
        words, scale = found.shown.words, found.shown.instrument.scale
        asked = words.words_for(found.kind.respondent)
        assert asked is not None  # a sheet is only found for a form with words
        values = tuple(str(value) for value in range(scale.min, scale.max + 1))
        labelled = len(words.labels) == len(values)
        rows = ((f"{ITEM}{item}", text) for item, text in asked.items)
        return cls(
            encounter_id=found.kind.encounter_id,
            code=found.code,
            number=found.number,
            respondent=found.kind.respondent,
            is_before=found.kind.occasion == Occasion.BEFORE,
            rows=tuple(Row(name, text, typed.get(name, "")) for name, text in rows),
            values=values,
            labels=dict(zip(values, words.labels, strict=True)) if labelled else {},
            ends=words.end_labels,
            reasons=list_reasons(found.kind.occasion),
            typed=typed,
            carried=carried,
            differences=differences,
            faults=faults or {},
        )


@dataclass(frozen=True)
class NotTakenPage(Page):
    """Why a sheet is not typed in; ``words`` are those on its slip where it is stored already."""

    template: ClassVar[str] = "pages/paper_answers/not-taken.html"
    code: str
    number: str
    why: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class StoredPage(Page):
    """A sheet is stored. Never what was on it."""

    template: ClassVar[str] = "pages/paper_answers/stored.html"
    code: str
    number: str
    words: tuple[str, ...]
