"""Whose word a release needs, and why one is taken back.

A release is a draft until a clinical reviewer and a reviewer with lived experience have both
approved those very bytes (rules of the room 3.1). Withdrawing is for good: what was wrong in a
release stays wrong, and a mended one has the next number.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Final


class ApprovalKind(StrEnum):
    """What a reviewer answers for."""

    CLINICAL = "clinical"
    LIVED_EXPERIENCE = "lived_experience"


class WithdrawalReason(StrEnum):
    """Why a release is taken back. A closed list: families are told in words of their own."""

    UNSAFE_WORDS = "unsafe_words"
    FACT_WRONG = "fact_wrong"
    EVIDENCE_CHANGED = "evidence_changed"
    NOT_FAIR = "not_fair"
    NOT_CLEAR = "not_clear"
    RELEASED_BY_MISTAKE = "released_by_mistake"


NEEDED: Final = frozenset(ApprovalKind)


def are_enough(given: Collection[ApprovalKind]) -> bool:
    """Say whether these approvals over one hash make it an approved release."""
    return frozenset(given) >= NEEDED
