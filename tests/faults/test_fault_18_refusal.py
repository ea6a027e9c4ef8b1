"""Fault 18 on the screens: no room, or no storage at all. Nothing is asked, nobody is told that
something was kept, and what waits on the tablet stays."""

from __future__ import annotations

from typing import Any

import pytest
from fixtures.appointment_steps import act, answer, on_screen, take
from fixtures.bad_network import seat_in
from fixtures.browser import LiveServer, PageFor, hand_over_on, wait_until
from fixtures.staff import MadeStaff
from fixtures.tablet_steps import (
    dump,
    ready_tablet,
    to_room,
    unlock,
    whole_appointment,
    without_shelf,
)
from playwright.sync_api import CDPSession, Page, Route, expect

NO_STORAGE = "Object.defineProperty(globalThis, 'indexedDB', {value: undefined});"
FULL = "There is no room left on this tablet to keep answers safe."


#: Another store of this site takes what room there is, to the last small piece.
FILL = """async () => {
  const base = await new Promise((done) => {
    const request = indexedDB.open("others");
    request.onupgradeneeded = () => request.result.createObjectStore("rows", {autoIncrement: true});
    request.onsuccess = () => done(request.result);
  });
  const add = (size) => new Promise((done) => {
    const adding = base.transaction("rows", "readwrite");
    adding.objectStore("rows").add(crypto.getRandomValues(new Uint8Array(size)));
    adding.oncomplete = () => done(true);
    adding.onabort = () => done(false);
  });
  for (const size of [65536, 8192]) while (await add(size));
  base.close();
}"""


class Disk:
    """The room that the site of a page has: little, and then none, or as much as anywhere."""

    def __init__(self, page: Page, base: str) -> None:
        self._page = page
        self._cdp: CDPSession = page.context.new_cdp_session(page)
        self._where: dict[str, Any] = {"origin": base}
        self._cdp.send("Storage.overrideQuotaForOrigin", {**self._where, "quotaSize": 1_500_000})

    def fill(self) -> None:
        self._page.evaluate(FILL)

    def clear(self) -> None:
        self._cdp.send("Storage.overrideQuotaForOrigin", self._where)


@pytest.fixture
def seat(live_server: LiveServer, page_for: PageFor, practitioner: MadeStaff) -> tuple[Page, Disk]:
    """A clinic tablet, locked, and its disk."""
    without_shelf(live_server)
    page = page_for(practitioner)
    disk = Disk(page, live_server.base)
    return ready_tablet(page), disk


@pytest.fixture
def tablet(seat: tuple[Page, Disk]) -> Page:
    return seat[0]


@pytest.fixture
def disk(seat: tuple[Page, Disk]) -> Disk:
    return seat[1]


def refused_again(page: Page, name: str) -> None:
    """Try again, and be shown a fresh screen that says the same."""
    page.evaluate("() => { document.querySelector('[data-screen] h1').dataset.before = ''; }")
    act(page, "again")
    page.wait_for_selector(f"[data-screen={name}] h1:not([data-before])")


def items(page: Page) -> list[Any]:
    """What the queue holds, without how often it was tried: the sender tries all the while."""
    tried = {"tries", "tried_at", "problem", "problem_status"}
    held = dump(page)["stores"]["grids-outbox/items"]
    return [{key: value for key, value in item.items() if key not in tried} for item in held]


@pytest.mark.fault(18)
def test_a_full_tablet_starts_no_appointment_until_there_is_room(
    live_server: LiveServer, tablet: Page, disk: Disk
) -> None:
    unlock(tablet)
    tablet.context.set_offline(True)
    whole_appointment(tablet, [7, 0, 9])
    unlock(tablet)
    [waiting] = items(tablet)
    disk.fill()
    act(tablet, "start")
    on_screen(tablet, "tb-nostore")
    expect(tablet.locator("[data-screen]")).to_contain_text("Its storage is full.")
    refused_again(tablet, "tb-nostore")
    disk.clear()
    act(tablet, "again")
    on_screen(tablet, "tb-home")
    assert items(tablet) == [waiting]
    tablet.context.set_offline(False)
    wait_until(lambda: len(live_server.responses()) == 1, tablet)


def test_a_tablet_that_fills_during_triage_asks_nothing(
    live_server: LiveServer, tablet: Page, disk: Disk
) -> None:
    unlock(tablet)
    to_room(tablet)
    disk.fill()
    tablet.locator("[data-marks] button").first.click()
    on_screen(tablet, "cannot-keep")
    screen = tablet.locator("[data-screen=cannot-keep]")
    expect(screen).to_contain_text(FULL)
    expect(screen).to_contain_text("Nothing has been asked and nothing is lost.")
    refused_again(tablet, "cannot-keep")
    assert items(tablet) == []
    disk.clear()
    act(tablet, "again")
    on_screen(tablet, "pass")
    take(tablet)


def test_stopping_there_locks_the_tablet(live_server: LiveServer, tablet: Page, disk: Disk) -> None:
    unlock(tablet)
    to_room(tablet)
    disk.fill()
    tablet.locator("[data-marks] button").first.click()
    on_screen(tablet, "cannot-keep")
    act(tablet, "back")
    tablet.wait_for_selector("[data-pad] button")
    disk.clear()
    unlock(tablet)
    assert (items(tablet), live_server.responses()) == ([], [])


@pytest.mark.fault(18)
def test_a_tablet_whose_browser_keeps_nothing_says_so_and_opens_nothing(
    live_server: LiveServer, tablet: Page, disk: Disk
) -> None:
    tablet.add_init_script(NO_STORAGE)
    tablet.goto("/tablet")
    on_screen(tablet, "tb-nostore")
    expect(tablet.locator("[data-screen]")).to_contain_text("does not let this page store anything")
    assert tablet.locator("[data-pad] button, [data-act=start]").count() == 0
    refused_again(tablet, "tb-nostore")


def test_an_appointment_that_finds_no_room_at_its_start_is_refused(
    live_server: LiveServer, page_for: PageFor, practitioner: MadeStaff
) -> None:
    """There was room when the page looked for its queue, and none when the plan was there."""
    page = page_for(practitioner)
    other = page.context.new_page()
    disk = Disk(other, live_server.base)
    other.goto("/help")
    seat_in(page, live_server)

    def fill_first(route: Route) -> None:
        disk.fill()
        route.continue_()

    page.route("**/v1/handover/begin", fill_first)
    page.goto(f"/encounters/{live_server.make_encounter(practitioner).id}")
    form = page.locator("form[action$='/hand-over']")
    form.locator("[name=pin]").fill("493817")
    form.locator("button[type=submit]").click()
    on_screen(page, "cannot-keep")
    expect(page.locator("[data-screen=cannot-keep]")).to_contain_text(FULL)
    assert items(page) == []
    disk.clear()
    act(page, "again")
    on_screen(page, "pass")


def test_with_the_service_at_hand_a_full_tablet_sends_from_memory_and_says_saved_after_that(
    live_server: LiveServer, page_for: PageFor, practitioner: MadeStaff
) -> None:
    page = page_for(practitioner)
    disk = Disk(page, live_server.base)
    seat_in(page, live_server)
    disk.fill()
    live_server.gate.answers["/v1/responses/"] = (503, b"")
    hand_over_on(page, live_server.make_encounter(practitioner).id)
    take(page)
    answer(page, "after.young_person", [7, 0, 9])
    line = page.locator("[data-saving]")
    expect(line).not_to_contain_text("Saved")
    assert (items(page), live_server.responses()) == ([], [])
    live_server.gate.answers.clear()
    expect(line).to_have_text("Saved.")
    [row] = live_server.responses()
    assert [row.items[key] for key in ("explain", "listen", "include")] == [7, 0, 9]
