"""Who may use a route, said in its signature. A contract test fails on a route that does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request

from app.domain.access import Permission, Viewer
from app.errors import (
    ConfirmationNeeded,
    NotAllowed,
    SecondFactorNeeded,
    SignInNeeded,
    TabletHandedOver,
)
from app.services import logins
from app.web.deps import Now, ServiceDep

LOGIN_COOKIE = "__Host-login"
Guard = Callable[..., Viewer]


def find_login(request: Request, service: ServiceDep, now: Now) -> logins.CurrentLogin | None:
    """Return who is signed in on this browser, handed over or not, or None."""
    token = request.cookies.get(LOGIN_COOKIE, "")
    return logins.current(service.database, token=token, now=now) if token else None


MaybeLogin = Annotated[logins.CurrentLogin | None, Depends(find_login)]


def anyone() -> None:
    """Open to everybody."""


anyone.access = "anyone"  # type: ignore[attr-defined]  # read by the access contract test
Anyone = Annotated[None, Depends(anyone)]


async def bearer() -> None:  # not ``def``: that takes a thread, on the path of every answer
    """Open to whoever holds a write-only token; the handler checks it."""


bearer.access = "write-only token"  # type: ignore[attr-defined]  # read by the access contract test
Bearer = Annotated[None, Depends(bearer)]


def by_password(request: Request, login: MaybeLogin) -> Viewer:
    """Return the viewer, whatever the roles and with or without a second factor.

    For one's own account and for proving again who is here. Raises SignInNeeded or
    TabletHandedOver.
    """
    if login is None:
        raise SignInNeeded(next=request.url.path)
    if login.handover_id is not None:
        raise TabletHandedOver
    request.state.viewer = login.viewer
    return login.viewer


by_password.access = "signed in"  # type: ignore[attr-defined]  # read by the access contract test
ByPassword = Annotated[Viewer, Depends(by_password)]


def signed_in(request: Request, viewer: ByPassword, service: ServiceDep) -> Viewer:
    """Return the viewer, whatever the roles. In live service a second factor is demanded.

    Raises SecondFactorNeeded where the account has none, ConfirmationNeeded where this login
    was begun before it had one.
    """
    if service.state.mode == "live" and viewer.second_factor_at is None:
        if viewer.has_second_factor:
            raise ConfirmationNeeded(next=request.url.path)
        raise SecondFactorNeeded
    return viewer


signed_in.access = "signed in"  # type: ignore[attr-defined]  # read by the access contract test
SignedIn = Annotated[Viewer, Depends(signed_in)]


def suspended(login: MaybeLogin) -> logins.CurrentLogin:
    """Return the login that is suspended by a hand-over. Raises SignInNeeded."""
    if login is None or login.handover_id is None:
        raise SignInNeeded
    return login


suspended.access = "suspended login"  # type: ignore[attr-defined]  # read by the access contract test
Suspended = Annotated[logins.CurrentLogin, Depends(suspended)]


def requires(permission: Permission, *, by: Callable[..., Viewer] = signed_in) -> Guard:
    """Return a dependency that gives the viewer if they hold ``permission``.

    Raises ConfirmationNeeded where the roles allow it and only the PIN stands in between.
    """

    # Not ``Annotated``: annotations are strings here, and FastAPI cannot see ``by`` in one.
    def guard(request: Request, viewer: Viewer = Depends(by)) -> Viewer:
        if viewer.may(permission):
            return viewer
        if viewer.narrowed_to is not None:
            raise ConfirmationNeeded(next=request.url.path)
        raise NotAllowed

    guard.access = permission.value  # type: ignore[attr-defined]  # read by the access contract test
    return guard


def requires_proof(permission: Permission, *, by: Callable[..., Viewer] = signed_in) -> Guard:
    """Return a dependency as ``requires``, for what leaves the service or speaks for it.

    Raises ConfirmationNeeded where the second factor (the password, without one) was given too
    long ago. What is sent by a form leads back to the page above it.
    """
    allowed = requires(permission, by=by)

    def guard(request: Request, now: Now, viewer: Viewer = Depends(allowed)) -> Viewer:
        if viewer.proved_lately(now):
            return viewer
        path = request.url.path
        raise ConfirmationNeeded(next=path if request.method == "GET" else path.rpartition("/")[0])

    guard.access = permission.value  # type: ignore[attr-defined]  # read by the access contract test
    return guard
