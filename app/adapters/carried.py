"""What a form carries from one step to the next without anybody reading it on the way.

It lies sealed in a hidden field of the page: nothing is kept on the server, and whoever types a
second time does not see what was typed first. Key and text are bound to one subject.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.adapters.keyring import Keyring

PURPOSE: Final = "carried"
NONCE_BYTES: Final = 12
MOST_LETTERS: Final = 16_000


def carry(keyring: Keyring, subject: str, clear: bytes) -> str:
    """Return ``clear`` as letters that only this service reads, for the same subject."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = AESGCM(keyring.derive(PURPOSE, subject)).encrypt(nonce, clear, subject.encode())
    return base64.urlsafe_b64encode(nonce + sealed).decode()


def read_carried(keyring: Keyring, subject: str, letters: str) -> bytes | None:
    """Return what ``carry`` was given for this subject, None for anything else."""
    if len(letters) > MOST_LETTERS:
        return None
    try:
        raw = base64.b64decode(letters, altchars=b"-_", validate=True)
        key = AESGCM(keyring.derive(PURPOSE, subject))
        return key.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], subject.encode())
    except (binascii.Error, ValueError, InvalidTag):
        return None
