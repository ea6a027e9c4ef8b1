"""The first page of staff."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.db.queries import encounters, quarantine
from app.domain.access import Permission, Viewer
from app.services import feedback, studies
from app.web.deps import Now, ReadDb, ServiceDep
from app.web.guards import requires
from app.web.pages.home import HomePage
from app.web.pages.offered import card, list_offered
from app.web.pages.triage import neutral_names, topic_tiles
from app.web.responses import page_response
from app.web.routes.tablets import tablet_rows

router = APIRouter()


@router.get("/home")
def show_home(
    request: Request,
    viewer: Annotated[Viewer, Depends(requires(Permission.HOME_VIEW))],
    db: ReadDb,
    service: ServiceDep,
    now: Now,
) -> Response:
    """Show where to start, and today's open appointments by code."""
    zone = service.settings.timezone
    today = now.astimezone(zone).date()
    sees_encounters = viewer.may(Permission.ENCOUNTER_VIEW)
    open_today = encounters.list_open(db, viewer, on=today) if sees_encounters else ()
    baseline = studies.teams_in_baseline(db, team_ids=viewer.teams, on=today)
    grids_open = not viewer.teams or baseline != viewer.teams
    offered = list_offered(service.library, service.state, today)
    names = neutral_names([card(service.library, release, today) for release in offered])
    page = HomePage.of(
        viewer,
        open_today,
        grids_open=grids_open,
        zone=zone,
        tablets=tablet_rows(db, viewer, generation=service.state.generation, now=now),
        set_aside=quarantine.count_waiting(db) if viewer.may(Permission.QUARANTINE_VIEW) else 0,
        topics=topic_tiles(names, None),
        course=service.state.course_ratings_on,
        may_write=bool(feedback.days_asked(db)),
        reads=viewer.staff_id == service.state.feedback_reader,
        texts=feedback.count_waiting(db, state=service.state, by=viewer, now=now),
    )
    return page_response(request, page)
