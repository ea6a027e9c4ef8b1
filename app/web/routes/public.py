"""Pages for everybody. Nothing on them is about a person, and nothing is kept by a browser."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.web.deps import Now, ServiceDep
from app.web.guards import Anyone
from app.web.pages.offered import GridCard, card, list_offered
from app.web.pages.public import (
    AboutPage,
    AccessibilityPage,
    FrontPage,
    HelpPage,
    LeavingPage,
    PrivacyPage,
    SourceLine,
)
from app.web.responses import page_response
from app.web.service import Service

router = APIRouter()


@router.get("/")
def show_front(_: Anyone, request: Request, service: ServiceDep, now: Now) -> Response:
    """Show every grid that may be read today."""
    today = now.astimezone(service.settings.timezone).date()
    return page_response(request, FrontPage.of(_cards(service, today)))


@router.get("/help")
def show_help(_: Anyone, request: Request, service: ServiceDep) -> Response:
    """Show who answers now."""
    contacts = service.contacts.with_local(service.state.local_crisis_number)
    return page_response(request, HelpPage.of(contacts))


@router.get("/privacy")
def show_privacy(_: Anyone, request: Request) -> Response:
    """Show what is kept."""
    return page_response(request, PrivacyPage())


@router.get("/accessibility")
def show_accessibility(_: Anyone, request: Request) -> Response:
    """Show what was tested and what was not."""
    return page_response(request, AccessibilityPage())


@router.get("/leaving")
def show_leaving(_: Anyone, request: Request, service: ServiceDep) -> Response:
    """Show what leaving a page does, before anybody needs it."""
    return page_response(request, LeavingPage(str(urlsplit(service.settings.exit_url).hostname)))


@router.get("/about")
def show_about(_: Anyone, request: Request, service: ServiceDep, now: Now) -> Response:
    """Show what the grids are for and what they rest on."""
    today = now.astimezone(service.settings.timezone).date()
    releases = list_offered(service.library, service.state, today)
    sources = {
        source.id: SourceLine(source.title, source.year, source.identifier, source.url)
        for release in releases
        for source in release.sources.values()
    }
    newest_on = max((release.released_on for release in releases), default=None)
    return page_response(request, AboutPage.of(_cards(service, today), sources, newest_on))


def _cards(service: Service, today: date) -> tuple[GridCard, ...]:
    offered = list_offered(service.library, service.state, today)
    return tuple(card(service.library, release, today) for release in offered)
