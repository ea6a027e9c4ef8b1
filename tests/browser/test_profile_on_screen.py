"""The profile on one's own screen: seen before it is printed, kept only if asked, beside a grid."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from fixtures.browser import LiveServer
from fixtures.grid_in_browser import amiss
from fixtures.pdfs import letters, pages_of
from fixtures.staff import MadeStaff
from fixtures.tablet_steps import dump, ready_tablet, without_shelf
from playwright.sync_api import Page, expect

PageFor = Callable[..., Page]
LAPTOP = {"width": 1366, "height": 800}
WORDS = {"name": "Juno", "people": "My nan.\nJaz.", "upsets": "Being told to <b>calm</b> down."}
STORED = "() => Object.entries({...localStorage}).concat(Object.entries({...sessionStorage}))"
IN_SHEET = "(host, name) => host.shadowRoot.querySelector(name)?.textContent ?? ''"
SCALE = "(host) => host.getBoundingClientRect().width / host.parentElement.clientWidth"


def complaints(page: Page) -> list[str]:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    return said


def write(page: Page, words: dict[str, str]) -> None:
    for name, text in words.items():
        page.fill(f"#{name}", text)


def test_the_page_is_seen_before_it_is_printed_and_kept_nowhere(
    page_for: PageFor, live_server: LiveServer
) -> None:
    page: Any = page_for(viewport=LAPTOP)
    said = complaints(page)
    page.goto("/profile")
    expect(page.locator("[data-seen]")).to_be_hidden()
    write(page, WORDS)
    sheet = page.locator("[data-sheet]")
    expect(page.locator("[data-state]")).to_have_text(re.compile("fit on one page"), timeout=20_000)
    assert sheet.evaluate(IN_SHEET, "h1") == "Juno"
    assert "Being told to <b>calm</b> down." in sheet.evaluate(IN_SHEET, ".boxes")
    assert sheet.evaluate("(host) => host.shadowRoot.querySelector('.words b')") is None
    page.wait_for_function(
        "() => document.querySelector('[data-sheet]').shadowRoot.querySelector('link').sheet"
    )
    assert 0.98 < sheet.evaluate(SCALE) < 1.02
    boxes = page.locator(".prompt").first.bounding_box()
    seen = page.locator("[data-seen]").bounding_box()
    assert seen["x"] > boxes["x"] + boxes["width"], "beside the form where there is room"
    expect(page.locator("[data-two-pages]")).to_be_hidden()
    page.fill("#days", "word " * 900)
    expect(page.locator("[data-state]")).to_contain_text("do not fit", timeout=20_000)
    assert sheet.evaluate(IN_SHEET, ".sheet__end") == "The page ends here"
    expect(page.locator("[data-two-pages]")).to_be_visible()
    assert page.evaluate(STORED) == []
    assert [text for text in said if "Content Security" in text or "rror" in text] == []
    # The sheet is drawn smaller than its box is.
    assert [each for each in amiss(page) if each != "DIV.seen__frame"] == []


def test_words_are_kept_only_if_asked_and_gone_with_one_tap(
    page_for: PageFor, practitioner: MadeStaff
) -> None:
    page: Any = page_for(viewport=LAPTOP)
    page.goto("/g/k7/1")
    expect(page.locator("[data-beside]")).to_be_hidden()
    page.goto("/profile")
    keep = page.get_by_label("Keep my words on this device")
    expect(keep).not_to_be_checked()
    write(page, WORDS)
    assert page.evaluate(STORED) == []
    keep.check()
    expect(page.get_by_text("Your words are kept on this device.")).to_be_visible()
    page.locator("[name=worker-sees][value=people]").check()
    page.fill("#miss", "Climbing on Tuesdays.")
    assert [name for name, _ in page.evaluate(STORED)] == ["one-page-profile"]

    page.goto("/profile")
    expect(page.locator("#upsets")).to_have_value(WORDS["upsets"])
    expect(page.locator("#people")).to_have_value(WORDS["people"])
    expect(page.locator("[name=worker-sees][value=people]")).to_be_checked()
    expect(page.locator("[name=worker-sees][value=upsets]")).not_to_be_checked()

    page.goto("/g/k7/1")
    beside = page.locator("[data-beside]")
    page.wait_for_selector("[data-live]")
    expect(beside).to_contain_text("Climbing on Tuesdays.")
    expect(beside).to_contain_text("Being told to <b>calm</b> down.")
    expect(beside.locator("[data-beside-box=days]")).to_be_hidden()
    grid, panel = page.locator(".og-table").bounding_box(), beside.bounding_box()
    assert panel["x"] >= grid["x"] + grid["width"], "next to the options, over none of them"
    assert amiss(page) == []
    look_on_smaller_screens(page)

    page.goto("/profile")
    page.get_by_role("button", name="Remove my words from this device").click()
    expect(page.get_by_text("Removed. Nothing is kept on this device.")).to_be_visible()
    assert page.evaluate(STORED) == []
    page.fill("#miss", "Something else.")
    assert page.evaluate(STORED) == []
    page.reload()
    expect(page.locator("#upsets")).to_have_value("")

    staff = page_for(practitioner)
    staff.goto("/profile")
    expect(staff.locator("#people")).to_be_visible()
    assert staff.locator("[data-keep]").count() == 0


def look_on_smaller_screens(page: Any) -> None:
    """There the words are a line at the bottom, in sight wherever somebody reads, with help."""
    for width, height in ((1024, 768), (768, 1024), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        page.reload()
        page.wait_for_selector("[data-live]")
        beside, line = page.locator("[data-beside]"), page.locator("[data-beside] summary")
        expect(beside.get_by_text("Climbing on Tuesdays.")).to_be_hidden()
        for at in (1, 2, 3):
            page.evaluate("(at) => scrollTo(0, innerHeight * at)", at)
            closed = beside.bounding_box()
            assert closed["y"] + closed["height"] == height, "at the bottom of the screen"
            assert closed["height"] < height / 8
        expect(page.locator(".og-beside__help a")).to_be_in_viewport()
        line.click()
        expect(beside.get_by_text("Being told to <b>calm</b> down.")).to_be_visible()
        assert beside.bounding_box()["height"] < height * 0.27
        assert amiss(page) == []
        page.locator(".og-beside__help a").click()
        expect(page.locator("#help-now [href='tel:999']")).to_be_in_viewport()
    page.set_viewport_size(LAPTOP)


def test_the_questions_beside_are_those_that_were_answered(
    page_for: PageFor, live_server: LiveServer
) -> None:
    """Somebody without one home is not asked here what they never leave home without."""
    page: Any = page_for(viewport=LAPTOP)
    page.goto("/profile")
    page.evaluate(
        "() => localStorage.setItem('one-page-profile',"
        " JSON.stringify([['wording', 'second'], ['belongings', 'My blue hoodie.']]))"
    )
    page.goto("/g/k7/1")
    expect(page.locator("[data-beside]")).to_contain_text("Things I like to have near me")
    expect(page.get_by_text("What I never leave home without")).to_be_hidden()


def test_a_clinic_tablet_keeps_nothing_and_shows_nothing_kept(page_for: PageFor) -> None:
    """A tablet is told by its worker; an entry that got there all the same stays out of sight."""
    page: Any = page_for(viewport=LAPTOP)
    page.add_init_script(
        "Object.defineProperty(ServiceWorkerContainer.prototype, 'getRegistration',"
        "{value: async () => ({active: {scriptURL: location.origin + '/sw.js'}})});"
        "localStorage.setItem('one-page-profile', JSON.stringify([['people', 'My nan.']]));"
    )
    page.goto("/profile")
    expect(page.locator("#people")).to_have_value("")
    expect(page.locator("[data-keep]")).to_be_hidden()
    expect(page.locator("[data-own-device]")).to_have_count(0)
    expect(page.locator("#slot-photo, #photo:visible, #opened")).to_have_count(0)
    expect(page.locator("form[data-profile] [type=submit]")).to_have_count(0)
    page.fill("#name", "Juno")
    page.press("#name", "Enter")
    assert page.url.endswith("/profile")
    expect(page.locator("#name")).to_have_value("Juno")
    page.goto("/g/k7/1")
    page.wait_for_selector("[data-live]")
    expect(page.locator("[data-beside]")).to_be_hidden()


def test_a_clinic_tablet_sends_the_words_to_the_desk_and_can_be_emptied(
    live_server: LiveServer, page_for: PageFor, practitioner: MadeStaff
) -> None:
    page: Any = page_for(practitioner)
    without_shelf(live_server)
    ready_tablet(page)
    page.goto("/profile")
    page.get_by_role("button", name="Print at the desk").wait_for()
    write(page, WORDS)
    page.get_by_role("button", name="On a phone").click()
    expect(page.locator("[data-qr] path")).to_have_attribute("d", re.compile("^M"), timeout=20_000)
    page.get_by_role("button", name="Print at the desk").click()
    code = page.locator("[data-code]:visible")
    expect(code).to_have_text(re.compile("^[a-z]+ [a-z]+$"), timeout=20_000)
    assert page.evaluate(STORED) == []
    assert WORDS["upsets"] not in str(dump(page))
    desk = page_for(practitioner)
    desk.goto("/print-desk")
    desk.fill("#code", code.inner_text())
    desk.get_by_role("button", name="Open it").click()
    key = str(desk.get_attribute("[name=key]", "value"))
    headers = {"Origin": live_server.base}
    paper = desk.request.post("/print-desk/paper", form={"key": key}, headers=headers)
    assert letters("Juno") in letters(pages_of(paper.body())[0])
    page.get_by_role("button", name="take my words off").click()
    expect(page.locator("[data-seen]")).to_be_hidden()
    page.get_by_role("button", name="Print at the desk").wait_for()
    for name in WORDS:
        expect(page.locator(f"#{name}")).to_have_value("")
    expect(code).to_have_count(0)
    page.context.set_offline(True)
    page.get_by_role("button", name="Print at the desk").click()
    expect(page.get_by_text("cannot reach the service just now")).to_be_visible()
