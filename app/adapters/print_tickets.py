"""Papers on their way from a tablet to a printer: in the memory of this process and nowhere else.

Each lies sealed under a key that is made of its own secret, which is not kept here: whoever reads
this memory finds bytes and has to guess two words for each. A restart forgets all of them, and so
does every other process of the same service: `docs/papers.md` says what follows.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MOST_TICKETS: Final = 200
MOST_OF_ONE: Final = 8
MOST_BYTES: Final = 24 * 1024**2
NONCE_BYTES: Final = 12


class TicketsFull(Exception):
    """There is no room for one more until some of them are fetched or over."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """One sealed paper: who left it, the team that may fetch it, and how long it lies here."""

    sealed: bytes
    owner: str
    scope: str
    until: datetime


class PrintTickets:
    """Sealed papers by a keyed hash of their secret. Safe to use from several threads."""

    def __init__(self) -> None:
        self._pepper = secrets.token_bytes(32)
        self._kept: dict[bytes, _Kept] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def put(
        self, secret: str, content: bytes, *, owner: str, scope: str, until: datetime, now: datetime
    ) -> None:
        """Keep `content` until it is taken or its time is over. Raises TicketsFull, KeyError.

        `owner` is who left it, `scope` who may take it. KeyError: something lies here under this
        very secret, and the caller draws another.
        """
        place, nonce = self._made("place", secret), secrets.token_bytes(NONCE_BYTES)
        sealed = nonce + AESGCM(self._made("seal", secret)).encrypt(nonce, content, place)
        with self._lock:
            self._drop_over(now)
            if place in self._kept:
                raise KeyError
            self._check_room(owner, len(sealed))
            self._kept[place] = _Kept(sealed, owner, scope, until)

    def take(
        self, secret: str, *, scopes: Collection[str] | None = None, now: datetime
    ) -> bytes | None:
        """Return what lies under `secret`, once, and forget it; None for anything else.

        With `scopes`, what is meant for somebody else is not there, and stays.
        """
        place = self._made("place", secret)
        with self._lock:
            self._drop_over(now)
            found = self._kept.get(place)
            if found is None or (scopes is not None and found.scope not in scopes):
                return None
            del self._kept[place]
        nonce, sealed = found.sealed[:NONCE_BYTES], found.sealed[NONCE_BYTES:]
        return AESGCM(self._made("seal", secret)).decrypt(nonce, sealed, place)

    def drop_over(self, now: datetime) -> None:
        """Forget what nobody fetched in time."""
        with self._lock:
            self._drop_over(now)

    def _drop_over(self, now: datetime) -> None:
        for place in [place for place, kept in self._kept.items() if kept.until <= now]:
            del self._kept[place]

    def _check_room(self, owner: str, size: int) -> None:
        of_one = sum(kept.owner == owner for kept in self._kept.values())
        held = sum(len(kept.sealed) for kept in self._kept.values())
        if of_one >= MOST_OF_ONE or len(self._kept) >= MOST_TICKETS or held + size > MOST_BYTES:
            raise TicketsFull

    def _made(self, purpose: str, secret: str) -> bytes:
        subject = f"{purpose}\0{secret}".encode()
        return hmac.new(self._pepper, subject, hashlib.sha256).digest()
