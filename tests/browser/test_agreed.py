"""Writing down what was agreed, and fetching it at the desk: from the tablet to the paper."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from fixtures.appointment_steps import act, on_screen, take
from fixtures.browser import LiveServer, PageFor, hand_over_on, requests_elsewhere
from fixtures.pdfs import letters, pages_of
from fixtures.staff import MadeStaff
from fixtures.tablet_steps import dump
from playwright.sync_api import Page, expect

from app.db.tables import Encounter

OWN = "I sleep again like a dormouse"


@pytest.fixture
def encounter(live_server: LiveServer, practitioner: MadeStaff) -> Encounter:
    return live_server.make_encounter(practitioner)


@pytest.fixture
def page(page_for: PageFor, practitioner: MadeStaff, encounter: Encounter) -> Page:
    made = page_for(practitioner)
    hand_over_on(made, encounter.id)
    return made


def open_together(page: Page) -> None:
    """Both have the tablet, and go to "What happens now"."""
    take(page)
    act(page, "finish")
    page.locator("[data-next] [data-act=next]", has_text="together").first.click()
    on_screen(page, "between")
    act(page, "have")
    on_screen(page, "welcome")
    act(page, "on")
    act(page, "open", "now")
    on_screen(page, "now")
    act(page, "write")
    on_screen(page, "agree")


def tick(page: Page, name: str, value: str) -> None:
    page.locator(f"[data-screen] label:has([name='{name}'][value='{value}'])").click()


def test_what_was_agreed_is_printed_at_the_desk_and_left_nowhere(
    live_server: LiveServer, page: Page, page_for: PageFor, practitioner: MadeStaff
) -> None:
    elsewhere = requests_elsewhere(page, live_server.base)
    open_together(page)
    before = dump(page)
    tick(page, "outcome", "decided")
    tick(page, "decided_by", "young_person.1")
    page.fill("[name=better]", OWN)
    page.fill("[name=review_on]", "2027-02-22")
    page.locator("summary", has_text="who decides").click()
    assert page.locator("[name=people_present]:checked").count() > 0
    tick(page, "deciding", "together")
    assert Axe().run(page).response["violations"] == []
    act(page, "back")
    act(page, "write")
    assert page.input_value("[name=better]") == OWN  # the page keeps it until the tablet locks
    act(page, "desk")
    code = page.locator(".ap-code")
    expect(code).to_have_text(re.compile(r"^[a-z]+ [a-z]+$"), timeout=20_000)
    words = code.inner_text()
    assert OWN not in str(dump(page))
    assert dump(page) == before
    desk = page_for(practitioner)
    desk.goto(f"{live_server.base}/print-desk")
    desk.fill("#code", words)
    desk.get_by_role("button", name="Open it").click()
    expect(desk.locator("#note")).to_have_value(re.compile(OWN))
    key = desk.get_attribute("[name=key]", "value")
    paper = desk.request.post(
        f"{live_server.base}/print-desk/paper",
        form={"key": str(key)},
        headers={"Origin": live_server.base},
    )
    (text,) = pages_of(paper.body())
    assert letters(OWN) in letters(text)
    assert letters("We decide this together") in letters(text)
    for move in ("back", "back", "back", "finish", "back-to-staff"):
        act(page, move)
    on_screen(page, "locked")
    assert OWN not in page.content()
    assert elsewhere == []


def test_without_a_network_it_says_so_and_keeps_what_was_written(page: Page) -> None:
    open_together(page)
    page.fill("[name=better]", OWN)
    page.context.set_offline(True)
    act(page, "desk")
    expect(page.locator("[data-screen=printing] h1")).to_contain_text("It was not printed")
    expect(page.locator("[data-screen=printing]")).to_contain_text("cannot reach the service")
    act(page, "back")
    assert page.input_value("[name=better]") == OWN
    page.context.set_offline(False)
    act(page, "phone")
    expect(page.locator("[data-qr] path")).to_have_attribute("d", re.compile("^M"), timeout=20_000)
