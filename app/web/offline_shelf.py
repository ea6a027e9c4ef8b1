"""What an enrolled tablet keeps, so that a room without a network has all that it needs.

``/offline.json`` lists every document and file with the hash of its bytes; the page side
(``static/js/offline-shelf.js``) keeps the same. Nothing on the list is about a person, and every
body is what anybody gets. The list is made anew with the pages themselves: when a release, a
switch, the crisis number or the day changes.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

import structlog

from app.content.grid import VOICES
from app.content.release import GridRelease
from app.documents.profile_words import ProfileWords
from app.domain.tablet import LEASE, SENSITIVE_LEASE
from app.errors import NotFound, TooBusy
from app.rendering.page import Page
from app.services import papers
from app.web.pages.grid import DEFAULT_VOICE
from app.web.pages.offered import card, list_offered, switches_on
from app.web.pages.offline import OfflinePage
from app.web.pages.profile import ProfilePage
from app.web.pages.public import FrontPage, HelpPage
from app.web.published import REVALIDATE, Document, Published, document
from app.web.publishing import HTML, local_day, made_for
from app.web.responses import chrome
from app.web.service import Service

PAGE: Final = "/offline"
WORKER: Final = "/sw.js"
WORKER_FILE: Final = "js/sw.js"
ROOT_SCOPE: Final = (b"service-worker-allowed", b"/")
IN_MEMORY: Final = ("/tablet", "/appointment", PAGE, "/leave")
HASHED: Final = re.compile(r"/static/[0-9a-f]{12}/[\w./-]+")
WITH_REFERENCES: Final = (".css", ".js")
AFTER_START: Final = 5.0
HOUR: Final = timedelta(hours=1)
NOTHING_WRITTEN: Final = ProfileWords("", {})

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ShelfFile:
    """One thing to keep. ``lease_hours`` is how long after the last contact it may be shown."""

    url: str
    sha256: str
    lease_hours: int | None = None

    def row(self) -> dict[str, Any]:
        """Return what the list says of it."""
        lease = {} if self.lease_hours is None else {"lease_hours": self.lease_hours}
        return {"url": self.url, "sha256": self.sha256} | lease


def publish_offline(service: Service, published: Published) -> None:
    """Serve the page for a lost network, and the worker at the address that covers the site."""
    published.add(PAGE, partial(_make_page, service))
    published.add(WORKER, partial(_make_worker, service))


def _make_page(service: Service) -> Document:
    html = service.renderer.page(OfflinePage(), chrome(service))
    return document(html.encode(), HTML)


def _make_worker(service: Service) -> Document:
    """A browser looks at this address for a new worker, so nothing may keep it."""
    asset = service.assets.by_name[WORKER_FILE]
    made = document(asset.body, asset.media_type, REVALIDATE)
    return replace(made, headers=(*made.headers, ROOT_SCOPE))


class OfflineShelf:
    """Makes the list. Papers take seconds each, so they join it one by one as they are made."""

    def __init__(self, service: Service, published: Published) -> None:
        self._service = service
        self._published = published
        self._made_for: Hashable = None
        self._files: tuple[ShelfFile, ...] = ()
        self._needs: dict[str, frozenset[str]] = {}
        self._papers: dict[tuple[str, str], str | None] = {}
        self._at_work: asyncio.Task[None] | None = None

    async def listing(self, base: str) -> dict[str, Any]:
        """Return the list: ``build``, ``files``, and the addresses of papers still ``coming``.

        A tablet that holds an older form of a coming paper keeps it until the new one is listed.
        Static files stand before the documents that need them. ``build`` is the SHA-256 of
        ``files`` as JSON without spaces. ``base`` is the address that is printed on papers.
        """
        await self._renew()
        wanted = dict(self._orders(base))
        made = {url: self._papers.get((base, url)) for url in wanted}
        unmade = {url: order for url, order in wanted.items() if (base, url) not in self._papers}
        if unmade and (self._at_work is None or self._at_work.done()):
            self._at_work = asyncio.create_task(self._make_papers(base, unmade, self._made_for))
        found = [ShelfFile(url, sha256) for url, sha256 in made.items() if sha256]
        files = [file.row() for file in (*self._files, *found)]
        return {"build": _build(files), "files": files, "coming": list(unmade)}

    async def listing_of(self, public_id: str, number: int) -> dict[str, Any]:
        """Return what a visitor keeps of one grid who wants to: its page, the numbers, no paper.

        ``keeps`` tells it from the list of a tablet. Raises NotFound for a grid that is not
        offered, and for a sensitive one: nobody should find that on a young person's phone.
        """
        await self._renew()
        release = self._service.library.get(public_id, number)
        if release is None or release not in self._offered() or release.grid.sensitive:
            raise NotFound
        address = f"/g/{public_id}/{number}"
        wanted = {address, *(f"{address}?voice={voice}" for voice in VOICES), "/help", PAGE}
        needed = set[str]().union(*(self._needs.get(url, frozenset()) for url in wanted))
        files = [file.row() for file in self._files if file.url in wanted | needed]
        keeps = address.removeprefix("/g/")
        return {"build": _build(files), "files": files, "coming": [], "keeps": keeps}

    async def make_ahead(self) -> None:
        """Make the papers of the grids in use before anybody asks, where their address is known.

        Begun once the start is over: the first pages are asked for then. What the disk has kept
        is read and not made.
        """
        base = self._service.settings.public_url.rstrip("/")
        if base:
            await asyncio.sleep(AFTER_START)
            await self.listing(base)

    async def _renew(self) -> None:
        wanted = made_for(self._service)
        if wanted == self._made_for:
            return
        files: list[ShelfFile] = []
        assets: dict[str, str] = {}
        needs: dict[str, frozenset[str]] = {}
        for url, take, lease in self._documents():
            body = take()
            if body is not None:
                files.append(ShelfFile(url, _sha256(body), lease))
                needed = self._needed(body)
                needs[url] = frozenset(needed)
                assets |= needed
            await asyncio.sleep(0)  # answers that come in meanwhile need not wait for the rest
        static = [ShelfFile(url, sha256) for url, sha256 in sorted(assets.items())]
        self._files, self._papers, self._made_for = (*static, *files), {}, wanted
        self._needs = needs

    def _documents(self) -> Iterator[tuple[str, Callable[[], bytes | None], int | None]]:
        for path, make in self._same_for_everybody().items():
            yield path, partial(self._rendered, make, path), None
        for path in IN_MEMORY:
            yield path, partial(self._published.body, path), None
        for release in self._offered():
            lease = _lease_hours(release)
            for path, voice, url in _addresses(release):
                yield url, partial(self._published.body, path, voice), lease

    def _same_for_everybody(self) -> Mapping[str, Callable[[], Page]]:
        """The pages that routes draw, without anybody signed in."""
        service = self._service
        contacts = service.contacts.with_local(service.state.local_crisis_number)
        return {
            "/": self._front,
            "/help": lambda: HelpPage.of(contacts),
            "/profile": lambda: ProfilePage.of(
                NOTHING_WRITTEN,
                "blank",
                has_second_wording=service.state.second_profile_wording_on,
                may_keep=True,  # as anybody gets it who is not signed in
            ),
        }

    def _front(self) -> Page:
        today = local_day(self._service)
        return FrontPage.of(card(self._service.library, r, today) for r in self._offered())

    def _rendered(self, make: Callable[[], Page], path: str) -> bytes:
        surroundings = chrome(self._service, None, path)
        return self._service.renderer.page(make(), surroundings).encode()

    def _offered(self) -> tuple[GridRelease, ...]:
        service = self._service
        return list_offered(service.library, service.state, local_day(service))

    def _needed(self, body: bytes) -> dict[str, str]:
        """Return the files that a body names, and those that they name themselves, by address."""
        by_url = {asset.url: asset for asset in self._service.assets.by_name.values()}
        found: dict[str, str] = {}
        left = [body.decode("utf-8")]
        while left:
            for url in set(HASHED.findall(left.pop())) - found.keys():
                asset = by_url.get(url)
                if asset is not None:
                    found[url] = _sha256(asset.body)
                    if url.endswith(WITH_REFERENCES):
                        left.append(asset.body.decode("utf-8"))
        return found

    def _orders(self, base: str) -> Iterator[tuple[str, papers.HandoutOrder]]:
        """The whole-grid papers of the grids in use, as ``/g/k7/1/handout.pdf`` gives them.

        A sensitive one needs somebody's own tick and leaves no copy on a shared device.
        """
        library, state, today = self._service.library, self._service.state, local_day(self._service)
        on = switches_on(state)
        for release in self._offered():
            if release.grid.sensitive:
                continue
            address = f"/g/{release.public_id}/{release.number}"
            status, due = library.status(release, today), library.review_is_due(release, today)
            for voice in _voices(release):
                printed = f"{base}{address}"
                order = papers.HandoutOrder(release, voice, (), status, due, printed, switches=on)
                yield f"{address}/handout.pdf?voice={voice}", order

    async def _make_papers(
        self, base: str, orders: Mapping[str, papers.HandoutOrder], wanted: Hashable
    ) -> None:
        """Make one after the other; a busy service is asked again with the next list."""
        service = self._service
        press = papers.Press(service.papers, service.renderer, chrome(service))
        for url, order in orders.items():
            try:
                kept = await papers.take_handout(press, order=order)
                sha256: str | None = _sha256(kept.pdf.body)
            except TooBusy:
                return
            except Exception as failed:  # this one cannot be made; the others can
                log.warning("paper_not_on_the_shelf", url=url, error=type(failed).__name__)
                sha256 = None
            if wanted != self._made_for:
                return
            self._papers[(base, url)] = sha256


def _addresses(release: GridRelease) -> Iterator[tuple[str, str, str]]:
    """Where a release stands: path, voice, and the address with which a page asks for it."""
    address = f"/g/{release.public_id}/{release.number}"
    parts = ("", "/fragment", "/apart") if release.grid.bands_at("apart") else ("", "/fragment")
    for part in parts:
        yield f"{address}{part}", DEFAULT_VOICE, f"{address}{part}"
        for voice in _voices(release):
            if voice != DEFAULT_VOICE:
                yield f"{address}{part}", voice, f"{address}{part}?voice={voice}"


def _voices(release: GridRelease) -> Iterator[str]:
    return (voice for voice in VOICES if f"{voice}.en" in release.voices)


def _lease_hours(release: GridRelease) -> int:
    sensitive = release.grid.sensitive or release.grid.off_until_switched_on
    return (SENSITIVE_LEASE if sensitive else LEASE) // HOUR


def _build(files: list[dict[str, Any]]) -> str:
    return hashlib.sha256(json.dumps(files, separators=(",", ":")).encode()).hexdigest()


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def own_address(service: Service, asked_at: str) -> str:
    """Return the address of this service as papers print it: its own, else the one asked at."""
    found = urlsplit(asked_at)
    return service.settings.public_url.rstrip("/") or f"{found.scheme}://{found.netloc}"
