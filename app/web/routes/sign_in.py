"""Signing in and out, joining by a one-time link, proving again who is here."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from app.db.queries import staff as staff_queries
from app.errors import TabletHandedOver
from app.services import invitations, logins, sign_in
from app.services.refusals import Refused
from app.web.deps import Now, ReadDb, ServiceDep, WriteDb
from app.web.forms.accounts import read_claim, read_join
from app.web.forms.reading import Form, text
from app.web.guards import Anyone, ByPassword, MaybeLogin
from app.web.login_cookie import (
    LEAVING_COOKIE,
    PENDING_COOKIE,
    Address,
    give_login,
    give_pending,
    take_login,
)
from app.web.pages.sign_in import CodePage, ConfirmPage, JoinGonePage, JoinPage, SignInPage
from app.web.passkey_place import AskPasskey
from app.web.responses import page_response, safe_next, see_other
from app.web.service import Service

router = APIRouter()


def read_next(request: Request) -> str:
    """Return where to go afterwards, as the address says, if it is on this site."""
    return safe_next(request.query_params.get("next"))


NextPath = Annotated[str, Depends(read_next)]
Wait = Annotated[int, Query(ge=0, le=3600)]


def provider_name(service: Service) -> str:
    """Return what the site's identity provider is called, or nothing."""
    return service.provider.provider.name if service.provider else ""


@router.get("/sign-in")
def show_sign_in(
    _: Anyone,
    request: Request,
    login: MaybeLogin,
    next_path: NextPath,
    service: ServiceDep,
    ask: AskPasskey,
    notice: str = "",
    wait: Wait = 0,
) -> Response:
    """Ask who is there; whoever is signed in goes straight on."""
    stopped = notice.startswith("provider_")
    if login is not None and login.handover_id is None and not stopped:
        return see_other(next_path)
    page = SignInPage(next_path, provider_name(service), notice=notice, ask=ask, wait_seconds=wait)
    return page_response(request, page)


@router.post("/sign-in")
def start(
    _: Anyone,
    request: Request,
    form: Form,
    login: MaybeLogin,
    service: ServiceDep,
    ask: AskPasskey,
    address: Address,
    now: Now,
) -> Response:
    """Sign in, ask for the code, or say what is wrong and how long to wait."""
    claim = read_claim(form, address)
    next_path = safe_next(text(form, "next"))
    outcome = sign_in.start_login(
        service.database,
        claim=claim,
        replaces=login.viewer if login else None,
        keyring=service.keyring,
        now=now,
    )
    if isinstance(outcome, Refused):
        name = provider_name(service)
        page = SignInPage.after(outcome, next_path, name, ask, claim.username)
        return page_response(request, page, status=422)
    if isinstance(outcome, sign_in.CodeNeeded):
        only = "" if outcome.codes else "&only=passkey"
        code_path = f"/sign-in/code?next={quote(next_path)}{only}"
        return give_pending(see_other(code_path), outcome.pending)
    return give_login(see_other(next_path), outcome.token)


@router.get("/sign-in/code")
def show_code(
    _: Anyone, request: Request, next_path: NextPath, ask: AskPasskey, only: str = ""
) -> Response:
    """Ask for the code or a passkey, once the password held."""
    if PENDING_COOKIE not in request.cookies:
        return see_other("/sign-in")
    return page_response(request, CodePage(next_path, ask, asks_code=only != "passkey"))


@router.post("/sign-in/code")
def finish(
    _: Anyone,
    request: Request,
    form: Form,
    login: MaybeLogin,
    service: ServiceDep,
    ask: AskPasskey,
    address: Address,
    now: Now,
) -> Response:
    """Sign in with the code."""
    next_path = safe_next(text(form, "next"))
    outcome = sign_in.finish_login(
        service.database,
        pending=request.cookies.get(PENDING_COOKIE, ""),
        code=text(form, "code"),
        address=address,
        replaces=login.viewer if login else None,
        keyring=service.keyring,
        now=now,
    )
    if isinstance(outcome, Refused):
        page = CodePage(next_path, ask, faults=outcome.faults, wait_seconds=outcome.wait_seconds)
        return page_response(request, page, status=422)
    return give_login(see_other(next_path), outcome.token)


@router.post("/sign-out")
def sign_out(
    _: Anyone, request: Request, login: MaybeLogin, db: WriteDb, service: ServiceDep, now: Now
) -> Response:
    """End this login. While the tablet is with a family there is nothing to press."""
    if login is not None and login.handover_id is not None:
        raise TabletHandedOver
    if login is not None:
        logins.end_login(db, by=login.viewer, reason="signed_out", now=now)
    at_provider = service.provider is not None and LEAVING_COOKIE in request.cookies
    page = "/sign-in/provider/leaving" if at_provider else "/sign-in?notice=signed-out"
    return take_login(see_other(page))


@router.get("/confirm")
def show_confirm(
    request: Request,
    viewer: ByPassword,
    db: ReadDb,
    service: ServiceDep,
    next_path: NextPath,
    ask: AskPasskey,
    notice: str = "",
) -> Response:
    """Ask again who is here."""
    entry = staff_queries.get_staff(db, viewer.staff_id)
    page = ConfirmPage.of(entry, next_path, provider_name(service), ask, notice=notice)
    return page_response(request, page)


@router.post("/confirm")
def confirm(
    request: Request,
    viewer: ByPassword,
    form: Form,
    db: ReadDb,
    service: ServiceDep,
    ask: AskPasskey,
    address: Address,
    now: Now,
) -> Response:
    """Open again what a PIN does not."""
    next_path = safe_next(text(form, "next"))
    outcome = sign_in.confirm_login(
        service.database,
        by=viewer,
        password=text(form, "password"),
        code=text(form, "code"),
        address=address,
        keyring=service.keyring,
        now=now,
    )
    if isinstance(outcome, Refused):
        entry = staff_queries.get_staff(db, viewer.staff_id)
        page = ConfirmPage.of(entry, next_path, provider_name(service), ask, refused=outcome)
        return page_response(request, page, status=422)
    return give_login(see_other(next_path), outcome.token)


@router.get("/join/{token}")
def show_join(_: Anyone, request: Request, token: str, service: ServiceDep, now: Now) -> Response:
    """Show whose link this is, and ask for a password."""
    invitation = invitations.find_open(service.database, token=token, now=now)
    if invitation is None:
        return page_response(request, JoinGonePage(), status=404)
    return page_response(request, JoinPage.of(invitation))


@router.post("/join/{token}")
def join(
    _: Anyone, request: Request, token: str, form: Form, service: ServiceDep, now: Now
) -> Response:
    """Set the password and use the link up."""
    answer = read_join(form)
    outcome = invitations.join(service.database, token=token, answer=answer, now=now)
    if isinstance(outcome, invitations.Joined):
        return see_other("/sign-in?notice=joined")
    invitation = invitations.find_open(service.database, token=token, now=now)
    if outcome is None or invitation is None:
        return page_response(request, JoinGonePage(), status=404)
    return page_response(request, JoinPage.of(invitation, answer, outcome.faults), status=422)
