"""Clinic tablets: made one, listed, looked at, taken out of use; and what they say themselves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from sqlmodel import Session
from starlette.responses import JSONResponse, Response

from app.db.queries import tablets as queries
from app.domain.access import Permission, Viewer
from app.services import tablets
from app.services.refusals import Refused
from app.services.tablets import NotHeard
from app.web.deps import Now, ReadDb, ServiceDep, WriteDb
from app.web.errors import answer
from app.web.forms.reading import Form
from app.web.forms.tablets import SentEnrolment, SentReport, SentToken, read_revoke_reason
from app.web.guards import Bearer, requires
from app.web.pages.tablets import EnrolPage, LostTabletPage, TabletPage, TabletRow, TabletsPage
from app.web.responses import page_response, see_other
from app.web.service import Service
from app.web.tablet_contact import contact_answer, enrolled_answer, revoked_answer

router = APIRouter()
Looker = Annotated[Viewer, Depends(requires(Permission.TABLET_VIEW))]
Enroller = Annotated[Viewer, Depends(requires(Permission.TABLET_ENROL))]
Revoker = Annotated[Viewer, Depends(requires(Permission.TABLET_REVOKE))]


@router.get("/tablets")
def list_tablets(
    request: Request, viewer: Looker, db: ReadDb, service: ServiceDep, now: Now
) -> Response:
    """List the tablets of the viewer's teams, or all of them."""
    rows = tablet_rows(db, viewer, generation=service.state.generation, now=now)
    return page_response(request, TabletsPage(rows, viewer.may(Permission.TABLET_ENROL)))


@router.get("/tablets/enrol")
def show_enrol(request: Request, viewer: Enroller, db: ReadDb) -> Response:
    """Show the page that makes this device a clinic tablet."""
    page = EnrolPage(queries.list_teams_for(db, viewer), queries.next_number(db))
    return page_response(request, page)


@router.get("/tablets/{tablet_id}")
def show_tablet(
    request: Request,
    viewer: Looker,
    db: ReadDb,
    service: ServiceDep,
    now: Now,
    tablet_id: str,
    done: str = "",
) -> Response:
    """Show one tablet."""
    page = TabletPage.of(
        queries.get(db, viewer, tablet_id),
        viewer,
        library=service.library,
        unnumbered=queries.count_unnumbered(db, tablet_id),
        generation=service.state.generation,
        now=now,
        today=now.astimezone(service.settings.timezone).date(),
        zone=service.settings.service_timezone,
        done=done,
    )
    return page_response(request, page)


@router.get("/tablets/{tablet_id}/lost")
def show_lost(
    request: Request, viewer: Revoker, db: ReadDb, service: ServiceDep, now: Now, tablet_id: str
) -> Response:
    """Show what was on a tablet and what to do when it is gone."""
    return page_response(request, _lost_page(db, service, viewer, tablet_id, now))


@router.post("/tablets/{tablet_id}/revoke")
def revoke_tablet(
    request: Request,
    viewer: Revoker,
    form: Form,
    db: WriteDb,
    service: ServiceDep,
    now: Now,
    tablet_id: str,
) -> Response:
    """Take a tablet out of use, for a reason of the list."""
    reason = read_revoke_reason(form)
    if reason is None:
        faults = {"reason": "choose_reason"}
        page = _lost_page(db, service, viewer, tablet_id, now, faults)
        return page_response(request, page, status=422)
    tablets.revoke_tablet(db, tablet_id=tablet_id, reason=reason, by=viewer, now=now)
    return see_other(f"/tablets/{tablet_id}?done=revoked")


@router.put("/v1/tablets/{tablet_id}")
def enrol_tablet(
    viewer: Enroller,
    filled: SentEnrolment,
    db: WriteDb,
    service: ServiceDep,
    now: Now,
    tablet_id: str,
) -> JSONResponse:
    """Make a device a clinic tablet and give it its key, once."""
    enrolled = tablets.enrol_tablet(
        db,
        tablet_id=tablet_id,
        label=filled.label,
        team_id=filled.team,
        number=filled.number,
        by=viewer,
        now=now,
    )
    if isinstance(enrolled, Refused):
        is_taken = "number_taken" in enrolled.faults.values()
        error = {"error": "number_taken" if is_taken else "invalid", "faults": enrolled.faults}
        return JSONResponse(error, status_code=409 if is_taken else 422)
    return JSONResponse(enrolled_answer(service, enrolled))


@router.post("/v1/tablet/contact")
def note_contact(
    _: Bearer,
    request: Request,
    token: SentToken,
    report: SentReport,
    db: ReadDb,
    service: ServiceDep,
    now: Now,
) -> Response:
    """Take in what a tablet says of itself, and tell it what it needs to work alone."""
    heard = tablets.note_contact(
        service.database,
        token=token,
        report=report,
        address=request.client.host if request.client else "",
        generation=service.state.generation,
        keyring=service.keyring,
        now=now,
    )
    if isinstance(heard, NotHeard):
        return answer(request, heard.status, heard.key, heard.wait_seconds)
    if heard.is_revoked:
        return JSONResponse(revoked_answer(service, heard, now=now), status_code=403)
    found = contact_answer(db, service, heard, held_config=report.config_sha256, now=now)
    return JSONResponse(found)


def tablet_rows(
    db: Session, viewer: Viewer, *, generation: str, now: datetime
) -> tuple[TabletRow, ...]:
    """Return a row for every tablet of the viewer; none for those who may not see any."""
    if not viewer.may(Permission.TABLET_VIEW):
        return ()
    entries = queries.list_for(db, viewer)
    return tuple(TabletRow.of(entry, generation=generation, now=now) for entry in entries)


def _lost_page(
    db: Session,
    service: Service,
    viewer: Viewer,
    tablet_id: str,
    now: datetime,
    faults: Mapping[str, str] | None = None,
) -> LostTabletPage:
    return LostTabletPage.of(
        queries.get(db, viewer, tablet_id),
        generation=service.state.generation,
        now=now,
        zone=service.settings.service_timezone,
        faults=faults,
    )
