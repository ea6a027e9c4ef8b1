"""What was ticked on a form of paper, as somebody types it in: twice, and the two compared.

Answers on paper become an answer set like every other. A box that nobody could read, or left empty,
is typed in as what it is, from the closed list of ``missing``; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

from app.content.instrument import Scale
from app.domain.missing import NEVER_SHOWN, FormReason, ItemMissing
from app.domain.vocabulary import Occasion, Person, Referent, SeenByOthers, WeeksSince

_Known = TypeVar("_Known", bound=StrEnum)
#: What was typed, by the name of its field; several boxes of one field are joined by spaces.
Typed = Mapping[str, str]
ITEM: Final = "item-"
#: What paper can show of a row without a value.
MISSING_ON_PAPER: Final[Mapping[str, ItemMissing]] = {
    "skipped": ItemMissing.SKIPPED,
    "unreadable": ItemMissing.UNREADABLE,
    "prefer_not_to_say": ItemMissing.PREFER_NOT_TO_SAY,
    "do_not_understand": ItemMissing.DO_NOT_UNDERSTAND,
    "does_not_apply": ItemMissing.DOES_NOT_APPLY,
}
#: Only a device is interrupted, and only a device has technical trouble.
_NOT_ON_PAPER: Final = frozenset({FormReason.INTERRUPTED, FormReason.TECHNICAL})


@dataclass(frozen=True, slots=True)
class PaperAnswers:
    """One sheet. ``marks`` maps item id to a value of the scale or a missing code."""

    marks: Mapping[str, int]
    reason: FormReason | None
    seen_by_others: SeenByOthers | None
    helped_by: tuple[Person, ...]
    referent: Referent | None
    weeks_since: WeeksSince | None


def list_reasons(occasion: str) -> tuple[FormReason, ...]:
    """Return why a sheet may have come back without answers."""
    never = _NOT_ON_PAPER
    if occasion != Occasion.BEFORE:
        never = never | {FormReason.NO_PREVIOUS_APPOINTMENT}
    return tuple(reason for reason in FormReason if reason not in never)


def list_fields(item_ids: Sequence[str], occasion: str) -> tuple[str, ...]:
    """Return the fields of the form, in the order in which they stand on the sheet."""
    before = ("referent", "weeks_since") if occasion == Occasion.BEFORE else ()
    items = tuple(f"{ITEM}{item}" for item in item_ids)
    return (*before, *items, "seen_by_others", "helped_by", "reason")


def read_answers(
    typed: Typed, *, item_ids: Sequence[str], scale: Scale, occasion: str
) -> PaperAnswers | dict[str, str]:
    """Return the sheet, or a message key for each field that cannot be kept.

    Every row needs a mark or a word on why it has none, unless the whole sheet has a reason.
    """
    faults: dict[str, str] = {}
    reason = _one(FormReason, typed, "reason", faults, list_reasons(occasion))
    marks = {item: _mark(typed.get(f"{ITEM}{item}", ""), scale) for item in item_ids}
    for item, mark in marks.items():
        if mark is None and (typed.get(f"{ITEM}{item}") or reason is None):
            faults[f"{ITEM}{item}"] = "choose_mark"
    if reason in NEVER_SHOWN and any(mark is not None and mark >= 0 for mark in marks.values()):
        faults["reason"] = "reason_contradicts"
    is_before = occasion == Occasion.BEFORE
    found = PaperAnswers(
        marks={i: int(ItemMissing.NOT_ASKED) if m is None else m for i, m in marks.items()},
        reason=reason,
        seen_by_others=_one(SeenByOthers, typed, "seen_by_others", faults),
        helped_by=_helpers(typed.get("helped_by", ""), faults),
        referent=_one(Referent, typed, "referent", faults) if is_before else None,
        weeks_since=_one(WeeksSince, typed, "weeks_since", faults) if is_before else None,
    )
    return faults or found


def find_differences(first: Typed, second: Typed, fields: Sequence[str]) -> tuple[str, ...]:
    """Return the fields that were not typed the same both times."""
    return tuple(field for field in fields if first.get(field, "") != second.get(field, ""))


def _mark(typed: str, scale: Scale) -> int | None:
    if typed in MISSING_ON_PAPER:
        return int(MISSING_ON_PAPER[typed])
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 2):
        return None
    return int(typed) if scale.holds(int(typed)) else None


def _one(
    listed: type[_Known],
    typed: Typed,
    field: str,
    faults: dict[str, str],
    among: Sequence[_Known] | None = None,
) -> _Known | None:
    value = typed.get(field, "")
    allowed: Sequence[_Known] = tuple(listed) if among is None else among
    found = next((each for each in allowed if each.value == value), None)
    if value and found is None:
        faults[field] = "unknown_choice"
    return found


def _helpers(typed: str, faults: dict[str, str]) -> tuple[Person, ...]:
    said = typed.split()
    known: Callable[[str], bool] = {person.value for person in Person}.__contains__
    if not all(map(known, said)):
        faults["helped_by"] = "unknown_choice"
        return ()
    return tuple(sorted({Person(person) for person in said}))
