"""Pure ASGI middleware. The framework's own base class costs two thirds of the throughput."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
SECURITY_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "x-robots-tag": "noindex, nofollow",
}
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]", "testserver"})
HSTS = "max-age=31536000"

Header = tuple[bytes, bytes]
# As they travel, made once: encoding them for each answer took longer than the answer.
_ALWAYS: tuple[Header, ...] = tuple(
    (name.encode(), value.encode())
    for name, value in (SECURITY_HEADERS | {"cache-control": "no-store"}).items()
)
_OVER_TLS: tuple[Header, ...] = (*_ALWAYS, (b"strict-transport-security", HSTS.encode()))


class SecurityHeaders:
    """Adds the same protective headers to every answer; forbids storing it unless it says so."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add headers on the way back."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        protective = _OVER_TLS if scope["scheme"] == "https" else _ALWAYS

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _with(protective, message.get("headers", ()))
            await send(message)

        await self.app(scope, receive, send_with_headers)


def _with(protective: Iterable[Header], headers: Iterable[Header]) -> list[Header]:
    """Return ``headers`` and those of ``protective`` that are not among them."""
    said = [*headers]
    names = {name.lower() for name, _ in said}
    said += [header for header in protective if header[0] not in names]
    return said


class CrossSiteGuard:
    """Refuses writes that another site started, without tokens that would break cached pages.

    ``Sec-Fetch-Site`` where the browser sends it, else ``Origin`` against ``Host``. A request
    with neither comes from a program, carries no cookie by accident, and is let through.
    """

    def __init__(self, app: ASGIApp, refused: ASGIApp) -> None:
        self.app = app
        self.refused = refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 403."""
        if (
            scope["type"] == "http"
            and scope["method"] not in SAFE_METHODS
            and _is_cross_site(scope)
        ):
            await self.refused(scope, receive, send)
            return
        await self.app(scope, receive, send)


def _is_cross_site(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host")


class SecureContextGuard:
    """Answers one page to plain http from another machine: nothing here works without https.

    A LAN page over http has no service worker, no ``crypto.subtle`` and no Secure cookies.
    ``/healthz`` and static files stay open, so that the page can be styled and watched.
    """

    def __init__(self, app: ASGIApp, explain: ASGIApp, open_prefixes: Iterable[str]) -> None:
        self.app = app
        self.explain = explain
        self.open_prefixes = tuple(open_prefixes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or explain."""
        if scope["type"] == "http" and scope["scheme"] == "http" and not self._is_open(scope):
            await self.explain(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _is_open(self, scope: Scope) -> bool:
        host = next((value for name, value in scope["headers"] if name == b"host"), b"").decode(
            "latin-1"
        )
        name = host if host.startswith("[") and host.endswith("]") else host.rsplit(":", 1)[0]
        return name in LOOPBACK or scope["path"].startswith(self.open_prefixes)
