"""What a tablet sends to have a decision printed: JSON, up to its size, read in memory alone."""

from __future__ import annotations

import json
from typing import Annotated, Any, Final

from fastapi import Depends, Request
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from app.errors import Invalid

MOST_BYTES: Final = 64 * 1024


async def read_decision(request: Request) -> dict[str, Any]:
    """Return the object that was sent. Answers 413 past the limit; raises Invalid for no object."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_BYTES:
                raise HTTPException(413)
        sent = json.loads(body)
    except (ClientDisconnect, ValueError, RecursionError):
        raise Invalid from None
    if not isinstance(sent, dict):
        raise Invalid
    return sent


SentDecision = Annotated[dict[str, Any], Depends(read_decision)]
