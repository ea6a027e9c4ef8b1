"""Papers: a grid to take home, and the one-page profile that nobody keeps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import JSONResponse, Response

from app.content.grid import VOICES
from app.content.library import ReleaseStatus
from app.content.release import GridRelease
from app.documents.profile import ProfileWords, TooLong
from app.errors import NotFound, TabletHandedOver
from app.services import papers
from app.web.deps import Now, ServiceDep
from app.web.forms.profile import ProfileForm, ProfileFormDep
from app.web.guards import Anyone, MaybeLogin
from app.web.pages.offered import is_switched_on, switches_on
from app.web.pages.papers import Outcome, PaperTickPage, ProfilePage
from app.web.pages.scorecard import neutral_title
from app.web.responses import chrome, page_response, see_other
from app.web.service import Service

router = APIRouter()

NOT_OFFERED = (ReleaseStatus.EXPIRED, ReleaseStatus.WITHDRAWN)
EMPTY = ProfileWords("", {})


def get_press(service: ServiceDep) -> papers.Press:
    """Return what papers are made with."""
    return papers.Press(service.papers, service.renderer, chrome(service))


def get_today(service: ServiceDep, now: Now) -> date:
    """Return the day it is where the service is."""
    return now.astimezone(service.settings.timezone).date()


def not_handed_over(login: MaybeLogin) -> None:
    """Refuse a personal paper to a tablet that is out of staff hands. Raises TabletHandedOver."""
    if login is not None and login.handover_id is not None:
        raise TabletHandedOver


Today = Annotated[date, Depends(get_today)]
PressDep = Annotated[papers.Press, Depends(get_press)]
InStaffHandsOrOwn = Depends(not_handed_over)


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
    # A sensitive paper leaves no copy behind in the browser of a shared device.
    keep = "no-store" if release.grid.sensitive else "no-cache"
    headers = {"ETag": kept.etag, "Cache-Control": keep}
    if request.headers.get("if-none-match") == kept.etag:
        return Response(status_code=304, headers=headers)
    name = f"grid-{release.public_id}-{release.number}.pdf"
    return _pdf(kept.pdf.body, f"inline; filename={name}", headers)


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


@router.get("/profile")
def profile_form(request: Request, _: Anyone) -> Response:
    """Show the empty form."""
    return page_response(request, ProfilePage.of(EMPTY, "blank"))


@router.post("/profile")
async def look_at_profile(
    request: Request, _: Anyone, press: PressDep, today: Today, form: ProfileFormDep
) -> Response:
    """Say whether the words fit, without a script and before anything is printed."""
    if form.errors:
        return _invalid(request, form)
    fit = await papers.check_profile(press, words=form.words, made_on=today)
    page = ProfilePage.of(form.words, "fits" if fit.fits else "too_long", fit=fit)
    return page_response(request, page, status=200 if fit.fits else 422)


@router.post("/profile/check")
async def check_profile(
    _: Anyone, press: PressDep, today: Today, form: ProfileFormDep
) -> JSONResponse:
    """Say the same to the page while somebody types."""
    if form.errors:
        return JSONResponse({"errors": dict(form.errors)}, status_code=422)
    fit = await papers.check_profile(press, words=form.words, made_on=today)
    boxes = [
        {"prompt": box.prompt, "percent": box.percent, "lines_over": box.lines_over}
        | {"words_over": box.words_over}
        for box in fit.boxes
    ]
    return JSONResponse({"fits": fit.fits, "boxes": boxes})


@router.post("/profile/pdf", dependencies=[InStaffHandsOrOwn])
async def profile_pdf(
    request: Request, _: Anyone, press: PressDep, today: Today, form: ProfileFormDep
) -> Response:
    """Give the profile, or the form with the words that do not fit. Nothing is kept."""
    if form.errors:
        return _invalid(request, form)
    two_pages = form.action == "two-pages"
    made = await papers.make_profile(press, words=form.words, made_on=today, two_pages=two_pages)
    if isinstance(made, TooLong):
        outcome: Outcome = "too_long_for_two" if two_pages else "too_long"
        return page_response(request, ProfilePage.of(form.words, outcome, fit=made), status=422)
    if made.missing and form.action != "as-boxes":
        page = ProfilePage.of(form.words, "missing", missing=made.missing)
        return page_response(request, page, status=422)
    headers = {"Cache-Control": "no-store"}
    return _pdf(made.body, "attachment; filename=profile.pdf", headers)


def _invalid(request: Request, form: ProfileForm) -> Response:
    page = ProfilePage.of(form.words, "invalid", errors=form.errors)
    return page_response(request, page, status=422)


def _pdf(body: bytes, disposition: str, headers: dict[str, str]) -> Response:
    headers = headers | {"Content-Disposition": disposition}
    return Response(body, media_type="application/pdf", headers=headers)


def _base(request: Request, service: Service) -> str:
    own = service.settings.public_url.rstrip("/")
    return own or f"{request.url.scheme}://{request.url.netloc}"
