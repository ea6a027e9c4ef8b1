"""Questions of an appointment on paper: printed here, and typed in again when they come back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from app.db.queries import encounters as encounter_queries
from app.documents.blank_form import BlankForm
from app.domain.access import Permission, Viewer
from app.services import paper_forms, staff_papers
from app.services.paper_forms import FormChoice
from app.web.deps import ReadDb, ServiceDep
from app.web.guards import requires
from app.web.routes.papers import PressDep, Today, pdf_response

router = APIRouter()
Printer = Annotated[Viewer, Depends(requires(Permission.PAPER_PRINT))]


def get_form(
    viewer: Printer,
    db: ReadDb,
    service: ServiceDep,
    today: Today,
    encounter_id: str,
    respondent: str = "",
    occasion: str = "after",
) -> BlankForm:
    """Return the sheet that the address asks for, read before the paper is made."""
    return paper_forms.draw_form(
        db,
        encounter=encounter_queries.get(db, viewer, encounter_id),
        choice=FormChoice(respondent, occasion),
        mode=service.state.mode,
        keyring=service.keyring,
        made_on=today,
    )


@router.get("/encounters/{encounter_id}/paper-form.pdf")
async def print_form(
    _: Printer, form: Annotated[BlankForm, Depends(get_form)], press: PressDep
) -> Response:
    """Give the questions of one person on one page. Each time it is another sheet."""
    pdf = await staff_papers.make_blank_form(press, form=form)
    return pdf_response(pdf.body, "attachment; filename=form.pdf", {"Cache-Control": "no-store"})
