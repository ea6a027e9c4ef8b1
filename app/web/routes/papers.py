"""Papers: a grid to take home."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from app.adapters.paper_shelf import KeptPaper
from app.content.grid import VOICES
from app.content.library import ReleaseStatus
from app.content.release import GridRelease
from app.errors import NotFound
from app.services import papers
from app.web import publishing
from app.web.deps import Now, ServiceDep
from app.web.guards import Anyone
from app.web.pages.offered import is_switched_on, switches_on
from app.web.pages.papers import PaperTickPage
from app.web.pages.scorecard import neutral_title
from app.web.published import Document, address_of
from app.web.responses import chrome, page_response, see_other
from app.web.service import Service

router = APIRouter()

NOT_OFFERED = (ReleaseStatus.EXPIRED, ReleaseStatus.WITHDRAWN)


def get_press(service: ServiceDep) -> papers.Press:
    """Return what papers are made with."""
    return papers.Press(service.papers, service.renderer, chrome(service))


def get_today(service: ServiceDep, now: Now) -> date:
    """Return the day it is where the service is."""
    return now.astimezone(service.settings.timezone).date()


def get_made_for(service: ServiceDep) -> Hashable:
    """Return what a kept answer depends on, as it was before anything else was read."""
    return publishing.made_for(service)


MadeFor = Annotated[Hashable, Depends(get_made_for)]
Today = Annotated[date, Depends(get_today)]
PressDep = Annotated[papers.Press, Depends(get_press)]


@dataclass(frozen=True)
class PaperAsked:
    """What the address asks for; ``ticked`` and ``cover`` come from the page of the tick."""

    voice: str
    picked: str
    asked: bool
    ticked: bool
    cover: bool


def read_asked(
    voice: str = VOICES[0],
    picked: Annotated[str, Query(alias="c")] = "",
    asked: str = "",
    tick: str = "",
    cover: str = "",
) -> PaperAsked:
    """Read the address of a paper."""
    return PaperAsked(voice, picked, asked == "yes", tick == "yes", cover == "yes")


def get_release(public_id: str, version: int, service: ServiceDep) -> GridRelease:
    """Return an edition that this site lets be seen. Raises NotFound."""
    release = service.library.get(public_id, version)
    if release is None or not is_switched_on(service.state, release):
        raise NotFound
    return release


Asked = Annotated[PaperAsked, Depends(read_asked)]
Edition = Annotated[GridRelease, Depends(get_release)]


@router.get("/g/{public_id}/{version}/paper")
def show_tick(request: Request, _: Anyone, release: Edition, asked: Asked) -> Response:
    """Show what to think of before a sensitive grid is put on paper."""
    if not release.grid.sensitive:
        raise NotFound
    return page_response(request, _tick_page(release, asked))


@router.get("/g/{public_id}/{version}/handout.pdf")
async def handout(
    request: Request,
    _: Anyone,
    made_for: MadeFor,
    service: ServiceDep,
    press: PressDep,
    today: Today,
    release: Edition,
    asked: Asked,
) -> Response:
    """Give the paper of one edition: the whole grid, or two to four of its options.

    A sensitive one needs the young person's own tick (rules of the room 1.17).
    """
    status, path = service.library.status(release, today), _path(release)
    if status in NOT_OFFERED:
        return see_other(path)
    if release.grid.sensitive and not asked.ticked:
        return _unticked(request, release, asked)
    address = f"{_base(request, service)}{path}"
    wanted = tuple(asked.picked.split(",")) if asked.picked else ()
    due = service.library.review_is_due(release, today)
    cover = release.grid.sensitive and asked.cover
    on = switches_on(service.state)
    order = papers.HandoutOrder(release, asked.voice, wanted, status, due, address, cover, on)
    kept = await papers.take_handout(press, order=order)
    paper = _answer(release, kept)
    if not release.grid.sensitive:
        _keep(request, service, made_for, paper)
    return _unchanged(paper) if request.headers.get("if-none-match") == kept.etag else paper


def _answer(release: GridRelease, kept: KeptPaper) -> Response:
    # A sensitive paper leaves no copy behind in the browser of a shared device.
    keep = "no-store" if release.grid.sensitive else "no-cache"
    name = f"grid-{release.public_id}-{release.number}.pdf"
    headers = {"ETag": kept.etag, "Cache-Control": keep}
    return pdf_response(kept.pdf.body, f"inline; filename={name}", headers)


def _unchanged(paper: Response) -> Response:
    headers = {name: paper.headers[name] for name in ("ETag", "Cache-Control")}
    return Response(status_code=304, headers=headers)


def _keep(request: Request, service: Service, made_for: Hashable, paper: Response) -> None:
    """Have whoever asks next answered from memory, like a static file."""
    if service.published is None:
        return
    headers = tuple(each for each in paper.raw_headers if each[0] != b"content-length")
    found = Document(paper.headers["etag"].encode(), headers, {b"": bytes(paper.body)})
    service.published.keep(address_of(request.scope), found, made_for)


def _path(release: GridRelease) -> str:
    return f"/g/{release.public_id}/{release.number}"


def _unticked(request: Request, release: GridRelease, asked: PaperAsked) -> Response:
    """Ask for the tick: at first by a page of its own, then again with what is missing."""
    if not asked.asked:
        query = {"voice": asked.voice} | ({"c": asked.picked} if asked.picked else {})
        return see_other(f"{_path(release)}/paper?{urlencode(query)}")
    return page_response(request, _tick_page(release, asked), status=422)


def _tick_page(release: GridRelease, asked: PaperAsked) -> PaperTickPage:
    voice = asked.voice if f"{asked.voice}.en" in release.voices else VOICES[0]
    return PaperTickPage(
        public_id=release.public_id,
        number=release.number,
        title=neutral_title(release.words(voice)),
        voice=voice,
        picked=asked.picked,
        has_cover=asked.cover or not asked.asked,
        missing=asked.asked,
    )


def pdf_response(body: bytes, disposition: str, headers: dict[str, str]) -> Response:
    """Return a paper as a file."""
    headers = headers | {"Content-Disposition": disposition}
    return Response(body, media_type="application/pdf", headers=headers)


def _base(request: Request, service: Service) -> str:
    own = service.settings.public_url.rstrip("/")
    return own or f"{request.url.scheme}://{request.url.netloc}"
