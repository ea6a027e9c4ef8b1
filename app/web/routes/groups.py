"""The pages of the five groups, for everybody. Nothing on them is about a person."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.errors import NotFound
from app.web.deps import Now, ServiceDep
from app.web.guards import Anyone
from app.web.pages.groups import GroupPage
from app.web.pages.offered import card, list_offered
from app.web.responses import page_response
from app.web.shared_words import groups_in, sources_in

router = APIRouter()


@router.get("/groups/{group}")
def show_group(_: Anyone, request: Request, service: ServiceDep, now: Now, group: str) -> Response:
    """Show what a group means, what can happen next and which grids belong to it."""
    root = service.settings.content_dir
    groups = groups_in(root)
    if group not in groups:
        raise NotFound
    today = now.astimezone(service.settings.timezone).date()
    offered = list_offered(service.library, service.state, today)
    cards = [card(service.library, release, today) for release in offered]
    return page_response(request, GroupPage.of(groups, group, cards, sources_in(root)))
