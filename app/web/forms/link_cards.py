"""Reading the forms about link cards."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import FormData

from app.domain.link_card import CODE_LETTERS, VoidedCard
from app.web.forms.reading import text


@dataclass(frozen=True)
class ShownForm:
    """A code as it was typed or scanned, and whether this is another appointment of the day."""

    typed: str
    is_another: bool


def read_shown(form: FormData) -> ShownForm:
    """Return what was typed; more than any code has is cut, and then refused as unreadable."""
    return ShownForm(text(form, "code")[: 4 * CODE_LETTERS], text(form, "another") == "yes")


def read_void_reason(form: FormData) -> VoidedCard | None:
    """Return the reason, None for one that is not on the list."""
    said = text(form, "reason")
    return next((reason for reason in VoidedCard if reason.value == said), None)
