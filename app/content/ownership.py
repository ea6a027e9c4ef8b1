"""Whose words a sensitive grid speaks in (SM-F9).

Words on a topic that may frighten belong to people who do this work and people who have lived it.
Until a clinician and somebody with lived experience have rewritten them, or taken them over as
they stand, the grid stays a draft that says so. Who took over which words is written in
`grid.yaml`, with the hash of those very words: a later change of one letter needs them anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final, get_args

from app.content.grid import Grid, Owner
from app.content.parse import ENGLISH
from app.content.translation import wording_hash
from app.content.wording import VoiceWords

OWNERS: Final[tuple[Owner, ...]] = get_args(Owner)
_LENGTH: Final = 16


def words_hash(voices: Iterable[VoiceWords]) -> str:
    """The hash of the English words of every voice: 16 hex digits.

    Translations follow the English and carry a hash of their own.
    """
    parts = sorted(f"{w.voice}:{wording_hash(w)}" for w in voices if w.language == ENGLISH)
    return hashlib.sha256("\n".join(parts).encode("utf-8")).hexdigest()[:_LENGTH]


def list_missing_owners(grid: Grid, voices: Iterable[VoiceWords]) -> tuple[Owner, ...]:
    """Who still has to make these very words their own; nobody where a grid is not sensitive."""
    if not grid.sensitive:
        return ()
    taken = grid.words_taken_over
    if taken is None or taken.words != words_hash(voices):
        return OWNERS
    return tuple(owner for owner in OWNERS if owner not in taken.by)
