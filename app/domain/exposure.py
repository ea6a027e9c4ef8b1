"""What was opened in an appointment, as counts: how much of a grid a family met.

Rules of the room 2.8. The device counts, seals and sends it like an answer set (same envelope,
same queue, same receipt), so that a tablet holds nothing readable and a killed page loses little.
Never who opened something, in which order, or when; a clock appears as one of five bands. It has
no number of the device either: beside the numbers of the answer sets that would tell an order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from app.domain import envelope_checks as wire
from app.domain.envelope import (
    ENCOUNTER_1,
    GRID_1,
    EncounterHeader,
    GridShown,
    read_as,
)
from app.domain.envelope_checks import Refused

FORMAT: Final = "exposure-1"
#: More than this nobody opens; the device stops counting there.
MOST_OPENED: Final = 999
MOST_ROWS: Final = 60
MOST_OPTIONS: Final = 20


class MinutesBand(StrEnum):
    """How long a grid was on screen, too coarse to tell one appointment from another."""

    UNDER_TWO = "under_2"
    TWO_TO_FIVE = "2_to_5"
    FIVE_TO_TEN = "5_to_10"
    TEN_TO_TWENTY = "10_to_20"
    OVER_TWENTY = "over_20"


@dataclass(frozen=True, slots=True)
class Counts:
    """``picked``: options that the practitioner chose, none where all were left in.

    ``shown``: those that were there at the end, none where nobody opened the grid. ``opened``:
    row id to how often one of its parts was opened.
    """

    picked: tuple[str, ...]
    shown: tuple[str, ...]
    opened: Mapping[str, int]
    minutes_band: MinutesBand


@dataclass(frozen=True, slots=True)
class ExposureSet:
    """What one device counted for one appointment. ``counts`` None: the family switched it off."""

    format: str
    id: str
    device: str
    key_id: str
    salt: str
    encounter: EncounterHeader
    grid: GridShown
    counts: Counts | None


def minutes_band(seconds: float) -> MinutesBand:
    """Return the band of a time on screen in seconds, none of it for a clock that ran back."""
    bounds = zip((2, 5, 10, 20), MinutesBand, strict=False)
    return next((band for bound, band in bounds if seconds < bound * 60), MinutesBand.OVER_TWENTY)


def _options(value: Any) -> tuple[str, ...]:
    found = wire.slugs(value)
    if len(found) > MOST_OPTIONS:
        raise Refused
    return found


def _opened(value: Any) -> dict[str, int]:
    found: dict[str, int] = wire.tally(MOST_OPENED)(value)
    if len(found) > MOST_ROWS:
        raise Refused
    return found


COUNTS_1: Final[Mapping[str, wire.Check]] = {
    "picked": _options,
    "shown": _options,
    "opened": _opened,
    "minutes_band": wire.one_of(MinutesBand),
}
EXPOSURE_1: Final[Mapping[str, wire.Check]] = {
    "format": wire.text(FORMAT),
    "id": wire.uuid4,
    "device": wire.uuid4,
    "key_id": wire.text(r"[0-9a-f]{16}"),
    "salt": wire.salt,
    "encounter": wire.json_object(ENCOUNTER_1, EncounterHeader),
    "grid": wire.json_object(GRID_1, GridShown),
    "counts": wire.maybe(wire.json_object(COUNTS_1, Counts)),
}
_exposure_1 = wire.json_object(EXPOSURE_1, ExposureSet)


def is_exposure(document: Mapping[str, object]) -> bool:
    """Say whether what was in an envelope says of itself that it is counts."""
    return document.get("format") == FORMAT


def read_exposure(document: Mapping[str, object], raw: bytes) -> ExposureSet:
    """Return the counts of a document; ``raw`` are the padded bytes it came in.

    Raises EnvelopeUnreadable, as ``envelope.read_format_1`` does.
    """
    found: ExposureSet = read_as(_exposure_1, document, raw)
    return found
