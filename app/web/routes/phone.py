"""Links for somebody's own phone: made by staff, opened by whoever holds one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from sqlmodel import Session
from starlette.responses import JSONResponse, Response

from app.db.queries import encounters as encounter_queries
from app.domain.access import Permission, Viewer
from app.services import phone_links
from app.services.phone_links import NotBegun, Standing
from app.services.refusals import Refused
from app.web.deps import Now, ReadDb, ServiceDep, WriteDb
from app.web.errors import answer
from app.web.forms.reading import Form, text
from app.web.forms.tablets import SentToken
from app.web.guards import Bearer, requires
from app.web.pages.phone import MakeLinkPage, PhoneLinkPage
from app.web.phone import PATH
from app.web.responses import page_response
from app.web.service import Service

router = APIRouter()
Maker = Annotated[Viewer, Depends(requires(Permission.PHONE_LINK_MAKE))]


@router.get("/encounters/{encounter_id}/phone-links")
def show_make_link(
    request: Request, viewer: Maker, db: ReadDb, service: ServiceDep, now: Now, encounter_id: str
) -> Response:
    """Ask for whom a link is to be made."""
    standing = _standing(service, now)
    return page_response(request, _make_page(db, viewer, encounter_id, standing))


@router.post("/encounters/{encounter_id}/phone-links")
def make_link(
    request: Request,
    viewer: Maker,
    form: Form,
    db: WriteDb,
    service: ServiceDep,
    now: Now,
    encounter_id: str,
) -> Response:
    """Make a link and show it once, or ask again."""
    standing, respondent = _standing(service, now), text(form, "respondent")
    made = phone_links.make_link(
        db, encounter_id=encounter_id, respondent=respondent, by=viewer, standing=standing
    )
    if isinstance(made, Refused):
        page = _make_page(db, viewer, encounter_id, standing, respondent, made.faults)
        return page_response(request, page, status=422)
    address, zone = _address(request, service), service.settings.timezone
    return page_response(request, PhoneLinkPage.of(encounter_id, made, address, zone))


@router.post("/v1/phone/begin")
def begin_link(
    _: Bearer, request: Request, token: SentToken, service: ServiceDep, now: Now
) -> Response:
    """Tell a phone what its holder is asked, or why nothing."""
    begun = phone_links.begin_link(
        service.database,
        token=token,
        address=request.client.host if request.client else "",
        keyring=service.keyring,
        mode=service.state.mode,
        demo=service.state.demo,
        is_on=service.state.own_phone_links,
        now=now,
    )
    if isinstance(begun, NotBegun):
        return answer(request, begun.status, begun.key, begun.wait_seconds)
    return JSONResponse(begun)


def _standing(service: Service, now: datetime) -> Standing:
    today = now.astimezone(service.settings.timezone).date()
    return Standing(service.state.mode, service.state.own_phone_links, today, now)


def _make_page(
    db: Session,
    viewer: Viewer,
    encounter_id: str,
    standing: Standing,
    chosen: str = "",
    faults: Mapping[str, str] | None = None,
) -> MakeLinkPage:
    asking = phone_links.find_asking(db, encounter_id=encounter_id, by=viewer, standing=standing)
    encounter = encounter_queries.get(db, viewer, encounter_id)
    return MakeLinkPage.of(encounter, asking, chosen, faults)


def _address(request: Request, service: Service) -> str:
    """Return the address of the phone's page, as somebody outside this house reaches it."""
    settings = service.settings
    base = settings.phone_url or settings.public_url or str(request.base_url)
    return f"{base.rstrip('/')}{PATH}"
