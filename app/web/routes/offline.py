"""What a tablet keeps for a room without a network, and a phone whose owner asks for it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from app.errors import NotFound
from app.web.deps import ServiceDep
from app.web.guards import Anyone
from app.web.offline_shelf import OfflineShelf, own_address

router = APIRouter()


@router.get("/offline.json")
async def show_list(_: Anyone, request: Request, service: ServiceDep) -> JSONResponse:
    """List every document and file that works with no network, with the hash of each."""
    shelf: OfflineShelf = request.app.state.offline_shelf
    return JSONResponse(await shelf.listing(own_address(service, str(request.url))))


@router.get("/g/{public_id}/{version}/keep.json")
async def show_kept(_: Anyone, request: Request, public_id: str, version: str) -> JSONResponse:
    """List what a visitor's own phone keeps of one grid, where its owner asks for that."""
    if not version.isdecimal():
        raise NotFound
    shelf: OfflineShelf = request.app.state.offline_shelf
    return JSONResponse(await shelf.listing_of(public_id, int(version)))
