"""What comes back from the paper engine: a PDF, or what it measured on a page it laid out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

ENCLOSED: Final = "/enclosed/"
"""Where a page finds what is given to the engine with it."""


@dataclass(frozen=True, slots=True)
class Pdf:
    """A paper. `body` is empty where it came out with more pages than were wanted.

    `missing` holds the characters for which no font at hand has a picture.
    """

    body: bytes
    pages: int
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file that goes to the engine with one page and is forgotten with it.

    The page may show it by `address`. With `made_on` it travels inside the paper as a file.
    """

    name: str
    body: bytes
    media_type: str
    made_on: date | None = None

    @property
    def address(self) -> str:
        """Where the page finds it."""
        return f"{ENCLOSED}{self.name}"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a box as it was broken; `height` in CSS pixels."""

    text: str
    height: float


@dataclass(frozen=True, slots=True)
class MeasuredBox:
    """A marked box at its natural height in CSS pixels, and the lines of the words in it."""

    height: float
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Measured:
    """A laid-out page: how many sheets, the room on the last one, and how far down it goes.

    `room` and `used` are heights in CSS pixels inside the margins of the last sheet; `boxes`
    are by the value of their `data-measure`.
    """

    pages: int
    room: float
    used: float
    boxes: Mapping[str, MeasuredBox]
