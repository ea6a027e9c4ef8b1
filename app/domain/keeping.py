"""How long each kind of row is kept, and the words for what ends it.

The periods are those of the rules of the room 3.3, to be confirmed by the controller.
"""

from __future__ import annotations

from enum import StrEnum


class ErasureReason(StrEnum):
    """Why the content of an answer set was erased. "Lost" is never one of them."""

    WITHDRAWN = "withdrawn"
    RETENTION_OVER = "retention_over"


class QuarantineOutcome(StrEnum):
    """What a person decided about a copy in quarantine. None of them drops a byte."""

    STORED = "stored"
    KEPT_ASIDE = "kept_aside"
    ERASED = "erased"
