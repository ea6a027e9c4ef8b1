"""Whether a tablet counted honestly: no number of it stands for two sets.

An enrolled tablet lays a set and its number down in one write, and its count outlives every page.
So a number that comes again with another set means that its storage was put back to an older
state, or that somebody writes with a copy of it. Neither is for a machine to settle: the second
set is kept aside until a person has looked. A browser that was handed over, or somebody's own
phone, counts in the memory of one page and begins anew with the next: there it means nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import Connection

from app.db.queries import responses as queries
from app.services.arrivals import Arrival

Number = tuple[str, int]


class UsedNumbers:
    """Which sets arrived under the numbers of a batch; asked under the lock of the audit chain."""

    def __init__(self) -> None:
        self._sets = defaultdict[Number, set[str]](set)

    def look_up(self, connection: Connection, arrivals: Iterable[Arrival]) -> None:
        """Ask for every number that these sets name; counts of what was opened have none."""
        wanted = {number for each in arrivals if (number := number_of(each)) is not None}
        for device, seq, response_id in queries.list_numbers(connection, wanted):
            self._sets[device, seq].add(response_id)

    def note(self, number: Number, response_id: str) -> None:
        """Note that a set of this batch came under a number."""
        self._sets[number].add(response_id)

    def is_taken(self, arrival: Arrival) -> bool:
        """Say whether another set came under the number of this one."""
        number = number_of(arrival)
        return number is not None and bool(self._sets.get(number, set()) - {arrival.response_id})


def number_of(arrival: Arrival) -> Number | None:
    """Return device and number as the set names them, or None for what has no number."""
    if arrival.document is None or arrival.is_counts:
        return None
    return arrival.document["device"], arrival.seq
