"""How often Python looks for objects that hold each other, and at which of them."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

Thresholds = tuple[int, int, int]

#: Objects made and not freed before a look; some pages of rows stay below it.
SELDOM: Final[Thresholds] = (200_000, 50, 100)


def keep_for_good(thresholds: Thresholds) -> None:
    """Never look again at what is there now, and at the rest as often as `thresholds` say.

    For a process that has read in its libraries and content: every look at them is in vain. Even a
    last one: it found nothing, and took a start 0.13 s.
    """
    gc.freeze()
    gc.set_threshold(*thresholds)


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """Look seldom in the block. Rows are tuples of text: they go by themselves, page by page."""
    before = gc.get_threshold()
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)
