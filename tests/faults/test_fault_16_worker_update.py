"""Fault 16: a worker is updated while somebody answers; a file to keep is missing; an old page
speaks to a new server. Nobody is reloaded, the rest is kept, the old page's answers arrive."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fixtures.appointment_steps import act, on_screen, saved, take, tap_values
from fixtures.browser import LiveServer, PageFor, hand_over_on, wait_until
from fixtures.restartable import fill_shelf
from fixtures.reviews import released, stock
from fixtures.staff import MadeStaff
from playwright.sync_api import Page

from app.services import crisis_number
from app.web import standing
from app.web.published import document

NUMBER = "01632 960 999"
WORKER = "navigator.serviceWorker"
WAITING = f"async () => Boolean((await {WORKER}.getRegistration('/')).waiting)"
ACTIVATE = "async (at) => (await import(at)).activateWaiting()"
HOLD = """() => new Promise((taken) => {
  navigator.locks.request("grids-set-1", () => {
    taken(true);
    return new Promise((done) => { globalThis.letGo = done; });
  });
})"""


@pytest.fixture
def server(live_server: LiveServer, quick_papers: None) -> LiveServer:
    stock(live_server.service, released("k7"))
    return live_server


def publish_the_next_version(server: LiveServer) -> None:
    """Another worker, and other bytes of the documents: both show a number of a crisis team."""
    service, published = server.service, server.service.published
    assert published is not None
    body = service.assets.by_name["js/sw.js"].body + b"\n// the next version\n"
    published.add("/sw.js", document(body, "text/javascript; charset=utf-8"))
    now = service.clock()
    crisis_number.set_crisis_number(service.database, number=NUMBER, by="system", now=now)
    standing.refresh(service)


def module_of(server: LiveServer) -> str:
    return server.service.assets.url("js/offline-shelf.js")


def mark(page: Page) -> None:
    page.evaluate("() => { globalThis.marked = 'the same document'; }")


def is_marked(page: Page) -> bool:
    return bool(page.evaluate("globalThis.marked === 'the same document'"))


@pytest.mark.fault(16)
def test_nobody_is_reloaded_while_they_answer_and_the_old_page_is_still_heard(
    server: LiveServer, practitioner: MadeStaff, page_for: PageFor
) -> None:
    page = page_for(practitioner)
    assert fill_shelf(page, server.service)["failed"] == []
    page.wait_for_function(f"{WORKER}.controller !== null")
    encounter = server.make_encounter(practitioner)
    hand_over_on(page, encounter.id)
    take(page)
    act(page, "open", "after.young_person")
    on_screen(page, "private")
    act(page, "start")
    tap_values(page, [7])
    on_screen(page, "question")
    mark(page)

    publish_the_next_version(server)
    assert fill_shelf(page, server.service)["failed"] == []
    wait_until(lambda: bool(page.evaluate(WAITING)), page)
    assert page.evaluate(HOLD)
    assert page.evaluate(ACTIVATE, module_of(server)) is False
    assert page.evaluate(WAITING)
    assert is_marked(page)

    tap_values(page, [0, 9])
    on_screen(page, "seen")
    act(page, "pick", "no")
    on_screen(page, "helped")
    act(page, "on")
    on_screen(page, "saved")
    saved(page)
    (row,) = server.responses()
    assert row.state == "complete"
    assert [row.items[item] for item in ("explain", "listen", "include")] == [7, 0, 9]

    page.evaluate("globalThis.letGo()")
    assert page.evaluate(ACTIVATE, module_of(server)) is True
    wait_until(lambda: not page.evaluate(WAITING), page)
    assert is_marked(page)
    assert NUMBER not in page.content()
    page.goto("/help")
    assert NUMBER in page.content()


@pytest.mark.fault(16)
def test_the_next_worker_waits_for_every_tab_and_reloads_none(
    server: LiveServer, page_for: PageFor
) -> None:
    first = page_for()
    first.goto("/profile")
    fill_shelf(first, server.service)
    first.wait_for_function(f"{WORKER}.controller !== null")
    second = first.context.new_page()
    second.goto("/help")
    mark(first)
    mark(second)
    first.locator("textarea").first.fill("half a sentence")

    publish_the_next_version(server)
    fill_shelf(second, server.service)
    wait_until(lambda: bool(second.evaluate(WAITING)), second)
    second.wait_for_timeout(300)
    assert second.evaluate(WAITING)
    assert second.evaluate(ACTIVATE, module_of(server)) is True
    wait_until(lambda: not second.evaluate(WAITING), second)
    second.wait_for_timeout(300)
    assert is_marked(first)
    assert is_marked(second)
    assert first.locator("textarea").first.input_value() == "half a sentence"


@pytest.mark.fault(16)
@pytest.mark.parametrize("what", ["a document", "a file"])
def test_one_missing_file_ends_neither_the_worker_nor_the_shelf(
    server: LiveServer, page_for: PageFor, what: str
) -> None:
    missing = "/help" if what == "a document" else server.service.assets.url("js/profile.js")
    server.gate.answers[missing] = (404, b"gone")
    page = page_for()
    page.goto("/offline")
    state = fill_shelf(page, server.service)
    assert state["failed"] == [missing]
    assert state["held"] == state["total"] - 1
    page.wait_for_function(f"{WORKER}.controller !== null")
    page.context.set_offline(True)
    page.goto("/g/k7/1")
    assert page.locator(".og-table").count() == 1
    page.context.set_offline(False)

    server.gate.answers.clear()
    again = fill_shelf(page, server.service)
    assert (again["failed"], again["held"]) == ([], again["total"])
    page.context.set_offline(True)
    page.goto("/help")
    assert page.locator("h1").inner_text() == "Help now"
    page.context.set_offline(False)


def test_the_worker_never_takes_over_by_itself_and_no_page_is_reloaded_by_ours() -> None:
    """What the two tests above rest on, for the code that nobody happened to run."""
    folder = Path(__file__).resolve().parents[2] / "static" / "js"
    words: dict[str, Any] = {
        path.name: path.read_text("utf-8") for path in folder.glob("*.js") if path.is_file()
    }
    assert [name for name, text in words.items() if "skipWaiting" in text] == ["sw.js"]
    assert words["sw.js"].count("skipWaiting") == 1
    assert [name for name, text in words.items() if "controllerchange" in text] == []
    beside = ("appointment", "offline", "outbox", "sender", "sw")
    reloading = {name for name, text in words.items() if "location.reload" in text}
    assert {name for name in reloading if name.startswith(beside)} == set()
