"""A host name of its own for people's phones, behind which nothing else can be reached.

Only this name has to be open to the internet; staff pages and tablets stay where they are.
"""

from __future__ import annotations

from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

PATHS: Final = frozenset(
    {"/phone", "/take", "/help", "/healthz", "/favicon.ico", "/v1/phone/begin"}
)
PREFIXES: Final = ("/static/", "/v1/responses/")


class PhoneHost:
    """Answers 404 to everything but the phone's own route where the request names ``host``."""

    def __init__(self, app: ASGIApp, host: str, not_here: ASGIApp) -> None:
        self.app = app
        self.host = host
        self.not_here = not_here

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or say that there is no such page."""
        closed = scope["type"] == "http" and self._is_ours(scope) and not _is_open(scope["path"])
        await (self.not_here if closed else self.app)(scope, receive, send)

    def _is_ours(self, scope: Scope) -> bool:
        return any(named(host) == self.host for host in Headers(scope=scope).getlist("host"))


def named(host: str) -> str:
    """Return the name in a Host header, without port, capitals and the dot of the root."""
    return host.partition(":")[0].rstrip(".").lower()


def _is_open(path: str) -> bool:
    return path in PATHS or path.startswith(PREFIXES)
