"""Handing the tablet over, the plan that is given once, and the PIN that brings it back."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from fixtures.capture import STAFF_NAME, TEAM, Tablet, encounter_row, header_for
from fixtures.service import Clock
from httpx2 import Response as HttpResponse
from sqlmodel import SQLModel, col, select, update
from starlette.testclient import TestClient

from app.content.practice import practice_words
from app.db import sessions
from app.db.engine import Database
from app.db.tables import (
    AuditEvent,
    Encounter,
    Handover,
    Login,
    Response,
    Staff,
    Team,
    TeamMember,
    Throttle,
)
from app.domain.receipt import read_receipt, verify_receipt
from app.services import audit
from app.services.logins import hash_token
from app.web.guards import LOGIN_COOKIE
from app.web.service import Service

PIN = "204816"


@dataclass
class Desk:
    """A signed-in browser and an appointment of its team."""

    client: TestClient
    database: Database
    encounter_id: str
    login_id: str

    def hand_over(self, **form: str) -> HttpResponse:
        path = f"/encounters/{self.encounter_id}/hand-over"
        return self.client.post(path, data=form, follow_redirects=False)

    def begin(self) -> HttpResponse:
        return self.client.post("/v1/handover/begin")

    def come_back(self, pin: str) -> HttpResponse:
        return self.client.post("/v1/handover/return", json={"pin": pin})

    def row(self, model: type[SQLModel], key: object) -> Any:
        with sessions.read(self.database) as db:
            return db.get_one(model, key)

    def one(self, model: type[SQLModel]) -> Any:
        with sessions.read(self.database) as db:
            return db.exec(select(model)).one()

    def events(self) -> list[tuple[str, str, str, dict[str, Any]]]:
        with sessions.read(self.database) as db:
            assert audit.verify(db) is None
            rows = db.exec(select(AuditEvent).order_by(col(AuditEvent.seq))).all()
            return [
                (row.kind, row.actor, row.subject, json.loads(row.entry)["details"]) for row in rows
            ]

    def change(self, model: type[SQLModel], **values: object) -> None:
        with sessions.write(self.database) as db:
            db.exec(update(model).values(**values))


def sit_down(client: TestClient, database: Database, clock: Clock, role: str) -> Desk:
    token, login_id, encounter_id = uuid4().hex, str(uuid4()), str(uuid4())
    now = clock()
    with sessions.write(database) as db:
        db.add(Team(id=TEAM, name="North", created_at=now))
        db.add(
            Staff(
                id="staff-1",
                username="robin",
                display_name=STAFF_NAME,
                roles=[role],
                created_at=now,
            )
        )
        db.flush()
        db.add(TeamMember(team_id=TEAM, staff_id="staff-1"))
        db.add(
            Login(
                id=login_id,
                token_hash=hash_token(token),
                staff_id="staff-1",
                created_at=now,
                last_seen_at=now,
                confirmed_at=now,
            )
        )
        row = encounter_row(header_for(encounter_id), at=now)
        row.state, row.code = "open", "K7M2P4Q9"
        row.grid_public_id, row.grid_version, row.grid_sha256 = "k7", 3, "b" * 64
        row.picked = ["one-to-one", "what-helps-now"]
        db.add(row)
    client.cookies.set(LOGIN_COOKIE, token)
    return Desk(client, database, encounter_id, login_id)


def second_login(desk: Desk, browser: TestClient, clock: Clock) -> Desk:
    """The same person, signed in on another tablet as well."""
    token, login_id, now = uuid4().hex, str(uuid4()), clock()
    with sessions.write(desk.database) as db:
        db.add(
            Login(
                id=login_id,
                token_hash=hash_token(token),
                staff_id="staff-1",
                created_at=now,
                last_seen_at=now,
                confirmed_at=now,
            )
        )
    browser.cookies.set(LOGIN_COOKIE, token)
    return Desk(browser, desk.database, desk.encounter_id, login_id)


@pytest.fixture
def desk(client: TestClient, database: Database, clock: Clock) -> Desk:
    return sit_down(client, database, clock, "practitioner")


@pytest.fixture
def front_desk(client: TestClient, database: Database, clock: Clock) -> Desk:
    return sit_down(client, database, clock, "front_desk")


# --- handing over --------------------------------------------------------------------------


def test_handing_over_suspends_the_login_and_nothing_else_of_staff_opens(desk: Desk) -> None:
    answer = desk.hand_over(pin=PIN)
    assert (answer.status_code, answer.headers["location"]) == (303, "/appointment")
    handover = desk.one(Handover)
    assert desk.row(Login, desk.login_id).handover_id == handover.id
    assert desk.row(Encounter, desk.encounter_id).state == "with_family"
    assert desk.events() == [
        (
            "handover_started",
            "staff-1",
            handover.id,
            {"encounter": desk.encounter_id, "device": handover.device},
        )
    ]
    for path in ("/home", "/encounters", f"/encounters/{desk.encounter_id}", "/turns"):
        assert desk.client.get(path, follow_redirects=False).status_code == 403
    assert desk.hand_over(pin=PIN).status_code == 403


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({}, "Choose six digits for this tablet"),
        ({"pin": "20481"}, "The code for this tablet has six digits"),
        ({"pin": "123456"}, "Choose six digits that are harder to guess"),
    ],
)
def test_without_a_fit_pin_the_page_comes_again_and_nothing_is_handed_over(
    desk: Desk, form: dict[str, str], words: str
) -> None:
    answer = desk.hand_over(**form)
    assert answer.status_code == 422
    assert answer.text.count(words) >= 1
    assert desk.row(Login, desk.login_id).handover_id is None
    assert desk.row(Encounter, desk.encounter_id).state == "open"
    assert desk.events() == []


def test_the_pin_is_asked_once_per_login_and_may_be_set_anew(desk: Desk) -> None:
    desk.hand_over(pin=PIN)
    assert desk.come_back(PIN).status_code == 200
    assert desk.hand_over().status_code == 303
    assert desk.come_back(PIN).status_code == 200
    assert desk.hand_over(pin="975310").status_code == 303
    assert desk.come_back(PIN).status_code == 403
    assert desk.come_back("975310").status_code == 200


@pytest.mark.parametrize("state", ["closed", "voided"])
def test_what_is_not_open_is_not_handed_over(desk: Desk, state: str) -> None:
    desk.change(Encounter, state=state)
    assert desk.hand_over(pin=PIN).status_code == 409
    assert desk.row(Login, desk.login_id).handover_id is None
    assert desk.events() == []


def test_a_second_tablet_goes_out_at_the_same_time_and_each_comes_back_alone(
    desk: Desk, service: Service, clock: Clock
) -> None:
    desk.hand_over(pin=PIN)
    with TestClient(desk.client.app, base_url=str(desk.client.base_url)) as browser:
        other = second_login(desk, browser, clock)
        page = browser.get(f"/encounters/{desk.encounter_id}").text
        assert "Hand this tablet over as well" in page
        assert other.hand_over(pin="975310").status_code == 303
        plans = [desk.begin().json(), other.begin().json()]
        assert plans[0]["encounter"] == plans[1]["encounter"]
        assert plans[0]["device"] != plans[1]["device"]
        assert plans[0]["token"] != plans[1]["token"]

        assert desk.come_back(PIN).status_code == 200
        assert desk.row(Encounter, desk.encounter_id).state == "with_family"
        assert other.come_back(PIN).status_code == 403
        clock.pass_time(minutes=1)
        assert other.come_back("975310").status_code == 200
        assert desk.row(Encounter, desk.encounter_id).state == "open"


def test_a_tablet_that_never_came_back_holds_nobody_up_for_longer_than_its_token(
    desk: Desk, clock: Clock
) -> None:
    desk.hand_over(pin=PIN)
    with TestClient(desk.client.app, base_url=str(desk.client.base_url)) as browser:
        clock.pass_time(hours=12, minutes=1)
        other = second_login(desk, browser, clock)
        assert other.hand_over(pin="975310").status_code == 303
        assert other.come_back("975310").status_code == 200
    assert desk.row(Encounter, desk.encounter_id).state == "open"


def test_an_appointment_of_another_team_is_not_there(desk: Desk) -> None:
    with sessions.write(desk.database) as db:
        db.add(Team(id="south", name="South", created_at=desk.row(Team, TEAM).created_at))
    desk.change(Encounter, team_id="south")
    assert desk.hand_over(pin=PIN).status_code == 404


# --- the plan ------------------------------------------------------------------------------


def test_the_plan_is_what_the_appointment_page_needs(desk: Desk, service: Service) -> None:
    desk.hand_over(pin=PIN)
    answer = desk.begin()
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    plan, handover = answer.json(), desk.one(Handover)
    instrument = plan.pop("instrument")
    assert len(plan.pop("token")) == 43
    assert len(plan.pop("receipt_key")) == 64
    assert len(plan["key"].pop("public")) == 87
    assert plan == {
        "device": handover.device,
        "next_seq": 1,
        "key": {"id": service.keyring.current.key_id.hex()},
        "expires_at": "2026-11-23T21:00:00.000Z",
        "mode": "training",
        "demo": False,
        "encounter": {**header_for(desk.encounter_id), "code": "K7M2P4Q9"},
        "phase": "with_grid",
        "occasions": ["after"],
        "consent": None,
        "grid": {
            "public_id": "k7",
            "version": 3,
            "sha256": "b" * 64,
            "picked": ["one-to-one", "what-helps-now"],
        },
        "local": {},
        "respondents": ["young_person", "parent_self", "parent_proxy"],
        "idle": {"private": 180, "grid": 480},
        "counts": True,
        "feedback": 0,
        "second": None,
    }
    assert instrument["wording_sha256"] == practice_words().sha256
    assert instrument["is_practice"] is True
    assert STAFF_NAME not in answer.text


def test_the_plan_is_given_once(desk: Desk) -> None:
    desk.hand_over(pin=PIN)
    before = desk.client.get("/v1/handover/state").json()
    assert desk.begin().status_code == 200
    again = desk.begin()
    assert (again.status_code, again.json()) == (409, {"error": "already_begun"})
    assert before == {"begun": False, "encounter_code": "K7M2P4Q9"}
    assert desk.client.get("/v1/handover/state").json() == {
        "begun": True,
        "encounter_code": "K7M2P4Q9",
    }


def test_two_begins_at_once_give_one_plan(desk: Desk) -> None:
    desk.hand_over(pin=PIN)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: desk.begin(), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    [plan] = [answer.json() for answer in answers if answer.status_code == 200]
    assert hash_token(plan["token"]) == desk.one(Handover).token_hash


def test_what_is_stored_of_a_hand_over_opens_nothing(desk: Desk) -> None:
    desk.hand_over(pin=PIN)
    waiting = desk.one(Handover).token_hash
    plan = desk.begin().json()
    stored = str(desk.one(Handover).model_dump()) + str(desk.row(Login, desk.login_id).model_dump())
    assert plan["token"] not in stored
    assert PIN not in stored
    assert waiting != desk.one(Handover).token_hash


def test_the_plan_makes_a_tablet_that_can_answer(
    desk: Desk, service: Service, database: Database
) -> None:
    desk.hand_over(pin=PIN)
    plan = desk.begin().json()
    header = {key: value for key, value in plan["encounter"].items() if key != "code"}
    tablet = Tablet(service.keyring, header, plan["device"], plan["token"])
    sent = tablet.send()
    desk.client.cookies.clear()
    answer = desk.client.put(
        f"/v1/responses/{sent.id}", content=sent.body, headers=sent.headers(plan["token"])
    )
    assert answer.status_code == 201
    assert verify_receipt(bytes.fromhex(plan["receipt_key"]), read_receipt(answer.content))
    assert desk.one(Response).encounter_id == desk.encounter_id
    assert not desk.row(Encounter, desk.encounter_id).header_differs


def test_no_plan_without_a_hand_over(desk: Desk) -> None:
    assert desk.begin().status_code == 401
    assert desk.client.get("/v1/handover/state").status_code == 401
    assert desk.come_back(PIN).status_code == 401


# --- the PIN -------------------------------------------------------------------------------


def test_the_pin_brings_the_tablet_back_for_this_appointment_only(desk: Desk, clock: Clock) -> None:
    desk.hand_over(pin=PIN)
    clock.pass_time(hours=2)
    answer = desk.come_back(PIN)
    assert (answer.status_code, answer.json()) == (
        200,
        {"next": f"/encounters/{desk.encounter_id}"},
    )
    login, handover = desk.row(Login, desk.login_id), desk.one(Handover)
    assert (login.handover_id, login.narrowed_to) == (None, desk.encounter_id)
    assert handover.returned_at == clock()
    assert desk.row(Encounter, desk.encounter_id).state == "open"
    assert desk.events()[-1] == (
        "handover_returned",
        "staff-1",
        handover.id,
        {"encounter": desk.encounter_id, "device": handover.device},
    )
    assert desk.client.get(f"/encounters/{desk.encounter_id}").status_code == 200
    elsewhere = desk.client.get("/encounters", follow_redirects=False)
    assert elsewhere.headers["location"] == "/confirm?next=/encounters"


def test_wrong_pins_wait_longer_and_longer_and_never_for_good(desk: Desk, clock: Clock) -> None:
    desk.hand_over(pin=PIN)
    waits = []
    for _ in range(11):
        answer = desk.come_back("975310")
        assert answer.status_code == 403
        waits.append(answer.json()["wait_seconds"])
        clock.pass_time(seconds=waits[-1])
    assert waits == [0, 0, 0, 5, 10, 20, 40, 80, 160, 300, 300]
    assert [event[3]["wait_seconds"] for event in desk.events()[1:]] == waits
    assert {event[0] for event in desk.events()[1:]} == {"handover_pin_refused"}
    assert desk.come_back(PIN).status_code == 200
    with sessions.read(desk.database) as db:
        assert db.exec(select(Throttle)).all() == []


def test_during_the_wait_even_the_right_pin_is_not_looked_at(desk: Desk, clock: Clock) -> None:
    desk.hand_over(pin=PIN)
    for _ in range(4):
        desk.come_back("975310")
    clock.pass_time(seconds=2)
    early = desk.come_back(PIN)
    assert (early.status_code, early.json()) == (403, {"wait_seconds": 3})
    assert len(desk.events()) == 5
    clock.pass_time(seconds=3)
    assert desk.come_back(PIN).status_code == 200


def test_many_tries_at_once_are_many_tries(desk: Desk) -> None:
    desk.hand_over(pin=PIN)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: desk.come_back(f"97531{n}"), range(8)))
    assert {answer.status_code for answer in answers} == {403}
    assert desk.one(Throttle).failures == 4


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"pin": 204816}', b"null", b"{" + b" " * 300 + b"}", b"\xff"]
)
def test_what_is_no_pin_is_a_wrong_pin(desk: Desk, body: bytes) -> None:
    desk.hand_over(pin=PIN)
    answer = desk.client.post("/v1/handover/return", content=body)
    assert (answer.status_code, answer.json()) == (403, {"wait_seconds": 0})
    assert desk.row(Login, desk.login_id).handover_id is not None


def test_the_tablet_comes_back_from_an_appointment_that_was_closed_elsewhere(desk: Desk) -> None:
    desk.hand_over(pin=PIN)
    desk.change(Encounter, state="voided")
    assert desk.come_back(PIN).status_code == 200
    assert desk.row(Encounter, desk.encounter_id).state == "voided"


# --- the front desk ------------------------------------------------------------------------


def test_the_desk_starts_a_turn_from_a_code_and_sees_nothing_else(front_desk: Desk) -> None:
    asked = front_desk.client.post("/turns", data={"code": "k7m2-p4q9"}, follow_redirects=False)
    assert asked.status_code == 200
    assert "There is a problem" not in asked.text
    form = {"code": " k7m2 p4q9", "pin": PIN}
    answer = front_desk.client.post("/turns", data=form, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/appointment")
    assert front_desk.begin().json()["encounter"]["id"] == front_desk.encounter_id
    assert front_desk.come_back(PIN).json() == {"next": "/turns"}
    assert front_desk.client.get("/turns").status_code == 200
    seen = front_desk.client.get(f"/encounters/{front_desk.encounter_id}", follow_redirects=False)
    assert seen.status_code in {303, 403}


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("K7M2P4Q8", "No appointment of your teams has this code"),
        ("nonsense", "No appointment of your teams has this code"),
        ("", "No appointment of your teams has this code"),
    ],
)
def test_a_code_that_is_nobodys_is_asked_again(front_desk: Desk, code: str, words: str) -> None:
    answer = front_desk.client.post("/turns", data={"code": code, "pin": PIN})
    assert answer.status_code == 422
    assert words in answer.text
    assert f'value="{code}"' in answer.text or not code
    assert PIN not in answer.text


@pytest.mark.parametrize("state", ["closed", "voided"])
def test_the_code_of_an_appointment_that_is_over_or_void_takes_no_turn(
    front_desk: Desk, state: str
) -> None:
    front_desk.change(Encounter, state=state)
    answer = front_desk.client.post("/turns", data={"code": "K7M2P4Q9", "pin": PIN})
    assert answer.status_code == 422
    assert "This appointment cannot take a turn now" in answer.text


def test_the_desk_cannot_hand_over_by_address(front_desk: Desk) -> None:
    assert front_desk.hand_over(pin=PIN).status_code == 403
    assert front_desk.row(Encounter, front_desk.encounter_id).state == "open"
