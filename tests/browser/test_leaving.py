"""Leaving a sensitive page on one's own device, in a real browser."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from fixtures.browser import LiveServer, PageFor
from fixtures.reviews import released, stock
from playwright.sync_api import Page, expect

from app.services import crisis_number, switches
from app.services.switches import Switch
from app.web import standing

ELSEWHERE = "https://www.bbc.co.uk/weather"


@pytest.fixture
def server(live_server: LiveServer) -> LiveServer:
    """A service that has switched its sensitive grids on."""
    service = live_server.service
    now = service.clock()
    crisis_number.set_crisis_number(service.database, number="01632 960 999", by="system", now=now)
    switches.turn(service.database, Switch.SENSITIVE_GRIDS, on=True, by="system", now=now)
    stock(service, released("k7"), released("t5"))
    standing.refresh(service)
    return live_server


def visit(page: Page) -> list[str]:
    """From the start to the grid, to the other voice, and open; what was asked of other sites."""
    asked: list[str] = []
    page.route(f"{ELSEWHERE}*", lambda route: route.fulfill(body="<title>Weather</title>Sun"))
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/")
    page.goto("/g/t5/1")
    page.get_by_text("Read the page").click()
    page.get_by_role("link", name="For parents and carers").click()
    page.wait_for_url("**voice=parent*")
    page.get_by_text("Read the page").click()
    return asked


def test_leaving_replaces_the_page_and_back_finds_no_grid(
    server: LiveServer, page_for: PageFor
) -> None:
    page = page_for()
    asked = visit(page)
    assert [url for url in asked if not url.startswith(server.base)] == []
    page.locator("[data-leave-bar] [data-leave]").click()
    page.wait_for_url(ELSEWHERE)
    page.go_back()
    assert page.url.rstrip("/") == server.base


def test_it_is_covered_at_once_while_the_other_site_takes_its_time(
    server: LiveServer, page_for: PageFor
) -> None:
    page = page_for()
    visit(page)
    page.unroute(f"{ELSEWHERE}*")
    page.route(f"{ELSEWHERE}*", lambda route: None)
    seen = page.evaluate("""() => {
      document.querySelector("[data-leave-bar] [data-leave]").click();
      const shown = (name) => getComputedStyle(document.querySelector(name)).display !== "none";
      return [shown("main"), shown("[data-leave-cover]"), document.title];
    }""")
    assert seen == [False, True, "One moment"]


def test_three_presses_of_shift_leave_and_two_do_not(server: LiveServer, page_for: PageFor) -> None:
    page = page_for()
    visit(page)
    for key in ("Shift", "Shift", "a", "Shift", "Shift"):
        page.keyboard.press(key)
    expect(page.locator("[data-leave-said]")).to_have_text(
        "Press Shift once more to leave this page."
    )
    expect(page.locator("main")).to_be_visible()
    page.keyboard.press("Shift")
    page.wait_for_url(ELSEWHERE)


def test_the_sheet_has_a_way_out_of_its_own(server: LiveServer, page_for: PageFor) -> None:
    page = page_for(viewport={"width": 360, "height": 780})
    visit(page)
    page.locator("[data-row=help] .og-open:visible").first.click()
    assert Axe().run(page).response["violations"] == []
    page.locator("[data-sheet] [data-leave]").click()
    page.wait_for_url(ELSEWHERE)


def test_without_a_network_the_neutral_page_is_asked_for(
    server: LiveServer, page_for: PageFor
) -> None:
    page = page_for()
    visit(page)
    # The browser says that it has no network; our own page stands for the kept copy of it.
    page.evaluate("Object.defineProperty(navigator, 'onLine', { get: () => false })")
    page.locator("[data-leave-bar] [data-leave]").click()
    page.wait_for_url("**/leave")
    expect(page.get_by_role("heading", name="This page is closed")).to_be_visible()
    assert Axe().run(page).response["violations"] == []


def test_without_a_script_it_is_a_plain_link(server: LiveServer, page_for: PageFor) -> None:
    page = page_for(java_script_enabled=False)
    page.route(f"{ELSEWHERE}*", lambda route: route.fulfill(body="Sun"))
    page.goto("/g/t5/1")
    page.locator("[data-leave-bar] [data-leave]").click()
    page.wait_for_url(ELSEWHERE)


@pytest.mark.parametrize("path", ["/leaving", "/g/t5/1/paper", "/g/t5/1/handout.pdf?asked=yes"])
def test_pages_around_it_have_no_accessibility_findings(
    server: LiveServer, page_for: PageFor, path: str
) -> None:
    page = page_for(viewport={"width": 360, "height": 780})
    page.goto(path)
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
