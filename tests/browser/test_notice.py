"""The notice before a sensitive grid in a real browser: with a script and without, by keyboard."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from fixtures.browser import LiveServer, PageFor
from fixtures.reviews import released, sensitive, stock
from playwright.sync_api import Page, expect

from app.services import crisis_number, switches
from app.services.switches import Switch
from app.web import standing

PHONE, TABLET = {"width": 390, "height": 844}, {"width": 1024, "height": 768}


@pytest.fixture
def server(live_server: LiveServer) -> LiveServer:
    """A service that has switched its sensitive grids on."""
    service = live_server.service
    now = service.clock()
    crisis_number.set_crisis_number(service.database, number="01632 960 999", by="system", now=now)
    switches.turn(service.database, Switch.SENSITIVE_GRIDS, on=True, by="system", now=now)
    stock(service, released("k7"), sensitive())
    standing.refresh(service)
    return live_server


def opened(page: Page) -> Any:
    return page.locator(".og-table")


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("viewport", [PHONE, TABLET])
def test_nothing_of_the_grid_is_in_sight_until_it_is_asked_for(
    server: LiveServer, page_for: PageFor, script: bool, viewport: dict[str, int]
) -> None:
    page = page_for(viewport=viewport, java_script_enabled=script)
    page.goto("/g/t5/1")
    expect(page.get_by_role("link", name="Skip it for today")).to_be_visible()
    expect(opened(page)).to_be_hidden()
    assert "Self-harm" not in page.locator("main .og").inner_text()

    page.locator(".og-behind__open").focus()
    page.keyboard.press("Enter")
    expect(opened(page)).to_be_visible()
    if script:
        expect(page.locator("[data-bar]")).to_be_visible()
        shown = page.locator("[data-row=what] [data-cell]:visible").count()
        assert shown == len(released("m4").grid.options) if viewport is PHONE else shown >= 3

    page.get_by_role("link", name="Skip it for today").click()
    assert page.url.rstrip("/") == server.base


def test_the_notice_and_the_grid_behind_it_have_no_accessibility_findings(
    server: LiveServer, page_for: PageFor
) -> None:
    page = page_for()
    page.goto("/g/t5/1")
    assert Axe().run(page).response["violations"] == []
    page.locator(".og-behind__open").click()
    assert Axe().run(page).response["violations"] == []


@pytest.mark.parametrize("path", ["/g/k7/1/scorecard", "/g/k7/1/changes"])
@pytest.mark.parametrize("viewport", [PHONE, TABLET])
def test_scorecard_and_changes_have_no_accessibility_findings(
    server: LiveServer, page_for: PageFor, path: str, viewport: dict[str, int]
) -> None:
    page = page_for(viewport=viewport)
    page.goto(path)
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
