"""The number of a page in an address."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

MOST_DIGITS = 6


def read_page_number(page: str = "1") -> int:
    """Return the number of a page, from 1; anything that is none is the first."""
    if not (page.isascii() and page.isdigit() and len(page) <= MOST_DIGITS):
        return 1
    return max(int(page), 1)


PageNumber = Annotated[int, Depends(read_page_number)]
