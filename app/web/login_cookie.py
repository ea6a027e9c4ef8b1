"""The two cookies of signing in, and the address that tries are counted against.

``__Host-`` binds them to this host, https and the whole site. Neither has an age: closing the
browser forgets them, and the server ends them earlier (``app.services.logins``).
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import Response

from app.web.guards import LOGIN_COOKIE

PENDING_COOKIE = "__Host-pending"


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


def take_login(response: Response) -> Response:
    """Let ``response`` forget the login."""
    _forget(response, LOGIN_COOKIE)
    return response


def _set(response: Response, name: str, value: str) -> None:
    response.set_cookie(name, value, path="/", secure=True, httponly=True, samesite="lax")


def _forget(response: Response, name: str) -> None:
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")
