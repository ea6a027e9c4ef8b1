"""Fault 20: somebody signs out with answers unsent, somebody else signs in, a login ends. The queue
belongs to the tablet: it is not touched, and it drains under the tablet's own name."""

from __future__ import annotations

import pytest
from fixtures.appointment_steps import act
from fixtures.browser import LiveServer, PageFor, sign_in_on, wait_until
from fixtures.staff import MadeStaff, make_staff
from fixtures.tablet_steps import (
    dump,
    open_tablet,
    ready_tablet,
    seat_of,
    unlock,
    whole_appointment,
    without_shelf,
)
from playwright.sync_api import expect
from sqlmodel import delete

from app.db import sessions
from app.db.tables import Login

ANSWERS = [7, 0, 9]
BLOCKED = (403, b"<title>Blocked by the firewall</title>")


@pytest.mark.fault(20)
def test_signing_out_and_in_leaves_the_queue_alone(
    live_server: LiveServer, page_for: PageFor, practitioner: MadeStaff
) -> None:
    database = live_server.service.database
    now = live_server.service.clock()
    somebody_else = make_staff(database, teams=("south",), name="Sam Reed", now=now)
    without_shelf(live_server)
    tablet = ready_tablet(page_for(practitioner))
    device = seat_of(tablet)["tablet"]["id"]
    live_server.gate.answers["/v1/responses/"] = BLOCKED
    unlock(tablet)
    whole_appointment(tablet, ANSWERS)
    before = dump(tablet)["stores"]["grids-outbox/items"]
    [answers] = [item for item in before if item["seq"]]  # beside them, what was opened: no. 0
    assert answers["seq"] == 1

    tablet.goto("/home")
    tablet.locator("form[action='/sign-out'] button").first.click()
    tablet.wait_for_url("**/sign-in*")
    sign_in_on(tablet, somebody_else)
    tablet.goto("/home")
    with sessions.write(database) as db:
        db.exec(delete(Login))
    tablet.goto("/home")
    assert "/sign-in" in tablet.url
    after = dump(tablet)["stores"]["grids-outbox/items"]
    assert [(item["id"], item["bytes"], item["state"]) for item in after] == [
        (item["id"], item["bytes"], item["state"]) for item in before
    ]
    assert live_server.responses() == []

    del live_server.gate.answers["/v1/responses/"]
    open_tablet(tablet)
    unlock(tablet)
    act(tablet, "about")
    act(tablet, "send")
    expect(tablet.locator("[data-screen] [data-waiting]")).to_contain_text("Nothing waits here")
    wait_until(lambda: len(live_server.responses()) == 1, tablet)
    [row] = live_server.responses()
    assert (row.id, row.device, row.seq) == (answers["id"], device, 1)
    assert row.delivered_by in (None, device)
