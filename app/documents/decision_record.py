"""The record of a decision made together, as the page in the room says it (docs/appointment.md).

Read from a plain object, made into one A4 sheet for the family, a note and a file for the record
system, and forgotten (rules of the room 3.4). Whatever is not as the page writes it is refused:
nothing is guessed at, nothing is cut. Behind a notice no own words are taken (SM-F1).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Final, TypeVar

from app.documents.profile import Direction, direction_of
from app.domain.deciding import MATTERS, Deciding, DecisionOutcome, HowJudged
from app.domain.typed_line import one_line
from app.domain.vocabulary import Person

MOST_LETTERS: Final = 200
MOST_STEPS: Final = 4
MOST_GOALS: Final = 3
MOST_PEOPLE: Final = 12
HIGHEST_RATING: Final = 10
NOT_SURE: Final = "not_sure"
OWN_WORDS: Final = ("better", "when", "how_know", "if_not", "come_back")
COPIES: Final = ("family", "young_person", "parent", "worker")
# `parent.2` is the second parent who had a turn: two parents are two people.
_PERSON: Final = re.compile(r"(young_person|parent|practitioner)\.([1-9])")
_ROLES: Final = frozenset(Person)

T = TypeVar("T")


class RecordUnreadable(ValueError):
    """The object is not one that the page makes. `field` says where."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


@dataclass(frozen=True, slots=True)
class Words:
    """A line of somebody's own, with the direction of its first strong character."""

    text: str
    direction: Direction


@dataclass(frozen=True, slots=True)
class SharedCard:
    """What mattered, and to whom of those who let the others see it."""

    card: str
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AgreedStep:
    """Who does what. `who` is a role, or None where nobody was named."""

    who: Person | None
    what: Words


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal in own words; `rating` from 0 to 10 is where things are today, or None."""

    words: Words
    rating: int | None


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """What was said, as far as somebody said it: every part may be absent.

    People who had a turn are `role.number`; everybody else is a role.
    """

    outcome: DecisionOutcome | None = None
    decided_by: tuple[str, ...] = ()
    disagreed: tuple[str, ...] = ()
    people_present: tuple[Person, ...] = ()
    parental_responsibility: tuple[str, ...] = ()
    deciding: Deciding | None = None
    how_judged: HowJudged | None = None
    consent_still_needed_from: tuple[Person, ...] = ()
    chosen: tuple[str, ...] = ()
    shared: tuple[SharedCard, ...] = ()
    better: Words | None = None
    when: Words | None = None
    how_know: Words | None = None
    if_not: Words | None = None
    come_back: Words | None = None
    steps: tuple[AgreedStep, ...] = ()
    goals: tuple[Goal, ...] = ()
    review_on: date | None = None

    @property
    def has_own_words(self) -> bool:
        """Whether anybody wrote something themselves."""
        return any(getattr(self, name) for name in (*OWN_WORDS, "steps", "goals"))


def read_record(document: Any, *, ways: Collection[str], behind_notice: bool) -> DecisionRecord:
    """Return the record that a page says. Raises RecordUnreadable.

    `ways` are the options of the edition; `behind_notice` says that no own words may be in it.
    """
    said = _object(document, "record", _READERS)
    found = {key: _READERS[key](value, key) for key, value in said.items() if value is not None}
    record = DecisionRecord(**found)
    if not set(record.chosen) <= set(ways):
        raise RecordUnreadable("chosen")
    if record.outcome is DecisionOutcome.NOT_TODAY and record.chosen:
        raise RecordUnreadable("chosen")
    if behind_notice and record.has_own_words:
        raise RecordUnreadable("own_words")
    return record


def _object(value: Any, field: str, keys: Collection[str]) -> Mapping[str, Any]:
    if not isinstance(value, dict) or not set(value) <= set(keys):
        raise RecordUnreadable(field)
    return value


def _list(value: Any, field: str, most: int) -> list[Any]:
    if not isinstance(value, list) or len(value) > most:
        raise RecordUnreadable(field)
    return value


def _several(
    read: Callable[[Any, str], T], most: int = MOST_PEOPLE
) -> Callable[..., tuple[T, ...]]:
    """Return a reader of a list without doubles."""

    def read_all(value: Any, field: str) -> tuple[T, ...]:
        found = tuple(read(each, field) for each in _list(value, field, most))
        if len(set(found)) != len(found):
            raise RecordUnreadable(field)
        return found

    return read_all


def _known(values: Any) -> Callable[[Any, str], Any]:
    """Return a reader of one word of a closed list."""

    def read(value: Any, field: str) -> Any:
        found = next((each for each in values if each == value and isinstance(value, str)), None)
        if found is None:
            raise RecordUnreadable(field)
        return found

    return read


def _person(value: Any, field: str) -> str:
    if not isinstance(value, str) or not _PERSON.fullmatch(value):
        raise RecordUnreadable(field)
    return value


def _holders(value: Any, field: str) -> tuple[str, ...]:
    """Roles that hold parental responsibility, or that this will be checked: never both."""
    if value == [NOT_SURE]:
        return (NOT_SURE,)
    return tuple(each.value for each in _several(_known(_ROLES))(value, field))


def _words(value: Any, field: str) -> Words | None:
    if not isinstance(value, str) or len(value) > MOST_LETTERS:
        raise RecordUnreadable(field)
    text = one_line(value)
    return Words(text, direction_of(text)) if text else None


def _card(value: Any, field: str) -> SharedCard:
    said = _object(value, field, ("card", "people"))
    people = _several(_person)(said.get("people"), field)
    if not people:
        raise RecordUnreadable(field)
    return SharedCard(_known(MATTERS)(said.get("card"), field), people)


def _steps(value: Any, field: str) -> tuple[AgreedStep, ...]:
    found = []
    for each in _list(value, field, MOST_STEPS):
        said = _object(each, field, ("who", "what"))
        who = said.get("who")
        what = _words(said.get("what", ""), field)
        if what is not None:
            found.append(AgreedStep(None if who is None else _known(_ROLES)(who, field), what))
    return tuple(found)


def _goals(value: Any, field: str) -> tuple[Goal, ...]:
    found = []
    for each in _list(value, field, MOST_GOALS):
        said = _object(each, field, ("words", "rating"))
        words, rating = _words(said.get("words", ""), field), said.get("rating")
        if rating is not None and (type(rating) is not int or not 0 <= rating <= HIGHEST_RATING):
            raise RecordUnreadable(field)
        if words is not None:
            found.append(Goal(words, rating))
    return tuple(found)


def _way(value: Any, field: str) -> str:
    if not isinstance(value, str):
        raise RecordUnreadable(field)
    return value


def _day(value: Any, field: str) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise RecordUnreadable(field) from None


_READERS: Final[Mapping[str, Callable[[Any, str], Any]]] = {
    "outcome": _known(DecisionOutcome),
    "decided_by": _several(_person),
    "disagreed": _several(_person),
    "people_present": _several(_known(_ROLES)),
    "parental_responsibility": _holders,
    "deciding": _known(Deciding),
    "how_judged": _known(HowJudged),
    "consent_still_needed_from": _several(_known(_ROLES)),
    "chosen": _several(_way),
    "shared": _several(_card, len(MATTERS)),
    **dict.fromkeys(OWN_WORDS, _words),
    "steps": _steps,
    "goals": _goals,
    "review_on": _day,
}
assert set(_READERS) == {field.name for field in fields(DecisionRecord)}
