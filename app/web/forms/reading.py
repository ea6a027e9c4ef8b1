"""Reading a form. Never as FastAPI parameters: those answer JSON before the handler runs."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import FormData

MOST_FIELDS = 200


async def read_form(request: Request) -> FormData:
    """Return the fields that were sent; files are refused by their number."""
    return await request.form(max_files=0, max_fields=MOST_FIELDS)


Form = Annotated[FormData, Depends(read_form)]


def text(form: FormData, name: str) -> str:
    """Return one field as it was typed, or nothing."""
    value = form.get(name)
    return value if isinstance(value, str) else ""


def texts(form: FormData, name: str) -> tuple[str, ...]:
    """Return every value of a field, such as those of ticked boxes."""
    return tuple(value for value in form.getlist(name) if isinstance(value, str))
