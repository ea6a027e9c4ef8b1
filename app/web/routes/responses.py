"""Where answer sets arrive. A receipt leaves only after the commit that holds the row."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from app.services.arrivals import MAX_SENT, Outcome, take_in
from app.web.deps import ServiceDep
from app.web.errors import answer
from app.web.guards import Bearer

router = APIRouter()
SCHEME = "bearer "


@router.put("/v1/responses/{response_id}")
async def put_response(
    _: Bearer, request: Request, service: ServiceDep, response_id: str
) -> Response:
    """Take one sealed answer set; the status table is in the contract."""
    parcel = take_in(
        response_id=response_id,
        sent=await _read_body(request),
        content_digest=request.headers.get("content-digest"),
        token=_token(request),
        address=request.client.host if request.client else "",
    )
    settled = parcel if isinstance(parcel, Outcome) else await service.recorder.record(parcel)
    return _respond(request, settled)


async def _read_body(request: Request) -> bytes:
    """Return the body, or its beginning just past the limit: the rest is never read."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > MAX_SENT:
        return bytes(MAX_SENT + 1)
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_SENT:
                break
    except ClientDisconnect:  # nobody is there to answer; half a body fails its digest
        body.clear()
    return bytes(body)


def _token(request: Request) -> str | None:
    header = request.headers.get("authorization", "")
    return header[len(SCHEME) :].strip() if header.lower().startswith(SCHEME) else None


def _respond(request: Request, outcome: Outcome) -> Response:
    if outcome.receipt_json is not None:
        media_type = "application/json"
        return Response(outcome.receipt_json, outcome.http_status, media_type=media_type)
    key = outcome.error_key or "unexpected"
    return answer(request, outcome.http_status, key, outcome.wait_seconds)
