"""Link cards, with which a later visit can be seen to be the same family's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from sqlmodel import Session
from starlette.responses import Response

from app.adapters.qr_code import draw_code
from app.db.queries import encounters as encounter_queries
from app.documents.link_card import LinkCardPaper
from app.domain.access import Permission, Viewer
from app.domain.link_card import in_groups, read_card_code
from app.errors import Invalid
from app.services import link_cards, staff_papers
from app.services.refusals import Refused
from app.web.deps import Now, ReadDb, ServiceDep, WriteDb
from app.web.forms.link_cards import read_shown, read_void_reason
from app.web.forms.reading import Form, text
from app.web.guards import requires
from app.web.pages.link_cards import LinkCardPage, NewCardPage
from app.web.responses import page_response, see_other
from app.web.routes.papers import PressDep, Today, pdf_response

router = APIRouter()
Carder = Annotated[Viewer, Depends(requires(Permission.ENCOUNTER_OPEN))]
ADDRESS = "/encounters/{encounter_id}/link-card"


@router.get(ADDRESS)
def show_cards(request: Request, viewer: Carder, db: ReadDb, encounter_id: str) -> Response:
    """Show whether a card was shown at this appointment, and what can be done."""
    return page_response(request, _page(db, viewer, encounter_id))


@router.post(ADDRESS)
def make_card(
    request: Request,
    viewer: Carder,
    db: WriteDb,
    service: ServiceDep,
    now: Now,
    encounter_id: str,
) -> Response:
    """Make a card and show it once."""
    made = link_cards.make_card(
        db, encounter_id=encounter_id, by=viewer, keyring=service.keyring, now=now
    )
    if isinstance(made, Refused):
        page = _page(db, viewer, encounter_id, faults=made.faults)
        return page_response(request, page, status=422)
    return page_response(request, NewCardPage.of(encounter_id, made))


@router.post(f"{ADDRESS}/shown")
def note_card(
    request: Request,
    viewer: Carder,
    form: Form,
    db: WriteDb,
    service: ServiceDep,
    now: Now,
    encounter_id: str,
) -> Response:
    """Note that a family showed its card."""
    said = read_shown(form)
    refused = link_cards.show_card(
        db,
        encounter_id=encounter_id,
        typed=said.typed,
        is_another=said.is_another,
        by=viewer,
        keyring=service.keyring,
        now=now,
    )
    if refused is not None:
        page = _page(db, viewer, encounter_id, said.typed, refused.faults)
        return page_response(request, page, status=422)
    return see_other(ADDRESS.format(encounter_id=encounter_id))


@router.post(f"{ADDRESS}/off")
def take_off(viewer: Carder, db: WriteDb, now: Now, encounter_id: str) -> Response:
    """Undo that a card was noted here."""
    link_cards.take_off(db, encounter_id=encounter_id, by=viewer, now=now)
    return see_other(ADDRESS.format(encounter_id=encounter_id))


@router.post(f"{ADDRESS}/void")
def void_card(
    request: Request, viewer: Carder, form: Form, db: WriteDb, now: Now, encounter_id: str
) -> Response:
    """End the card of this appointment, for a reason of the list."""
    refused = link_cards.void_card(
        db, encounter_id=encounter_id, reason=read_void_reason(form), by=viewer, now=now
    )
    if refused is not None:
        page = _page(db, viewer, encounter_id, faults=refused.faults)
        return page_response(request, page, status=422)
    return see_other(ADDRESS.format(encounter_id=encounter_id))


def read_paper(_: Carder, form: Form, today: Today) -> LinkCardPaper:
    """Return the sheet of the code that the page before this one sent. Raises Invalid."""
    code = read_card_code(text(form, "code"))
    if code is None:
        raise Invalid
    return LinkCardPaper(code, *draw_code(in_groups(code)), today)


@router.post("/link-card.pdf")
async def print_card(
    _: Carder, paper: Annotated[LinkCardPaper, Depends(read_paper)], press: PressDep
) -> Response:
    """Give the card on one page. What was sent is printed and forgotten."""
    pdf = await staff_papers.make_link_card(press, paper=paper)
    headers = {"Cache-Control": "no-store"}
    return pdf_response(pdf.body, "attachment; filename=card.pdf", headers)


def _page(
    db: Session,
    viewer: Viewer,
    encounter_id: str,
    typed: str = "",
    faults: Mapping[str, str] | None = None,
) -> LinkCardPage:
    here = link_cards.find_card(db, encounter_id=encounter_id, by=viewer)
    encounter = encounter_queries.get(db, viewer, encounter_id)
    return LinkCardPage.of(encounter, here, typed, faults)
