"""What is counted of the grid in an appointment: told in one line, and off in one tap."""

from __future__ import annotations

from typing import Any

import pytest
from fixtures.appointment_steps import act, finish, on_screen, take
from fixtures.browser import LiveServer, PageFor, hand_over_on, type_pin, wait_until
from fixtures.staff import MadeStaff
from playwright.sync_api import Page, expect
from sqlmodel import select

from app.db import sessions
from app.db.tables import Encounter, Exposure

COUNTED = "And some numbers about the options"


@pytest.fixture
def encounter(live_server: LiveServer, practitioner: MadeStaff) -> Encounter:
    return live_server.make_encounter(practitioner)


@pytest.fixture
def page(page_for: PageFor, practitioner: MadeStaff, encounter: Encounter) -> Page:
    made = page_for(practitioner)
    hand_over_on(made, encounter.id)
    return made


def rows(live_server: LiveServer) -> list[Exposure]:
    with sessions.read(live_server.service.database) as db:
        return list(db.exec(select(Exposure)).all())


def arrived(live_server: LiveServer, page: Page) -> Exposure:
    wait_until(lambda: len(rows(live_server)) == 1, page)
    return rows(live_server)[0]


def welcome(page: Page) -> Any:
    act(page, "have")
    on_screen(page, "welcome")
    return page.locator("[data-screen=welcome]")


def test_what_was_opened_arrives_as_numbers(
    live_server: LiveServer, page: Page, encounter: Encounter
) -> None:
    expect(welcome(page)).to_contain_text(COUNTED)
    act(page, "on")
    on_screen(page, "menu")
    act(page, "open", "grid")
    expect(page.locator("[data-screen=grid] .ap-gridtop")).to_contain_text("Only numbers are kept")
    page.wait_for_selector("[data-grid][data-live]")
    more = page.locator("[data-row] [data-cell]:visible button:visible")
    row = more.first.evaluate("each => each.closest('[data-row]').dataset.row")
    for _ in range(2):
        more.first.click()
        page.wait_for_selector("dialog[data-sheet][open]")
        page.keyboard.press("Escape")
    added = page.locator("[data-rest] [data-add]:visible").first
    name = added.get_attribute("data-add")
    added.click()
    page.locator("[data-bar-top] [data-act=menu]").click()
    finish(page)
    found = arrived(live_server, page)
    assert (found.encounter_id, found.grid_public_id) == (encounter.id, "k7")
    assert found.picked == sorted(encounter.picked)
    assert found.shown == sorted({*encounter.picked, str(name)})
    assert (found.opened, found.minutes_band) == ({row: 2}, "under_2")
    type_pin(page)
    on_screen(page, "alone")


def test_one_tap_and_nothing_is_counted_and_the_next_person_cannot_tell(
    live_server: LiveServer, page: Page
) -> None:
    shown = welcome(page)
    act(page, "no-counts")
    expect(shown).to_contain_text("Then nothing is counted in this appointment.")
    expect(shown.get_by_text(COUNTED)).to_be_hidden()
    assert page.evaluate("document.activeElement.dataset.notCounting") == ""
    act(page, "on")
    act(page, "open", "grid")
    page.wait_for_selector("[data-grid][data-live]")
    expect(page.locator(".ap-gridtop:visible")).to_contain_text("Nothing you tap here is kept.")
    page.locator("[data-bar-top] [data-act=menu]").click()
    act(page, "finish")
    page.locator("[data-next] [data-act=next]").first.click()
    after = welcome(page)
    expect(after).to_contain_text("Nothing else that you tap.")
    assert COUNTED not in after.inner_text()
    page.reload()  # a page that dies takes nothing along but that nothing was counted
    found = arrived(live_server, page)
    assert (found.picked, found.shown, found.opened, found.minutes_band) == ([], [], {}, None)


def test_a_service_that_does_not_count_says_nothing_of_it(
    live_server: LiveServer, page_for: PageFor, practitioner: MadeStaff
) -> None:
    service = live_server.service
    service.state = type(service.state)(**{**vars(service.state), "exposure_counts_on": False})
    page = page_for(practitioner)
    hand_over_on(page, live_server.make_encounter(practitioner).id)
    take(page)
    act(page, "open", "grid")
    expect(page.locator(".ap-gridtop")).to_contain_text("Nothing you tap here is kept.")
    page.locator("[data-bar-top] [data-act=menu]").click()
    finish(page)
    page.wait_for_timeout(500)
    assert rows(live_server) == []
