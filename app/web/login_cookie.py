"""The cookies of signing in, and the address that tries are counted against.

``__Host-`` binds them to this host, https and the whole site. Neither has an age: closing the
browser forgets them, and the server ends them earlier (``app.services.logins``).
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import Response

from app.adapters.at_rest import SecretUnreadable, open_secret, seal_secret
from app.adapters.keyring import Keyring
from app.web.guards import LOGIN_COOKIE

PENDING_COOKIE = "__Host-pending"
#: The note that a browser carries while it is away at the identity provider.
AWAY_COOKIE = "__Host-away"
#: What the provider said, sealed, kept by the browser alone: signing out there asks for it.
LEAVING_COOKIE = "__Host-provider"
NO_TOKEN = "none"  # noqa: S105 - in place of one that would not fit
LARGEST_COOKIE = 3900
PURPOSE = "sign-out at the provider"


def get_address(request: Request) -> str:
    """Return where a request comes from (behind a trusted proxy: what the proxy says)."""
    return request.client.host if request.client else ""


Address = Annotated[str, Depends(get_address)]


def give_login(response: Response, token: str) -> Response:
    """Let ``response`` carry a new login, and forget that a code was awaited."""
    _set(response, LOGIN_COOKIE, token)
    _forget(response, PENDING_COOKIE)
    return response


def give_pending(response: Response, pending: str) -> Response:
    """Let ``response`` carry the proof of a password until the code follows."""
    _set(response, PENDING_COOKIE, pending)
    return response


def give_away(response: Response, note: str) -> Response:
    """Let ``response`` carry the note for the way to the provider and back."""
    _set(response, AWAY_COOKIE, note)
    return response


def give_provider_login(
    response: Response, token: str, id_token: str, keyring: Keyring
) -> Response:
    """Let ``response`` carry a login by the provider, and what leaving there asks for."""
    key = keyring.derive(PURPOSE, "")
    sealed = seal_secret(id_token, key=key, belongs_to=PURPOSE)
    _set(response, LEAVING_COOKIE, sealed if len(sealed) <= LARGEST_COOKIE else NO_TOKEN)
    _forget(response, AWAY_COOKIE)
    return give_login(response, token)


def read_id_token(request: Request, keyring: Keyring) -> str:
    """Return what the provider said when this browser signed in, or nothing."""
    sealed = request.cookies.get(LEAVING_COOKIE, NO_TOKEN)
    try:
        return open_secret(sealed, key=keyring.derive(PURPOSE, ""), belongs_to=PURPOSE)
    except SecretUnreadable:
        return ""


def forget_provider(response: Response) -> Response:
    """Let ``response`` forget that the login was the provider's."""
    _forget(response, LEAVING_COOKIE)
    return response


def take_login(response: Response) -> Response:
    """Let ``response`` forget the login."""
    _forget(response, LOGIN_COOKIE)
    return response


def _set(response: Response, name: str, value: str) -> None:
    response.set_cookie(name, value, path="/", secure=True, httponly=True, samesite="lax")


def _forget(response: Response, name: str) -> None:
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")
