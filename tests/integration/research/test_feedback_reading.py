"""Who reads what people write about grids: named before anybody is asked, and nobody else."""

from __future__ import annotations

import hashlib
import re
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from fixtures.capture import Tablet
from fixtures.feedback import TEXT, written
from fixtures.keeping import record
from fixtures.service import START
from fixtures.staff import MadeStaff, happened, make_staff, sign_in
from sqlmodel import select
from starlette.testclient import TestClient

from app.db import sessions
from app.db.engine import Database
from app.db.tables import Encounter, Feedback, Staff
from app.domain.access import Role
from app.errors import NotFound
from app.services import feedback, switches
from app.services.switches import Switch
from app.web.service import Service

PATH = "Ring the duty worker on extension 4; out of hours the crisis team."


@pytest.fixture
def reader(database: Database) -> MadeStaff:
    return make_staff(database, name="Kim Reader")


@pytest.fixture
def boss(database: Database) -> MadeStaff:
    return make_staff(database, roles=(Role.ADMINISTRATOR,), teams=())


def form(who: MadeStaff, **changes: str) -> dict[str, str]:
    return {"reader": who.id, "days": "5", "path": PATH} | changes


def switch_on(client: TestClient, boss: MadeStaff, reader: MadeStaff) -> None:
    sign_in(client, boss)
    assert (
        "from the next appointment on" in client.post("/service/feedback", data=form(reader)).text
    )


def kept(database: Database) -> list[Any]:
    with sessions.read(database) as db:
        return list(db.exec(select(Feedback).order_by(Feedback.id)).all())


def days(database: Database) -> int:
    with sessions.read(database) as db:
        return feedback.days_asked(db)


def told(database: Database, *kinds: str) -> list[Any]:
    return [each for each in happened(database) if each[0] in kinds]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"reader": ""}, "Choose who reads what people write"),
        ({"reader": "nobody-here"}, "Choose who reads what people write"),
        ({"days": "0"}, "Write a whole number of days from 1 to 14"),
        ({"days": "15"}, "Write a whole number of days from 1 to 14"),
        ({"days": "soon"}, "Write a whole number of days from 1 to 14"),
        ({"path": "Ring somebody"}, "Say in 20 to 500 characters"),
    ],
)
def test_it_refuses_to_switch_on_without_all_three(
    client: TestClient,
    database: Database,
    boss: MadeStaff,
    reader: MadeStaff,
    change: dict[str, str],
    fault: str,
) -> None:
    sign_in(client, boss)
    answer = client.post("/service/feedback", data=form(reader, **change))
    assert answer.status_code == 422
    assert fault in answer.text
    assert days(database) == 0
    assert client.post("/service/switches/feedback", data={"turn": "on"}).status_code == 404
    with pytest.raises(NotFound):
        switches.turn(database, Switch.FEEDBACK, on=True, by=boss.id, now=START)
    assert told(database, "feedback_assigned", "feedback_switched") == []
    assert client.get("/feedback/new").status_code == 404


def test_one_form_switches_it_on_and_one_tap_off_and_both_are_noted(
    client: TestClient, service: Service, boss: MadeStaff, reader: MadeStaff
) -> None:
    switch_on(client, boss, reader)
    assert days(service.database) == 5
    answer = client.post("/service/switches/feedback", data={"turn": "off"})
    assert "What was sent still has to be read." in answer.text
    assert days(service.database) == 0
    sha256 = hashlib.sha256(PATH.encode()).hexdigest()
    assert told(service.database, "feedback_assigned", "feedback_switched") == [
        ("feedback_assigned", boss.id, reader.id, {"days": 5, "path_sha256": sha256}),
        ("feedback_switched", boss.id, "service", {"on": True}),
        ("feedback_switched", boss.id, "service", {"on": False}),
    ]


def test_nobody_is_asked_while_the_account_of_the_reader_is_off(
    client: TestClient, database: Database, boss: MadeStaff, reader: MadeStaff
) -> None:
    switch_on(client, boss, reader)
    with sessions.write(database) as db:
        db.get_one(Staff, reader.id).disabled_at = START
    assert days(database) == 0
    assert "The account of the reader is switched off" in client.get("/service").text


def test_staff_write_without_their_name(
    client: TestClient, database: Database, boss: MadeStaff, reader: MadeStaff
) -> None:
    switch_on(client, boss, reader)
    robin = make_staff(database, name="Robin Ashe")
    sign_in(client, robin)
    assert 'href="/feedback/new"' in client.get("/home").text
    page = client.get("/feedback/new").text
    assert "Nobody is reading this right now." in page
    assert "A person reads it within 5 days." in page
    options = re.findall(r'<option value="([a-z0-9]+)"', page)
    assert "k7" in options
    typed = {"id": str(uuid4()), "grid": "k7", "text": " Where is the\r\nwaiting time? "}
    too_long = client.post("/feedback/new", data=typed | {"text": "x" * 281})
    assert (too_long.status_code, "x" * 281 in too_long.text) == (422, True)
    for wrong in ({"grid": "zz"}, {"text": " \n "}):
        assert client.post("/feedback/new", data=typed | wrong).status_code == 422
    for _ in range(2):
        assert "It is sent. Thank you." in client.post("/feedback/new", data=typed).text
    (row,) = kept(database)
    assert (row.text, row.written_by, row.encounter_id, row.device) == (
        "Where is the\nwaiting time?",
        "practitioner",
        None,
        None,
    )
    assert told(database, "feedback_written") == [("feedback_written", "nobody", row.id, {})]


def test_the_reader_alone_opens_it_and_each_opening_is_noted(
    client: TestClient, database: Database, tablet: Tablet, boss: MadeStaff, reader: MadeStaff
) -> None:
    switch_on(client, boss, reader)
    sent = written(tablet)
    record(database, tablet, sent)
    for path in ("/feedback", f"/feedback/{sent.id}"):
        assert client.get(path).status_code == 403
    outcome = {"outcome": "read"}
    assert client.post(f"/feedback/{sent.id}", data=outcome).status_code == 403
    assert told(database, "feedback_opened") == []

    sign_in(client, reader)
    assert "1 waits to be read." in client.get("/home").text
    listed = client.get("/feedback").text
    assert (TEXT in listed, f"/feedback/{sent.id}" in listed) == (False, True)
    page = client.get(f"/feedback/{sent.id}").text
    assert (TEXT in page, PATH in page) == (True, True)
    assert client.get(f"/feedback/{uuid4()}").status_code == 404
    with sessions.read(database) as db:
        code = db.get_one(Encounter, tablet.header["id"]).code or ""
    assert f"{code[:4]} {code[4:]}" not in page
    assert client.post(f"/feedback/{sent.id}", data={"outcome": "x"}).status_code == 404
    assert "It is noted that you read it." in client.post(f"/feedback/{sent.id}", data=outcome).text
    passed = client.post(f"/feedback/{sent.id}", data={"outcome": "passed_on"}).text
    assert f"{code[:4]} {code[4:]}" in passed
    client.post(f"/feedback/{sent.id}", data=outcome)  # stays passed on
    (row,) = kept(database)
    assert (row.outcome, row.read_by) == ("passed_on", reader.id)
    assert told(database, "feedback_opened", "feedback_settled") == [
        ("feedback_opened", reader.id, sent.id, {}),
        ("feedback_settled", reader.id, sent.id, {"outcome": "read"}),
        ("feedback_settled", reader.id, sent.id, {"outcome": "passed_on"}),
        ("feedback_opened", reader.id, sent.id, {}),
    ]


def test_what_waits_for_too_long_is_on_the_first_page_of_administrators(
    client: TestClient, database: Database, tablet: Tablet, boss: MadeStaff, reader: MadeStaff
) -> None:
    switch_on(client, boss, reader)
    record(database, tablet, written(tablet))
    today = START.date()

    def waits_since(day: date) -> str:
        with sessions.write(database) as db:
            db.exec(select(Feedback)).one().given_on = day
        return client.get("/home").text

    assert "Not read in time" not in waits_since(today - timedelta(days=5))
    page = waits_since(today - timedelta(days=6))
    assert ("Not read in time" in page, "1 waits to be read." in page) == (True, True)
    client.post("/service/switches/feedback", data={"turn": "off"})
    assert "Not read in time" in client.get("/home").text
    assert client.get("/feedback").status_code == 403
    sign_in(client, reader)
    assert "1 waits for longer than people were told." in client.get("/feedback").text
