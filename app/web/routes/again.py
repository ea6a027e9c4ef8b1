"""Looking at a decision again, from the file that a family kept. Nothing of it is kept here."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.adapters.intake import NotReadable
from app.documents.decision_reading import Hoped
from app.services import decision_papers
from app.web.deps import ServiceDep
from app.web.forms.again import MOST_PDF_BYTES, SentSheet
from app.web.guards import Anyone
from app.web.pages.again import AskSheetPage, HopedPage
from app.web.pages.offered import is_switched_on
from app.web.responses import page_response
from app.web.routes.profile import InStaffHandsOrOwn
from app.web.service import Service

router = APIRouter()


@router.get("/again")
def ask_sheet(request: Request, _: Anyone) -> Response:
    """Ask for the file of the sheet."""
    return page_response(request, AskSheetPage())


@router.post("/again", dependencies=[InStaffHandsOrOwn])
async def show_hoped(request: Request, _: Anyone, service: ServiceDep, pdf: SentSheet) -> Response:
    """Show what was hoped for beside the same grid, or say why the file was not opened."""
    hoped = await _opened(service, pdf)
    if isinstance(hoped, str):
        return page_response(request, AskSheetPage(hoped), status=422)
    may_open = hoped.release is not None and is_switched_on(service.state, hoped.release)
    answer = page_response(request, HopedPage(hoped, may_open))
    answer.headers["Cache-Control"] = "no-store"
    return answer


async def _opened(service: Service, pdf: bytes) -> Hoped | str:
    """Return what the file says, or the key of why it was not opened."""
    if not pdf:
        return "no_file"
    if len(pdf) > MOST_PDF_BYTES:
        return "too_big"
    try:
        return await decision_papers.open_hoped(service.intake, service.library, pdf=pdf)
    except NotReadable as error:
        return error.reason
