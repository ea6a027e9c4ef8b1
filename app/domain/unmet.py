"""Looked at, but not offered here: appointments by way of help and quarter, for commissioners.

A way of help stands on a screen beside the others whether or not it can be had here. Where people
noted that it cannot, each appointment in which a family had it before them is one count. It is no
measure of demand: nobody was asked whether they wanted it. Only quarters that are over are told,
rounded as what leaves the service (rules of the room 2.2 b), so that no single appointment shows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from app.domain.disclosure import round_share
from app.domain.local_offer import OfferPlace

#: Quarters that are told, the newest first.
MOST_QUARTERS: Final = 8
MONTHS: Final = 3


class Missing(StrEnum):
    """What stands between a family and a way of help."""

    NOT_HERE = "not_here"
    ELSEWHERE = "elsewhere"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Looked:
    """One appointment in which a grid was looked at; ``shown`` are its options on the screen."""

    public_id: str
    team_id: str
    on: date
    shown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Noted:
    """What is noted today of one option: where it is had, and the wait in weeks if known."""

    place: str
    weeks: int | None

    @property
    def missing(self) -> Missing | None:
        """Return what is in the way; None where it is offered here without a noted wait."""
        if self.place == OfferPlace.HERE:
            return Missing.WAIT if self.weeks else None
        return Missing(self.place)


@dataclass(frozen=True, slots=True)
class Unmet:
    """One line: ``appointments`` of ``of`` that looked at this grid, both rounded to 5.

    Both are None where the count, or all but it, is 1 to 7. ``quarter`` is its first day.
    ``weeks`` is the longest wait that is noted.
    """

    quarter: date
    public_id: str
    option_id: str
    missing: Missing
    weeks: int | None
    appointments: int | None
    of: int | None


#: (grid, option, team) to a note; a note of the service as a whole has no team.
Notes = Mapping[tuple[str, str, str], Noted]
_Key = tuple[date, str, str, Missing]


def quarter_of(day: date) -> date:
    """Return the first day of the calendar quarter, which is a quarter of a financial year too."""
    return date(day.year, (day.month - 1) // MONTHS * MONTHS + 1, 1)


def last_of(quarter: date) -> date:
    """Return the last day of the quarter that begins on a day."""
    months = quarter.month - 1 + MONTHS
    return date(quarter.year + months // 12, months % 12 + 1, 1) - timedelta(days=1)


def first_told(today: date) -> date:
    """Return the first day of the oldest quarter that is told."""
    months = quarter_of(today).month - 1 - MONTHS * MOST_QUARTERS
    return date(today.year + months // 12, months % 12 + 1, 1)


def count_unmet(looked: Iterable[Looked], notes: Notes, today: date) -> tuple[Unmet, ...]:
    """Return the lines of every quarter that is over, the newest first, then by grid and option."""
    found: Counter[_Key] = Counter()
    whole: Counter[tuple[date, str]] = Counter()
    weeks: dict[_Key, int] = {}
    for one in looked:
        quarter = quarter_of(one.on)
        if not first_told(today) <= quarter < quarter_of(today):
            continue
        whole[quarter, one.public_id] += 1
        for option in one.shown:
            note = _note(notes, one, option)
            if note is None or note.missing is None:
                continue
            key = (quarter, one.public_id, option, note.missing)
            found[key] += 1
            weeks[key] = max(weeks.get(key, 0), note.weeks or 0)
    lines = [_line(key, n, whole[key[0], key[1]], weeks[key]) for key, n in found.items()]
    order = {missing: at for at, missing in enumerate(Missing)}
    lines.sort(key=lambda line: (line.public_id, line.option_id, order[line.missing]))
    return tuple(sorted(lines, key=lambda line: line.quarter, reverse=True))


def _note(notes: Notes, one: Looked, option: str) -> Noted | None:
    """A team's own note stands before that of the service."""
    own = notes.get((one.public_id, option, one.team_id))
    return own or notes.get((one.public_id, option, ""))


def _line(key: _Key, count: int, whole: int, weeks: int) -> Unmet:
    quarter, public_id, option, missing = key
    part, of = round_share(count, whole) or (None, None)
    return Unmet(quarter, public_id, option, missing, weeks or None, part, of)
