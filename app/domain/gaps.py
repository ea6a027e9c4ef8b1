"""Which numbers of a tablet never arrived. A device counts what it seals: 1, 2, 3 and so on.

A hole in what arrived is either still on the tablet or lost. The tablet says at each contact how
far it has counted and which numbers wait on it; what it counted, does not hold and never sent is
lost: its storage was thrown away (capture.md, fault 19). Everything here works on stretches of
numbers, so that a device that says it counted to a million costs no more than one that says ten.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

#: A tablet names at most so many waiting numbers, the lowest first; beyond them it has not said.
MOST_NAMED: Final = 500


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Numbers from ``first`` to ``last``, both included."""

    first: int
    last: int

    @property
    def size(self) -> int:
        """Return how many numbers it holds."""
        return self.last - self.first + 1

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


@dataclass(frozen=True, slots=True)
class Gaps:
    """What has not arrived. ``lost`` never will; ``awaited`` may still be on the tablet."""

    lost: tuple[Span, ...] = ()
    awaited: tuple[Span, ...] = ()

    @property
    def lost_count(self) -> int:
        """Return how many numbers are lost."""
        return sum(span.size for span in self.lost)

    @property
    def awaited_count(self) -> int:
        """Return how many numbers may still come."""
        return sum(span.size for span in self.awaited)

    def first_lost(self, most: int) -> tuple[int, ...]:
        """Return the lowest lost numbers, at most so many."""
        return tuple(
            islice((n for span in self.lost for n in range(span.first, span.last + 1)), most)
        )


def find_gaps(
    holes: Iterable[Span],
    *,
    reached: int,
    last_seq: int = 0,
    waiting: Iterable[int] = (),
    is_current: bool = True,
    is_gone: bool = False,
) -> Gaps:
    """Return what has not arrived of a tablet.

    ``holes`` are the stretches that are missing below ``reached``, the highest number that
    arrived; ``last_seq`` and ``waiting`` are what the tablet said at its last contact. With
    ``is_current`` false a backup was restored since that contact, so the tablet will offer its
    kept copies again and nothing is judged yet. With ``is_gone`` the tablet will not be heard of
    again, and whatever it held counts as lost; it is no longer so once it arrives.
    """
    missing = [*holes]
    if last_seq > reached:
        missing.append(Span(reached + 1, last_seq))
    if is_gone:
        return Gaps(lost=_joined(missing))
    named = sorted(set(waiting))
    judged_to = _judged_to(named, last_seq) if is_current else 0
    held = [Span(number, number) for number in named]
    judged = [_up_to(span, judged_to) for span in missing]
    later = [_after(span, judged_to) for span in missing]
    lost = [part for span in judged if span for part in _without(span, held)]
    still = [part for span in judged if span for part in _within(span, held)]
    return Gaps(_joined(lost), _joined([*still, *(span for span in later if span)]))


def holes_between(numbers: Iterable[int]) -> tuple[Span, ...]:
    """Return what is missing from 1 to the highest of ``numbers``."""
    before, found = 0, []
    for number in sorted(set(numbers)):
        if number > before + 1:
            found.append(Span(before + 1, number - 1))
        before = max(before, number)
    return tuple(found)


def _judged_to(named: list[int], last_seq: int) -> int:
    """Return up to where the tablet has said what it holds: a full list may go on beyond it."""
    return min(last_seq, named[-1]) if len(named) >= MOST_NAMED else last_seq


def _up_to(span: Span, last: int) -> Span | None:
    return Span(span.first, min(span.last, last)) if span.first <= last else None


def _after(span: Span, last: int) -> Span | None:
    return Span(max(span.first, last + 1), span.last) if span.last > last else None


def _without(span: Span, held: list[Span]) -> Iterator[Span]:
    start = span.first
    for each in _within(span, held):
        if each.first > start:
            yield Span(start, each.first - 1)
        start = each.last + 1
    if start <= span.last:
        yield Span(start, span.last)


def _within(span: Span, held: list[Span]) -> Iterator[Span]:
    return (each for each in held if span.first <= each.first <= span.last)


def _joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return the stretches in order, neighbours as one."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.first <= found[-1].last + 1:
            found[-1] = Span(found[-1].first, max(found[-1].last, span.last))
        else:
            found.append(span)
    return tuple(found)
