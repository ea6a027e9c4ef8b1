"""What was set aside, and deciding about it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.db.queries import quarantine as queries
from app.domain.access import Permission, Viewer
from app.services import quarantine
from app.web.deps import Now, ReadDb, ServiceDep, WriteDb
from app.web.forms.paging import PageNumber
from app.web.forms.reading import Form, text
from app.web.guards import requires
from app.web.pages.quarantine import QuarantinePage, SetAsidePage
from app.web.responses import page_response, see_other

router = APIRouter()
Views = Annotated[Viewer, Depends(requires(Permission.QUARANTINE_VIEW))]
Settles = Annotated[Viewer, Depends(requires(Permission.QUARANTINE_SETTLE))]


@router.get("/quarantine")
def show_quarantine(
    request: Request,
    _: Views,
    db: ReadDb,
    service: ServiceDep,
    now: Now,
    page: PageNumber,
    show: str = "waiting",
) -> Response:
    """Show what waits for a decision, or what was decided."""
    decided = show == "decided"
    listed = queries.list_settled if decided else queries.list_waiting
    part = listed(db, now=now, page=page)
    zone = service.settings.service_timezone
    return page_response(request, QuarantinePage.of(part, decided=decided, zone=zone))


@router.get("/quarantine/{quarantined_id}")
def show_set_aside(
    request: Request, viewer: Views, quarantined_id: str, db: ReadDb, service: ServiceDep, now: Now
) -> Response:
    """Show one copy."""
    entry = queries.get_set_aside(db, quarantined_id, now=now)
    may_settle = viewer.may(Permission.QUARANTINE_SETTLE)
    zone = service.settings.service_timezone
    return page_response(request, SetAsidePage.of(entry, may_settle=may_settle, zone=zone))


@router.post("/quarantine/{quarantined_id}/settle")
def settle(
    request: Request,
    viewer: Settles,
    quarantined_id: str,
    form: Form,
    db: WriteDb,
    service: ServiceDep,
    now: Now,
) -> Response:
    """Keep a copy aside, or try it again; without a choice nothing happens."""
    where = f"/quarantine/{quarantined_id}"
    if text(form, "decision") == "keep":
        quarantine.keep_aside(db, quarantined_id=quarantined_id, by=viewer, now=now)
    elif text(form, "decision") == "try":
        refused = quarantine.try_again(
            db, quarantined_id=quarantined_id, by=viewer, keyring=service.keyring, now=now
        )
        if refused:
            entry = queries.get_set_aside(db, quarantined_id, now=now)
            zone, tried = service.settings.service_timezone, refused.faults["set"]
            page = SetAsidePage.of(entry, may_settle=True, zone=zone, tried=tried)
            return page_response(request, page, status=422)
    return see_other(where)
