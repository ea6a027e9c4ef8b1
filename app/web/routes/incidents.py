"""Something is wrong on this page: everybody may say so, and staff look into it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.db.queries import incidents as queries
from app.domain.access import Permission, Viewer
from app.domain.incident import read_place, render_incidents
from app.services import incidents
from app.web.deps import Now, ReadDb, ServiceDep, WriteDb
from app.web.forms.incidents import read_judgement, read_outcome, read_reason
from app.web.forms.paging import PageNumber
from app.web.forms.reading import Form, text
from app.web.guards import Anyone, MaybeLogin, requires
from app.web.login_cookie import Address
from app.web.pages.incidents import IncidentPage, IncidentsPage, ReportPage, ReportSentPage
from app.web.responses import page_response, see_other

router = APIRouter()
Views = Annotated[Viewer, Depends(requires(Permission.INCIDENT_VIEW))]
Settles = Annotated[Viewer, Depends(requires(Permission.INCIDENT_SETTLE))]


def reporter(login: MaybeLogin) -> Viewer | None:
    """Return the member of staff who holds the device; nobody while a family does."""
    return login.viewer if login and login.handover_id is None else None


Reporter = Annotated[Viewer | None, Depends(reporter)]


@router.get("/report")
def show_report(_: Anyone, request: Request, by: Reporter, about: str = "") -> Response:
    """Show the form for the page that it was opened from."""
    return page_response(request, ReportPage.of(read_place(about), staff=by is not None))


@router.post("/report")
def report(
    _: Anyone,
    request: Request,
    by: Reporter,
    form: Form,
    db: WriteDb,
    service: ServiceDep,
    address: Address,
    now: Now,
) -> Response:
    """Keep a report, or draw the form again."""
    place, staff = read_place(text(form, "about")), by is not None
    reason = read_reason(form, staff=staff)
    if reason is None:
        page = ReportPage.of(place, staff=staff, fault="reason_missing")
        return page_response(request, page, status=422)
    wait = incidents.report_incident(
        db, keyring=service.keyring, place=place, reason=reason, by=by, address=address, now=now
    )
    if wait:
        page = ReportPage.of(place, staff=staff, chosen=reason, wait=wait)
        answer = page_response(request, page, status=429)
        answer.headers["retry-after"] = str(wait)
        return answer
    return see_other("/report/sent")


@router.get("/report/sent")
def show_sent(_: Anyone, request: Request) -> Response:
    """Say that it arrived and what happens now."""
    return page_response(request, ReportSentPage())


@router.get("/incidents")
def show_incidents(
    request: Request, _: Views, db: ReadDb, service: ServiceDep, page: PageNumber, show: str = ""
) -> Response:
    """Show what nobody closed yet, or what was closed."""
    closed = show == "closed"
    part = (queries.list_closed if closed else queries.list_open)(db, page=page)
    zone = service.settings.service_timezone
    return page_response(request, IncidentsPage.of(part, closed=closed, zone=zone))


@router.post("/incidents/file")
def take_file(by: Views, db: WriteDb, now: Now) -> Response:
    """Give every report as a file, for whoever reports it elsewhere by hand."""
    content = render_incidents(incidents.take_incidents(db, by=by, now=now))
    name = f"incidents-{now:%Y-%m-%d}.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/incidents/{incident_id}")
def show_incident(
    request: Request, viewer: Views, incident_id: str, db: ReadDb, service: ServiceDep
) -> Response:
    """Show one report."""
    entry = queries.get_incident(db, incident_id)
    zone, may_settle = service.settings.service_timezone, viewer.may(Permission.INCIDENT_SETTLE)
    filled = incidents.Judgement(entry.owner_id, entry.severity, entry.hazard)
    owners = queries.list_owners(db)
    page = IncidentPage(entry, zone, may_settle, owners, filled, entry.hazard or "")
    return page_response(request, page)


@router.post("/incidents/{incident_id}/judge")
def judge(
    request: Request,
    by: Settles,
    incident_id: str,
    form: Form,
    db: WriteDb,
    service: ServiceDep,
    now: Now,
) -> Response:
    """Say who looks into it, how bad it was and which hazard it belongs to."""
    judgement, faults = read_judgement(form)
    if faults:
        entry = queries.get_incident(db, incident_id)
        zone, owners = service.settings.service_timezone, queries.list_owners(db)
        page = IncidentPage(entry, zone, True, owners, judgement, text(form, "hazard"), faults)
        return page_response(request, page, status=422)
    incidents.judge_incident(db, incident_id=incident_id, judgement=judgement, by=by, now=now)
    return see_other(f"/incidents/{incident_id}")


@router.post("/incidents/{incident_id}/close")
def close(by: Settles, incident_id: str, form: Form, db: WriteDb, now: Now) -> Response:
    """Close a report; without a choice nothing happens."""
    outcome = read_outcome(form)
    if outcome:
        incidents.close_incident(db, incident_id=incident_id, outcome=outcome, by=by, now=now)
    return see_other(f"/incidents/{incident_id}")
