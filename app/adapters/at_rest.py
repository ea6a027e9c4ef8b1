"""Small secrets in a column, readable with the server's keys alone.

AES-256-GCM with a fresh nonce; what the secret belongs to is authenticated with it, so that one
account's row copied into another's does not open there.
"""

from __future__ import annotations

import base64
import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FORMAT: Final = "sealed1:"
_NONCE_BYTES: Final = 12


class SecretUnreadable(Exception):
    """The stored secret was made with another key, belongs elsewhere, or was altered."""


def is_sealed(stored: str) -> bool:
    """Say whether a stored value was made by ``seal_secret``."""
    return stored.startswith(FORMAT)


def seal_secret(secret: str, *, key: bytes, belongs_to: str) -> str:
    """Return what is stored in place of ``secret``; ``key`` has 32 bytes."""
    nonce = os.urandom(_NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, secret.encode(), belongs_to.encode())
    return FORMAT + base64.b64encode(nonce + sealed).decode()


def open_secret(stored: str, *, key: bytes, belongs_to: str) -> str:
    """Return what was sealed. Raises SecretUnreadable."""
    try:
        raw = base64.b64decode(stored.removeprefix(FORMAT), validate=True)
        opened = AESGCM(key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], belongs_to.encode())
    except (ValueError, InvalidTag) as problem:
        raise SecretUnreadable from problem
    return opened.decode()
