"""The PIN that brings a tablet back, sent by the appointment page as JSON."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import Depends, Request

MOST_BYTES = 256


async def read_pin(request: Request) -> str:
    """Return the PIN that was typed, or nothing for anything else: no PIN is empty."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            return ""
    try:
        sent = json.loads(bytes(body))
    except ValueError:
        return ""
    pin = sent.get("pin") if isinstance(sent, dict) else None
    return pin if isinstance(pin, str) else ""


TypedPin = Annotated[str, Depends(read_pin)]
