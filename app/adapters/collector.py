"""How often Python looks for objects that hold each other, while many rows pass through."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

#: Objects made and not freed before a look; some pages of rows stay below it.
SELDOM: Final = (200_000, 50, 100)


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """Look seldom in the block. Rows are tuples of text: they go by themselves, page by page."""
    before = gc.get_threshold()
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)
