"""Passkeys: added and taken away by their owner, and every answer that opens nothing."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from fixtures.service import Clock
from fixtures.soft_passkey import SoftPasskey
from fixtures.staff import PASSWORD, MadeStaff, happened, make_staff, sign_in
from httpx2 import Response
from sqlmodel import select
from starlette.testclient import TestClient

from app.db import sessions
from app.db.tables import Passkey, Staff
from app.domain.access import STEP_UP_LASTS, Role
from app.services import live_use
from app.settings import Settings
from app.web.service import Service


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(
        database_url=database_url,
        var_dir=tmp_path / "var",
        look_again_seconds=60,
        public_url="https://testserver",
    )


@pytest.fixture
def worker(client: TestClient, service: Service) -> MadeStaff:
    made = make_staff(service.database, username="robin.ashe", roles=(Role.RESEARCHER,))
    sign_in(client, made)
    return made


def question(client: TestClient, path: str) -> tuple[dict[str, Any], str]:
    """What the page asks the browser, and the note that goes back with the answer."""
    page = client.get(path).text
    [options] = re.findall(r'data-options="([^"]*)"', page)
    [note] = re.findall(r'name="note" value="([^"]*)"', page)
    return json.loads(unescape(options)), note


def add(client: TestClient, key: SoftPasskey, name: str = "Work laptop") -> Response:
    options, note = question(client, "/account/passkeys")
    filled = {"note": note, "answer": key.make(options), "name": name}
    return client.post("/account/passkeys", data=filled, follow_redirects=False)


def use(client: TestClient, key: SoftPasskey, path: str = "/sign-in") -> Response:
    options, note = question(client, path)
    filled = {"note": note, "answer": key.sign(options), "next": "/home"}
    return client.post(f"{path}/passkey", data=filled, follow_redirects=False)


def elsewhere(client: TestClient) -> TestClient:
    return TestClient(client.app, base_url="https://testserver")


def keys(service: Service) -> list[Passkey]:
    with sessions.read(service.database) as db:
        return list(db.exec(select(Passkey).order_by(Passkey.created_at)).all())  # type: ignore[arg-type]


def test_a_passkey_is_added_and_signs_in_by_itself(
    client: TestClient, service: Service, worker: MadeStaff
) -> None:
    key = SoftPasskey()
    assert add(client, key).headers["location"] == "/account/passkeys?done=added"
    assert "Work laptop" in client.get("/account/passkeys").text
    other = elsewhere(client)
    assert use(other, key).headers["location"] == "/home"
    assert other.get("/home").status_code == 200
    [stored] = keys(service)
    assert (stored.sign_count, stored.used_at is not None) == (1, True)
    kinds = [(kind, details) for kind, _, _, details in happened(service.database)][1:]
    assert kinds == [
        ("passkey_added", {"passkey": stored.id}),
        ("login_started", {"second_factor": True}),
    ]


def test_the_password_alone_opens_no_account_that_has_one(
    client: TestClient, service: Service, worker: MadeStaff
) -> None:
    key = SoftPasskey()
    add(client, key)
    other = elsewhere(client)
    entered = {"username": worker.username, "password": PASSWORD}
    answer = other.post("/sign-in", data=entered, follow_redirects=False)
    assert answer.headers["location"] == "/sign-in/code?next=/home&only=passkey"
    assert "__Host-login" not in other.cookies
    page = other.get(answer.headers["location"]).text
    assert 'name="code"' not in page
    assert "Use a passkey" in page
    assert other.post("/sign-in/code", data={"code": "123456"}).status_code == 422
    options, note = question(other, answer.headers["location"])
    filled = {"note": note, "answer": key.sign(options), "next": "/home"}
    assert other.post("/sign-in/passkey", data=filled, follow_redirects=False).status_code == 303


def test_an_answer_that_is_not_quite_right_opens_nothing(
    client: TestClient, service: Service, worker: MadeStaff
) -> None:
    key = SoftPasskey()
    add(client, key)
    other = elsewhere(client)
    wrong = {
        "another place": replace(key, origin="https://testserver.example"),
        "another host": replace(key, host="testserver.example"),
        "nobody checked": replace(key, verifies=False),
        "another key of that name": replace(key, key=SoftPasskey().key),
        "unknown": SoftPasskey(),
    }
    for name, liar in wrong.items():
        answer = use(other, liar)
        assert answer.status_code == 422, name
        assert "does not open an account here" in answer.text, name
    for junk in ("", "{}", "[]", "null", '{"id": 7}', "x" * 30_000, '{"id":"é","rawId":"é"}'):
        _, note = question(other, "/sign-in")
        assert (
            other.post("/sign-in/passkey", data={"note": note, "answer": junk}).status_code == 422
        )
    assert "__Host-login" not in other.cookies
    assert [
        row[3]["reason"] for row in happened(service.database) if row[0] == "login_refused"
    ] == ["passkey"] * 12


def test_an_answer_counts_once_and_for_half_an_hour(
    client: TestClient, service: Service, worker: MadeStaff, clock: Clock
) -> None:
    key = SoftPasskey()
    add(client, key)
    options, note = question(elsewhere(client), "/sign-in")
    filled = {"note": note, "answer": key.sign(options), "next": "/home"}
    answers = [
        elsewhere(client).post("/sign-in/passkey", data=filled, follow_redirects=False)
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [303, 422]
    assert "sent twice" in answers[1].text
    other = elsewhere(client)
    options, note = question(other, "/sign-in")
    clock.pass_time(minutes=31)
    late = {"note": note, "answer": key.sign(options)}
    assert "longer than half an hour" in other.post("/sign-in/passkey", data=late).text


def test_a_copied_key_is_seen_by_its_count(
    client: TestClient, service: Service, worker: MadeStaff
) -> None:
    key = SoftPasskey(count=5)
    add(client, key)
    copy = replace(key)
    assert use(elsewhere(client), key).status_code == 303
    assert use(elsewhere(client), copy).status_code == 422


def test_a_question_to_add_is_for_whom_it_was_asked(
    client: TestClient, service: Service, worker: MadeStaff
) -> None:
    key = SoftPasskey()
    options, note = question(client, "/account/passkeys")
    other = elsewhere(client)
    sign_in(other, make_staff(service.database, username="kit.sorrel"))
    stolen = {"note": note, "answer": key.make(options), "name": "x"}
    assert other.post("/account/passkeys", data=stolen).status_code == 422
    assert add(client, key, name=" ").status_code == 422
    assert add(client, replace(key, verifies=False)).status_code == 422
    assert add(client, key).status_code == 303
    assert "is here already" in add(client, key).text
    assert len(keys(service)) == 1


def test_it_is_a_proof_for_what_leaves_and_only_ones_own(
    client: TestClient, service: Service, worker: MadeStaff, clock: Clock
) -> None:
    key, theirs = SoftPasskey(), SoftPasskey()
    add(client, key)
    other = elsewhere(client)
    sign_in(other, make_staff(service.database, username="kit.sorrel"))
    add(other, theirs)
    clock.pass_time(seconds=STEP_UP_LASTS.total_seconds() + 1)

    def press() -> Response:
        return client.post("/exports/none/download", follow_redirects=False)

    assert press().headers["location"] == "/confirm?next=/exports/none"
    assert 'name="password"' not in client.get("/confirm").text
    with_password = client.post("/confirm", data={"password": PASSWORD})
    assert "password alone is not enough" in with_password.text
    assert use(client, theirs, "/confirm").status_code == 422
    assert press().status_code == 303
    before = client.cookies["__Host-login"]
    assert use(client, key, "/confirm").status_code == 303
    assert client.cookies["__Host-login"] != before
    assert press().status_code == 404


def test_adding_and_taking_away_ask_for_a_proof_first(
    client: TestClient, service: Service, worker: MadeStaff, clock: Clock
) -> None:
    add(client, SoftPasskey())
    [stored] = keys(service)
    clock.pass_time(seconds=STEP_UP_LASTS.total_seconds() + 1)
    for method, path in (
        ("GET", "/account/passkeys"),
        ("POST", "/account/passkeys"),
        ("POST", f"/account/passkeys/{stored.id}/remove"),
    ):
        answer = client.request(method, path, follow_redirects=False)
        assert answer.headers["location"].startswith("/confirm?next=/account"), path
    assert len(keys(service)) == 1


def test_taken_away_it_opens_nothing_and_nobody_elses_can_be(
    client: TestClient, service: Service, worker: MadeStaff
) -> None:
    key = SoftPasskey()
    add(client, key)
    [stored] = keys(service)
    other = elsewhere(client)
    sign_in(other, make_staff(service.database, username="kit.sorrel"))
    assert other.post(f"/account/passkeys/{stored.id}/remove").status_code == 404
    answer = client.post(f"/account/passkeys/{stored.id}/remove", follow_redirects=False)
    assert answer.headers["location"] == "/account/passkeys?done=removed"
    assert use(elsewhere(client), key).status_code == 422
    sign_in(elsewhere(client), worker)


def test_in_live_service_it_is_a_second_factor_and_the_last_one_stays(
    client: TestClient, service: Service, worker: MadeStaff
) -> None:
    service.state = replace(service.state, mode="live")
    assert client.get("/home", follow_redirects=False).headers["location"].startswith("/account")
    with sessions.read(service.database) as db:
        assert live_use.read_facts(db).without_second_factor == 1
    add(client, SoftPasskey())
    with sessions.read(service.database) as db:
        assert live_use.read_facts(db).without_second_factor == 0
    assert client.get("/home", follow_redirects=False).status_code == 200
    [stored] = keys(service)
    refused = client.post(f"/account/passkeys/{stored.id}/remove")
    assert (refused.status_code, len(keys(service))) == (422, 1)


def test_a_closed_account_and_one_that_waits_for_its_password_stay_shut(
    client: TestClient, service: Service, worker: MadeStaff, clock: Clock
) -> None:
    key = SoftPasskey()
    add(client, key)
    admin = elsewhere(client)
    sign_in(admin, make_staff(service.database, roles=(Role.ADMINISTRATOR,)))
    admin.post(f"/staff/{worker.id}/reset", data={})
    assert use(elsewhere(client), key).status_code == 422
    assert len(keys(service)) == 1
    admin.post(f"/staff/{worker.id}/reset", data={"drop_second_factor": "yes"})
    assert keys(service) == []
    with sessions.write(service.database) as db:
        db.get_one(Staff, worker.id).disabled_at = clock()
    assert use(elsewhere(client), key).status_code == 422


def test_wrong_ones_make_the_next_try_wait(
    client: TestClient, service: Service, worker: MadeStaff
) -> None:
    other = elsewhere(client)
    for _ in range(21):
        use(other, SoftPasskey())
    assert "Please wait" in use(other, SoftPasskey()).text


def test_an_address_in_digits_offers_none(client: TestClient, service: Service) -> None:
    service.settings = service.settings.model_copy(update={"public_url": ""})
    for base in ("http://127.0.0.1", "https://192.168.1.20", "https://testserver"):
        page = TestClient(client.app, base_url=base).get("/sign-in").text
        assert "data-passkey" not in page, base
    assert (
        "data-passkey" in TestClient(client.app, base_url="http://localhost").get("/sign-in").text
    )
