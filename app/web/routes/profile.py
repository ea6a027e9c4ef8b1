"""The one-page profile: words come in, a page goes out, nobody keeps either."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, Response

from app.adapters.intake import NotReadable
from app.documents.profile import TooLong
from app.documents.profile_words import ProfileWords
from app.errors import TabletHandedOver
from app.services import profiles
from app.web.deps import ServiceDep
from app.web.forms.profile import MOST_PDF_BYTES, ProfileForm, ProfileFormDep
from app.web.guards import Anyone, MaybeLogin
from app.web.pages.profile import Outcome, ProfilePage
from app.web.responses import page_response
from app.web.routes.papers import PressDep, Today, pdf_response

router = APIRouter()

EMPTY = ProfileWords("", {})


def not_handed_over(login: MaybeLogin) -> None:
    """Refuse a personal paper to a tablet that is out of staff hands. Raises TabletHandedOver."""
    if login is not None and login.handover_id is not None:
        raise TabletHandedOver


InStaffHandsOrOwn = Depends(not_handed_over)


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
    fit = await profiles.check_profile(press, words=form.words, made_on=today)
    page = ProfilePage.of(form.words, "fits" if fit.fits else "too_long", fit=fit)
    return page_response(request, page, status=200 if fit.fits else 422)


@router.post("/profile/check")
async def check_profile(
    _: Anyone, press: PressDep, today: Today, form: ProfileFormDep
) -> JSONResponse:
    """Say the same to the page while somebody types."""
    if form.errors:
        return JSONResponse({"errors": dict(form.errors)}, status_code=422)
    fit = await profiles.check_profile(press, words=form.words, made_on=today)
    boxes = [
        {"prompt": box.prompt, "percent": box.percent, "lines_over": box.lines_over}
        | {"words_over": box.words_over}
        for box in fit.boxes
    ]
    return JSONResponse({"fits": fit.fits, "boxes": boxes})


@router.post("/profile/open", dependencies=[InStaffHandsOrOwn])
async def open_profile(
    request: Request, _: Anyone, service: ServiceDep, form: ProfileFormDep
) -> Response:
    """Put the words of a profile made here back into the form. The file is not kept."""
    try:
        words = await profiles.open_profile(service.intake, pdf=_chosen(form.opened))
    except NotReadable as error:
        page = ProfilePage.of(form.words, "not_opened", problem=error.reason)
        return page_response(request, page, status=422)
    return page_response(request, ProfilePage.of(words, "opened"))


def _chosen(pdf: bytes) -> bytes:
    """Return the file if one was chosen that can be ours. Raises NotReadable."""
    if not pdf:
        raise NotReadable("no_file")
    if len(pdf) > MOST_PDF_BYTES:
        raise NotReadable("too_big")
    return pdf


@router.post("/profile/pdf", dependencies=[InStaffHandsOrOwn])
async def profile_pdf(
    request: Request, _: Anyone, press: PressDep, today: Today, form: ProfileFormDep
) -> Response:
    """Give the profile, or the form with the words that do not fit. Nothing is kept."""
    if form.errors:
        return _invalid(request, form)
    two_pages = form.action == "two-pages"
    made = await profiles.make_profile(press, words=form.words, made_on=today, two_pages=two_pages)
    if isinstance(made, TooLong):
        outcome: Outcome = "too_long_for_two" if two_pages else "too_long"
        return page_response(request, ProfilePage.of(form.words, outcome, fit=made), status=422)
    if made.missing and form.action != "as-boxes":
        page = ProfilePage.of(form.words, "missing", missing=made.missing)
        return page_response(request, page, status=422)
    headers = {"Cache-Control": "no-store"}
    return pdf_response(made.body, "attachment; filename=profile.pdf", headers)


def _invalid(request: Request, form: ProfileForm) -> Response:
    page = ProfilePage.of(form.words, "invalid", errors=form.errors)
    return page_response(request, page, status=422)
