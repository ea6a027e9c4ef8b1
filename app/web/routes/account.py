"""One's own account: password, second factor, signing out everywhere."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.db.queries import staff as staff_queries
from app.db.queries import teams as team_queries
from app.domain.access import Permission, Viewer
from app.services import second_factor, sign_in, staff
from app.services.refusals import Refused
from app.web.deps import Now, ReadDb, ServiceDep, WriteDb
from app.web.forms.reading import Form, text
from app.web.guards import by_password, requires
from app.web.login_cookie import Address, take_login
from app.web.pages.account import AccountPage, PasswordPage, SecondFactorPage
from app.web.responses import page_response, see_other

router = APIRouter()
# Every role has it, and no login has it between a PIN and the password.
# A second factor is set up here, so that none can be asked for.
Self = Annotated[Viewer, Depends(requires(Permission.HOME_VIEW, by=by_password))]


@router.get("/account")
def show_account(request: Request, viewer: Self, db: ReadDb, done: str = "") -> Response:
    """Show who I am here."""
    entry = staff_queries.get_staff(db, viewer.staff_id)
    teams = team_queries.list_open_teams(db, entry.teams)
    return page_response(request, AccountPage.of(entry, teams, done))


@router.get("/account/password")
def show_password(request: Request, viewer: Self, db: ReadDb) -> Response:
    """Ask for the old password and a new one."""
    entry = staff_queries.get_staff(db, viewer.staff_id)
    return page_response(request, PasswordPage(entry.username))


@router.post("/account/password")
def change_password(
    request: Request,
    viewer: Self,
    form: Form,
    db: ReadDb,
    service: ServiceDep,
    address: Address,
    now: Now,
) -> Response:
    """Set a new password; every other login of the account ends."""
    proof = sign_in.weigh_again(
        service.database,
        by=viewer,
        password=text(form, "current"),
        address=address,
        keyring=service.keyring,
        now=now,
    )
    outcome = staff.change_password(
        service.database, by=viewer, proof=proof, new=text(form, "new"), now=now
    )
    if isinstance(outcome, Refused):
        entry = staff_queries.get_staff(db, viewer.staff_id)
        page = PasswordPage(entry.username, outcome.faults, outcome.wait_seconds)
        return page_response(request, page, status=422)
    return see_other("/account?done=password")


@router.post("/account/second-factor/begin")
def begin_second_factor(viewer: Self, db: WriteDb, service: ServiceDep) -> Response:
    """Make a secret to scan."""
    second_factor.begin_setup(db, by=viewer, keyring=service.keyring)
    return see_other("/account/second-factor")


@router.get("/account/second-factor")
def show_second_factor(request: Request, viewer: Self, db: ReadDb, service: ServiceDep) -> Response:
    """Show the QR code to scan, or how to switch the factor off."""
    entry = staff_queries.get_staff(db, viewer.staff_id)
    secret = second_factor.find_waiting_seed(db, staff_id=viewer.staff_id, keyring=service.keyring)
    if secret is None and not entry.second_factor:
        return see_other("/account")
    return page_response(request, SecondFactorPage.of(entry, secret))


@router.post("/account/second-factor")
def set_second_factor(
    request: Request,
    viewer: Self,
    form: Form,
    db: WriteDb,
    service: ServiceDep,
    address: Address,
    now: Now,
) -> Response:
    """Switch the factor on with password and code, or off with the password."""
    proof = sign_in.weigh_again(
        service.database,
        by=viewer,
        password=text(form, "password"),
        address=address,
        keyring=service.keyring,
        now=now,
    )
    if text(form, "turn") == "off":
        demanded = service.state.mode == "live"
        outcome = second_factor.switch_off(db, by=viewer, proof=proof, demanded=demanded, now=now)
    else:
        code, keyring = text(form, "code"), service.keyring
        outcome = second_factor.switch_on(
            db, by=viewer, proof=proof, code=code, keyring=keyring, now=now
        )
    if isinstance(outcome, Refused):
        entry = staff_queries.get_staff(db, viewer.staff_id)
        secret = second_factor.find_waiting_seed(
            db, staff_id=viewer.staff_id, keyring=service.keyring
        )
        page = SecondFactorPage.of(entry, secret, outcome.faults, outcome.wait_seconds)
        return page_response(request, page, status=422)
    return see_other("/account?done=second-factor")


@router.post("/account/sign-out-everywhere")
def sign_out_everywhere(viewer: Self, db: WriteDb, now: Now) -> Response:
    """End every login of this account, this one too."""
    staff.sign_out_everywhere(db, staff_id=viewer.staff_id, by=viewer.staff_id, now=now)
    return take_login(see_other("/sign-in?notice=signed-out-everywhere"))
