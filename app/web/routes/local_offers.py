"""The local offer: the directory of this service, feeds taken into it, notes on options."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from sqlmodel import Session
from starlette.responses import Response

from app.db.queries import local_offers as queries
from app.db.queries import teams as team_queries
from app.db.queries.local_offers import SERVICE
from app.domain.access import Permission, Viewer
from app.domain.local_offer import OfferDraft
from app.errors import NotFound
from app.services import local_offers
from app.web.deps import Now, ReadDb, ServiceDep, WriteDb
from app.web.forms.local_offers import (
    Note,
    NoteForm,
    OfferForm,
    Sent,
    parse_note,
    parse_offer,
    read_note_form,
    read_offer_form,
)
from app.web.forms.reading import Form
from app.web.guards import requires
from app.web.local_feed import look_at, take
from app.web.pages.local_offers import FeedPage, LocalOffersPage, NotesPage, OfferPage
from app.web.pages.offered import GridCard, card, list_offered
from app.web.responses import page_response, see_other
from app.web.service import Service

router = APIRouter()
Editor = Annotated[Viewer, Depends(requires(Permission.LOCAL_OFFER_EDIT))]


def get_day(service: ServiceDep, now: Now) -> date:
    """Return the day it is where the service is."""
    return now.astimezone(service.settings.timezone).date()


Today = Annotated[date, Depends(get_day)]


@router.get("/local")
def list_local_offers(
    request: Request,
    viewer: Editor,
    db: ReadDb,
    service: ServiceDep,
    today: Today,
    done: str = "",
) -> Response:
    """List what there is near here, what wants a look first, and the grids with notes."""
    cards = _cards(service, today)
    ids = [card.public_id for card in cards]
    notes = queries.list_notes(db, public_ids=ids, team_ids=viewer.teams)
    offers = queries.list_offers(db)
    page = LocalOffersPage.of(offers, cards, notes, today=today, done=done)
    return page_response(request, page)


@router.get("/local/new")
def show_new(_: Editor, request: Request, today: Today) -> Response:
    """Show the empty form."""
    return page_response(request, OfferPage(OfferForm.blank(today), is_new=True))


@router.post("/local")
def add_offer(
    request: Request, viewer: Editor, filled: Form, db: WriteDb, now: Now, today: Today
) -> Response:
    """Add an entry; two presses add one."""
    form = read_offer_form(filled)
    draft = parse_offer(form, today)
    if not isinstance(draft, OfferDraft):
        return page_response(request, OfferPage(form, True, faults=draft), status=422)
    local_offers.add_offer(db, offer_id=form.id, draft=draft, by=viewer, now=now)
    return see_other("/local?done=added")


@router.get("/local/feed")
def show_feed(_: Editor, request: Request) -> Response:
    """Show where a feed file is chosen."""
    return page_response(request, FeedPage())


@router.post("/local/feed")
def look_at_feed(
    request: Request, _: Editor, sent: Sent, db: ReadDb, service: ServiceDep, today: Today
) -> Response:
    """Say what a feed would do and name each bad entry; nothing is written."""
    page = look_at(db, service, sent, today)
    return page_response(request, page, status=422 if page.fault else 200)


@router.post("/local/feed/take")
def take_feed(
    request: Request,
    viewer: Editor,
    sent: Sent,
    db: WriteDb,
    service: ServiceDep,
    now: Now,
    today: Today,
) -> Response:
    """Take what was looked at."""
    fault = take(db, service, sent, by=viewer, today=today, now=now)
    if fault:
        return page_response(request, FeedPage(fault=fault), status=422)
    return see_other("/local?done=taken")


@router.get("/local/notes/{public_id}")
def show_notes(
    request: Request,
    viewer: Editor,
    db: ReadDb,
    service: ServiceDep,
    today: Today,
    public_id: str,
    team: str = SERVICE,
    saved: str = "",
) -> Response:
    """Show whether each option of a grid is offered here."""
    page = _notes_page(db, service, viewer, public_id, team, today, saved=saved)
    return page_response(request, page)


@router.post("/local/notes/{public_id}/{option_id}")
def set_note(
    request: Request,
    viewer: Editor,
    filled: Form,
    db: WriteDb,
    service: ServiceDep,
    now: Now,
    today: Today,
    public_id: str,
    option_id: str,
) -> Response:
    """Keep what is said of one option, dated today."""
    form = read_note_form(filled)
    _option(_card(service, public_id, today), option_id)
    note = parse_note(form, [offer.id for offer in queries.list_offers(db)])
    if not isinstance(note, Note):
        typed = (option_id, form, note)
        page = _notes_page(db, service, viewer, public_id, form.team, today, typed=typed)
        return page_response(request, page, status=422)
    local_offers.set_note(
        db,
        public_id=public_id,
        option_id=option_id,
        team_id=form.team,
        place=note.place,
        wait_weeks=note.wait_weeks,
        offer_id=note.offer_id,
        today=today,
        by=viewer,
        now=now,
    )
    return see_other(f"/local/notes/{public_id}?team={form.team}&saved={option_id}#{option_id}")


@router.get("/local/{offer_id}")
def show_offer(request: Request, _: Editor, db: ReadDb, today: Today, offer_id: str) -> Response:
    """Show one entry to change."""
    offer = queries.get_offer(db, offer_id)
    return page_response(request, OfferPage(OfferForm.of(offer, today), False, offer))


@router.post("/local/{offer_id}")
def change_offer(
    request: Request,
    viewer: Editor,
    filled: Form,
    db: WriteDb,
    now: Now,
    today: Today,
    offer_id: str,
) -> Response:
    """Change one entry."""
    form = read_offer_form(filled)
    draft = parse_offer(form, today)
    if not isinstance(draft, OfferDraft):
        page = OfferPage(form, False, queries.get_offer(db, offer_id), draft)
        return page_response(request, page, status=422)
    local_offers.change_offer(db, offer_id=offer_id, draft=draft, by=viewer, now=now)
    return see_other("/local?done=changed")


@router.post("/local/{offer_id}/checked")
def confirm_offer(viewer: Editor, db: WriteDb, now: Now, today: Today, offer_id: str) -> Response:
    """Note that an entry is still right."""
    local_offers.confirm_offer(db, offer_id=offer_id, today=today, by=viewer, now=now)
    return see_other("/local?done=checked")


@router.post("/local/{offer_id}/retire")
def retire_offer(viewer: Editor, db: WriteDb, now: Now, offer_id: str) -> Response:
    """Take an entry out of the directory."""
    local_offers.retire_offer(db, offer_id=offer_id, by=viewer, now=now)
    return see_other("/local?done=retired")


def _notes_page(
    db: Session,
    service: Service,
    viewer: Viewer,
    public_id: str,
    team: str,
    today: date,
    *,
    typed: tuple[str, NoteForm, Mapping[str, str]] | None = None,
    saved: str = "",
) -> NotesPage:
    teams = team_queries.list_open_teams(db, viewer.teams)
    if team not in {SERVICE, *(each.id for each in teams)}:
        raise NotFound
    return NotesPage.of(
        _card(service, public_id, today),
        team=team,
        teams=teams,
        notes=queries.list_notes(db, public_ids=[public_id], team_ids=[team]),
        offers=queries.list_offers(db),
        today=today,
        typed=typed,
        saved=saved,
    )


def _card(service: Service, public_id: str, today: date) -> GridCard:
    found = next((c for c in _cards(service, today) if c.public_id == public_id), None)
    if found is None:
        raise NotFound
    return found


def _option(grid: GridCard, option_id: str) -> None:
    if option_id not in {option.id for option in grid.options}:
        raise NotFound


def _cards(service: Service, today: date) -> tuple[GridCard, ...]:
    offered = list_offered(service.library, service.state, today)
    return tuple(card(service.library, release, today) for release in offered)
