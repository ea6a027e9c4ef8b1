"""Counting requests, and giving the counts to this machine alone.

Only there where METRICS is on. ``/metrics`` answers the loopback and nobody behind a proxy: to
everybody else it is no such page. Routes are counted by their templates.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.adapters.metrics import CONTENT_TYPE, Metrics

PATH: Final = "/metrics"
ANSWERS: Final = "/v1/responses/"
LOOPBACK: Final = frozenset({"127.0.0.1", "::1"})
FORWARDED: Final = frozenset({"forwarded", "x-forwarded-for", "x-real-ip", "via"})


def is_from_here(scope: Scope) -> bool:
    """Say whether a request comes from this machine and not from behind its proxy."""
    client = scope.get("client")
    passed_on = any(name in FORWARDED for name in Headers(scope=scope))
    return client is not None and client[0] in LOOPBACK and not passed_on


class Counting:
    """Counts what passes; ``waiting`` says how many answer sets wait to be written."""

    def __init__(self, app: ASGIApp, waiting: Callable[[], int]) -> None:
        self.app = app
        self.waiting = waiting
        self.metrics = Metrics()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and count it, or give the counts."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif scope["path"] == PATH and is_from_here(scope):
            body = self.metrics.render(waiting=self.waiting())
            answer = Response(body, headers={"content-type": CONTENT_TYPE})
            answer.headers["cache-control"] = "no-store"
            await answer(scope, receive, send)
        else:
            await self._count(scope, receive, send)

    async def _count(self, scope: Scope, receive: Receive, send: Send) -> None:
        began, status = time.perf_counter(), 500

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, note_status)
        finally:
            route, method = _template(scope), scope["method"]
            self.metrics.count_request(route, method, status, time.perf_counter() - began)
            if method == "PUT" and scope["path"].startswith(ANSWERS):
                self.metrics.count_answer(status)


def _template(scope: Scope) -> str:
    """Return the template of the route, and never the path: it may say what somebody read."""
    if scope["path"].startswith(ANSWERS):
        return f"{ANSWERS}{{response_id}}"
    return str(getattr(scope.get("route"), "path", "other"))
