"""The hazard log: what can go wrong for people, what stands against it, and which tests show that.

The log is ``docs/safety/hazards.csv``, one row for each hazard. A test is named as
``file::function``; several are parted by spaces. Source: rules of the room 3.2 and 3.7.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Final

HAZARD_ID: Final = re.compile(r"HZ-[0-9]{2,3}")
_TEST: Final = re.compile(r"tests/[\w/]+\.py::test_\w+")


class HazardStatus(StrEnum):
    """How far the control is built. None means that anybody has accepted what is left."""

    TESTED = "tested"
    PARTLY = "partly"
    OPEN = "open"


class HazardLogBroken(ValueError):
    """The hazard log cannot be read; the message names row and reason."""


@dataclass(frozen=True, slots=True)
class Hazard:
    """One hazard. ``tests`` are ``file::function``, at least one; no field is empty."""

    id: str
    hazard: str
    cause: str
    effect: str
    control: str
    tests: tuple[str, ...]
    residual: str
    owner: str
    status: HazardStatus


COLUMNS: Final = tuple(field.name for field in fields(Hazard))


def read_hazards(lines: Iterable[str]) -> tuple[Hazard, ...]:
    """Return the hazards of a log in their order; raise ``HazardLogBroken`` at the first fault."""
    reader = csv.DictReader(lines)
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise HazardLogBroken("the columns are " + ", ".join(COLUMNS))
    found: dict[str, Hazard] = {}
    for row in reader:
        hazard = _hazard(row, reader.line_num)
        if hazard.id in found:
            raise HazardLogBroken(f"line {reader.line_num}: {hazard.id} is there twice")
        found[hazard.id] = hazard
    return tuple(found.values())


def _hazard(row: dict[str, str], line: int) -> Hazard:
    if None in row or not all((row[name] or "").strip() for name in COLUMNS):
        raise HazardLogBroken(f"line {line}: every column is filled, and there are no others")
    if not HAZARD_ID.fullmatch(row["id"]):
        raise HazardLogBroken(f"line {line}: {row['id']} is no id like HZ-01")
    tests = tuple(row["tests"].split())
    for test in tests:
        if not _TEST.fullmatch(test):
            raise HazardLogBroken(f"line {line}: {test} is not file::function")
    if row["status"] not in tuple(HazardStatus):
        raise HazardLogBroken(f"line {line}: {row['status']} is no status")
    return Hazard(**{**row, "tests": tests, "status": HazardStatus(row["status"])})  # type: ignore[arg-type]
