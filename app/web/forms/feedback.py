"""A text about a grid as staff typed it."""

from __future__ import annotations

from uuid import UUID, uuid4

from starlette.datastructures import FormData

from app.domain.feedback import LONGEST, ReadAs
from app.errors import NotFound
from app.services.feedback import FilledText
from app.web.forms.reading import text

#: What is drawn again after a text that was too long; beyond it nobody typed by hand.
LONGEST_DRAWN = 20 * LONGEST


def read_text(form: FormData) -> FilledText:
    """Return the form; one whose id was meddled with gets another."""
    typed = text(form, "id")
    return FilledText(
        id=typed if _is_uuid(typed) else str(uuid4()),
        grid=text(form, "grid")[:40],
        text=text(form, "text")[:LONGEST_DRAWN],
    )


def read_outcome(form: FormData) -> ReadAs:
    """Return what came of a text. Raises NotFound for what no button says."""
    typed = text(form, "outcome")
    if typed not in set(ReadAs):
        raise NotFound
    return ReadAs(typed)


def _is_uuid(typed: str) -> bool:
    try:
        return str(UUID(typed)) == typed
    except ValueError:
        return False
