"""The way of an answer set past the router: the only request that a whole region sends at once.

The framework asks some 150 routes in turn, and opens two exit stacks around the one that fits: a
millisecond for each answer, more than opening, checking and storing it. So this one route is
called directly, behind the same guards as every other. It stays an ordinary route in
``routes/responses.py``, with its access in its signature and its place in the description.
"""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.web import errors
from app.web.routes.responses import put_response
from app.web.service import Service

PREFIX: Final = "/v1/responses/"


class AnswersDoor:
    """Answers ``PUT /v1/responses/{id}`` and passes everything else on."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self.app = app
        self.service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the route, or pass the request on."""
        response_id = _response_id(scope) if scope["type"] == "http" else ""
        if not response_id:
            await self.app(scope, receive, send)
            return
        answer = await self._answer(Request(scope, receive), response_id)
        await answer(scope, receive, send)

    async def _answer(self, request: Request, response_id: str) -> Response:
        try:
            return await put_response(None, request, self.service, response_id)
        except Exception as error:  # the framework's handlers stand behind this door
            return errors.answer_to(request, error)


def _response_id(scope: Scope) -> str:
    """Return the last part of the address of an answer set, "" for any other request."""
    path: str = scope["path"]
    if scope["method"] != "PUT" or not path.startswith(PREFIX):
        return ""
    name = path[len(PREFIX) :]
    return "" if "/" in name else name
