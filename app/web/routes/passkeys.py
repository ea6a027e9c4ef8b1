"""Passkeys: one's own list, signing in with one, proving again with one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from sqlmodel import Session
from starlette.responses import Response

from app.adapters.authenticators import Place
from app.db.queries import staff as staff_queries
from app.domain.access import Permission, Viewer
from app.errors import NotFound
from app.services import passkeys
from app.services.refusals import Refused
from app.web.deps import Now, ReadDb, ServiceDep, WriteDb
from app.web.forms.reading import Form, text
from app.web.guards import Anyone, ByPassword, MaybeLogin, by_password, requires_proof
from app.web.login_cookie import Address, give_login
from app.web.pages.account import PasskeysPage
from app.web.pages.sign_in import ConfirmPage, SignInPage
from app.web.passkey_place import Answer, AskPasskey, MaybePlace, NeedPlace
from app.web.responses import page_response, safe_next, see_other
from app.web.routes.sign_in import provider_name
from app.web.service import Service

router = APIRouter()
# Whoever adds a key proves first who they are, and can do so before there is a second factor.
Proved = Annotated[Viewer, Depends(requires_proof(Permission.HOME_VIEW, by=by_password))]


def has_own_password(viewer: Proved, db: ReadDb) -> Viewer:
    """Return the viewer of a local account. Raises NotFound for one of the provider."""
    if staff_queries.is_by_provider(db, viewer.staff_id):
        raise NotFound
    return viewer


Owns = Annotated[Viewer, Depends(has_own_password)]


@router.get("/account/passkeys")
def show_passkeys(
    request: Request,
    viewer: Owns,
    db: ReadDb,
    service: ServiceDep,
    place: MaybePlace,
    now: Now,
    done: str = "",
) -> Response:
    """List my passkeys and offer to add one."""
    return page_response(request, _list(db, viewer, service, place, now, done=done))


@router.post("/account/passkeys")
def add_passkey(
    request: Request,
    viewer: Owns,
    form: Form,
    answered: Answer,
    db: WriteDb,
    service: ServiceDep,
    place: NeedPlace,
    now: Now,
) -> Response:
    """Keep the passkey that the browser made."""
    name, keyring = text(form, "name"), service.keyring
    outcome = passkeys.add(
        db, place, by=viewer, answered=answered, name=name, keyring=keyring, now=now
    )
    if isinstance(outcome, Refused):
        page = _list(db, viewer, service, place, now, name=name, refused=outcome)
        return page_response(request, page, status=422)
    return see_other("/account/passkeys?done=added")


@router.post("/account/passkeys/{passkey_id}/remove")
def remove_passkey(
    request: Request,
    viewer: Owns,
    passkey_id: str,
    db: WriteDb,
    service: ServiceDep,
    place: MaybePlace,
    now: Now,
) -> Response:
    """Take one of my passkeys away."""
    demanded = service.state.mode == "live"
    outcome = passkeys.remove(db, by=viewer, passkey_id=passkey_id, demanded=demanded, now=now)
    if isinstance(outcome, Refused):
        page = _list(db, viewer, service, place, now, refused=outcome)
        return page_response(request, page, status=422)
    return see_other("/account/passkeys?done=removed")


@router.post("/sign-in/passkey")
def start(
    _: Anyone,
    request: Request,
    form: Form,
    answered: Answer,
    login: MaybeLogin,
    service: ServiceDep,
    place: NeedPlace,
    ask: AskPasskey,
    address: Address,
    now: Now,
) -> Response:
    """Sign in with a passkey."""
    next_path = safe_next(text(form, "next"))
    outcome = passkeys.start_login(
        service.database,
        place,
        answered=answered,
        address=address,
        replaces=login.viewer if login else None,
        keyring=service.keyring,
        now=now,
    )
    if isinstance(outcome, Refused):
        page = SignInPage.after(outcome, next_path, provider_name(service), ask)
        return page_response(request, page, status=422)
    return give_login(see_other(next_path), outcome.token)


@router.post("/confirm/passkey")
def confirm(
    request: Request,
    viewer: ByPassword,
    form: Form,
    answered: Answer,
    db: ReadDb,
    service: ServiceDep,
    place: NeedPlace,
    ask: AskPasskey,
    address: Address,
    now: Now,
) -> Response:
    """Prove again who is here, with a passkey."""
    next_path = safe_next(text(form, "next"))
    outcome = passkeys.confirm_login(
        service.database,
        place,
        by=viewer,
        answered=answered,
        address=address,
        keyring=service.keyring,
        now=now,
    )
    if isinstance(outcome, Refused):
        entry = staff_queries.get_staff(db, viewer.staff_id)
        page = ConfirmPage.of(entry, next_path, provider_name(service), ask, refused=outcome)
        return page_response(request, page, status=422)
    return give_login(see_other(next_path), outcome.token)


def _list(
    db: Session,
    viewer: Viewer,
    service: Service,
    place: Place | None,
    now: Now,
    *,
    name: str = "",
    done: str = "",
    refused: Refused | None = None,
) -> PasskeysPage:
    ask = None
    if place is not None:
        ask = passkeys.ask_to_add(db, place, by=viewer, keyring=service.keyring, now=now)
    keys = passkeys.list_passkeys(db, by=viewer)
    return PasskeysPage.of(keys, ask, service.settings.timezone, name, done, refused)
