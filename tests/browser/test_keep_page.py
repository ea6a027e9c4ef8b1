"""One grid on a visitor's own phone: nothing before the tap, one page after it, nothing again."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from fixtures.browser import LiveServer, PageFor
from fixtures.offline import quick_papers
from fixtures.reviews import released, stock
from playwright.sync_api import Page, expect

__all__ = ["quick_papers"]
LEFT_BEHIND = """async () => ({
  caches: await caches.keys(), databases: (await indexedDB.databases()).map((each) => each.name),
  workers: (await navigator.serviceWorker.getRegistrations()).length,
  local: Object.keys(localStorage), cookies: document.cookie})"""
NOTHING = {"caches": [], "databases": [], "workers": 0, "local": [], "cookies": ""}
HELD = """async () => {
  const shelf = await caches.open("grids-shelf-1");
  return (await shelf.keys()).map((each) => new URL(each.url))
    .map(({pathname, search}) => pathname + search).filter((url) => !url.startsWith("/static/"));
}"""


@pytest.fixture
def phone(page_for: PageFor, live_server: LiveServer) -> Page:
    stock(live_server.service, released("k7"), released("m4"))
    made = page_for()
    made.set_viewport_size({"width": 390, "height": 844})
    made.goto("/g/k7/1")
    return made


def do(page: Page, what: str) -> None:
    page.locator(f"[data-keep-state]:not([hidden]) [data-keep-do={what}]").click()


def said(page: Page, words: str) -> None:
    expect(page.locator("[data-keep-said]")).to_have_text(words, timeout=30_000)


def kept(page: Page) -> None:
    do(page, "keep")
    said(page, "It is kept.")
    page.wait_for_function("() => navigator.serviceWorker.ready.then(() => true)")


def test_nothing_before_one_page_after_and_nothing_again(phone: Page) -> None:
    part = phone.locator("[data-keep]")
    expect(part).to_contain_text("Anybody who uses this phone could find them.")
    assert phone.evaluate(LEFT_BEHIND) == NOTHING
    kept(phone)
    assert sorted(phone.evaluate(HELD)) == [
        "/g/k7/1",
        "/g/k7/1?voice=parent",
        "/help",
        "/offline",
        "/offline.json",
    ]
    assert Axe().run(phone).response["violations"] == []

    phone.context.set_offline(True)
    for path in ("/g/k7/1", "/g/k7/1?voice=parent", "/help"):
        phone.goto(path)
        expect(phone.locator("h1").first).to_be_visible()
    assert phone.locator('a[href="tel:999"]').count() == 1, "one's own phone rings"
    phone.goto("/g/m4/1")
    expect(phone.locator("h1")).to_have_text("No network right now")
    phone.goto("/g/k7/1")
    phone.wait_for_selector("[data-grid][data-live]")
    do(phone, "remove")
    said(phone, "It is gone from this phone.")
    assert phone.evaluate(LEFT_BEHIND) == NOTHING


def test_another_page_takes_the_place_of_the_first(phone: Page) -> None:
    kept(phone)
    phone.goto("/g/m4/1")
    expect(phone.locator("[data-keep-state=other]")).to_be_visible()
    kept(phone)
    assert [url for url in phone.evaluate(HELD) if url.startswith("/g/k7")] == []
    phone.goto("/")
    expect(phone.locator("[data-tablet]")).to_be_hidden()


def test_half_a_page_is_none_and_a_sensitive_one_is_not_offered(
    phone: Page, live_server: LiveServer
) -> None:
    live_server.gate.answers["/help"] = (503, b"")
    do(phone, "keep")
    said(phone, "That did not work, so nothing is kept. You can try again.")
    assert phone.evaluate(LEFT_BEHIND) == NOTHING
    for path in ("/g/zz/1", "/g/k7/99", "/g/k7/x"):
        assert phone.request.get(f"{live_server.base}{path}/keep.json").status == 404
