"""Decisions to look at again: put on the list, seen there, taken off."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.db.queries import encounters as encounter_queries
from app.db.queries import review_notes as queries
from app.domain.access import Permission, Viewer
from app.services import review_notes
from app.services.refusals import Refused
from app.web.deps import Now, ReadDb, ServiceDep, WriteDb
from app.web.forms.reading import Form, text
from app.web.guards import requires
from app.web.pages.review_notes import KeepReviewPage, ReviewsPage
from app.web.responses import page_response, see_other
from app.web.routes.papers import Today

router = APIRouter()
Looker = Annotated[Viewer, Depends(requires(Permission.ENCOUNTER_VIEW))]


@router.get("/reviews")
def list_reviews(request: Request, viewer: Looker, db: ReadDb, today: Today) -> Response:
    """List what the viewer's teams are to look at again."""
    page = ReviewsPage(queries.list_for(db, viewer), f"{today:%Y-%m}")
    return page_response(request, page)


@router.get("/encounters/{encounter_id}/review")
def show_keep(request: Request, viewer: Looker, db: ReadDb, encounter_id: str) -> Response:
    """Ask what is to be kept of the decision of an appointment."""
    found = encounter_queries.get(db, viewer, encounter_id)
    return page_response(request, KeepReviewPage(found.id, found.entry.code))


@router.post("/encounters/{encounter_id}/review")
def keep_review(
    request: Request,
    viewer: Looker,
    form: Form,
    db: WriteDb,
    service: ServiceDep,
    today: Today,
    now: Now,
    encounter_id: str,
) -> Response:
    """Keep it, or ask again."""
    outcome, month = text(form, "outcome"), text(form, "month")
    refused = review_notes.keep_note(
        db, encounter_id=encounter_id, outcome=outcome, month=month, by=viewer, today=today, now=now
    )
    if isinstance(refused, Refused):
        found = encounter_queries.get(db, viewer, encounter_id)
        page = KeepReviewPage(found.id, found.entry.code, outcome, month, refused.faults)
        return page_response(request, page, status=422)
    return see_other("/reviews")


@router.post("/reviews/{code}/done")
def drop_review(viewer: Looker, db: WriteDb, now: Now, code: str) -> Response:
    """Take one off the list."""
    review_notes.drop_note(db, code=code, by=viewer, now=now)
    return see_other("/reviews")
