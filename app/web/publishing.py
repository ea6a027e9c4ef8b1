"""What is put into memory at start: static files and the pages that are the same for everybody."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from datetime import date
from functools import partial
from typing import Final

from app.content.grid import VOICES
from app.content.release import GridRelease
from app.rendering.page import Page
from app.web.appointment import publish_appointment
from app.web.leaving import publish_leave
from app.web.pages.grid import DEFAULT_VOICE, GridFragment, GridPage
from app.web.pages.grid_instead import (
    CLOSED,
    GridApartPage,
    GridClosedFragment,
    GridClosedPage,
)
from app.web.pages.offered import in_use, is_switched_on, switches_on
from app.web.pages.scorecard import ChangesPage, ScorecardPage
from app.web.phone import publish_phone
from app.web.published import IMMUTABLE, Document, Published, document
from app.web.responses import chrome
from app.web.service import Service
from app.web.tablet import publish_tablet

HTML = "text/html; charset=utf-8"
GRIDS = "/g/"


def publish_everything(service: Service, published: Published) -> None:
    """Publish static files and every edition of every grid, to be made anew when a day ends."""
    published.made_for = partial(made_for, service)
    publish_static(service, published)
    publish_grids(service, published)
    publish_appointment(service, published)
    publish_tablet(service, published)
    publish_leave(service, published)
    publish_phone(service, published)


def publish_static(service: Service, published: Published) -> None:
    """Serve every file under static/ at its hashed address, for ever, and at its plain one."""
    for name, asset in service.assets.by_name.items():
        published.add(asset.url, partial(document, asset.body, asset.media_type, IMMUTABLE))
        published.add(f"/static/{name}", partial(document, asset.body, asset.media_type))


def publish_grids(service: Service, published: Published) -> None:
    """Serve every edition that the library holds.

    ``/g/k7`` is the edition in use, ``/g/k7/3`` that very one, ``/g/k7/3/fragment`` the same
    for the appointment, ``/g/k7/3/scorecard`` how it meets the standards, ``/g/k7/3/changes``
    what it changed and ``/g/k7/3/apart``, where there is such a band, what it says to others. An
    unknown or missing ``?voice=`` gets the young person's. Which edition is in use, and whether a
    grid may be seen at all, is decided when a page is made.
    """
    published.forget(GRIDS)
    for release in service.library.releases.values():
        address = f"{GRIDS}{release.public_id}/{release.number}"
        find = partial(_this, release)
        for part, make in PARTS.items():
            _add(service, published, f"{address}{part}", find, make)
        if release.grid.bands_at("apart"):
            _add(service, published, f"{address}/apart", find, grid_apart)
    for public_id in {release.public_id for release in service.library.releases.values()}:
        find = partial(_entrance, service, public_id)
        _add(service, published, f"{GRIDS}{public_id}", find, grid_page)


def made_for(service: Service) -> Hashable:
    """What a kept page depends on besides its release: the day there, the chrome, the standing."""
    return local_day(service), service.state, tuple(service.library.approvals.items())


def local_day(service: Service) -> date:
    """The day where the service is."""
    return service.clock().astimezone(service.settings.timezone).date()


MakePage = Callable[[Service, GridRelease, str], Page]
FindRelease = Callable[[], GridRelease]


def grid_page(service: Service, release: GridRelease, voice: str) -> Page:
    """The page of an edition, or the notice that it is not offered any more."""
    library, today = in_use(service.library, service.state), local_day(service)
    if library.status(release, today) in CLOSED:
        return GridClosedPage.of(release, voice, library, today, why=_why(service, release))
    return GridPage.of(release, voice, library, today, switches_on(service.state))


def grid_apart(service: Service, release: GridRelease, voice: str) -> Page:
    """What a grid says to those whom its columns do not fit."""
    library, today = in_use(service.library, service.state), local_day(service)
    if library.status(release, today) in CLOSED:
        return GridClosedPage.of(release, voice, library, today, why=_why(service, release))
    return GridApartPage.of(release, voice, library, today)


def grid_fragment(service: Service, release: GridRelease, voice: str) -> Page:
    """The same without surroundings, for the appointment."""
    library, today = in_use(service.library, service.state), local_day(service)
    if library.status(release, today) in CLOSED:
        return GridClosedFragment.of(release, voice, library, today, why=_why(service, release))
    return GridFragment.of(release, voice, library, today, switches_on(service.state))


def grid_scorecard(service: Service, release: GridRelease, voice: str) -> Page:
    """How an edition meets the standards, also when it is not offered any more."""
    return ScorecardPage.of(release, voice, service.library, local_day(service))


def grid_changes(service: Service, release: GridRelease, voice: str) -> Page:
    """What an edition changed, for families."""
    return ChangesPage.of(release, voice, service.library)


PARTS: Final[Mapping[str, MakePage]] = {
    "": grid_page,
    "/fragment": grid_fragment,
    "/scorecard": grid_scorecard,
    "/changes": grid_changes,
}


def _why(service: Service, release: GridRelease) -> str:
    """The key of why this edition was taken back, or nothing where its lock file alone says so."""
    reason = service.standing.withdrawn.get(release.sha256)
    return reason.value if reason else ""


def _this(release: GridRelease) -> GridRelease:
    return release


def _entrance(service: Service, public_id: str) -> GridRelease:
    """The edition that stands at the address without a number; a withdrawn one if all are."""
    library = service.library
    editions = [r for r in library.releases.values() if r.public_id == public_id]
    last = max(editions, key=lambda release: release.number)
    return in_use(library, service.state).current(public_id) or library.current(public_id) or last


def _add(
    service: Service, published: Published, path: str, find: FindRelease, make: MakePage
) -> None:
    for voice in VOICES:
        published.add(path, partial(_make, service, find, voice, make), voice)
    published.add(path, partial(_make, service, find, DEFAULT_VOICE, make))


def _make(service: Service, find: FindRelease, voice: str, make: MakePage) -> Document | None:
    release = find()
    if not is_switched_on(service.state, release):
        return None
    if f"{voice}.en" not in release.voices:
        voice = next(other for other in VOICES if f"{other}.en" in release.voices)
    html = service.renderer.page(make(service, release, voice), chrome(service))
    return document(html.encode(), HTML)
