"""Fault 19: the storage of a tablet is thrown away, or it is wiped. The loss can be seen,
by number, on the page of that tablet."""

from __future__ import annotations

import pytest
from fixtures.appointment_steps import act, on_screen
from fixtures.browser import LiveServer, PageFor, wait_until
from fixtures.staff import MadeStaff
from fixtures.tablet_steps import (
    dump,
    nothing_waits,
    ready_tablet,
    seat_of,
    unlock,
    whole_appointment,
    without_shelf,
)
from playwright.sync_api import expect

FIRST, LOST = [7, 0, 9], [1, 2, 3]
BLOCKED = (403, b"<title>Blocked by the firewall</title>")


@pytest.mark.fault(19)
def test_the_number_that_never_arrived_is_named(
    live_server: LiveServer, page_for: PageFor, practitioner: MadeStaff
) -> None:
    without_shelf(live_server)
    tablet = ready_tablet(page_for(practitioner))
    device = seat_of(tablet)["tablet"]["id"]
    unlock(tablet)
    whole_appointment(tablet, FIRST)
    unlock(tablet)
    nothing_waits(tablet)
    live_server.gate.answers["/v1/responses/"] = BLOCKED
    whole_appointment(tablet, LOST)
    unlock(tablet)
    act(tablet, "about")
    act(tablet, "send")
    expect(tablet.locator("[data-problem=refused]")).to_be_visible()

    staff = page_for(practitioner)
    staff.goto(f"/tablets/{device}")
    expect(staff.locator("main")).to_contain_text("May still come")

    clear = tablet.context.new_cdp_session(tablet)
    clear.send("Storage.clearDataForOrigin", {"origin": live_server.base, "storageTypes": "all"})
    del live_server.gate.answers["/v1/responses/"]
    tablet.goto("/tablet")
    on_screen(tablet, "tb-none")
    assert dump(tablet)["stores"] == {}

    staff.goto(f"/tablets/{device}/lost")
    staff.locator("[name=reason][value=lost]").check()
    staff.locator("main form[action$='/revoke'] button[type=submit]").click()
    staff.wait_for_url("**/tablets/*?done=revoked")
    never = staff.locator(".facts > div", has_text="Never arrived").locator("dd")
    expect(never).to_have_text("no. 2")
    assert [(row.seq, row.state) for row in live_server.responses()] == [(1, "complete")]


@pytest.mark.fault(19)
def test_a_number_that_is_missing_between_two_others_is_lost(
    live_server: LiveServer, page_for: PageFor, practitioner: MadeStaff
) -> None:
    """One row is gone, the others come: no. 1 was counted, is not there, and did not arrive."""
    without_shelf(live_server)
    tablet = ready_tablet(page_for(practitioner))
    device = seat_of(tablet)["tablet"]["id"]
    unlock(tablet)
    tablet.context.set_offline(True)
    for values in (LOST, FIRST):
        whole_appointment(tablet, values)
        unlock(tablet)
    tablet.evaluate(
        """async () => {
          const open = indexedDB.open("grids-outbox");
          const base = await new Promise((done) => (open.onsuccess = () => done(open.result)));
          const items = base.transaction("items", "readwrite").objectStore("items");
          const all = await new Promise((done) => {
            items.getAll().onsuccess = (event) => done(event.target.result);
          });
          const first = all.find((item) => item.seq === 1);
          await new Promise((done) => (items.delete(first.key).onsuccess = done));
          base.close();
        }"""
    )
    tablet.context.set_offline(False)
    act(tablet, "about")
    act(tablet, "send")
    wait_until(lambda: [row.seq for row in live_server.responses()] == [2], tablet)
    act(tablet, "send")
    expect(tablet.locator("[data-screen] [data-said]")).to_contain_text("was reached just now")
    staff = page_for(practitioner)
    staff.goto(f"/tablets/{device}")
    never = staff.locator(".facts > div", has_text="Never arrived").locator("dd")
    expect(never).to_have_text("no. 1")
