"""The way in, over the real application: forms, cookies, waits and what is written down."""

from __future__ import annotations

from http.cookies import SimpleCookie

import pytest
from fixtures.service import Clock
from fixtures.staff import MadeStaff, happened, make_staff, sign_in
from sqlmodel import select
from starlette.testclient import TestClient

from app.db import sessions
from app.db.tables import AuditEvent, Login, Staff, Throttle
from app.web.service import Service


@pytest.fixture
def worker(service: Service) -> MadeStaff:
    return make_staff(service.database, username="robin.ashe", name="Robin Ashe")


def test_a_login_is_a_host_cookie_whose_token_is_stored_nowhere(
    client: TestClient, service: Service, worker: MadeStaff
) -> None:
    answer = try_password(client, worker.username, worker.password)
    assert (answer.status_code, answer.headers["location"]) == (303, "/home")
    cookie = SimpleCookie(answer.headers["set-cookie"].split(", __Host-pending")[0])["__Host-login"]
    flags = (cookie["path"], cookie["samesite"], cookie["domain"], cookie["max-age"])
    assert flags == ("/", "lax", "", "")
    assert cookie["secure"]
    assert cookie["httponly"]
    assert len(cookie.value) == 43
    with sessions.read(service.database) as db:
        login = db.exec(select(Login)).one()
    assert login.staff_id == worker.id
    assert cookie.value not in repr(login)
    assert len(login.token_hash) == 64


def test_after_signing_in_the_page_that_was_asked_for_comes(
    client: TestClient, worker: MadeStaff
) -> None:
    asked = client.get("/account", follow_redirects=False)
    assert asked.headers["location"] == "/sign-in?next=/account"
    answer = try_password(client, worker.username, worker.password, next="/account")
    assert answer.headers["location"] == "/account"
    assert "Robin Ashe" in client.get("/account").text


@pytest.mark.parametrize("elsewhere", ["//evil.example", "/\\evil.example", "https://evil.example"])
def test_nobody_is_sent_to_another_site(
    client: TestClient, worker: MadeStaff, elsewhere: str
) -> None:
    answer = try_password(client, worker.username, worker.password, next=elsewhere)
    assert answer.headers["location"] == "/home"


def test_spaces_and_capitals_around_a_username_do_not_matter(
    client: TestClient, worker: MadeStaff
) -> None:
    assert try_password(client, "  Robin.Ashe ", worker.password).status_code == 303


def test_a_wrong_password_and_an_unknown_name_look_the_same(
    client: TestClient, worker: MadeStaff
) -> None:
    known = try_password(client, "robin.ashe", "not the password")
    unknown = try_password(client, "robin.ashx", "not the password")
    assert known.status_code == unknown.status_code == 422
    assert known.text.replace("robin.ashe", "?") == unknown.text.replace("robin.ashx", "?")
    assert "The username or the password is not right." in known.text
    assert "not the password" not in known.text
    assert 'value="robin.ashe"' in known.text


def test_wrong_passwords_make_the_next_try_wait_longer_and_never_lock_for_good(
    client: TestClient, service: Service, worker: MadeStaff, clock: Clock
) -> None:
    waits = []
    for _ in range(12):
        answer = try_password(client, worker.username, "not the password")
        waits.append(stated_wait(answer.text))
        clock.pass_time(seconds=waits[-1])
    assert waits == [0, 0, 0, 5, 10, 20, 40, 80, 160, 300, 300, 300]
    assert try_password(client, worker.username, worker.password).status_code == 303
    client.post("/sign-out")
    assert stated_wait(try_password(client, worker.username, "not the password").text) == 0


def test_during_the_wait_the_right_password_is_not_looked_at(
    client: TestClient, worker: MadeStaff, clock: Clock
) -> None:
    for _ in range(4):
        try_password(client, worker.username, "not the password")
    clock.pass_time(seconds=3)
    early = try_password(client, worker.username, worker.password)
    assert early.status_code == 422
    assert "Please wait 2 seconds before you try again. The account is not locked." in early.text
    clock.pass_time(seconds=2)
    assert try_password(client, worker.username, worker.password).status_code == 303


def test_a_name_that_does_not_exist_waits_just_the_same(client: TestClient) -> None:
    waits = [stated_wait(try_password(client, "nobody.here", "x").text) for _ in range(5)]
    assert waits == [0, 0, 0, 5, 5]


def test_many_names_from_one_address_wait_too(
    client: TestClient, worker: MadeStaff, clock: Clock
) -> None:
    waits = [stated_wait(try_password(client, f"name-{n}", "x").text) for n in range(22)]
    assert waits == [0] * 20 + [5, 5]
    assert try_password(client, worker.username, worker.password).status_code == 422
    clock.pass_time(seconds=5)
    assert try_password(client, worker.username, worker.password).status_code == 303


def test_what_is_counted_holds_no_name_and_no_address(
    client: TestClient, service: Service, worker: MadeStaff
) -> None:
    try_password(client, worker.username, "not the password")
    with sessions.read(service.database) as db:
        keys = sorted(row.key for row in db.exec(select(Throttle)).all())
    assert [key.split(":")[0] for key in keys] == ["account", "address"]
    assert not any("robin" in key or "testclient" in key for key in keys)


def test_refusals_are_audited_by_id_and_without_what_was_typed(
    client: TestClient, service: Service, worker: MadeStaff
) -> None:
    try_password(client, worker.username, "not the password")
    try_password(client, "correct-horse-typed-as-name", "x")
    try_password(client, worker.username, worker.password)
    assert happened(service.database) == [
        ("login_refused", worker.id, worker.id, {"reason": "password", "wait_seconds": 0}),
        ("login_refused", "nobody", "", {"reason": "password", "wait_seconds": 0}),
        ("login_started", worker.id, worker.id, {"second_factor": False}),
    ]
    with sessions.read(service.database) as db:
        log = b"".join(db.exec(select(AuditEvent.entry)).all())
    assert b"robin" not in log
    assert b"correct-horse" not in log


def test_signing_in_again_replaces_the_login_of_this_browser(
    client: TestClient, service: Service, worker: MadeStaff
) -> None:
    sign_in(client, worker)
    old = client.cookies["__Host-login"]
    sign_in(client, worker)
    assert client.cookies["__Host-login"] != old
    with sessions.read(service.database) as db:
        ended = db.exec(select(Login.ended_at).order_by(Login.created_at)).all()
    assert sorted(each is None for each in ended) == [False, True]


def test_signing_out_ends_the_login_itself_not_only_the_cookie(
    client: TestClient, worker: MadeStaff
) -> None:
    sign_in(client, worker)
    stolen = client.cookies["__Host-login"]
    answer = client.post("/sign-out", follow_redirects=False)
    assert answer.headers["location"] == "/sign-in?notice=signed-out"
    assert "__Host-login" not in client.cookies
    client.cookies.set("__Host-login", stolen)
    assert client.get("/account", follow_redirects=False).status_code == 303


def test_an_account_that_is_switched_off_looks_like_a_wrong_password(
    client: TestClient, service: Service, worker: MadeStaff, clock: Clock
) -> None:
    with sessions.write(service.database) as db:
        db.get_one(Staff, worker.id).disabled_at = clock()
    answer = try_password(client, worker.username, worker.password)
    assert "The username or the password is not right." in answer.text
    assert happened(service.database)[-1][3] == {"reason": "disabled", "wait_seconds": 0}


def test_a_login_goes_idle_after_twenty_minutes(
    client: TestClient, worker: MadeStaff, clock: Clock
) -> None:
    sign_in(client, worker)
    for _ in range(3):
        clock.pass_time(minutes=19)
        assert client.get("/account").url.path == "/account"
    clock.pass_time(minutes=20)
    assert client.get("/account").url.path == "/sign-in"


def test_a_login_ends_after_twelve_hours_however_busy(
    client: TestClient, worker: MadeStaff, clock: Clock
) -> None:
    sign_in(client, worker)
    for _ in range(47):
        clock.pass_time(minutes=15)
        assert client.get("/account").url.path == "/account"
    clock.pass_time(minutes=15)
    assert client.get("/account").url.path == "/sign-in"


class TestSecondFactor:
    """A code after the password, once."""

    @pytest.fixture
    def careful(self, service: Service) -> MadeStaff:
        return make_staff(service.database, username="careful", second_factor=True)

    def test_the_password_alone_opens_nothing(self, client: TestClient, careful: MadeStaff) -> None:
        answer = try_password(client, careful.username, careful.password)
        assert answer.headers["location"] == "/sign-in/code?next=/home"
        assert "__Host-login" not in client.cookies
        assert client.get("/account").url.path == "/sign-in"

    def test_the_code_opens_it_and_counts_once(
        self, client: TestClient, service: Service, careful: MadeStaff, clock: Clock
    ) -> None:
        sign_in(client, careful, now=clock())
        assert happened(service.database)[-1][3] == {"second_factor": True}
        client.post("/sign-out")
        try_password(client, careful.username, careful.password)
        again = give_code(client, careful.code(clock()))
        assert again.status_code == 422
        assert "it was used already" in again.text
        clock.pass_time(seconds=30)
        assert give_code(client, careful.code(clock())).status_code == 303

    def test_a_phone_half_a_minute_off_still_works_and_a_minute_does_not(
        self, client: TestClient, careful: MadeStaff, clock: Clock
    ) -> None:
        try_password(client, careful.username, careful.password)
        then = clock()
        clock.pass_time(seconds=60)
        assert give_code(client, careful.code(then)).status_code == 422
        nearly = clock()
        clock.pass_time(seconds=30)
        assert give_code(client, careful.code(nearly)).status_code == 303

    def test_wrong_codes_wait_up_to_a_quarter_of_an_hour(
        self, client: TestClient, service: Service, careful: MadeStaff, clock: Clock
    ) -> None:
        waits = []
        for _ in range(13):
            try_password(client, careful.username, careful.password)
            waits.append(stated_wait(give_code(client, "abcdef").text))
            clock.pass_time(seconds=waits[-1])
        assert waits == [0, 0, 0, 5, 10, 20, 40, 80, 160, 320, 640, 900, 900]
        refused = [event for event in happened(service.database) if event[0] == "login_refused"]
        assert [event[3]["reason"] for event in refused] == ["second_factor"] * 13

    def test_the_proof_of_the_password_lasts_five_minutes_and_cannot_be_made_up(
        self, client: TestClient, careful: MadeStaff, clock: Clock
    ) -> None:
        try_password(client, careful.username, careful.password)
        genuine = client.cookies["__Host-pending"]
        for forged in ("", "x", f"{careful.id}.9999999999.{'0' * 64}", genuine[:-1] + "x"):
            answer = give_code(client, careful.code(clock()), pending=forged)
            assert "That took too long" in answer.text
        clock.pass_time(minutes=5)
        late = give_code(client, careful.code(clock()), pending=genuine)
        assert "That took too long" in late.text
        assert late.status_code == 422


class TestConfirming:
    """After a PIN, the password opens the rest again."""

    def test_the_password_widens_a_narrowed_login_and_changes_its_token(
        self, client: TestClient, service: Service, worker: MadeStaff
    ) -> None:
        sign_in(client, worker)
        narrow(service)
        old = client.cookies["__Host-login"]
        asked = client.get("/account", follow_redirects=False)
        assert asked.headers["location"] == "/confirm?next=/account"
        wrong = client.post("/confirm", data={"password": "123456", "next": "/account"})
        assert wrong.status_code == 422
        assert client.get("/account").url.path == "/confirm"
        right = client.post(
            "/confirm",
            data={"password": worker.password, "next": "/account"},
            follow_redirects=False,
        )
        assert right.headers["location"] == "/account"
        assert client.cookies["__Host-login"] != old
        assert client.get("/account").url.path == "/account"
        assert [event[0] for event in happened(service.database)][-2:] == [
            "login_refused",
            "login_confirmed",
        ]

    def test_the_code_is_asked_for_where_the_second_factor_is_on(
        self, client: TestClient, service: Service, clock: Clock
    ) -> None:
        careful = make_staff(service.database, second_factor=True)
        sign_in(client, careful, now=clock())
        narrow(service)
        assert 'name="code"' in client.get("/confirm").text
        clock.pass_time(seconds=60)
        form = {"password": careful.password, "code": "000000"}
        assert client.post("/confirm", data=form).status_code == 422
        form["code"] = careful.code(clock())
        assert client.post("/confirm", data=form, follow_redirects=False).status_code == 303


def try_password(client: TestClient, username: str, password: str, **more: str):  # type: ignore[no-untyped-def]
    form = {"username": username, "password": password, **more}
    return client.post("/sign-in", data=form, follow_redirects=False)


def give_code(client: TestClient, code: str, pending: str | None = None):  # type: ignore[no-untyped-def]
    if pending is not None:
        client.cookies.delete("__Host-pending")
        client.cookies.set("__Host-pending", pending, domain="testserver.local", path="/")
    return client.post("/sign-in/code", data={"code": code}, follow_redirects=False)


def stated_wait(html: str) -> int:
    """The seconds that the page tells to wait, or 0 when it says nothing of waiting."""
    _, found, rest = html.partition("Please wait ")
    return int(rest.split(" ")[0]) if found else 0


def narrow(service: Service) -> None:
    with sessions.write(service.database) as db:
        for login in db.exec(select(Login)).all():
            login.narrowed_to = "11111111-1111-4111-8111-111111111111"
