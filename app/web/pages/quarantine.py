"""What was set aside, for people who decide what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from app.db.queries.quarantine import QuarantinePart, SetAside
from app.domain.keeping import QUARANTINE
from app.rendering.page import Page


@dataclass(frozen=True)
class Reason:
    """Why a copy is aside: the key of its words, and the field that it is about.

    ``code`` is the reason as it was recorded, for whoever looks into it.
    """

    key: str
    field: str
    code: str

    @classmethod
    def of(cls, code: str) -> Reason:
        """Return the reason behind a recorded key such as ``envelope_wrong_value:items.pace``."""
        name, _, field = code.partition(":")
        if name.startswith("envelope_"):
            return cls("envelope", field, code)
        field, dot, _ = name.partition(".")
        if dot:
            return cls(field if field in {"items", "consent"} else "field", field, code)
        return cls(name, "", code)


def reasons_of(codes: tuple[str, ...]) -> tuple[Reason, ...]:
    """Return one reason for each kind of words, in the order in which they were found."""
    found: dict[tuple[str, str], Reason] = {}
    for code in codes:
        reason = Reason.of(code)
        found.setdefault((reason.key, reason.field), reason)
    return tuple(found.values())


@dataclass(frozen=True)
class Line:
    """One copy and why it is aside."""

    entry: SetAside
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class QuarantinePage(Page):
    """What waits for a decision, or what was decided."""

    template: ClassVar[str] = "pages/quarantine/list.html"
    lines: tuple[Line, ...]
    decided: bool
    zone: str
    newer: str | None
    older: str | None
    most_days: int = QUARANTINE.days

    @classmethod
    def of(cls, part: QuarantinePart, *, decided: bool, zone: str) -> QuarantinePage:
        """Return one page of either list."""
        address = f"/quarantine?show={'decided' if decided else 'waiting'}&page="
        return cls(
            lines=tuple(Line(entry, reasons_of(entry.reasons)) for entry in part.entries),
            decided=decided,
            zone=zone,
            newer=f"{address}{part.page - 1}" if part.page > 1 else None,
            older=f"{address}{part.page + 1}" if part.has_more else None,
        )


@dataclass(frozen=True)
class SetAsidePage(Page):
    """One copy: where it came from, why it is aside, and what can be done.

    ``tried`` are the reasons of a try that was made just now and did not store it.
    """

    template: ClassVar[str] = "pages/quarantine/one.html"
    entry: SetAside
    reasons: tuple[Reason, ...]
    may_settle: bool
    may_try: bool
    zone: str
    tried: tuple[Reason, ...] = ()
    most_days: int = QUARANTINE.days

    @classmethod
    def of(cls, entry: SetAside, *, may_settle: bool, zone: str, tried: str = "") -> SetAsidePage:
        """Return the page; ``tried`` holds recorded reasons joined by spaces."""
        waits = entry.settled_at is None
        return cls(
            entry=entry,
            reasons=reasons_of(entry.reasons),
            may_settle=may_settle and waits,
            may_try=may_settle and waits and not entry.second_copy,
            zone=zone,
            tried=reasons_of(tuple(tried.split())),
        )
