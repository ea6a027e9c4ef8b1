"""One's own account: password, second factor, signing out everywhere."""

from __future__ import annotations

import re

import pyotp
import pytest
from fixtures.service import Clock
from fixtures.staff import PASSWORD, MadeStaff, happened, make_staff, sign_in
from sqlmodel import select
from starlette.testclient import TestClient

from app.db import sessions
from app.db.tables import Login, Staff
from app.domain.access import Role
from app.services import seeds
from app.web.service import Service

NEW = "quite another river stone"


@pytest.fixture
def worker(client: TestClient, service: Service) -> MadeStaff:
    made = make_staff(
        service.database, username="robin.ashe", name="Robin Ashe", roles=(Role.FRONT_DESK,)
    )
    sign_in(client, made)
    return made


@pytest.fixture
def other(client: TestClient, worker: MadeStaff) -> TestClient:
    """A second browser of the same person."""
    browser = TestClient(client.app, base_url="https://testserver")
    sign_in(browser, worker)
    return browser


def test_the_page_says_who_i_am_here(client: TestClient, worker: MadeStaff) -> None:
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", client.get("/account").text))
    assert "Name Robin Ashe Username robin.ashe Roles Front desk Teams North" in page


def test_a_new_password_needs_the_old_one_and_ends_every_other_login(
    client: TestClient, service: Service, worker: MadeStaff, other: TestClient
) -> None:
    answer = client.post(
        "/account/password", data={"current": PASSWORD, "new": NEW}, follow_redirects=False
    )
    assert answer.headers["location"] == "/account?done=password"
    assert client.get("/account").url.path == "/account"
    assert other.get("/account").url.path == "/sign-in"
    entered = {"username": worker.username, "password": PASSWORD}
    assert other.post("/sign-in", data=entered).status_code == 422
    entered["password"] = NEW
    assert other.post("/sign-in", data=entered, follow_redirects=False).status_code == 303
    assert happened(service.database)[2:4] == [
        ("logins_ended_everywhere", worker.id, worker.id, {"count": 1}),
        ("password_changed", worker.id, worker.id, {}),
    ]


@pytest.mark.parametrize(
    ("current", "new", "words"),
    [
        ("wrong", NEW, "That password is not right."),
        (PASSWORD, "short", "Use at least 12 characters."),
        (PASSWORD, "robin.ashe robin", "This password is too easy to guess."),
    ],
)
def test_a_password_that_cannot_be_changed_stays(
    client: TestClient, service: Service, worker: MadeStaff, current: str, new: str, words: str
) -> None:
    before = stored(service, worker).password_hash
    answer = client.post("/account/password", data={"current": current, "new": new})
    assert answer.status_code == 422
    assert words in answer.text
    assert new not in answer.text
    assert stored(service, worker).password_hash == before


def test_guessing_the_old_password_is_slowed_down_as_at_the_door(
    client: TestClient, worker: MadeStaff
) -> None:
    for _ in range(4):
        answer = client.post("/account/password", data={"current": "wrong", "new": NEW})
    assert "Please wait 5 seconds before you try again." in answer.text
    right = client.post("/account/password", data={"current": PASSWORD, "new": NEW})
    assert right.status_code == 422


def test_the_second_factor_goes_on_with_password_and_code(
    client: TestClient, service: Service, worker: MadeStaff, clock: Clock
) -> None:
    page = client.post("/account/second-factor/begin").text
    assert 'src="data:image/svg+xml;' in page
    kept = stored(service, worker).totp_secret
    assert kept is not None
    secret = seeds.open_seed(kept, staff_id=worker.id, keyring=service.keyring)
    assert secret not in kept
    assert " ".join(re.findall("....", secret)) in page
    code = pyotp.TOTP(secret).at(clock())
    for form, words in (
        ({"password": PASSWORD, "code": "000000"}, "That code is not right"),
        ({"password": "wrong", "code": code}, "That password is not right."),
    ):
        refused = client.post("/account/second-factor", data=form)
        assert refused.status_code == 422
        assert words in refused.text
        assert stored(service, worker).totp_on_at is None
    form = {"password": PASSWORD, "code": code}
    answer = client.post("/account/second-factor", data=form, follow_redirects=False)
    assert answer.headers["location"] == "/account?done=second-factor"
    assert stored(service, worker).totp_on_at == clock()
    assert happened(service.database)[-1][0] == "second_factor_set"
    assert secret not in client.get("/account/second-factor").text
    client.post("/sign-out")
    entered = {"username": worker.username, "password": PASSWORD}
    client.post("/sign-in", data=entered)
    assert client.post("/sign-in/code", data={"code": code}).status_code == 422


def test_a_factor_that_is_on_is_not_replaced_by_beginning_again(
    client: TestClient, service: Service, clock: Clock
) -> None:
    careful = make_staff(service.database, second_factor=True)
    sign_in(client, careful, now=clock())
    client.post("/account/second-factor/begin")
    assert stored(service, careful).totp_secret == careful.totp_secret


def test_the_second_factor_goes_off_with_the_password(
    client: TestClient, service: Service, clock: Clock
) -> None:
    careful = make_staff(service.database, second_factor=True)
    sign_in(client, careful, now=clock())
    form = {"turn": "off", "password": "wrong"}
    assert client.post("/account/second-factor", data=form).status_code == 422
    assert stored(service, careful).totp_on_at is not None
    form["password"] = PASSWORD
    client.post("/account/second-factor", data=form)
    account = stored(service, careful)
    assert (account.totp_on_at, account.totp_secret, account.totp_last_step) == (None, None, None)
    assert happened(service.database)[-1] == ("second_factor_removed", careful.id, careful.id, {})


def test_signing_out_everywhere_ends_this_browser_too(
    client: TestClient, service: Service, worker: MadeStaff, other: TestClient
) -> None:
    answer = client.post("/account/sign-out-everywhere", follow_redirects=False)
    assert answer.headers["location"] == "/sign-in?notice=signed-out-everywhere"
    assert other.get("/account").url.path == "/sign-in"
    with sessions.read(service.database) as db:
        assert None not in db.exec(select(Login.ended_at)).all()


def stored(service: Service, made: MadeStaff) -> Staff:
    with sessions.read(service.database) as db:
        return db.get_one(Staff, made.id)
