"""Notes that a browser carries for the service: signed, with an end, of one purpose.

What is in one is not secret and cannot be changed. Nothing has to be stored while somebody is
away at their identity provider, so nobody can fill a table by beginning sign-ins.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.adapters.keyring import Keyring

LONGEST = 3000


def write_note(
    keyring: Keyring, purpose: str, content: Mapping[str, str | int], *, until: datetime
) -> str:
    """Return ``content`` as a note that holds until then. Fits a cookie."""
    body = json.dumps({**content, "until": int(until.timestamp())}, sort_keys=True)
    text = base64.urlsafe_b64encode(body.encode()).decode()
    return f"{text}.{_mark(keyring, purpose, text)}"


def read_note(keyring: Keyring, purpose: str, note: str, *, now: datetime) -> dict[str, Any] | None:
    """Return what a note holds, or None if it is not ours, of another purpose, or over."""
    text, _, mark = note.partition(".")
    if len(note) > LONGEST:
        return None
    if not hmac.compare_digest(_mark(keyring, purpose, text).encode(), mark.encode()):
        return None
    content: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text))
    return content if content["until"] > now.timestamp() else None


def _mark(keyring: Keyring, purpose: str, text: str) -> str:
    return keyring.derive(f"note {purpose}", text).hex()
