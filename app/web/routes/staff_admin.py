"""Looking after accounts: a list, invitations, roles, teams, off and on, new passwords."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from sqlmodel import Session
from starlette.responses import Response

from app.db.queries import staff as staff_queries
from app.db.queries import teams as team_queries
from app.domain.access import Permission, Role, Viewer
from app.services import invitations, staff
from app.services.refusals import Refused
from app.web.deps import Now, ReadDb, ServiceDep, WriteDb
from app.web.forms.accounts import read_invite, read_roles
from app.web.forms.reading import Form, text, texts
from app.web.guards import requires
from app.web.pages.staff_admin import InvitePage, LinkPage, StaffListPage, StaffPage
from app.web.responses import page_response, see_other
from app.web.service import Service

router = APIRouter()
ManagesStaff = Annotated[Viewer, Depends(requires(Permission.STAFF_MANAGE))]


@router.get("/staff")
def list_staff(request: Request, _: ManagesStaff, db: ReadDb) -> Response:
    """List everybody who works here."""
    people, teams = staff_queries.list_staff(db), team_queries.list_teams(db)
    return page_response(request, StaffListPage.of(people, teams))


@router.get("/staff/invite")
def show_invite(request: Request, _: ManagesStaff, db: ReadDb) -> Response:
    """Ask who is to be invited."""
    return page_response(request, InvitePage.of(team_queries.list_open_teams(db)))


@router.post("/staff/invite")
def invite(
    request: Request, viewer: ManagesStaff, form: Form, db: WriteDb, service: ServiceDep, now: Now
) -> Response:
    """Make the account and show its link, once."""
    filled = read_invite(form)
    outcome = invitations.invite_staff(
        db,
        username=filled.username,
        name=filled.name,
        roles=filled.roles,
        teams=filled.teams,
        by=viewer.staff_id,
        now=now,
    )
    if isinstance(outcome, Refused):
        page = InvitePage.of(team_queries.list_open_teams(db), filled, outcome.faults)
        return page_response(request, page, status=422)
    return _link_page(request, service, db, outcome, is_reset=False)


@router.get("/staff/{staff_id}")
def show_staff(
    request: Request, viewer: ManagesStaff, staff_id: str, db: ReadDb, done: str = ""
) -> Response:
    """Show one account."""
    person = staff_queries.get_staff(db, staff_id)
    teams = team_queries.list_open_teams(db)
    page = StaffPage.of(person, teams, viewer_id=viewer.staff_id, done=done)
    return page_response(request, page)


@router.post("/staff/{staff_id}/roles")
def change_roles(
    request: Request, viewer: ManagesStaff, staff_id: str, form: Form, db: WriteDb, now: Now
) -> Response:
    """Give other roles; they hold from that person's next request on."""
    roles = read_roles(form)
    outcome = staff.change_roles(db, staff_id=staff_id, roles=roles, by=viewer.staff_id, now=now)
    return _after(request, viewer, db, staff_id, outcome, done="roles", roles=roles)


@router.post("/staff/{staff_id}/teams")
def change_teams(
    request: Request, viewer: ManagesStaff, staff_id: str, form: Form, db: WriteDb, now: Now
) -> Response:
    """Put somebody into other teams."""
    teams = texts(form, "teams")
    staff.change_teams(db, staff_id=staff_id, teams=teams, by=viewer.staff_id, now=now)
    return _after(request, viewer, db, staff_id, None, done="teams")


@router.post("/staff/{staff_id}/disable")
def disable(
    request: Request, viewer: ManagesStaff, staff_id: str, db: WriteDb, now: Now
) -> Response:
    """Switch an account off."""
    outcome = staff.disable_staff(db, staff_id=staff_id, by=viewer.staff_id, now=now)
    return _after(request, viewer, db, staff_id, outcome, done="disabled")


@router.post("/staff/{staff_id}/enable")
def enable(
    request: Request, viewer: ManagesStaff, staff_id: str, db: WriteDb, now: Now
) -> Response:
    """Switch an account on again."""
    staff.enable_staff(db, staff_id=staff_id, by=viewer.staff_id, now=now)
    return _after(request, viewer, db, staff_id, None, done="enabled")


@router.post("/staff/{staff_id}/sign-out")
def sign_out(
    request: Request, viewer: ManagesStaff, staff_id: str, db: WriteDb, now: Now
) -> Response:
    """End every login of an account."""
    staff.sign_out_everywhere(db, staff_id=staff_id, by=viewer.staff_id, now=now)
    return _after(request, viewer, db, staff_id, None, done="signed-out")


@router.post("/staff/{staff_id}/reset")
def reset(
    request: Request,
    viewer: ManagesStaff,
    staff_id: str,
    form: Form,
    db: WriteDb,
    service: ServiceDep,
    now: Now,
) -> Response:
    """Take the password away and show the link for a new one, once."""
    drop = text(form, "drop_second_factor") == "yes"
    outcome = invitations.reset_staff(
        db, staff_id=staff_id, drop_second_factor=drop, by=viewer.staff_id, now=now
    )
    if isinstance(outcome, Refused):
        return _after(request, viewer, db, staff_id, outcome, done="")
    return _link_page(request, service, db, outcome, is_reset=True)


def _after(
    request: Request,
    viewer: Viewer,
    db: Session,
    staff_id: str,
    outcome: Refused | None,
    *,
    done: str,
    roles: Collection[Role] | None = None,
) -> Response:
    """Go back to the account, or draw it again with what stood in the way."""
    if outcome is None:
        return see_other(f"/staff/{staff_id}?done={done}")
    person, teams = staff_queries.get_staff(db, staff_id), team_queries.list_open_teams(db)
    page = StaffPage.of(
        person, teams, viewer_id=viewer.staff_id, roles=roles, faults=outcome.faults
    )
    return page_response(request, page, status=422)


def _link_page(
    request: Request,
    service: Service,
    db: Session,
    invited: invitations.Invited,
    *,
    is_reset: bool,
) -> Response:
    person = staff_queries.get_staff(db, invited.staff_id)
    base = service.settings.public_url or str(request.base_url)
    page = LinkPage(
        staff_id=person.id,
        name=person.name,
        username=person.username,
        address=base.rstrip("/") + invited.path,
        is_reset=is_reset,
    )
    return page_response(request, page)
