"""What a verb gives back when a form cannot be kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Refused:
    """The form is to be drawn again: ``faults`` map a field to a message key.

    Returned, not raised: a refused password must leave its count and its audit event behind,
    and an error would undo them with the rest of the transaction.
    """

    faults: Mapping[str, str]
    wait_seconds: int = 0
