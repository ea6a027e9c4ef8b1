"""Handing a tablet over, what its page is told, and taking it back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, Response

from app.db.queries import handovers as queries
from app.db.queries.encounters import has_pin
from app.domain.access import Permission, Viewer
from app.services import handovers
from app.services.handovers import PinRefused
from app.services.refusals import Refused
from app.web.deps import Now, ReadDb, ServiceDep, WriteDb
from app.web.forms.handover import TypedPin
from app.web.forms.reading import Form, text
from app.web.guards import Suspended, requires
from app.web.pages.handover import TurnPage
from app.web.pages.offered import counted_grids, plain_grids
from app.web.responses import page_response, see_other
from app.web.routes.encounters import encounter_page

router = APIRouter()
APPOINTMENT = "/appointment"
Hander = Annotated[Viewer, Depends(requires(Permission.TABLET_HAND_OVER))]
# The desk starts turns from a code and sees no appointment, not even with a fault on it.
Practitioner = Annotated[Viewer, Depends(requires(Permission.ENCOUNTER_VIEW))]


@router.post("/encounters/{encounter_id}/hand-over")
def hand_over(
    request: Request,
    viewer: Hander,
    _sees_it: Practitioner,
    form: Form,
    db: ReadDb,
    service: ServiceDep,
    now: Now,
    encounter_id: str,
) -> Response:
    """Hand the tablet over for an appointment, or draw its page again with what is wrong."""
    started = handovers.start_handover(
        service.database, encounter_id=encounter_id, pin=text(form, "pin"), by=viewer, now=now
    )
    if isinstance(started, Refused):
        page = encounter_page(db, service, viewer, encounter_id, now, started.faults)
        return page_response(request, page, status=422)
    return see_other(APPOINTMENT)


@router.get("/turns")
def show_turn(request: Request, viewer: Hander, db: ReadDb) -> Response:
    """Ask for the code of an appointment."""
    return page_response(request, TurnPage(not has_pin(db, viewer.login_id)))


@router.post("/turns")
def start_turn(
    request: Request, viewer: Hander, form: Form, db: ReadDb, service: ServiceDep, now: Now
) -> Response:
    """Hand the tablet over for the appointment with this code, or ask again."""
    code, pin = text(form, "code"), text(form, "pin")
    started = handovers.start_turn(service.database, code=code, pin=pin, by=viewer, now=now)
    if isinstance(started, Refused):
        not_asked_yet = "pin" in started.faults and "pin" not in form
        faults = {} if not_asked_yet else started.faults
        page = TurnPage(not has_pin(db, viewer.login_id), code, faults)
        return page_response(request, page, status=422 if faults else 200)
    return see_other(APPOINTMENT)


@router.post("/v1/handover/begin")
def begin(login: Suspended, db: WriteDb, service: ServiceDep, now: Now) -> JSONResponse:
    """Tell the appointment page its plan, once."""
    plan = handovers.begin_handover(
        db,
        handover_id=login.handover_id or "",
        keyring=service.keyring,
        mode=service.state.mode,
        demo=service.state.demo,
        counted=counted_grids(service.library, service.state),
        worded=plain_grids(service.library),
        now=now,
    )
    return JSONResponse(plan)


@router.get("/v1/handover/state")
def show_state(login: Suspended, db: ReadDb) -> JSONResponse:
    """Say whether the plan was given, and the code for saying aloud."""
    state = queries.get_state(db, login.handover_id or "")
    return JSONResponse({"begun": state.begun, "encounter_code": state.encounter_code})


@router.post("/v1/handover/return")
def return_tablet(login: Suspended, pin: TypedPin, service: ServiceDep, now: Now) -> JSONResponse:
    """Take the tablet back by PIN, or say how long to wait."""
    answer = handovers.return_tablet(
        service.database, login=login, pin=pin, keyring=service.keyring, now=now
    )
    if isinstance(answer, PinRefused):
        return JSONResponse({"wait_seconds": answer.wait_seconds}, status_code=403)
    return JSONResponse({"next": answer.next_path})
