"""The service itself: its mode, the local crisis number, its teams."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from sqlmodel import Session
from starlette.responses import Response

from app.db.queries import teams as queries
from app.db.queries.staff import list_staff
from app.domain.access import Permission, Viewer
from app.errors import NotFound
from app.services import crisis_number, feedback, switches, teams
from app.services.feedback import ReaderDraft
from app.services.refusals import Refused
from app.services.switches import Switch
from app.web import publishing, standing
from app.web.deps import Now, ReadDb, ServiceDep, WriteDb
from app.web.forms.reading import Form, text
from app.web.guards import requires
from app.web.pages.service_admin import (
    FeedbackReading,
    ServicePage,
    SwitchedBands,
    SwitchedGrids,
    TeamPage,
)
from app.web.responses import page_response, see_other
from app.web.service import Service

router = APIRouter()
#: The switches by their names in addresses.
SWITCHES: Final[Mapping[str, Switch]] = {
    "sensitive-grids": Switch.SENSITIVE_GRIDS,
    "personal-budgets": Switch.PERSONAL_BUDGETS,
    "own-phones": Switch.OWN_PHONES,
    "exposure-counts": Switch.EXPOSURE_COUNTS,
    "profile-wording": Switch.SECOND_PROFILE_WORDING,
    "course": Switch.COURSE_RATINGS,
    "second-instrument": Switch.SECOND_INSTRUMENT,
    "feedback": Switch.FEEDBACK,
}
ManagesService = Annotated[Viewer, Depends(requires(Permission.SERVICE_MANAGE))]


@router.get("/service")
def show_service(
    request: Request, _: ManagesService, db: ReadDb, service: ServiceDep, done: str = ""
) -> Response:
    """Show the service and its teams."""
    return page_response(request, _page(service, db, done=done))


@router.post("/service/crisis-number")
def set_crisis_number(
    request: Request, viewer: ManagesService, form: Form, db: ReadDb, service: ServiceDep, now: Now
) -> Response:
    """Keep the number of the local crisis team and put it on every page."""
    number = text(form, "number")
    outcome = crisis_number.set_crisis_number(
        service.database, number=number, by=viewer.staff_id, now=now
    )
    if isinstance(outcome, Refused):
        page = _page(service, db, number=number, faults=outcome.faults)
        return page_response(request, page, status=422)
    service.state = outcome
    if service.published is not None:  # pages in memory carry the number
        publishing.publish_everything(service, service.published)
    return see_other("/service?done=number")


@router.post("/service/switches/{name}")
def turn_switch(
    viewer: ManagesService, name: str, form: Form, service: ServiceDep, now: Now
) -> Response:
    """Turn one of the service's switches on or off."""
    switch = SWITCHES.get(name)
    if switch is None:
        raise NotFound
    on = text(form, "turn") == "on"
    switches.turn(service.database, switch, on=on, by=viewer.staff_id, now=now)
    standing.refresh(service)
    return see_other(f"/service?done={name}-{'on' if on else 'off'}")


@router.post("/service/feedback")
def assign_reader(
    request: Request, viewer: ManagesService, form: Form, db: ReadDb, service: ServiceDep, now: Now
) -> Response:
    """Name who reads what people write about grids, and let them write."""
    draft = ReaderDraft(*(text(form, name) for name in ("reader", "days", "path")))
    by = viewer.staff_id
    outcome = feedback.assign_reader(service.database, draft=draft, by=by, now=now)
    if isinstance(outcome, Refused):
        page = _page(service, db, draft=draft, faults=outcome.faults)
        return page_response(request, page, status=422)
    standing.refresh(service)
    return see_other("/service?done=feedback-on")


@router.post("/service/teams")
def add_team(
    request: Request, viewer: ManagesService, form: Form, db: WriteDb, service: ServiceDep, now: Now
) -> Response:
    """Add a team."""
    name = text(form, "name")
    outcome = teams.add_team(db, name=name, by=viewer.staff_id, now=now)
    if isinstance(outcome, Refused):
        page = _page(service, db, team_name=name, faults=outcome.faults)
        return page_response(request, page, status=422)
    return see_other("/service?done=team-added")


@router.get("/service/teams/{team_id}")
def show_team(request: Request, _: ManagesService, team_id: str, db: ReadDb) -> Response:
    """Show one team."""
    team = queries.get_team(db, team_id)
    return page_response(request, TeamPage(team, team.name))


@router.post("/service/teams/{team_id}/rename")
def rename_team(
    request: Request, viewer: ManagesService, team_id: str, form: Form, db: WriteDb, now: Now
) -> Response:
    """Give a team another name."""
    name = text(form, "name")
    outcome = teams.rename_team(db, team_id=team_id, name=name, by=viewer.staff_id, now=now)
    if isinstance(outcome, Refused):
        page = TeamPage(queries.get_team(db, team_id), name, outcome.faults)
        return page_response(request, page, status=422)
    return see_other("/service?done=team-renamed")


@router.post("/service/teams/{team_id}/close")
def close_team(
    request: Request, viewer: ManagesService, team_id: str, db: WriteDb, now: Now
) -> Response:
    """Close a team to new appointments."""
    outcome = teams.close_team(db, team_id=team_id, by=viewer.staff_id, now=now)
    if isinstance(outcome, Refused):
        team = queries.get_team(db, team_id)
        return page_response(request, TeamPage(team, team.name, outcome.faults), status=422)
    return see_other("/service?done=team-closed")


def _page(
    service: Service,
    db: Session,
    *,
    number: str | None = None,
    team_name: str = "",
    done: str = "",
    draft: ReaderDraft | None = None,
    faults: Mapping[str, str] | None = None,
) -> ServicePage:
    return ServicePage(
        mode=service.state.mode,
        demo=service.state.demo,
        number=service.state.local_crisis_number if number is None else number,
        teams=queries.list_teams(db),
        switched=SwitchedGrids.of(service.library, service.state),
        budgets=SwitchedBands.of(service.library, service.state),
        own_phones=service.state.own_phone_links,
        phone_host=service.settings.phone_host,
        exposure_counts=service.state.exposure_counts_on,
        profile_wording=service.state.second_profile_wording_on,
        course=service.state.course_ratings_on,
        second=service.state.second_instrument_on,
        reading=FeedbackReading.of(service.state, list_staff(db), draft),
        team_name=team_name,
        done=done,
        faults=faults or {},
    )
