"""Pages for practitioners around a talk: two minutes before it, and the blank sheet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from app.content.grid import VOICES
from app.documents.blank_sheet import LONGEST_HEAD
from app.documents.crib_card import Prep
from app.rendering.page import Page
from app.web.forms.blank_sheet import COLUMNS, SheetForm


@dataclass(frozen=True)
class PrepPage(Page):
    """What to say and how to check back. For practitioners, never on a family's screen."""

    template: ClassVar[str] = "pages/encounters/prep.html"
    encounter_id: str
    code: str
    prep: Prep


@dataclass(frozen=True)
class BlankSheetPage(Page):
    """How many columns, and their heads if somebody wants to type them."""

    template: ClassVar[str] = "pages/blank_sheet/form.html"
    form: SheetForm
    faults: Mapping[str, str] = field(default_factory=dict)
    voices: tuple[str, ...] = VOICES
    columns: tuple[str, ...] = COLUMNS
    most_letters: int = LONGEST_HEAD
