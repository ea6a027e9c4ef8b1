"""How many appointments could have been part of a study: a table by team and week.

Without it no response rate can be given (rules of the room 2.8). A week is named by its Monday.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

HEADER: Final = ("team", "week_on", "appointments")
MOST_APPOINTMENTS: Final = 2000
MOST_ROWS: Final = 10_000


@dataclass(frozen=True, slots=True)
class WeekCount:
    """One week of one team; ``week_on`` is a Monday."""

    team: str
    week_on: date
    appointments: int


@dataclass(frozen=True, slots=True)
class RowFault:
    """A line of the file, counted from 1 with the header, and what is wrong with it (a key)."""

    line: int
    key: str


class CountsUnfit(ValueError):
    """The file cannot be taken; ``faults`` names every bad row, not only the first."""

    def __init__(self, faults: Collection[RowFault]) -> None:
        super().__init__(", ".join(f"line {fault.line}: {fault.key}" for fault in faults))
        self.faults = tuple(faults)


def read_counts(text: str, *, teams: Collection[str], today: date) -> tuple[WeekCount, ...]:
    """Read a CSV of weekly counts. Raises CountsUnfit with every bad row."""
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    header = next(csv.reader(io.StringIO(text.removeprefix("\ufeff"))), [])
    if tuple(header) != HEADER or len(rows) > MOST_ROWS:
        raise CountsUnfit([RowFault(1, "header" if tuple(header) != HEADER else "too_many_rows")])
    faults: list[RowFault] = []
    found: dict[tuple[str, date], WeekCount] = {}
    for line, row in enumerate(rows, start=2):
        read = _read(row, teams, today)
        if isinstance(read, str) or (read.team, read.week_on) in found:
            faults.append(RowFault(line, read if isinstance(read, str) else "week_twice"))
        else:
            found[read.team, read.week_on] = read
    if faults:
        raise CountsUnfit(faults)
    return tuple(found.values())


def check_week(team: str, week: str, appointments: str, teams: Collection[str]) -> Iterator[str]:
    """Give the keys of what is wrong with one week as it was typed."""
    if team not in teams:
        yield "team"
    if (day := _day(week)) is None or day.weekday() != 0:
        yield "week_on"
    whole = appointments.isascii() and appointments.isdigit() and len(appointments) < 6
    if not whole or int(appointments) > MOST_APPOINTMENTS:
        yield "appointments"


def _read(
    row: Mapping[str | None, str | None], teams: Collection[str], today: date
) -> WeekCount | str:
    if None in row or None in row.values():
        return "columns"
    team, week, typed = ((row[name] or "").strip() for name in HEADER)
    fault = next(check_week(team, week, typed, teams), None)
    if fault is not None:
        return fault
    week_on = date.fromisoformat(week)
    return "week_to_come" if week_on > today else WeekCount(team, week_on, int(typed))


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None
