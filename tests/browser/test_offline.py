"""A tablet whose shelf is full, in a real Chromium, with the server stopped; and a visitor."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from fixtures.browser import TABLET, LiveServer, PageFor
from fixtures.restartable import Restartable, fill_shelf, restartable_in
from fixtures.reviews import next_edition, released, sensitive, stock
from fixtures.staff import MadeStaff
from playwright.sync_api import Browser, Page, expect
from starlette.types import Receive, Scope, Send

from app.services import crisis_number, switches
from app.services.switches import Switch
from app.web import standing

K7, M4 = released("k7"), released("m4")
NUMBER = "01632 960 999"
LOST = "No network right now"
PUBLIC = ("/", "/help", "/privacy", "/accessibility", "/about", "/profile", "/offline", "/leave")
READ = ("/tablet", "/help", "/profile", "/g/k7/1", "/g/k7/1?voice=parent", "/leave")
SETTLED_MS = 250
HELD = """async () => {
  const found = [];
  for (const name of await caches.keys()) {
    const shelf = await caches.open(name);
    for (const request of await shelf.keys()) {
      const url = new URL(request.url);
      found.push([url.pathname + url.search, await (await shelf.match(request)).text()]);
    }
  }
  return found;
}"""
LEFT_BEHIND = """async () => ({
  caches: await caches.keys(), databases: (await indexedDB.databases()).map((each) => each.name),
  workers: (await navigator.serviceWorker.getRegistrations()).length,
  local: Object.keys(localStorage), session: Object.keys(sessionStorage), cookies: document.cookie
})"""
NOTHING: dict[str, Any] = {
    "caches": [],
    "databases": [],
    "workers": 0,
    "local": [],
    "session": [],
    "cookies": "",
}
HASH_OF = """async (url) => {
  const body = await (await fetch(url)).arrayBuffer();
  const hash = await crypto.subtle.digest("SHA-256", body);
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}"""
LAST_CONTACT = """async (at) => {
  const shelf = await caches.open((await caches.keys())[0]);
  const kept = await shelf.match("/offline.json");
  const headers = new Headers(kept.headers);
  headers.set("x-shelf-checked-at", at);
  await shelf.put("/offline.json", new Response(await kept.text(), { headers }));
}"""


@dataclass(frozen=True)
class Gone:
    """A tablet whose server is gone for good, and what there was while it was there."""

    page: Page
    files: dict[str, str]
    headings: dict[str, str]
    shelf_module: str
    state: dict[str, Any]


@pytest.fixture(scope="module")
def gone(
    browser: Browser,
    sqlite_template: Path,
    tmp_path_factory: pytest.TempPathFactory,
    quick_papers: None,
) -> Iterator[Gone]:
    with restartable_in(tmp_path_factory.mktemp("gone"), sqlite_template) as restartable:
        server = restartable.start()
        stock(server.service, K7)
        context = browser.new_context(base_url=server.base, viewport=TABLET, has_touch=True)
        page = context.new_page()
        enrol(page, server)
        headings = {path: heading(page, path) for path in READ}
        module = server.service.assets.url("js/offline-shelf.js")
        state = page.evaluate("async (at) => (await import(at)).readShelf()", module)
        files = listed(page)
        restartable.stop()
        yield Gone(page, files, headings, module, state)
        context.close()


@pytest.fixture
def live_server(restartable: Restartable) -> LiveServer:
    server = restartable.start()
    stock(server.service, K7)
    return server


@pytest.fixture
def tablet(live_server: LiveServer, page_for: PageFor) -> Page:
    page = page_for()
    enrol(page, live_server)
    return page


def enrol(page: Page, server: LiveServer) -> None:
    """Do what an enrolled tablet does at a contact."""
    page.goto("/offline")
    state = fill_shelf(page, server.service)
    assert state["failed"] == []
    assert state["held"] == state["total"] > 20
    page.wait_for_function("navigator.serviceWorker.controller !== null")


def held(page: Page) -> dict[str, str]:
    return dict(page.evaluate(HELD))


def heading(page: Page, path: str) -> str:
    page.goto(path)
    return page.locator("h1").first.inner_text()


def listed(page: Page) -> dict[str, str]:
    found = page.evaluate("async () => (await fetch('/offline.json')).json()")
    return {file["url"]: file["sha256"] for file in found["files"]}


def test_with_the_server_gone_everything_on_the_list_opens(gone: Gone) -> None:
    page = gone.page
    assert {path: heading(page, path) for path in READ} == gone.headings
    assert LOST not in gone.headings.values()
    page.goto("/g/k7/1?voice=parent")
    page.reload()
    assert page.locator("h1").first.inner_text() == gone.headings["/g/k7/1?voice=parent"]
    assert page.locator(".og-table [data-row=what]").count() == 1
    fonts = page.evaluate("async () => [...await document.fonts.ready].map((f) => f.status)")
    assert "loaded" in fonts
    assert "error" not in fonts
    for url in gone.files:
        if url.startswith("/g/"):
            assert page.evaluate(HASH_OF, url) == gone.files[url]
    page.goto("/appointment")
    page.wait_for_selector("[data-screen]")


@pytest.mark.parametrize("path", ["/help", "/g/k7/1", "/profile", "/"])
def test_on_a_clinic_tablet_help_is_read_and_starts_with_the_person_in_the_room(
    gone: Gone, path: str
) -> None:
    page = gone.page
    page.goto(path)
    page.wait_for_function('!document.querySelector(\'a[href^="tel:"], a[href^="sms:"]\')')
    assert "999" in page.locator("body").inner_text()
    if path != "/help":  # its first words say so on every device
        first = page.locator("#help-now [data-clinic-tablet]")
        assert first.inner_text() == "Tell the person with you, or ask at the desk now."


def test_a_voice_that_is_not_there_gets_the_first_and_picked_papers_are_not_the_whole_one(
    gone: Gone,
) -> None:
    page, fragment = gone.page, gone.files["/g/k7/1/fragment"]
    page.goto("/help")
    assert page.evaluate(HASH_OF, "/g/k7/1/fragment?voice=pirate") == fragment
    assert page.evaluate(HASH_OF, "/g/k7/1/fragment?other=1") == fragment
    fetched = "(url) => fetch(url).then(() => 'answered', () => 'no network')"
    picked = "/g/k7/1/handout.pdf?voice=parent&c=what-helps-now,one-to-one"
    assert page.evaluate(fetched, picked) == "no network"
    assert page.evaluate(fetched, "/g/k7/1/handout.pdf?voice=parent") == "answered"


def test_without_a_network_everything_else_says_so_with_the_numbers_and_the_way_back(
    gone: Gone,
) -> None:
    page = gone.page
    for path in ("/no/such/page", "/home", "/about", "/g/zz/9", "/g/k7/1/scorecard"):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 503
        assert urlsplit(page.url).path == path
        assert page.locator("h1").inner_text() == LOST
    assert "0800 1111" in page.locator("#help-now").inner_text()
    expect(page.get_by_role("link", name="Go to the start of this tablet")).to_be_visible()
    style = "getComputedStyle(document.querySelector('h1')).fontFamily"
    assert "Atkinson" in page.evaluate(style)
    assert Axe().run(page).response["violations"] == []


def test_a_tablet_says_what_it_holds_without_asking_anybody(gone: Gone) -> None:
    page, state = gone.page, gone.state
    page.goto("/help")
    read = "async (at) => (await import(at)).readShelf()"
    assert page.evaluate(read, gone.shelf_module) == state
    assert state["held"] == state["total"] == len(gone.files)
    filled = page.evaluate("async (at) => (await import(at)).fillShelf()", gone.shelf_module)
    assert filled == {**state, "problem": "offline"}


def test_the_worker_leaves_answers_and_everything_that_is_not_a_get_alone(
    tablet: Page, live_server: LiveServer, restartable: Restartable
) -> None:
    ask = """async ([url, options]) => {
      try { return (await fetch(url, options)).status; } catch { return "no network"; }
    }"""
    before = held(tablet).keys()
    asked = [
        ["/v1/responses/x", {"method": "PUT", "body": "answers"}],
        ["/g/k7/1", {"method": "HEAD"}],
        ["/g/k7/1", {"headers": {"Range": "bytes=0-9"}}],
        ["/v1/none", {}],
        ["/profile/check", {"method": "POST", "body": "name="}],
    ]
    for request in asked:
        assert isinstance(tablet.evaluate(ask, request), int)
    assert ("PUT", "/v1/responses/x") in live_server.gate.seen
    restartable.stop()
    assert [tablet.evaluate(ask, request) for request in asked] == ["no network"] * len(asked)
    assert held(tablet).keys() == before


def test_a_new_release_shows_at_the_next_load_and_offline_after_the_next_contact(
    tablet: Page, live_server: LiveServer, restartable: Restartable
) -> None:
    service = live_server.service
    tablet.goto("/g/k7/1")
    assert tablet.get_by_role("link", name="There is a newer version of this page").count() == 0
    stock(service, K7, next_edition(K7))
    tablet.goto("/g/k7/1")
    expect(tablet.get_by_role("link", name="There is a newer version of this page")).to_be_visible()
    assert fill_shelf(tablet, service)["failed"] == []
    restartable.stop()
    tablet.goto("/g/k7/2")
    assert tablet.locator("[data-version='2']").count() == 1


def test_a_withdrawn_grid_leaves_the_shelf_at_the_next_contact(
    tablet: Page, live_server: LiveServer, restartable: Restartable
) -> None:
    service = live_server.service
    stock(service, K7, M4)
    fill_shelf(tablet, service)
    assert {path for path in held(tablet) if path.startswith("/g/k7")}
    stock(service, M4)
    assert tablet.goto("/g/k7/1").status == 404  # type: ignore[union-attr]
    assert fill_shelf(tablet, service)["failed"] == []
    assert {path for path in held(tablet) if path.startswith("/g/k7")} == set()
    restartable.stop()
    assert heading(tablet, "/g/k7/1") == LOST
    assert heading(tablet, "/g/m4/1") != LOST


def test_a_network_that_is_slow_broken_or_refuses_gives_way_to_the_shelf(
    tablet: Page, live_server: LiveServer
) -> None:
    gate, real = live_server.gate, live_server.gate.app
    title = heading(tablet, "/help")

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/help":
            await asyncio.sleep(5)
        await real(scope, receive, send)

    async def half(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/help":
            await real(scope, receive, send)
            return
        headers = [(b"content-type", b"text/html"), (b"content-length", b"9000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"<h1>Half", "more_body": True})
        await asyncio.sleep(5)
        await send({"type": "http.response.body", "body": b" " * 8992})

    for app in (slow, half):
        gate.app = app
        begun = time.monotonic()
        assert heading(tablet, "/help") == title
        assert 2 < time.monotonic() - begun < 4.9
    gate.app = real
    for status in (403, 429, 502, 503):
        gate.answers["/help"] = (status, b"<h1>Blocked</h1>")
        assert heading(tablet, "/help") == title


def test_what_nobody_could_take_back_for_too_long_is_not_shown(
    tablet: Page, live_server: LiveServer, restartable: Restartable
) -> None:
    service, now = live_server.service, datetime.now(UTC)
    crisis_number.set_crisis_number(service.database, number=NUMBER, by="system", now=now)
    switches.turn(service.database, Switch.SENSITIVE_GRIDS, on=True, by="system", now=now)
    stock(service, K7, sensitive())
    standing.refresh(service)
    fill_shelf(tablet, service)
    restartable.stop()

    def shown(hours_ago: float) -> tuple[bool, bool]:
        tablet.evaluate(LAST_CONTACT, (now - timedelta(hours=hours_ago)).isoformat())
        ordinary, sensitive_one = (heading(tablet, path) != LOST for path in ("/g/k7/1", "/g/t5/1"))
        return ordinary, sensitive_one

    assert shown(23) == (True, True)
    assert shown(25) == (True, False)
    assert shown(7 * 24 + 1) == (False, False)
    assert shown(-2) == (False, False)
    assert heading(tablet, "/help") != LOST
    fetched = "(url) => fetch(url).then((answer) => answer.status)"
    assert tablet.evaluate(fetched, "/g/k7/1/handout.pdf?voice=parent") == 200


def test_nothing_of_who_is_signed_in_comes_to_the_shelf_and_signing_out_leaves_it(
    live_server: LiveServer, practitioner: MadeStaff, page_for: PageFor
) -> None:
    page = page_for(practitioner)
    assert fill_shelf(page, live_server.service)["failed"] == []
    page.goto("/home")
    page.goto("/encounters")
    page.goto("/g/k7/1")
    before = held(page)
    assert before.keys() == listed(page).keys() | {"/offline.json"}
    tells = (practitioner.name, practitioner.username, "__Host-login")
    assert [path for path, body in before.items() if any(word in body for word in tells)] == []
    page.goto("/home")
    page.locator("form[action='/sign-out'] button").click()
    page.wait_for_url(lambda url: "/home" not in url)
    assert held(page) == before


def test_every_document_of_the_list_needs_nothing_that_is_not_listed(
    live_server: LiveServer, page_for: PageFor
) -> None:
    page = page_for()
    page.goto("/offline")
    files = listed(page)
    asked: dict[str, set[str]] = {}
    here = ""
    page.on("request", lambda request: asked[here].add(request.url))
    for url in files:
        if url.startswith("/static/") or ".pdf" in url:
            continue
        here = url
        asked[here] = set()
        page.goto(url)
        page.wait_for_timeout(SETTLED_MS)
    assert len(asked) >= 10
    base = live_server.base
    wanted = {
        (document, address)
        for document, addresses in asked.items()
        for address in addresses
        if address.removeprefix(base) not in files and not address.startswith(f"{base}/v1/")
    }
    assert wanted == set()


def test_a_visitors_own_device_keeps_nothing(page_for: PageFor) -> None:
    page = page_for()
    for path in (*PUBLIC, "/g/k7/1", "/g/k7/1?voice=parent", "/appointment", "/sign-in", "/tablet"):
        page.goto(path)
        page.wait_for_timeout(SETTLED_MS)
        assert page.evaluate(LEFT_BEHIND) == NOTHING, path
    page.goto("/help")
    page.wait_for_load_state("networkidle")
    assert page.locator('a[href="tel:999"]').count() == 1, "one's own phone rings"
    assert heading(page, "/") == "What help could fit?"
    expect(page.locator("[data-tablet]")).to_be_hidden()


def test_the_installed_app_opens_at_the_start_until_the_tablet_is_one_no_more(
    tablet: Page, live_server: LiveServer
) -> None:
    tablet.goto("/")
    expect(tablet.get_by_role("link", name="Go to the start of this tablet")).to_be_visible()
    with tablet.context.expect_page() as opened:
        tablet.evaluate("() => void window.open('/', '_blank', 'noopener')")
    opened.value.wait_for_url("**/tablet")
    opened.value.close()

    address = live_server.service.assets.url("js/offline-shelf.js")
    tablet.evaluate("async (at) => (await import(at)).unregister()", address)
    assert heading(tablet, "/") == "What help could fit?"
    expect(tablet.locator("[data-tablet]")).to_be_hidden()
    assert tablet.evaluate(LEFT_BEHIND) == NOTHING
