"""The grids as staff see them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.domain.access import Permission, Viewer
from app.services import studies
from app.web.deps import Now, ReadDb, ServiceDep
from app.web.guards import requires
from app.web.pages.grids_staff import GridsPage
from app.web.responses import page_response

router = APIRouter()


@router.get("/grids")
def list_grids(
    request: Request,
    viewer: Annotated[Viewer, Depends(requires(Permission.GRID_VIEW))],
    db: ReadDb,
    service: ServiceDep,
    now: Now,
) -> Response:
    """List the grids and where they stand; those who only work with families wait in a baseline."""
    today = now.astimezone(service.settings.timezone).date()
    baseline = studies.teams_in_baseline(db, team_ids=viewer.teams, on=today)
    waits = viewer.may(Permission.ENCOUNTER_OPEN) and baseline == viewer.teams
    grids_open = viewer.may(Permission.CONTENT_VIEW) or not waits
    return page_response(request, GridsPage.of(service.library, today, grids_open=grids_open))
