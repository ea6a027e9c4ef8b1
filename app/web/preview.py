"""`grids preview`: drafts from the folder, on this machine alone, with the gate beside them.

No database, no sign-in, and nothing is ever written. Each request reads the files as they are
if they changed since the last one; the page asks for the stamp of the files twice a second and
loads itself anew when it differs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from app.adapters.assets import Assets
from app.content.check import Report, check_grid
from app.content.contacts import Contacts
from app.content.grid import VOICES
from app.content.parse import ENGLISH, Draft, is_left_behind, list_slugs
from app.content.reading import ID
from app.rendering.environment import Renderer
from app.rendering.page import Chrome, Page
from app.web.middleware import SecureContextGuard, SecurityHeaders
from app.web.preview_pages import DEFAULT_VOICE, Beside, DraftList, DraftPage, UndrawnPage
from app.web.published import IMMUTABLE, Published, document

NOTHING: Final = "none"
_STAMP_LENGTH: Final = 16
_BESIDE_A_GRID: Final = ("_evidence", "_contacts")
_OPEN_ANYWHERE: Final = ("/static/",)


@dataclass(frozen=True, slots=True)
class Look:
    """One reading of the files of a grid; `drawable` is the last reading that could be drawn."""

    stamp: str
    report: Report
    drawable: Draft | None
    drawn_at: datetime | None


@dataclass
class Desk:
    """The folder of grids as it is now, and the last good reading of each."""

    root: Path
    now: Callable[[], datetime]
    _looks: dict[str, Look] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def slugs(self) -> tuple[str, ...]:
        """The drafts that are there; none where the folder is gone or cannot be read."""
        try:
            return list_slugs(self.root)
        except OSError:
            return ()

    def stamp(self, slug: str) -> str:
        """Changes when a file of a grid or beside it changes; only looks at sizes and times."""
        if slug not in self.slugs():
            return NOTHING
        seen = "\n".join(sorted(_traces(self.root, (slug, *_BESIDE_A_GRID))))
        return hashlib.sha256(seen.encode()).hexdigest()[:_STAMP_LENGTH]

    def look(self, slug: str) -> Look:
        """Read a grid if it changed since the last time. Raises OSError where it went away."""
        with self._lock:
            # The stamp comes first: what changes while it is read is read again at the next look.
            stamp = self.stamp(slug)
            known = self._looks.get(slug)
            if known is None or known.stamp != stamp:
                known = self._looks[slug] = self._read(slug, stamp, known)
            return known

    def _read(self, slug: str, stamp: str, before: Look | None) -> Look:
        moment = self.now()
        report = check_grid(self.root, slug, moment.date())
        if report.draft is not None and _can_be_drawn(report.draft, moment):
            return Look(stamp, report, report.draft, moment)
        if before is None:
            return Look(stamp, report, None, None)
        return Look(stamp, report, before.drawable, before.drawn_at)


def _traces(root: Path, folders: tuple[str, ...]) -> Iterator[str]:
    for name in folders:
        for path in (root / name).glob("[!.]*"):
            try:
                seen = path.stat()
            except OSError:
                continue
            if not is_left_behind(path.name):
                yield f"{name}/{path.name} {seen.st_mtime_ns} {seen.st_size} {seen.st_ino}"


def _can_be_drawn(draft: Draft, moment: datetime) -> bool:
    try:
        for voice, language in draft.voices:
            DraftPage.draw(draft, voice, language, moment.date())
    except (LookupError, ValueError):
        return False  # a figure that is not there or cannot be drawn: the findings say which
    return True


class Preview:
    """The answers of the preview."""

    def __init__(self, desk: Desk, renderer: Renderer, contacts: Contacts) -> None:
        self.desk = desk
        self.renderer = renderer
        self.chrome = Chrome(contacts=contacts)

    def list_drafts(self, _request: Request) -> Response:
        """Name every draft of the folder."""
        return self._answer(self._list())

    def draft(self, request: Request) -> Response:
        """Show one draft, or the last page of it that could be drawn, with its findings."""
        slug = request.path_params["slug"]
        if slug not in self.desk.slugs():
            return self._answer(self._list(asked=slug), 404)
        try:
            look = self.desk.look(slug)
        except OSError as error:
            return self._answer(self._list(asked=slug, unreadable=str(error)), 404)
        return self._answer(self._page(look, request))

    def stamp(self, request: Request) -> Response:
        """Tell a page whether the files behind it changed."""
        return JSONResponse({"stamp": self.desk.stamp(request.path_params["slug"])})

    def missing(self, request: Request, error: Exception) -> Response:
        """Say that there is nothing here, and what there is."""
        status = error.status_code if isinstance(error, HTTPException) else 404
        return self._answer(self._list(asked=request.url.path), status)

    def refuse(self, request: Request) -> Response:
        """Answer whoever calls this machine by a name that is not its own."""
        return self._answer(self._list(asked=request.url.netloc), 403)

    def _page(self, look: Look, request: Request) -> Page:
        draft = look.report.draft or look.drawable
        languages = tuple(sorted({spoken for _, spoken in draft.voices})) if draft else (ENGLISH,)
        voice = _among(request.query_params.get("voice"), VOICES, DEFAULT_VOICE)
        language = _among(request.query_params.get("language"), languages, ENGLISH)
        beside = Beside.of(look.report, look.stamp, voice, language, languages)
        return _drawn(look, beside)

    def _list(self, asked: str = "", unreadable: str = "") -> DraftList:
        stamp = self.desk.stamp(asked) if ID.fullmatch(asked) else ""
        folder = self.desk.root.name
        return DraftList(folder, self.desk.slugs(), stamp, asked, unreadable)

    def _answer(self, page: Page, status: int = 200) -> Response:
        return HTMLResponse(self.renderer.page(page, self.chrome), status_code=status)


def _drawn(look: Look, beside: Beside) -> Page:
    if look.drawable is None or look.drawn_at is None:
        return UndrawnPage(beside)
    day = look.drawn_at.date()
    page = DraftPage.draw(look.drawable, beside.voice, beside.language, day)
    is_of_now = look.report.draft is look.drawable
    return page.with_beside(beside if is_of_now else replace(beside, older_since=look.drawn_at))


def _among(asked: str | None, known: tuple[str, ...], otherwise: str) -> str:
    return asked if asked in known else otherwise


def create_preview(
    root: Path,
    *,
    assets: Assets,
    renderer: Renderer,
    contacts: Contacts,
    now: Callable[[], datetime],
) -> ASGIApp:
    """The whole preview as one ASGI callable; it answers to names of this machine alone."""
    preview = Preview(Desk(root, now), renderer, contacts)
    site = Starlette(
        routes=[
            Route("/", preview.list_drafts),
            Route("/{slug}", preview.draft),
            Route("/{slug}/stamp", preview.stamp),
        ],
        exception_handlers={404: preview.missing, 405: preview.missing},
    )
    published = Published(site)
    for asset in assets.by_name.values():
        make = partial(document, asset.body, asset.media_type, IMMUTABLE)
        published.add(asset.url, make)
    return SecurityHeaders(SecureContextGuard(published, _refusing(preview), _OPEN_ANYWHERE))


def _refusing(preview: Preview) -> ASGIApp:
    return Starlette(routes=[Route("/{path:path}", preview.refuse)])
