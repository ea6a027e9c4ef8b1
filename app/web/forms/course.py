"""A form about a course as it was filled in."""

from __future__ import annotations

from uuid import UUID, uuid4

from starlette.datastructures import FormData

from app.domain.course import Rating
from app.services.course_ratings import FilledForm
from app.web.forms.reading import text

LONGEST = 40


def read_course_form(form: FormData) -> FilledForm:
    """Return the form; one whose id was meddled with gets another."""
    typed = text(form, "id")
    return FilledForm(
        id=typed if _is_uuid(typed) else str(uuid4()),
        occasion=text(form, "occasion")[:LONGEST],
        role=text(form, "role")[:LONGEST],
        values={rating.value: text(form, rating.value)[:LONGEST] for rating in Rating},
        code=text(form, "code")[:LONGEST],
    )


def _is_uuid(typed: str) -> bool:
    try:
        return str(UUID(typed)) == typed
    except ValueError:
        return False
