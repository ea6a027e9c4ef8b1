"""What is the same for everybody, served from memory: grid pages, the appointment, static files.

Rendered and compressed once; a request costs one dictionary look-up. The framework's static
file class was 9 times slower than this.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qs

import brotli
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"
SMALL = 512
# What a route makes and `keep`s ends so; no other address is looked for there.
KEPT_ENDING = ".pdf"
MOST_KEPT = 64
COMPRESSIBLE = ("text/", "image/svg", "application/json", "application/manifest")


@dataclass(frozen=True)
class Document:
    """One answer in every encoding, ready to send."""

    etag: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    bodies: dict[bytes, bytes]


def document(body: bytes, media_type: str, cache_control: str = REVALIDATE) -> Document:
    """Compress ``body`` once and fix its headers."""
    bodies = {b"": body}
    if len(body) > SMALL and media_type.startswith(COMPRESSIBLE):
        bodies |= _compressed(body)
    etag = b'"' + hashlib.sha256(body).hexdigest()[:20].encode() + b'"'
    headers = (
        (b"content-type", media_type.encode()),
        (b"cache-control", cache_control.encode()),
        (b"etag", etag),
        (b"vary", b"accept-encoding"),
    )
    return Document(etag, headers, bodies)


@lru_cache(maxsize=256)
def _compressed(body: bytes) -> dict[bytes, bytes]:
    """Compress once per process: each file is served at two addresses, and tests start often."""
    return {
        b"br": brotli.compress(body, quality=9),
        b"gzip": gzip.compress(body, 9, mtime=0),
    }


Key = tuple[str, str]
Make = Callable[[], Document | None]
Address = tuple[str, bytes, str, bytes]


def address_of(scope: Scope) -> Address:
    """Return all of an address, scheme and host included: a paper has it in its code."""
    host = next((value for name, value in scope["headers"] if name == b"host"), b"")
    return scope["scheme"], host, scope["path"], scope["query_string"]


class Published:
    """Serves documents by (path, voice) and passes everything else on.

    A document may be given as a maker: it is made at its first request and kept for as long as
    ``made_for`` stays what it was. A page must not outlive the day on which its grid expires.
    A maker that gives None has nothing to show for now: the request is passed on. Papers that a
    route has made are kept by their whole address and given without it the next time.
    """

    def __init__(self, app: ASGIApp, made_for: Callable[[], Hashable] = lambda: None) -> None:
        self.app = app
        self.made_for = made_for
        self._kept_for: Hashable = None
        self._documents: dict[Key, Document | None] = {}
        self._makers: dict[Key, Make] = {}
        self._answers: dict[Address, tuple[Hashable, Document]] = {}

    def keep(self, address: Address, found: Document, made_for: Hashable) -> None:
        """Give what a route made again at this very address, while ``made_for`` stays what it was.

        ``made_for`` is taken before the route reads anything, so that what was made of an edition
        that was taken back meanwhile is never given.
        """
        self._answers.pop(address, None)
        self._answers[address] = (made_for, found)
        while len(self._answers) > MOST_KEPT:
            del self._answers[next(iter(self._answers))]

    def add(self, path: str, make: Document | Make, voice: str = "") -> None:
        """Serve ``make`` at ``path`` (with ``?voice=`` if one is given)."""
        key = (path, voice)
        self._documents.pop(key, None)
        self._makers.pop(key, None)
        if isinstance(make, Document):
            self._documents[key] = make
        else:
            self._makers[key] = make

    def body(self, path: str, voice: str = "") -> bytes | None:
        """Return what ``path`` gives now, before any compression, or None if it has nothing."""
        found = self._at(path, voice)
        return found.bodies[b""] if found else None

    def forget(self, prefix: str) -> None:
        """Stop serving every path below ``prefix``."""
        for store in (self._documents, self._makers):
            for key in [key for key in store if key[0].startswith(prefix)]:
                del store[key]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from memory, or pass on."""
        if scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}:
            found = self._find(scope)
            if found is not None:
                await _send(found, scope, send)
                return
        await self.app(scope, receive, send)

    def _find(self, scope: Scope) -> Document | None:
        path = scope["path"]
        if path.endswith(KEPT_ENDING):
            made_for, kept = self._answers.get(address_of(scope), (None, None))
            return kept if kept and made_for == self.made_for() else None
        voice = ""
        if scope["query_string"]:
            voice = parse_qs(scope["query_string"].decode("latin-1")).get("voice", [""])[0]
        return self._at(path, voice)

    def _at(self, path: str, voice: str) -> Document | None:
        for key in ((path, voice), (path, "")):
            if key in self._makers:
                return self._made(key)
            if key in self._documents:
                return self._documents[key]
        return None

    def _made(self, key: Key) -> Document | None:
        wanted = self.made_for()
        if wanted != self._kept_for:
            for stale in self._makers:
                self._documents.pop(stale, None)
            self._kept_for = wanted
        if key not in self._documents:
            self._documents[key] = self._makers[key]()
        return self._documents[key]


async def _send(found: Document, scope: Scope, send: Send) -> None:
    headers = Headers(scope=scope)
    if headers.get("if-none-match", "").encode() == found.etag:
        await send({"type": "http.response.start", "status": 304, "headers": found.headers})
        await send({"type": "http.response.body", "body": b""})
        return
    encoding = _encoding(found, headers.get("accept-encoding", ""))
    body = found.bodies[encoding]
    extra: list[tuple[bytes, bytes]] = [(b"content-length", str(len(body)).encode())]
    if encoding:
        extra.append((b"content-encoding", encoding))
    await send({"type": "http.response.start", "status": 200, "headers": [*found.headers, *extra]})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def _encoding(found: Document, accepted: str) -> bytes:
    offered = {part.split(";")[0].strip() for part in accepted.split(",")}
    for name in (b"br", b"gzip"):
        if name in found.bodies and name.decode() in offered:
            return name
    return b""
