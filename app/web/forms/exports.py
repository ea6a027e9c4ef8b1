"""The form that asks for rows."""

from __future__ import annotations

from datetime import date

from starlette.datastructures import FormData

from app.db.queries.exports import ExportFilters, Wanted
from app.services.exports import ExportDraft
from app.web.forms.reading import text, texts


def read_export(form: FormData) -> ExportDraft:
    """Return the filled-in request."""
    from_on, to_on = _day(text(form, "from_on")), _day(text(form, "to_on"))
    filters = None
    if from_on and to_on and text(form, "instrument"):
        filters = ExportFilters(text(form, "instrument"), from_on, to_on, texts(form, "teams"))
    return ExportDraft(text(form, "reason"), filters, _wanted(form))


def _wanted(form: FormData) -> Wanted:
    formats = tuple(dict.fromkeys(texts(form, "formats")))
    return Wanted(text(form, "project").strip().lower(), formats, text(form, "days") == "yes")


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed.strip())
    except ValueError:
        return None
