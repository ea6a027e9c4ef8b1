"""The form of the blank comparison sheet. Nothing of it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from starlette.datastructures import FormData

from app.content.grid import VOICES
from app.documents.blank_sheet import FEWEST_COLUMNS, LONGEST_HEAD, MOST_COLUMNS
from app.domain.typed_line import one_line
from app.web.forms.reading import text

COLUMNS: Final = tuple(str(n) for n in range(FEWEST_COLUMNS, MOST_COLUMNS + 1))


@dataclass(frozen=True)
class SheetForm:
    """What was filled in, as typed: as many heads as a sheet can have, used or not."""

    voice: str = VOICES[0]
    columns: str = "3"
    heads: tuple[str, ...] = ("",) * MOST_COLUMNS

    @property
    def used(self) -> tuple[str, ...]:
        """Return the heads of the sheet, empty ones to write on among them."""
        return self.heads[: int(self.columns)]


def read_sheet_form(form: FormData) -> SheetForm:
    """Return the form; an odd voice or number is the first of its list."""
    voice, columns = text(form, "voice"), text(form, "columns")
    heads = tuple(one_line(text(form, f"head-{n}")) for n in range(1, MOST_COLUMNS + 1))
    return SheetForm(
        voice if voice in VOICES else VOICES[0], columns if columns in COLUMNS else "3", heads
    )


def find_sheet_faults(form: SheetForm) -> dict[str, str]:
    """Return a message key for each head that is too long, also one that is typed and unused."""
    faults = {
        f"head-{n}": "head_long" for n, h in enumerate(form.heads, 1) if len(h) > LONGEST_HEAD
    }
    unused = enumerate(form.heads[int(form.columns) :], int(form.columns) + 1)
    return faults | {f"head-{n}": "head_unused" for n, head in unused if head}
