"""Looking at a decision again, from the file that a family kept. Nothing of it is kept here."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.adapters.intake import NotReadable
from app.services import decision_papers
from app.web.deps import ServiceDep
from app.web.forms.again import MOST_PDF_BYTES, SentSheet
from app.web.guards import Anyone
from app.web.pages.again import AskSheetPage, HopedPage
from app.web.pages.offered import is_switched_on
from app.web.responses import page_response
from app.web.routes.profile import InStaffHandsOrOwn

router = APIRouter()


@router.get("/again")
def ask_sheet(request: Request, _: Anyone) -> Response:
    """Ask for the file of the sheet."""
    return page_response(request, AskSheetPage())


@router.post("/again", dependencies=[InStaffHandsOrOwn])
async def show_hoped(request: Request, _: Anyone, service: ServiceDep, pdf: SentSheet) -> Response:
    """Show what was hoped for beside the same grid, or say why the file was not opened."""
    if not pdf or len(pdf) > MOST_PDF_BYTES:
        problem = "too_big" if pdf else "no_file"
        return page_response(request, AskSheetPage(problem), status=422)
    try:
        hoped = await decision_papers.open_hoped(service.intake, service.library, pdf=pdf)
    except NotReadable as error:
        return page_response(request, AskSheetPage(error.reason), status=422)
    may_open = hoped.release is not None and is_switched_on(service.state, hoped.release)
    answer = page_response(request, HopedPage(hoped, may_open))
    answer.headers["Cache-Control"] = "no-store"
    return answer
