"""What people write about grids: staff's own form, and reading by the one who was named."""

from __future__ import annotations

from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.domain.access import Permission, Viewer
from app.services import feedback
from app.services.feedback import FilledText
from app.services.refusals import Refused
from app.web.deps import Now, ReadDb, ServiceDep, WriteDb
from app.web.forms.feedback import read_outcome, read_text
from app.web.forms.reading import Form
from app.web.guards import requires
from app.web.pages.feedback import (
    FeedbackFormPage,
    FeedbackListPage,
    FeedbackOnePage,
    grids_to_write_about,
)
from app.web.responses import page_response, see_other

router = APIRouter()
#: Whether somebody is the reader is for the service to say: it is one account, and no role.
Works = Annotated[Viewer, Depends(requires(Permission.HOME_VIEW))]


@router.get("/feedback/new")
def show_form(
    request: Request, _: Works, db: ReadDb, service: ServiceDep, now: Now, done: str = ""
) -> Response:
    """Show the form; each drawing of it has an id of its own."""
    today = now.astimezone(service.settings.timezone).date()
    grids = grids_to_write_about(service.library, service.state, today)
    days = feedback.check_open(db)
    page = FeedbackFormPage(FilledText(str(uuid4())), grids, days, sent=done == "sent")
    return page_response(request, page)


@router.post("/feedback/new")
def keep_text(
    request: Request, _: Works, form: Form, db: WriteDb, service: ServiceDep, now: Now
) -> Response:
    """Keep the text; who sent it is nowhere."""
    filled, today = read_text(form), now.astimezone(service.settings.timezone).date()
    grids = grids_to_write_about(service.library, service.state, today)
    known = {each.public_id: each.version for each in grids}
    refused = feedback.write_text(db, filled=filled, grids=known, now=now)
    if isinstance(refused, Refused):
        days = feedback.check_open(db)
        page = FeedbackFormPage(filled, grids, days, faults=refused.faults)
        return page_response(request, page, status=422)
    return see_other("/feedback/new?done=sent")


@router.get("/feedback")
def list_texts(
    request: Request, viewer: Works, db: ReadDb, service: ServiceDep, now: Now, done: str = ""
) -> Response:
    """Show the reader what waits, without the words."""
    entries = feedback.list_texts(db, by=viewer)
    waiting = feedback.count_waiting(db, state=service.state, by=viewer, now=now)
    return page_response(request, FeedbackListPage.of(entries, waiting, service.state, now, done))


@router.get("/feedback/{feedback_id}")
def open_text(
    request: Request, viewer: Works, feedback_id: str, db: WriteDb, service: ServiceDep, now: Now
) -> Response:
    """Open one text; every opening is in the audit log."""
    found = feedback.open_text(db, feedback_id=feedback_id, by=viewer, now=now)
    return page_response(request, FeedbackOnePage(found, service.state.feedback_path))


@router.post("/feedback/{feedback_id}")
def settle_text(viewer: Works, feedback_id: str, form: Form, db: WriteDb, now: Now) -> Response:
    """Note what came of a text; one that was passed on shows its appointment then."""
    outcome = read_outcome(form)
    feedback.settle_text(db, feedback_id=feedback_id, outcome=outcome, by=viewer, now=now)
    passed_on = outcome is outcome.PASSED_ON
    return see_other(f"/feedback/{feedback_id}" if passed_on else "/feedback?done=read")
