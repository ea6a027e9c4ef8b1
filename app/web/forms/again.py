"""A family's sheet, handed in to be looked at again: read in memory, kept for one request."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import Depends, Request

from app.web.deps import ServiceDep
from app.web.forms.in_memory import received

MOST_PDF_BYTES: Final = 2 * 1024 * 1024
_ROUND_IT: Final = 64 * 1024


async def read_sheet(request: Request, service: ServiceDep) -> AsyncIterator[bytes]:
    """Give the file, empty where none was chosen. Answers 413 to more than a sheet can be."""
    limits = {"most_plain": _ROUND_IT, "most_with_files": MOST_PDF_BYTES + _ROUND_IT}
    async with received(request, service.intake, **limits) as came:
        yield came.files.get("sheet", b"")


SentSheet = Annotated[bytes, Depends(read_sheet)]
