"""The print desk: papers that a tablet left, fetched once by staff or on somebody's own phone."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from app.adapters.qr_code import draw_code
from app.db.queries.print_desk import PaperHolder
from app.documents.decision_record import RecordUnreadable
from app.documents.decision_sheet import DecisionSheet
from app.documents.profile import TooLong
from app.domain.access import Permission, Viewer
from app.errors import Invalid
from app.services import decision_papers, print_desk, profiles
from app.services.decision_papers import DecisionOrder, NotTicked
from app.services.print_desk import Paper, Way
from app.services.refusals import Refused
from app.web.deps import Now, ServiceDep, WriteDb
from app.web.forms.print_desk import SentDecision
from app.web.forms.profile import ProfileFormDep
from app.web.forms.reading import Form, text
from app.web.forms.tablets import SentToken
from app.web.guards import Anyone, Bearer, requires
from app.web.pages.offered import is_switched_on
from app.web.pages.print_desk import OpenedPaperPage, PrintDeskPage, TakePaperPage
from app.web.responses import page_response
from app.web.routes.papers import PressDep, Today
from app.web.service import Service

router = APIRouter()
Printer = Annotated[Viewer, Depends(requires(Permission.PAPER_PRINT))]
TAKE = "/take"
#: Nothing in a file name says what it is or whose.
FILE_NAME = "paper.pdf"


def get_holder(token: SentToken, service: ServiceDep, now: Now) -> PaperHolder:
    """Return the device that leaves a paper. Raises CredentialUnknown."""
    return print_desk.check_holder(service.database, token=token, now=now)


def get_way(way: str = "") -> Way:
    """Return how the paper is to leave. Raises Invalid."""
    found = next((each for each in Way if each.value == way), None)
    if found is None:
        raise Invalid
    return found


Holder = Annotated[PaperHolder, Depends(get_holder)]
AskedWay = Annotated[Way, Depends(get_way)]


@router.get("/print-desk")
def show_desk(request: Request, _: Printer) -> Response:
    """Ask for the two words."""
    return page_response(request, PrintDeskPage())


@router.post("/print-desk")
def open_ticket(
    request: Request, viewer: Printer, form: Form, db: WriteDb, service: ServiceDep, now: Now
) -> Response:
    """Open the ticket of a code, or ask again."""
    typed = text(form, "code")
    opened = print_desk.open_ticket(
        db,
        service.tickets,
        typed=typed,
        address=request.client.host if request.client else "",
        by=viewer,
        keyring=service.keyring,
        now=now,
    )
    if isinstance(opened, Refused):
        page = PrintDeskPage(typed, opened.faults, opened.wait_seconds)
        return page_response(request, page, status=429 if opened.wait_seconds else 422)
    page_of = OpenedPaperPage.of(opened, viewer, service.settings.timezone)
    return page_response(request, page_of)


@router.post("/print-desk/paper")
def print_paper(
    request: Request, viewer: Printer, form: Form, service: ServiceDep, now: Now
) -> Response:
    """Give the paper of an opened ticket, once."""
    paper = print_desk.take_paper(service.tickets, key=text(form, "key"), by=viewer, now=now)
    if paper is None:
        return page_response(request, PrintDeskPage(faults={"code": "paper_gone"}), status=410)
    return _paper(paper, "inline")


@router.get(TAKE)
def show_take(request: Request, _: Anyone) -> Response:
    """Show what a QR code opens; the secret is in the part of the address that is not sent."""
    return page_response(request, TakePaperPage())


@router.post(TAKE)
def take_on_phone(
    request: Request, _: Anyone, form: Form, service: ServiceDep, now: Now
) -> Response:
    """Give the paper behind a QR code, once."""
    paper = print_desk.take_on_phone(service.tickets, secret=text(form, "secret"), now=now)
    if paper is None:
        return page_response(request, TakePaperPage(is_gone=True), status=410)
    return _paper(paper, "attachment")


@router.post("/v1/print-tickets/profile")
async def leave_profile(
    _: Bearer,
    request: Request,
    holder: Holder,
    way: AskedWay,
    form: ProfileFormDep,
    press: PressDep,
    today: Today,
    service: ServiceDep,
    now: Now,
) -> Response:
    """Lay out a profile and leave it for the desk or a phone; the words go no further."""
    if form.errors:
        return JSONResponse({"error": "invalid"}, status_code=422)
    made = await profiles.make_profile(
        press, words=form.words, made_on=today, two_pages=form.action == "two-pages"
    )
    if isinstance(made, TooLong):
        return JSONResponse({"error": "too_long"}, status_code=422)
    if made.missing and form.action != "as-boxes":
        return JSONResponse({"error": "missing"}, status_code=422)
    paper = Paper(made.body, copy_for="young_person")
    ticket = print_desk.leave_paper(service.tickets, paper=paper, way=way, by=holder, now=now)
    return ticket_answer(request, service, ticket, way)


@router.post("/v1/print-tickets/decision")
async def leave_decision(
    _: Bearer,
    request: Request,
    holder: Holder,
    way: AskedWay,
    order: SentDecision,
    press: PressDep,
    today: Today,
    service: ServiceDep,
    now: Now,
) -> Response:
    """Lay out what was agreed and leave it for the desk or a phone."""
    asked = DecisionOrder(order, service.library, _own_base(request, service))
    read = read_asked_sheet(asked, today, service)
    if isinstance(read, str):
        return JSONResponse({"error": read}, status_code=422)
    named = order.get("encounter")
    encounter = await run_in_threadpool(
        print_desk.find_encounter, service.database, by=holder, named=named
    )
    paper = await decision_papers.make_paper(press, sheet=read, encounter=encounter, now=now)
    ticket = print_desk.leave_paper(service.tickets, paper=paper, way=way, by=holder, now=now)
    return ticket_answer(request, service, ticket, way, paper.missing)


def read_asked_sheet(asked: DecisionOrder, today: date, service: Service) -> DecisionSheet | str:
    """Return the sheet, or the key of why there is none."""
    try:
        sheet = decision_papers.read_sheet(asked, made_on=today)
    except RecordUnreadable as unreadable:
        return f"unreadable:{unreadable.field}"
    except NotTicked:
        return "not_ticked"
    seen = sheet.looked_at
    return sheet if seen is None or is_switched_on(service.state, seen.release) else "not_offered"


def ticket_answer(
    request: Request, service: Service, ticket: print_desk.Ticket, way: Way, missing: str = ""
) -> Response:
    """Tell a tablet how its paper is fetched, and see to it that nobody has to for it to go."""
    seconds = print_desk.LASTS[way].total_seconds()
    later = asyncio.get_running_loop().call_later
    later(seconds + 1, lambda: service.tickets.drop_over(service.clock()))
    about = {"minutes": int(seconds // 60), "missing": missing}
    told: dict[str, Any] = {"code": ticket.secret} if way is Way.DESK else {}
    if way is Way.PHONE:
        settings = service.settings
        base = settings.phone_url or settings.public_url or str(request.base_url)
        side, path = draw_code(f"{base.rstrip('/')}{TAKE}#{ticket.secret}")
        told = {"qr": {"side": side, "path": path}}
    headers = {"Cache-Control": "no-store"}
    return JSONResponse(told | about, status_code=201, headers=headers)


def _own_base(request: Request, service: Service) -> str:
    """Where the service is reached, for the code on a paper that somebody takes home."""
    own = service.settings.public_url.rstrip("/")
    return own or f"{request.url.scheme}://{request.url.netloc}"


def _paper(paper: Paper, disposition: str) -> Response:
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f"{disposition}; filename={FILE_NAME}",
    }
    return Response(paper.body, media_type="application/pdf", headers=headers)
