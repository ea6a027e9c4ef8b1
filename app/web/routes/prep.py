"""What practitioners look at and print before and beside a talk. Never on a family's screen."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from sqlmodel import Session
from starlette.responses import Response

from app.db.queries import encounters as queries
from app.db.queries.encounters import EncounterDetail
from app.documents.crib_card import Prep, prepare
from app.domain.access import Permission, Viewer
from app.domain.encounter import can_offer_grid
from app.domain.vocabulary import Phase
from app.errors import NotFound
from app.services import staff_papers
from app.services.papers import Press
from app.web.deps import Now, ReadDb, ServiceDep
from app.web.forms.blank_sheet import SheetForm, find_sheet_faults, read_sheet_form
from app.web.forms.reading import Form
from app.web.guards import requires
from app.web.pages.prep import BlankSheetPage, PrepPage
from app.web.responses import chrome, page_response
from app.web.service import Service
from app.web.shared_words import prompts_in

router = APIRouter()
Looker = Annotated[Viewer, Depends(requires(Permission.ENCOUNTER_VIEW))]


def get_press(service: ServiceDep) -> Press:
    """Return what papers are made with."""
    return Press(service.papers, service.renderer, chrome(service))


def get_day(service: ServiceDep, now: Now) -> date:
    """Return the day it is where the service is."""
    return now.astimezone(service.settings.timezone).date()


PressDep = Annotated[Press, Depends(get_press)]
Today = Annotated[date, Depends(get_day)]


@router.get("/encounters/{encounter_id}/prep")
def show_prep(
    request: Request, viewer: Looker, db: ReadDb, service: ServiceDep, encounter_id: str
) -> Response:
    """Show how to open each row and how to check back, before the tablet is handed over."""
    found, prep = _prep(db, service, viewer, encounter_id)
    return page_response(request, PrepPage(found.id, found.entry.code, prep))


def get_prep(viewer: Looker, db: ReadDb, service: ServiceDep, encounter_id: str) -> Prep:
    """Return the preparation of an appointment, read before the paper is made."""
    return _prep(db, service, viewer, encounter_id)[1]


@router.get("/encounters/{encounter_id}/crib-card.pdf")
async def print_crib_card(
    _: Looker, prep: Annotated[Prep, Depends(get_prep)], press: PressDep, today: Today
) -> Response:
    """Give the crib card of an appointment on one page."""
    pdf = await staff_papers.make_crib_card(press, prep=prep, made_on=today)
    return _paper(pdf.body, "crib-card.pdf")


@router.get("/sheet")
def show_sheet_form(_: Looker, request: Request) -> Response:
    """Show the form of the blank comparison sheet."""
    return page_response(request, BlankSheetPage(SheetForm()))


@router.post("/sheet")
async def print_sheet(
    _: Looker, request: Request, filled: Form, press: PressDep, today: Today
) -> Response:
    """Give the blank sheet; what was typed is printed and forgotten."""
    form = read_sheet_form(filled)
    faults = find_sheet_faults(form)
    if faults:
        return page_response(request, BlankSheetPage(form, faults), status=422)
    pdf = await staff_papers.make_blank_sheet(
        press, heads=form.used, voice=form.voice, made_on=today
    )
    return _paper(pdf.body, "comparison-sheet.pdf")


def _prep(
    db: Session, service: Service, viewer: Viewer, encounter_id: str
) -> tuple[EncounterDetail, Prep]:
    """In a baseline period there are no prompts (rules of the room 2.1): then it is not there."""
    found = queries.get(db, viewer, encounter_id)
    prompts = prompts_in(service.settings.content_dir)
    if prompts is None or not (found.phase and can_offer_grid(Phase(found.phase))):
        raise NotFound
    release = service.library.get(found.grid_public_id or "", found.grid_version or 0)
    return found, prepare(release, prompts, picked=found.picked)


def _paper(body: bytes, name: str) -> Response:
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f"attachment; filename={name}",
    }
    return Response(body, media_type="application/pdf", headers=headers)
