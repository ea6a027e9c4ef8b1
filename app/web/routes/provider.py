"""Signing in with the site's identity provider: out, back, proving again, and leaving there too.

Going out is a link and never a form: the content security policy lets forms reach this service
alone, redirects included, and stays that way on every page.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.adapters.provider_client import ProviderClient
from app.adapters.provider_file import own_address
from app.errors import NotFound
from app.services import provider_sign_in
from app.web.deps import Now, ServiceDep
from app.web.guards import Anyone, ByPassword, MaybeLogin
from app.web.login_cookie import (
    AWAY_COOKIE,
    Address,
    forget_provider,
    give_away,
    give_provider_login,
    read_id_token,
)
from app.web.pages.sign_in import LeavingPage
from app.web.responses import page_response, safe_next, see_other
from app.web.routes.sign_in import NextPath

router = APIRouter()
LEAVE = "/sign-in/provider/leave"
LEFT = "/sign-in/provider/left"
SIGNED_OUT = "/sign-in?notice=signed-out"


def find_client(service: ServiceDep) -> ProviderClient:
    """Return how to talk to the provider. Raises NotFound where the site has none."""
    if service.provider is None:
        raise NotFound
    return service.provider


Client = Annotated[ProviderClient, Depends(find_client)]


def read_returned(request: Request) -> provider_sign_in.Returned:
    """Return what the provider's redirect carries."""
    said = {name: request.query_params.get(name, "") for name in ("state", "code", "error", "iss")}
    return provider_sign_in.Returned(said["state"], said["code"], said["error"], said["iss"])


Returned = Annotated[provider_sign_in.Returned, Depends(read_returned)]


@router.get("/sign-in/provider")
def go(
    _: Anyone, client: Client, service: ServiceDep, next_path: NextPath, address: Address, now: Now
) -> Response:
    """Send the browser to the provider."""
    outcome = provider_sign_in.send_away(
        service.database,
        client,
        next_path=next_path,
        by=None,
        address=address,
        keyring=service.keyring,
        now=now,
    )
    return _after_sending(outcome)


@router.get("/confirm/provider")
def go_again(
    viewer: ByPassword,
    client: Client,
    service: ServiceDep,
    next_path: NextPath,
    address: Address,
    now: Now,
) -> Response:
    """Send the browser to the provider, which asks again who is there."""
    outcome = provider_sign_in.send_away(
        service.database,
        client,
        next_path=next_path,
        by=viewer,
        address=address,
        keyring=service.keyring,
        now=now,
    )
    return _after_sending(outcome)


@router.get("/sign-in/provider/back")
def come_back(
    _: Anyone,
    request: Request,
    client: Client,
    service: ServiceDep,
    login: MaybeLogin,
    returned: Returned,
    address: Address,
    now: Now,
) -> Response:
    """Sign in, or say what stood in the way. No page is drawn at this address: it holds a code."""
    outcome = provider_sign_in.receive(
        service.database,
        client,
        returned=returned,
        note=request.cookies.get(AWAY_COOKIE, ""),
        login=login,
        address=address,
        keyring=service.keyring,
        now=now,
    )
    if isinstance(outcome, provider_sign_in.Stopped):
        return _after_stopping(outcome)
    onward = see_other(safe_next(outcome.next_path))
    return give_provider_login(onward, outcome.token, outcome.id_token, service.keyring)


@router.get("/sign-in/provider/leaving")
def show_leaving(_: Anyone, request: Request, client: Client) -> Response:
    """Say that this service is left, and go on to the provider to leave there too."""
    page = page_response(request, LeavingPage(client.provider.name))
    page.headers["refresh"] = f"0; url={LEAVE}"
    return page


@router.get("/sign-in/provider/leave")
def leave(
    _: Anyone, request: Request, client: Client, service: ServiceDep, login: MaybeLogin, now: Now
) -> Response:
    """Send the browser to sign out at the provider, once it is signed out here."""
    if login is not None:
        return see_other("/account")
    target = provider_sign_in.leaving_address(
        client,
        id_token=read_id_token(request, service.keyring),
        after=own_address(service.settings) + LEFT,
        now=now,
    )
    return forget_provider(see_other(target or "/sign-in?notice=signed-out-here"))


@router.get("/sign-in/provider/left")
def left(_: Anyone, client: Client) -> Response:
    """Take in whom the provider sends back after signing out."""
    return see_other(SIGNED_OUT)


def _after_sending(outcome: provider_sign_in.SentAway | provider_sign_in.Stopped) -> Response:
    if isinstance(outcome, provider_sign_in.Stopped):
        return _after_stopping(outcome)
    return give_away(see_other(outcome.address), outcome.note)


def _after_stopping(stopped: provider_sign_in.Stopped) -> Response:
    said = {"notice": stopped.key, "next": safe_next(stopped.next_path)}
    if stopped.wait_seconds:
        said["wait"] = str(stopped.wait_seconds)
    page = "/confirm" if stopped.again else "/sign-in"
    return see_other(f"{page}?{urlencode(said)}")
