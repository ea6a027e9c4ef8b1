"""Past paper answers as a CSV file: every bad cell is named, and one bad cell stops the file.

One row is one form. ``appointment`` groups the forms of one appointment and ``form`` is the
number on the paper; neither is kept. Nothing is guessed: an empty answer is a fault, a missing
one has its code (contract, missing).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from app.domain.missing import NEVER_SHOWN, FormReason, is_missing
from app.domain.vocabulary import (
    AgeBand,
    AppointmentMode,
    AppointmentType,
    Interpreter,
    NeedGroup,
    Occasion,
    Respondent,
)

#: Nobody types in forms that are older; a year 0206 is a slip of the hand.
OLDEST_YEARS: Final = 20
MOST_ROWS: Final = 20_000
#: Of these the forms of one appointment have to say the same.
MEETING: Final = (
    "team", "appointment_on", "practitioner", "appointment_type", "appointment_mode", "interpreter",
    "age_band", "need_group_practitioner", "need_group_young_person",
)  # fmt: skip
FORM: Final = ("form", "appointment", *MEETING, "occasion", "respondent", "form_reason")
MAY_BE_EMPTY: Final = frozenset(
    {"age_band", "need_group_practitioner", "need_group_young_person", "form_reason"}
)
LISTS: Final[Mapping[str, type[StrEnum]]] = {
    "appointment_type": AppointmentType,
    "appointment_mode": AppointmentMode,
    "interpreter": Interpreter,
    "age_band": AgeBand,
    "need_group_practitioner": NeedGroup,
    "need_group_young_person": NeedGroup,
    "occasion": Occasion,
    "respondent": Respondent,
    "form_reason": FormReason,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, where: the row as a spreadsheet numbers it (the header is 1), the column."""

    row: int
    column: str
    why: str


@dataclass(frozen=True, slots=True)
class PaperRow:
    """One form that can be stored. ``said`` holds its cells by column, empty ones as None."""

    row: int
    said: Mapping[str, str | None]
    marks: Mapping[str, int]


class FileUnfit(ValueError):
    """The file cannot be taken in; ``faults`` holds every reason, in the order of the rows."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = tuple(faults)


@dataclass(frozen=True)
class Allowed:
    """What cells are held against. ``holds`` says whether a number is on the scale."""

    items: tuple[str, ...]
    holds: Callable[[int], bool]
    teams: Collection[str]
    practitioners: Collection[str]
    today: date


def read_paper(text: str, allowed: Allowed) -> tuple[PaperRow, ...]:
    """Return the forms of a file. Raises FileUnfit with every fault."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    wanted = (*FORM, *allowed.items)
    try:
        faults = list(_header_faults(reader.fieldnames or (), wanted))
        lines = [] if faults else list(reader)
    except csv.Error:
        raise FileUnfit([Fault(reader.line_num, "", "not_csv")]) from None
    if not faults and not 0 < len(lines) <= MOST_ROWS:
        faults.append(Fault(1, "", "too_many" if lines else "no_rows"))
    rows = [_row(n, line, wanted) for n, line in enumerate(lines, 2)]
    faults += [fault for row, line in rows for fault in _row_faults(row, line, allowed)]
    faults += _joint_faults(rows)
    if faults:
        raise FileUnfit(sorted(faults, key=lambda each: each.row))
    return tuple(PaperRow(n, line, _items(line, allowed)) for n, line in rows)


Line = Mapping[str, str | None]


def _header_faults(found: Sequence[str], wanted: Sequence[str]) -> Iterator[Fault]:
    for name in wanted:
        if found.count(name) != 1:
            yield Fault(1, name, "column_twice" if name in found else "column_absent")
    for name in dict.fromkeys(found):
        if name not in wanted:
            yield Fault(1, name, "column_unknown")


def _row(number: int, line: Mapping[str, str | None], wanted: Sequence[str]) -> tuple[int, Line]:
    # A row with cells over has them under None; one with too few has None in their place.
    cells = {name: (line.get(name) or "").strip() or None for name in wanted}
    return number, cells | ({"": "over"} if None in line else {})


def _row_faults(number: int, line: Line, allowed: Allowed) -> Iterator[Fault]:
    if "" in line:
        yield Fault(number, "", "cells_over")
    for name in FORM:
        why = _cell_fault(name, line[name], allowed)
        if why:
            yield Fault(number, name, why)
    for item in allowed.items:
        why = _item_fault(line[item], allowed)
        if why:
            yield Fault(number, item, why)
    yield from _reason_faults(number, line, allowed)


def _cell_fault(name: str, cell: str | None, allowed: Allowed) -> str:
    if cell is None:
        return "" if name in MAY_BE_EMPTY else "empty"
    if name in LISTS:
        return "" if cell in set(LISTS[name]) else "not_in_list"
    if name == "team":
        return "" if cell in allowed.teams else "team_unknown"
    if name == "practitioner":
        return "" if cell in allowed.practitioners else "practitioner_unknown"
    return _day_fault(cell, allowed.today) if name == "appointment_on" else ""


def _day_fault(cell: str, today: date) -> str:
    try:
        day = date.fromisoformat(cell)
    except ValueError:
        return "not_a_day"
    if day > today:
        return "in_the_future"
    return "too_long_ago" if day.year < today.year - OLDEST_YEARS else ""


def _item_fault(cell: str | None, allowed: Allowed) -> str:
    if cell is None:
        return "empty"
    number = _number(cell)
    if number is None:
        return "not_a_number"
    return "" if allowed.holds(number) or is_missing(number) else "off_the_scale"


def _number(cell: str) -> int | None:
    digits = cell.removeprefix("-")
    return int(cell) if digits.isascii() and digits.isdigit() and len(digits) <= 3 else None


def _reason_faults(number: int, line: Line, allowed: Allowed) -> Iterator[Fault]:
    """A form that was never shown has no answer."""
    if line["form_reason"] in {reason.value for reason in NEVER_SHOWN}:
        for item in allowed.items:
            answer = _number(line[item] or "")
            if answer is not None and not is_missing(answer):
                yield Fault(number, item, "answered_though_never_shown")


def _joint_faults(rows: Sequence[tuple[int, Line]]) -> list[Fault]:
    """Two forms of one number, and an appointment of which two forms say different things."""
    faults: list[Fault] = []
    forms: set[str | None] = set()
    meetings: dict[str | None, Line] = {}
    for number, line in rows:
        if line["form"] in forms:
            faults.append(Fault(number, "form", "form_twice"))
        forms.add(line["form"])
        first = meetings.setdefault(line["appointment"], line)
        differ = (name for name in MEETING if first[name] != line[name])
        faults += [Fault(number, name, "differs_within_appointment") for name in differ]
    return faults


def _items(line: Line, allowed: Allowed) -> dict[str, int]:
    return {item: int(line[item] or "") for item in allowed.items}
