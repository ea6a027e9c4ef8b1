"""For whoever runs the server."""

from __future__ import annotations

from importlib import metadata

from fastapi import APIRouter, Request
from sqlalchemy import text
from starlette.responses import JSONResponse, PlainTextResponse

from app.domain.security_contact import security_text
from app.errors import NotFound
from app.web.counting import is_from_here
from app.web.deps import Now, ReadDb, ServiceDep
from app.web.guards import Anyone

router = APIRouter()


@router.get("/healthz")
def healthz(_: Anyone, service: ServiceDep, db: ReadDb) -> JSONResponse:
    """Say that the database answers, how many releases are served and how many were left out."""
    db.execute(text("SELECT 1"))
    body = {
        "status": "ok",
        "mode": service.state.mode,
        "releases": len(service.library.list_current()),
        "left_out": len(service.library.problems),
    }
    return JSONResponse(body)


@router.get("/version")
def version(_: Anyone, request: Request) -> JSONResponse:
    """Say which version runs, to this machine alone: others learn what to attack from it."""
    if not is_from_here(request.scope):
        raise NotFound
    return JSONResponse({"version": metadata.version("grids")})


@router.get("/.well-known/security.txt")
def security_contact(_: Anyone, service: ServiceDep, now: Now) -> PlainTextResponse:
    """Say who hears of a weakness, while somebody vouches for that."""
    settings = service.settings
    text = security_text(
        settings.security_contact,
        settings.security_contact_until,
        public_url=settings.public_url,
        today=now.astimezone(settings.timezone).date(),
    )
    if text is None:
        raise NotFound
    return PlainTextResponse(text)
