"""What a tablet and its enrolment send as JSON, and the form that takes one out of use."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from app.domain.tablet import RevokeReason
from app.domain.tablet_report import ContactReport, read_report
from app.errors import Invalid
from app.web.forms.reading import text

MOST_BYTES = 16 * 1024
SCHEME = "bearer "


@dataclass(frozen=True)
class Enrolment:
    """What was filled in to make a device a clinic tablet, as typed."""

    label: str = ""
    team: str = ""
    number: str = ""


async def read_body(request: Request) -> bytes:
    """Return the body. Raises 413 just past the limit, without reading on."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_BYTES:
                raise HTTPException(413)
    except ClientDisconnect:  # nobody is there to answer; half a report is no report
        body.clear()
    return bytes(body)


Body = Annotated[bytes, Depends(read_body)]


def read_enrolment(body: Body) -> Enrolment:
    """Return what was filled in; what is wrong with it the service says. Raises Invalid."""
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        raise Invalid from None
    if not isinstance(sent, dict):
        raise Invalid
    return Enrolment(_word(sent.get("label")), _word(sent.get("team")), _number(sent.get("number")))


def read_contact(body: Body) -> ContactReport:
    """Return a tablet's report. Raises Invalid for anything that is none."""
    try:
        return read_report(body)
    except ValueError:
        raise Invalid from None


async def read_token(request: Request) -> str:
    """Return the token that a device shows, or nothing."""
    header = request.headers.get("authorization", "")
    return header[len(SCHEME) :].strip() if header.lower().startswith(SCHEME) else ""


SentEnrolment = Annotated[Enrolment, Depends(read_enrolment)]
SentReport = Annotated[ContactReport, Depends(read_contact)]
SentToken = Annotated[str, Depends(read_token)]


def read_revoke_reason(form: FormData) -> RevokeReason | None:
    """Return the chosen reason, or None for none of the list."""
    chosen = text(form, "reason")
    return next((reason for reason in RevokeReason if reason.value == chosen), None)


def _word(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Any) -> str:
    """Return a number as typed. A fraction or a truth value is no number and is left as it is."""
    return "" if value is None else str(value)
