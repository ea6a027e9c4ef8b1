"""The plain-http neighbour of a room server: how a tablet comes to trust the room, and no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from app.adapters.room_certificate import Room
from app.rendering.page import Page
from app.web.middleware import SECURITY_HEADERS
from app.web.responses import chrome
from app.web.service import Service


@dataclass(frozen=True)
class TrustPageView(Page):
    """Steps for a tablet, the safe address and the authority's fingerprint."""

    template: ClassVar[str] = "pages/trust.html"
    address: str
    fingerprint: str


class TrustPage:
    """Serves the trust page, the authority's certificate and static files over plain http."""

    def __init__(self, service: Service, room: Room, port: int) -> None:
        self.service = service
        self.room = room
        self.address = f"https://{room.address}:{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        response = self._answer(Request(scope, receive))
        if response is None:
            assert self.service.published is not None
            await self.service.published(scope, receive, send)
            return
        response.headers.update(SECURITY_HEADERS)
        await response(scope, receive, send)

    def _answer(self, request: Request) -> Response | None:
        path = request.url.path
        if path == "/authority.crt":
            body = self.room.authority.read_bytes()
            return Response(body, media_type="application/x-x509-ca-cert")
        if path.startswith("/static/"):
            return None
        if path != "/trust":
            return RedirectResponse("/trust", status_code=303)
        page = TrustPageView(self.address, self.room.fingerprint)
        return HTMLResponse(self.service.renderer.page(page, chrome(self.service)))
