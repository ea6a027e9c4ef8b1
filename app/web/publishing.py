"""What is put into memory at start: static files and the pages that are the same for everybody."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from datetime import date
from functools import partial

from app.content.grid import VOICES
from app.content.release import GridRelease
from app.rendering.page import Page
from app.web.appointment import publish_appointment
from app.web.pages.grid import (
    CLOSED,
    DEFAULT_VOICE,
    GridClosedFragment,
    GridClosedPage,
    GridFragment,
    GridPage,
)
from app.web.published import IMMUTABLE, Document, Published, document
from app.web.responses import chrome
from app.web.service import Service

HTML = "text/html; charset=utf-8"
GRIDS = "/g/"


def publish_everything(service: Service, published: Published) -> None:
    """Publish static files and every edition of every grid, to be made anew when a day ends."""
    published.made_for = partial(made_for, service)
    publish_static(service, published)
    publish_grids(service, published)
    publish_appointment(service, published)


def publish_static(service: Service, published: Published) -> None:
    """Serve every file under static/ at its hashed address, for ever, and at its plain one."""
    for name, asset in service.assets.by_name.items():
        published.add(asset.url, partial(document, asset.body, asset.media_type, IMMUTABLE))
        published.add(f"/static/{name}", partial(document, asset.body, asset.media_type))


def publish_grids(service: Service, published: Published) -> None:
    """Serve what the library holds now; call it again when the library is another one.

    ``/g/k7`` is the edition in use, ``/g/k7/3`` that very one, ``/g/k7/3/fragment`` the same
    for the appointment. An unknown or missing ``?voice=`` gets the young person's.
    """
    published.forget(GRIDS)
    for release in service.library.releases.values():
        address = f"{GRIDS}{release.public_id}/{release.number}"
        _add(service, published, address, release, grid_page)
        _add(service, published, f"{address}/fragment", release, grid_fragment)
    for release in _entrances(service):
        _add(service, published, f"{GRIDS}{release.public_id}", release, grid_page)


def made_for(service: Service) -> Hashable:
    """What a kept page depends on besides its release: the day there, and the chrome."""
    state = service.state
    return local_day(service), state.mode, state.demo, state.local_crisis_number


def local_day(service: Service) -> date:
    """The day where the service is."""
    return service.clock().astimezone(service.settings.timezone).date()


MakePage = Callable[[Service, GridRelease, str], Page]


def grid_page(service: Service, release: GridRelease, voice: str) -> Page:
    """The page of an edition, or the notice that it is not offered any more."""
    library, today = service.library, local_day(service)
    if library.status(release, today) in CLOSED:
        return GridClosedPage.of(release, voice, library, today)
    return GridPage.of(release, voice, library, today)


def grid_fragment(service: Service, release: GridRelease, voice: str) -> Page:
    """The same without surroundings, for the appointment."""
    library, today = service.library, local_day(service)
    if library.status(release, today) in CLOSED:
        return GridClosedFragment.of(release, voice, library, today)
    return GridFragment.of(release, voice, library, today)


def _entrances(service: Service) -> Iterator[GridRelease]:
    """The edition that stands at the address without a number; a withdrawn one if all are."""
    library = service.library
    newest = {r.public_id: r for r in sorted(library.releases.values(), key=lambda r: r.number)}
    for public_id, last in newest.items():
        yield library.current(public_id) or last


def _add(
    service: Service, published: Published, path: str, release: GridRelease, make: MakePage
) -> None:
    voices = [voice for voice in VOICES if f"{voice}.en" in release.voices]
    for voice in voices:
        published.add(path, partial(_make, service, release, voice, make), voice)
    fallback = DEFAULT_VOICE if DEFAULT_VOICE in voices else voices[0]
    published.add(path, partial(_make, service, release, fallback, make))


def _make(service: Service, release: GridRelease, voice: str, make: MakePage) -> Document:
    html = service.renderer.page(make(service, release, voice), chrome(service))
    return document(html.encode(), HTML)
