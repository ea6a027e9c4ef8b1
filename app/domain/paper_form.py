"""The number of a form on paper: which appointment, whose form and which words it was printed with.

A form carries no name. Its number has two halves: chance, so that each sheet has its own, and a
check over what the sheet is. Whoever types it in need not choose what it is, and a sheet of another
appointment, a slip of the pen or a number that nobody printed is noticed before anything is stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.domain.capture import CROCKFORD, new_short_code, normalise_short_code

HALF_BITS: Final = 20
_HALF: Final = (1 << HALF_BITS) - 1
_CROCKFORD_BITS: Final = 5


@dataclass(frozen=True, slots=True)
class FormKind:
    """What a sheet is: appointment, respondent, occasion, and the hash of its wording."""

    encounter_id: str
    respondent: str
    occasion: str
    wording_sha256: str

    @property
    def subject(self) -> str:
        """Return the text over which the check of a number is made; the parts hold no space."""
        return " ".join((self.encounter_id, self.respondent, self.occasion, self.wording_sha256))


def write_number(chance: int, check: bytes) -> str:
    """Return a number of eight letters: 20 bits of chance, and the first 20 bits of ``check``."""
    half = int.from_bytes(check[:3], "big") >> 4
    return new_short_code((((chance & _HALF) << HALF_BITS) | half).to_bytes(5, "big"))


def read_number(typed: str) -> str | None:
    """Return a number as printed from how somebody typed it, None if it cannot be one."""
    return normalise_short_code(typed)


def find_kind(number: str, checks: Mapping[FormKind, bytes]) -> FormKind | None:
    """Return what the sheet with this number is, among sheets whose checks are given."""
    chance = _chance_of(number)
    fitting = (kind for kind, check in checks.items() if write_number(chance, check) == number)
    return next(fitting, None)


def _chance_of(number: str) -> int:
    value = 0
    for sign in number:
        value = value << _CROCKFORD_BITS | CROCKFORD.index(sign)
    return value >> HALF_BITS
