"""What people say of themselves before and after a course on using the grids.

Three ratings from 0 to 4 and a role, as in the training of 2018 (five sessions, 35 professionals;
its wording is not known, so the words here are this project's own). No name, no account, no time
of day. A rating is of a person's own view and never of how well somebody works.

What is shown moves on only by whole days that are over, eight forms or more at a time, so that
nobody can be worked out by looking twice (rules of the room 2.2).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import groupby
from typing import Final

from app.domain.disclosure import SMALLEST_STEP, round_count
from app.domain.missing import ItemMissing


class CourseOccasion(StrEnum):
    """When somebody rated themselves."""

    BEFORE = "before"
    AFTER = "after"


class CourseRole(StrEnum):
    """What somebody is at work, no finer than the training of 2018 told it."""

    PRACTITIONER = "practitioner"
    SERVICE_MANAGER = "service_manager"
    SENIOR_LEADER = "senior_leader"
    OTHER = "other"


class Rating(StrEnum):
    """The three things that are rated, in the order in which they are asked."""

    READINESS = "readiness"
    CONFIDENCE = "confidence"
    KNOWLEDGE = "knowledge"


LOWEST: Final = 0
HIGHEST: Final = 4
VALUES: Final = range(LOWEST, HIGHEST + 1)
#: In place of a value: somebody would rather not say.
UNSAID: Final = int(ItemMissing.PREFER_NOT_TO_SAY)


@dataclass(frozen=True, slots=True)
class CourseForm:
    """One form. ``values`` has every rating; ``pairs_with`` is the id of the form before."""

    id: str
    given_on: date
    occasion: CourseOccasion
    role: CourseRole
    values: Mapping[Rating, int]
    pairs_with: str | None = None

    @property
    def is_full(self) -> bool:
        """Say whether every rating was given."""
        return all(value in VALUES for value in self.values.values())


@dataclass(frozen=True, slots=True)
class Spread:
    """One rating on one occasion: ``mean`` from 0 to 4 over ``n`` forms that gave it.

    ``mean`` is None where nothing may be shown yet; ``counts`` of each value are rounded to 5.
    """

    n: int
    mean: float | None
    counts: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Moves:
    """Of those whose two forms are known to belong together: how many rose, stayed, fell."""

    rose: int | None
    same: int | None
    fell: int | None


@dataclass(frozen=True, slots=True)
class CourseResult:
    """What may be shown. ``waiting`` says whether forms are there that are not counted yet."""

    spreads: Mapping[tuple[Rating, CourseOccasion], Spread]
    moves: Mapping[Rating, Moves]
    roles: Mapping[CourseRole, int | None]
    waiting: bool


def check_form(occasion: str, role: str, values: Mapping[str, str]) -> dict[str, str]:
    """Return the faults of a typed form by field; empty where it can be kept."""
    faults = {}
    if occasion not in set(CourseOccasion):
        faults["occasion"] = "occasion_missing"
    if role not in set(CourseRole):
        faults["role"] = "role_missing"
    allowed = {str(value) for value in (*VALUES, UNSAID)}
    missing = [rating for rating in Rating if values.get(rating, "") not in allowed]
    return faults | {rating.value: "rating_missing" for rating in missing}


def whole_steps(forms: Iterable[CourseForm], today: date) -> tuple[CourseForm, ...]:
    """Return those of one occasion that may be counted: whole days that are over, by steps of 8.

    A step ends with the day on which its eighth form with every rating was given. Days that are
    over gain no form, so that what was counted once stays counted.
    """
    past = sorted((form for form in forms if form.given_on < today), key=lambda f: f.given_on)
    counted: list[CourseForm] = []
    step: list[CourseForm] = []
    for _, day in groupby(past, key=lambda form: form.given_on):
        step.extend(day)
        if sum(form.is_full for form in step) >= SMALLEST_STEP:
            counted.extend(step)
            step = []
    return tuple(counted)


def summarise(forms: Sequence[CourseForm], today: date) -> CourseResult:
    """Return what may be shown of forms of one environment, the same for whoever looks."""
    by = {
        occasion: whole_steps([f for f in forms if f.occasion == occasion], today)
        for occasion in CourseOccasion
    }
    counted = [form for occasion in CourseOccasion for form in by[occasion]]
    before = {form.id: form for form in by[CourseOccasion.BEFORE]}
    pairs = [(before[f.pairs_with], f) for f in by[CourseOccasion.AFTER] if f.pairs_with in before]
    return CourseResult(
        spreads={(r, o): spread(by[o], r) for r in Rating for o in CourseOccasion},
        moves={rating: _moves(pairs, rating) for rating in Rating},
        roles={role: round_count(sum(f.role == role for f in counted)) for role in CourseRole},
        waiting=len(counted) < len(forms),
    )


def spread(forms: Iterable[CourseForm], rating: Rating) -> Spread:
    """Return the mean and the rounded counts of one rating; whoever did not say is left out.

    ``forms`` come from ``whole_steps``, so that every change of a mean is one of eight or more.
    """
    said = [form.values[rating] for form in forms if form.values[rating] in VALUES]
    counts = tuple(round_count(said.count(value)) for value in VALUES)
    return Spread(len(said), sum(said) / len(said) if said else None, counts)


Row = tuple[str, str | None, str, str, str, str | None, int, int, int]


def leaving_rows(
    forms: Sequence[CourseForm], environment: str, pseudonym: Callable[[str], str]
) -> tuple[Row, ...]:
    """Return forms as an approved project may have them, in the order of ``dataset.COURSE``.

    Months for days; no role that fewer than eight forms name; nothing at all under eight forms. In
    the order of pseudonyms, since that of days would tell them.
    """
    if len(forms) < SMALLEST_STEP:
        return ()
    named = Counter(form.role for form in forms)
    return tuple(
        sorted(
            (
                pseudonym(form.id),
                pseudonym(form.pairs_with) if form.pairs_with else None,
                environment,
                f"{form.given_on:%Y-%m}",
                form.occasion.value,
                form.role.value if named[form.role] >= SMALLEST_STEP else None,
                form.values[Rating.READINESS],
                form.values[Rating.CONFIDENCE],
                form.values[Rating.KNOWLEDGE],
            )
            for form in forms
        )
    )


def _moves(pairs: Sequence[tuple[CourseForm, CourseForm]], rating: Rating) -> Moves:
    steps = [
        after.values[rating] - before.values[rating]
        for before, after in pairs
        if before.values[rating] in VALUES and after.values[rating] in VALUES
    ]
    return Moves(
        rose=round_count(sum(step > 0 for step in steps)),
        same=round_count(sum(step == 0 for step in steps)),
        fell=round_count(sum(step < 0 for step in steps)),
    )
