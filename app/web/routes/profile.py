"""The one-page profile: words come in, a page goes out, nobody keeps either."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, Response

from app.adapters.intake import Intake, NotReadable
from app.documents.profile import TooLong
from app.documents.profile_words import ProfileWords
from app.errors import TabletHandedOver
from app.services import profiles
from app.web.deps import ServiceDep
from app.web.forms.profile import MOST_PDF_BYTES, ProfileFormDep
from app.web.guards import LOGIN_COOKIE, Anyone, MaybeLogin
from app.web.pages.profile import Outcome, ProfilePage
from app.web.responses import page_response
from app.web.routes.papers import PressDep, Today, pdf_response
from app.web.service import Service

router = APIRouter()

EMPTY = ProfileWords("", {})
GOOD: Final = ("blank", "fits", "opened")


def not_handed_over(login: MaybeLogin) -> None:
    """Refuse a personal paper to a tablet that is out of staff hands. Raises TabletHandedOver."""
    if login is not None and login.handover_id is not None:
        raise TabletHandedOver


InStaffHandsOrOwn = Depends(not_handed_over)


@dataclass(frozen=True)
class FormDesk:
    """Draws the form, with the wordings that this service offers."""

    request: Request
    service: Service

    def draw(self, words: ProfileWords, outcome: Outcome, **about: Any) -> Response:
        """Return the form as it was filled in, with what there is to say about it."""
        page = ProfilePage.of(
            words,
            outcome,
            has_second_wording=self.service.state.second_profile_wording_on,
            may_keep=LOGIN_COOKIE not in self.request.cookies,
            **about,
        )
        return page_response(self.request, page, status=200 if outcome in GOOD else 422)


def get_form_desk(request: Request, service: ServiceDep) -> FormDesk:
    """Return what draws the form for this request."""
    return FormDesk(request, service)


FormDeskDep = Annotated[FormDesk, Depends(get_form_desk)]


@router.get("/profile")
def profile_form(_: Anyone, desk: FormDeskDep) -> Response:
    """Show the empty form."""
    return desk.draw(EMPTY, "blank")


@router.post("/profile")
async def look_at_profile(
    _: Anyone, desk: FormDeskDep, press: PressDep, today: Today, form: ProfileFormDep
) -> Response:
    """Say whether the words fit, without a script and before anything is printed."""
    if form.errors:
        return desk.draw(form.words, "invalid", errors=form.errors)
    fit = await profiles.check_profile(press, words=form.words, made_on=today)
    return desk.draw(form.words, "fits" if fit.fits else "too_long", fit=fit)


@router.post("/profile/check")
async def check_profile(
    _: Anyone, press: PressDep, today: Today, form: ProfileFormDep
) -> JSONResponse:
    """Say the same to the page while somebody types, with the sheet as it would come out."""
    if form.errors:
        return JSONResponse({"errors": dict(form.errors)}, status_code=422)
    seen = await profiles.preview_profile(press, words=form.words, made_on=today)
    boxes = [
        {"prompt": box.prompt, "percent": box.percent, "lines_over": box.lines_over}
        | {"words_over": box.words_over}
        for box in seen.fit.boxes
    ]
    sheet = press.renderer.page(seen.page, press.chrome)
    answer = {"fits": seen.fit.fits, "boxes": boxes, "points": seen.page.size, "sheet": sheet}
    return JSONResponse(answer)


@router.post("/profile/open", dependencies=[InStaffHandsOrOwn])
async def open_profile(
    _: Anyone, desk: FormDeskDep, service: ServiceDep, form: ProfileFormDep
) -> Response:
    """Put the words of a profile made here back into the form. The file is not kept."""
    opened = await _opened(service.intake, form.opened)
    if isinstance(opened, ProfileWords):
        return desk.draw(opened, "opened")
    return desk.draw(form.words, "not_opened", problem=opened)


async def _opened(intake: Intake, pdf: bytes) -> ProfileWords | str:
    """Return the words inside a file, or the key of why it was not opened."""
    if not pdf:
        return "no_file"
    if len(pdf) > MOST_PDF_BYTES:
        return "too_big"
    try:
        return await profiles.open_profile(intake, pdf=pdf)
    except NotReadable as error:
        return error.reason


@router.post("/profile/pdf", dependencies=[InStaffHandsOrOwn])
async def profile_pdf(
    _: Anyone, desk: FormDeskDep, press: PressDep, today: Today, form: ProfileFormDep
) -> Response:
    """Give the profile, or the form with the words that do not fit. Nothing is kept."""
    if form.errors:
        return desk.draw(form.words, "invalid", errors=form.errors)
    two_pages = form.action == "two-pages"
    made = await profiles.make_profile(press, words=form.words, made_on=today, two_pages=two_pages)
    if isinstance(made, TooLong):
        return desk.draw(form.words, "too_long_for_two" if two_pages else "too_long", fit=made)
    if made.missing and form.action != "as-boxes":
        return desk.draw(form.words, "missing", missing=made.missing)
    headers = {"Cache-Control": "no-store"}
    return pdf_response(made.body, "attachment; filename=profile.pdf", headers)
