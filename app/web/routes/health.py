"""For whoever runs the server."""

from __future__ import annotations

from fastapi import APIRouter
from sqlalchemy import text
from starlette.responses import JSONResponse

from app.web.deps import ReadDb, ServiceDep
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
