"""In live service a second factor is demanded of everybody, and asked again for what leaves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from fixtures.service import START, Clock
from fixtures.staff import PASSWORD, TOTP_SECRET, make_staff, sign_in
from starlette.testclient import TestClient

from app.adapters.at_rest import SecretUnreadable
from app.db import sessions
from app.db.tables import Staff
from app.domain.access import STEP_UP_LASTS, Role, Viewer
from app.main import build_service
from app.services import seeds
from app.settings import Settings
from app.web.service import Service

NEEDED = "/account?done=second-factor-needed"


def goes_to(client: TestClient, path: str) -> str:
    answer = client.get(path, follow_redirects=False)
    return answer.headers.get("location", str(answer.status_code))


@pytest.fixture
def live(service: Service) -> Service:
    service.state = replace(service.state, mode="live")
    return service


def seed_of(service: Service, staff_id: str) -> str:
    with sessions.read(service.database) as db:
        stored = db.get_one(Staff, staff_id).totp_secret
    assert stored is not None
    return seeds.open_seed(stored, staff_id=staff_id, keyring=service.keyring)


def test_without_one_nothing_opens_but_where_it_is_set_up(
    client: TestClient, live: Service, clock: Clock
) -> None:
    worker = make_staff(live.database, roles=tuple({Role.PRACTITIONER, Role.ADMINISTRATOR}))
    sign_in(client, worker)
    assert {goes_to(client, path) for path in ("/home", "/staff", "/service", "/grids")} == {NEEDED}
    assert client.post("/service/teams", data={"name": "New"}).url.path == "/account"
    assert "Set up a second factor below" in client.get(NEEDED).text

    client.post("/account/second-factor/begin")
    code = pyotp.TOTP(seed_of(live, worker.id)).at(clock())
    client.post("/account/second-factor", data={"password": PASSWORD, "code": code})
    assert goes_to(client, "/home") == "200"


def test_it_cannot_be_switched_off(client: TestClient, live: Service, clock: Clock) -> None:
    worker = make_staff(live.database, second_factor=True)
    sign_in(client, worker, now=clock())
    refused = client.post("/account/second-factor", data={"turn": "off", "password": PASSWORD})
    assert refused.status_code == 422
    assert "every account keeps its second factor" in refused.text
    assert seed_of(live, worker.id) == TOTP_SECRET


def test_a_login_from_before_has_to_give_the_code(
    client: TestClient, service: Service, clock: Clock
) -> None:
    worker = make_staff(service.database)
    sign_in(client, worker)
    with sessions.write(service.database) as db:  # switched on in another browser
        account = db.get_one(Staff, worker.id)
        account.totp_secret, account.totp_on_at = TOTP_SECRET, clock()
    assert goes_to(client, "/home") == "200"
    service.state = replace(service.state, mode="live")
    assert goes_to(client, "/home") == "/confirm?next=/home"
    form = {"password": PASSWORD, "code": pyotp.TOTP(TOTP_SECRET).at(clock()), "next": "/home"}
    answer = client.post("/confirm", data=form, follow_redirects=False)
    assert answer.headers["location"] == "/home"
    assert goes_to(client, "/home") == "200"


def test_in_training_a_password_is_enough(client: TestClient, service: Service) -> None:
    sign_in(client, make_staff(service.database))
    assert goes_to(client, "/home") == "200"


@pytest.mark.parametrize(
    ("role", "path", "back"),
    [
        (Role.REVIEWER_CLINICAL, "/grids/k7/1/approve", "/grids/k7/1"),
        (Role.APPROVER, "/exports/some-id/decision", "/exports/some-id"),
        (Role.RESEARCHER, "/exports/some-id/file", "/exports/some-id"),
        (Role.RESEARCHER, "/exports/some-id/download", "/exports/some-id"),
    ],
)
def test_what_leaves_or_speaks_for_the_service_asks_who_it_is_again(
    client: TestClient, service: Service, clock: Clock, role: Role, path: str, back: str
) -> None:
    worker = make_staff(service.database, roles=(role,), second_factor=True)
    sign_in(client, worker, now=clock())
    assert client.post(path, follow_redirects=False).status_code == 404  # let through
    clock.pass_time(minutes=15)
    stale = client.post(path, follow_redirects=False)
    assert (stale.status_code, stale.headers["location"]) == (303, f"/confirm?next={back}")

    form = {"password": PASSWORD, "code": "000000", "next": back}
    assert client.post("/confirm", data=form).status_code == 422
    again = client.post(path, follow_redirects=False)
    assert again.headers["location"] == f"/confirm?next={back}"
    clock.pass_time(seconds=30)
    form["code"] = worker.code(clock())
    client.post("/confirm", data=form)
    assert client.post(path, follow_redirects=False).status_code == 404


def test_a_password_alone_is_no_proof_for_an_account_with_a_second_factor() -> None:
    viewer = Viewer("s", "l", "Robin", frozenset(), frozenset(), None, True, START)
    assert not viewer.proved_lately(START)
    assert replace(viewer, second_factor_at=START).proved_lately(START + timedelta(minutes=14))
    assert not replace(viewer, second_factor_at=START).proved_lately(START + STEP_UP_LASTS)
    assert replace(viewer, has_second_factor=False).proved_lately(START)


def test_seeds_of_an_earlier_version_are_sealed_at_the_start(
    settings: Settings, service: Service, clock: Clock
) -> None:
    worker = make_staff(service.database, second_factor=True)
    other = make_staff(service.database)
    service.database.dispose()
    started = build_service(settings, clock)
    try:
        with sessions.read(started.database) as db:
            stored = str(db.get_one(Staff, worker.id).totp_secret)
        assert TOTP_SECRET not in stored
        assert seed_of(started, worker.id) == TOTP_SECRET
        with pytest.raises(SecretUnreadable):
            seeds.open_seed(stored, staff_id=other.id, keyring=started.keyring)
        with pytest.raises(SecretUnreadable):
            seeds.open_seed(stored[:-4] + "AAA=", staff_id=worker.id, keyring=started.keyring)
        if started.database.path is not None:
            assert TOTP_SECRET.encode() not in _everything_of(started.database.path)
    finally:
        started.database.dispose()


def _everything_of(path: Path) -> bytes:
    files = sorted(path.parent.glob(f"{path.name}*"))
    return b"".join(each.read_bytes() for each in files)
