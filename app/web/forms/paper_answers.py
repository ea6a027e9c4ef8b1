"""The form into which a sheet of paper is typed, as plain values."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import FormData

from app.web.forms.reading import texts

MOST_LETTERS = 400


def read_typed(form: FormData, fields: Sequence[str]) -> dict[str, str]:
    """Return each field as it was chosen; several boxes of one field stand in a fixed order."""
    joined = {field: " ".join(sorted(texts(form, field)))[:MOST_LETTERS] for field in fields}
    return {field: value for field, value in joined.items() if value}
