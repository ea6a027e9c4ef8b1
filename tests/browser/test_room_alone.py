"""Asking for time alone: staff learn of it once, after the PIN, and nobody else ever does."""

from __future__ import annotations

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from fixtures.appointment_steps import act, answer, finish, on_screen, reminded, saved, take
from fixtures.browser import LiveServer, PageFor, hand_over_on, type_pin
from fixtures.staff import MadeStaff
from fixtures.tablet_steps import dump
from playwright.sync_api import Page, expect

from app.db import sessions
from app.db.tables import Encounter

BUTTON = "[data-bar-top] [data-tool=alone]"
YOUNG = [7, 0, 9]


@pytest.fixture
def encounter(live_server: LiveServer, practitioner: MadeStaff) -> Encounter:
    return live_server.make_encounter(practitioner)


@pytest.fixture
def page(page_for: PageFor, practitioner: MadeStaff, encounter: Encounter) -> Page:
    made = page_for(practitioner)
    hand_over_on(made, encounter.id)
    return made


def ask(page: Page) -> None:
    page.locator(BUTTON).click()
    expect(page.locator("[data-alone]")).to_contain_text(
        "Your practitioner will see this when they next open the tablet. Nobody else will."
    )
    page.locator("[data-alone-do=say]").click()
    page.locator("[data-alone-do=close]").click()
    expect(page.locator("[data-alone]")).to_be_hidden()


def next_person(page: Page, role: str = "A parent or carer") -> None:
    act(page, "finish")
    page.locator("[data-next] [data-act=next]", has_text=role).first.click()
    on_screen(page, "between")
    act(page, "have")


def rows(live_server: LiveServer) -> int:
    """How many rows all tables have together."""
    with sessions.read(live_server.service.database) as db:
        tables = db.connection().exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        )
        names = [str(name) for (name,) in tables]
        counts = [
            db.connection().exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar_one()
            for name in names
        ]
    return sum(int(count) for count in counts)


def test_staff_see_it_once_and_a_parents_turn_holds_no_trace(
    live_server: LiveServer, page: Page, encounter: Encounter
) -> None:
    """The document, the storage, the requests and the database are as if nobody had asked."""
    take(page)
    page.wait_for_timeout(300)
    before = (dump(page), rows(live_server))
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    ask(page)
    assert requests == []
    assert (dump(page), rows(live_server)) == before
    next_person(page)
    on_screen(page, "welcome")
    act(page, "on")
    page.locator(BUTTON).click()
    sheet = page.locator("[data-alone]")
    assert sheet.locator("[data-alone-do]").evaluate_all(
        "all => all.map(b => b.dataset.aloneDo)"
    ) == [
        "say",
        "close",
    ]
    asked = sheet.inner_html()
    page.locator("[data-alone-do=close]").click()
    expect(sheet.locator("[data-alone-place] *")).to_have_count(0)
    # The young person who comes back finds it untouched too: anybody could say that they are.
    next_person(page, "The young person")
    on_screen(page, "menu")
    page.locator(BUTTON).click()
    assert sheet.inner_html() == asked
    page.locator("[data-alone-do=close]").click()
    finish(page)
    assert (
        "data-asked"
        not in page.locator("body").evaluate("body => body.innerHTML").split("<template", 1)[0]
    )
    type_pin(page)
    on_screen(page, "alone")
    expect(page.locator("[data-screen=alone] [data-asked]")).to_be_visible()
    reminded(page, asked=True)
    page.wait_for_url(f"**/encounters/{encounter.id}")
    assert "alone" not in page.locator("main").inner_text().lower()


def test_staff_meet_the_same_words_when_nobody_asked(page: Page, page_for: PageFor) -> None:
    words = []
    for asks in (True, False):
        if not asks:
            hand_over_on(page, page.url.rsplit("/", 1)[-1])
        take(page)
        if asks:
            ask(page)
        finish(page)
        type_pin(page)
        on_screen(page, "alone")
        words.append(
            page.locator("[data-screen=alone]").evaluate("e => e.innerText.replace(/Ring: .*/, '')")
        )
        reminded(page, asked=asks)
        page.wait_for_url("**/encounters/*")
    assert words[0] == words[1]


def test_it_can_be_taken_back_and_is_not_offered_to_all_at_once(page: Page) -> None:
    act(page, "first", "together")
    act(page, "have")
    on_screen(page, "welcome")
    act(page, "on")
    expect(page.locator(BUTTON)).to_be_hidden()
    act(page, "open", "grid")
    page.locator(".og-open").first.click()
    expect(page.locator("[data-sheet] [data-tool=alone]")).to_be_hidden()
    page.keyboard.press("Escape")
    page.locator("[data-bar-top] [data-act=menu]").click()
    next_person(page, "The young person")
    on_screen(page, "welcome")
    ask(page)
    page.locator(BUTTON).click()
    page.locator("[data-alone-do=take-back]").click()
    assert Axe().run(page, context={"include": [["[data-alone]"]]}).violations_count == 0
    page.locator("[data-alone-do=close]").click()
    act(page, "on")
    act(page, "open", "grid")
    page.locator(".og-open").first.click()
    expect(page.locator("[data-sheet] [data-tool=alone]")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("[data-bar-top] [data-act=menu]").click()
    finish(page)
    type_pin(page)
    reminded(page)


def test_no_answer_and_no_export_knows_of_it(live_server: LiveServer, page: Page) -> None:
    take(page)
    ask(page)
    answer(page, "after.young_person", YOUNG)
    saved(page)
    [stored] = live_server.responses()
    kept = json.dumps(stored.model_dump(), default=str)
    assert "alone" not in kept
    assert stored.items == {"explain": 7, "listen": 0, "include": 9}


def test_a_reload_forgets_it_and_staff_are_told(page: Page) -> None:
    take(page)
    ask(page)
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    on_screen(page, "locked")
    type_pin(page)
    on_screen(page, "alone")
    expect(page.locator("[data-screen=alone]")).to_contain_text("the tablet no longer knows")
    reminded(page)
    page.wait_for_url("**/encounters/*")


def test_cover_closes_the_sheet(page: Page) -> None:
    take(page)
    page.locator(BUTTON).click()
    page.evaluate("document.querySelector('[data-bar-top] [data-tool=cover]').click()")
    expect(page.locator("[data-alone]")).to_be_hidden()
    expect(page.locator("[data-cover]")).to_be_visible()


def test_only_the_prep_view_says_what_the_ring_means(
    page_for: PageFor, practitioner: MadeStaff, encounter: Encounter
) -> None:
    page = page_for(practitioner)
    page.goto(f"/encounters/{encounter.id}/prep")
    expect(page.locator("main")).to_contain_text("full if somebody asked for it")
    page.goto("/appointment")
    assert "somebody asked for it" not in page.content()
