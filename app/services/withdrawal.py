"""What is kept of a withdrawal code: a keyed hash, by which its answer set can be found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from app.adapters.keyring import Keyring

PURPOSE: Final = "withdrawal"


def withdrawal_key(keyring: Keyring, words: Sequence[str]) -> str:
    """Return what ``Response.withdrawal_key`` holds for these words: 64 hex digits.

    Keyed by the server's secret: without it, a copy of the database does not even tell which
    words belong to which row, though there are only 2**36 of them.
    """
    return keyring.derive(PURPOSE, " ".join(words)).hex()
