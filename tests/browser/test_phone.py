"""One's own phone in a real Chromium against a real server: 360 by 780, a finger, bad luck."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from fixtures.appointment_steps import act, on_screen, tap_values
from fixtures.browser import (
    ARGUMENTS,
    CHROMIUM,
    LiveServer,
    PageFor,
    requests_elsewhere,
    wait_until,
)
from fixtures.encounters import viewer_of
from fixtures.phones import switch
from fixtures.staff import MadeStaff
from playwright.sync_api import Browser, Page, expect
from sqlmodel import select

from app.db import sessions
from app.db.tables import Encounter, PhoneLink
from app.domain.encounter import VoidReason
from app.services import encounters, phone_links
from app.services.phone_links import MadeLink, Standing

PHONE = {"viewport": {"width": 360, "height": 780}, "is_mobile": True, "device_scale_factor": 2}
ITEMS = ("explain", "listen", "include")
YOUNG = [7, 0, 9]
LEFT = """async () => ({
  local: {...localStorage}, session: {...sessionStorage},
  indexed: (await indexedDB.databases()).map((each) => each.name),
  caches: await caches.keys(), cookies: document.cookie, name: window.name,
  state: history.state, entries: history.length,
  workers: (await navigator.serviceWorker.getRegistrations()).length})"""
NOTHING = {
    "local": {},
    "session": {},
    "indexed": [],
    "caches": [],
    "cookies": "",
    "name": "",
    "state": None,
    "workers": 0,
}
Row = tuple[str, str, str, list[int], str | None, str | None]


@dataclass
class Phones:
    """Links of one appointment, and the pages that open them."""

    server: LiveServer
    staff: MadeStaff
    encounter: Encounter
    page_for: PageFor

    def link(self, respondent: str = "young_person") -> str:
        service = self.server.service
        now = service.clock()
        today = now.astimezone(service.settings.timezone).date()
        standing = Standing(service.state.mode, service.state.own_phone_links, today, now)
        with sessions.write(service.database) as db:
            made = phone_links.make_link(
                db,
                encounter_id=self.encounter.id,
                respondent=respondent,
                by=viewer_of(self.staff),
                standing=standing,
            )
        assert isinstance(made, MadeLink)
        return made.token

    def open(self, token: str) -> Page:
        page = self.page_for(**PHONE)
        page.goto(f"/phone#{token}")
        return page

    def rows(self) -> list[Row]:
        return [
            (
                row.state,
                row.respondent,
                row.mode,
                [row.items[item] for item in ITEMS],
                row.reason,
                row.seen_by_others,
            )
            for row in self.server.responses()
        ]

    def spent(self) -> list[bool]:
        with sessions.read(self.server.service.database) as db:
            return [spent is not None for spent in db.exec(select(PhoneLink.spent_by)).all()]


@pytest.fixture
def phones(live_server: LiveServer, practitioner: MadeStaff, page_for: PageFor) -> Phones:
    switch(live_server.service, on=True)
    encounter = live_server.make_encounter(practitioner)
    return Phones(live_server, practitioner, encounter, page_for)


def row(
    respondent: str, items: list[int], seen: str | None = "no", reason: str | None = None
) -> Row:
    return ("complete", respondent, "own_phone", items, reason, seen)


def answer(page: Page, values: list[int], seen: str = "no") -> None:
    """From the first screen to the last tap."""
    on_screen(page, "private")
    act(page, "start")
    tap_values(page, values)
    on_screen(page, "seen")
    act(page, "pick", seen)
    on_screen(page, "helped")
    act(page, "on")


def is_done(page: Page) -> None:
    on_screen(page, "done")
    expect(page.locator("[data-screen]")).to_contain_text("Saved. Your answers have arrived")
    expect(page.locator("[data-screen]")).to_contain_text("You can close this page.")


def test_one_person_answers_with_the_network_cut_at_the_last_tap(phones: Phones) -> None:
    page = phones.page_for(**PHONE)
    elsewhere = requests_elsewhere(page, phones.server.base)
    token = phones.link()
    typed = "-".join(token[at : at + 4] for at in range(0, len(token), 4)).lower()
    page.goto(f"/phone#{typed}")
    on_screen(page, "private")
    assert page.url == f"{phones.server.base}/phone"
    first = page.locator("[data-screen]")
    for said in ("Who sees it", "Nobody is reading this", "The one limit", "Nothing is kept on it"):
        expect(first).to_contain_text(said)
    day = phones.encounter.encounter_on
    expect(first).to_contain_text(f"{day.day} {day:%B}")
    expect(page.locator(".help a[href='tel:999']")).to_be_visible()
    expect(page.locator(".help a[href='sms:85258']")).to_be_visible()
    page.context.set_offline(True)
    answer(page, YOUNG)
    on_screen(page, "sending")
    expect(page.locator("[data-saving]")).to_contain_text("Not sent yet")
    expect(page.locator("[data-problem=offline]")).to_be_visible()
    assert phones.rows() == []
    page.context.set_offline(False)
    is_done(page)
    assert phones.rows() == [row("young_person", YOUNG)]
    assert phones.spent() == [True]
    assert elsewhere == []
    kept = page.evaluate(LEFT)
    assert kept.pop("entries") <= 2  # the empty first page of a tab, and this one
    assert kept == NOTHING
    page.locator(".ph-words summary").click()
    words = (page.locator(".ph-words__four").text_content() or "").split()
    assert len(words) == 4
    page.reload()
    on_screen(page, "no-link")
    used = phones.open(token)
    on_screen(used, "gone")
    expect(used.locator("h1")).to_have_text("This link has been used")


def test_two_people_in_one_tab_with_two_links(phones: Phones) -> None:
    page = phones.open(phones.link("young_person"))
    answer(page, YOUNG, "not_sure")
    is_done(page)
    page.goto(f"/phone#{phones.link('parent_self')}")  # the same document: only the fragment
    on_screen(page, "private")
    expect(page.locator(".ap-lead")).to_contain_text("for you as a parent or carer")
    assert page.url.endswith("/phone")
    answer(page, [4, 5, 6], "yes")
    is_done(page)
    assert sorted(phones.rows()) == sorted(
        [row("young_person", YOUNG, "not_sure"), row("parent_self", [4, 5, 6], "yes")]
    )


def test_one_link_on_two_phones_stores_one_and_tells_the_other_kindly(phones: Phones) -> None:
    token = phones.link()
    quick, slow = phones.open(token), phones.open(token)
    on_screen(slow, "private")
    act(slow, "start")
    tap_values(slow, [1, 1, 1])
    answer(quick, YOUNG)
    is_done(quick)
    act(slow, "pick", "no")
    act(slow, "on")
    on_screen(slow, "gone")
    expect(slow.locator("h1")).to_have_text("This link has been used")
    expect(slow.locator("[data-screen]")).to_contain_text("You did nothing wrong.")
    assert phones.rows() == [row("young_person", YOUNG)]


def test_a_firewall_that_refuses_is_not_taken_for_a_used_link(phones: Phones) -> None:
    page = phones.open(phones.link())
    phones.server.gate.answers["/v1/responses/"] = (403, b"<title>Blocked</title>")
    answer(page, YOUNG)
    expect(page.locator("[data-problem=refused]")).to_be_visible()
    phones.server.gate.answers.clear()
    act(page, "try")
    is_done(page)
    assert phones.rows() == [row("young_person", YOUNG)]


def test_a_network_log_in_page_is_not_taken_for_saved(phones: Phones) -> None:
    page = phones.open(phones.link())
    phones.server.gate.answers["/v1/responses/"] = (200, b"<title>Log in</title>")
    answer(page, YOUNG)
    expect(page.locator("[data-problem=network_login]")).to_be_visible()
    assert phones.rows() == []
    phones.server.gate.answers.clear()
    act(page, "try")
    is_done(page)


def test_not_answering_is_an_answer_and_spends_the_link(phones: Phones) -> None:
    page = phones.open(phones.link())
    on_screen(page, "private")
    act(page, "reason", "declined")
    on_screen(page, "done")
    expect(page.locator("h1")).to_have_text("That is fine")
    assert phones.rows() == [row("young_person", [-94, -94, -94], None, "declined")]
    assert phones.spent() == [True]


def test_closing_in_the_middle_sends_nothing_and_the_link_still_works(phones: Phones) -> None:
    token = phones.link()
    page = phones.open(token)
    on_screen(page, "private")
    act(page, "start")
    tap_values(page, [3])
    on_screen(page, "question")
    page.goto("/help")
    page.go_back()
    on_screen(page, "no-link")
    assert page.locator(".ap-value").count() == 0
    page.wait_for_timeout(300)
    assert [path for _, path in phones.server.gate.seen if path.startswith("/v1/responses/")] == []
    again = phones.open(token)
    answer(again, YOUNG)
    is_done(again)
    assert phones.rows() == [row("young_person", YOUNG)]


def test_a_page_kept_by_the_browser_shows_nothing_when_it_comes_back(phones: Phones) -> None:
    page = phones.open(phones.link())
    on_screen(page, "private")
    act(page, "start")
    page.locator(".ap-value").nth(6).click()
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))")
    assert page.locator("[data-stage]").inner_text() == ""
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    on_screen(page, "no-link")


def test_closing_right_after_the_last_tap_loses_nothing(phones: Phones) -> None:
    page = phones.open(phones.link())
    answer(page, YOUNG)
    page.wait_for_selector("[data-screen=sending], [data-screen=done]")
    page.wait_for_timeout(200)  # sealing takes a few milliseconds
    page.close(run_before_unload=False)
    other = phones.page_for(**PHONE)
    wait_until(lambda: phones.rows() == [row("young_person", YOUNG)], other)


def test_leaving_covers_at_once_and_back_finds_nothing(phones: Phones) -> None:
    page = phones.page_for(**PHONE)
    exit_url = phones.server.service.settings.exit_url
    page.context.route(exit_url, lambda route: route.fulfill(body="<h1>Weather</h1>"))
    page.goto("/help")
    page.goto(f"/phone#{phones.link()}")
    on_screen(page, "private")
    act(page, "start")
    page.locator(".ap-value").nth(2).click()
    page.locator("[data-leave]").click()
    page.wait_for_url(exit_url)
    page.go_back()
    page.wait_for_url("**/help")
    assert phones.rows() == []


Spoil = Callable[[Phones, pytest.MonkeyPatch], None]


def void(phones: Phones, _: pytest.MonkeyPatch) -> None:
    service = phones.server.service
    with sessions.write(service.database) as db:
        encounters.void_encounter(
            db,
            encounter_id=phones.encounter.id,
            reason=VoidReason.OPENED_BY_MISTAKE,
            by=viewer_of(phones.staff),
            now=service.clock(),
        )


def run_out(phones: Phones, _: pytest.MonkeyPatch) -> None:
    with sessions.write(phones.server.service.database) as db:
        for link in db.exec(select(PhoneLink)).all():
            link.expires_at = link.made_at


def switch_off(phones: Phones, _: pytest.MonkeyPatch) -> None:
    switch(phones.server.service, on=False)


def grow_younger(_: Phones, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(phone_links, "_is_too_young", lambda *_: True)


@pytest.mark.parametrize(
    ("spoil", "heading"),
    [
        (void, "These answers are not needed any more"),
        (run_out, "This link has run out"),
        (switch_off, "Answering by phone is switched off"),
        (grow_younger, "These questions are for older people"),
    ],
    ids=["voided", "run out", "switched off", "too young"],
)
def test_a_link_that_opens_nothing_says_why(
    phones: Phones, monkeypatch: pytest.MonkeyPatch, spoil: Spoil, heading: str
) -> None:
    token = phones.link()
    spoil(phones, monkeypatch)
    page = phones.open(token)
    on_screen(page, "gone")
    assert (page.locator("h1").text_content() or "").strip() == heading
    expect(page.locator("[data-screen]")).to_contain_text("You can close this page.")


def test_no_link_a_wrong_link_and_no_network_at_the_door(phones: Phones) -> None:
    page = phones.page_for(**PHONE)
    page.goto("/phone")
    on_screen(page, "no-link")
    page.goto("/phone#help-now")
    page.reload()
    on_screen(page, "no-link")
    wrong = phones.open("Z" * 26)
    on_screen(wrong, "gone")
    expect(wrong.locator("h1")).to_have_text("We do not know this link")
    phones.server.gate.answers["/v1/phone/begin"] = (502, b"")
    later = phones.open(phones.link())
    on_screen(later, "cannot-start")
    phones.server.gate.answers.clear()
    act(later, "again")
    on_screen(later, "private")


def test_without_a_secure_context_nothing_starts(phones: Phones) -> None:
    page = phones.page_for(**PHONE)
    page.add_init_script("Object.defineProperty(globalThis, 'isSecureContext', {value: false})")
    page.goto(f"/phone#{phones.link()}")
    on_screen(page, "insecure")
    assert ("POST", "/v1/phone/begin") not in phones.server.gate.seen


def walk(page: Page) -> Iterator[str]:
    """Go through every screen and say its name each time one is up."""
    on_screen(page, "private")
    yield "first"
    act(page, "start")
    yield "question"
    act(page, "skip")
    yield "reasons to skip"
    page.locator(".ap-value").nth(7).click()
    act(page, "on")
    tap_values(page, [8, 6])
    yield "seen"
    act(page, "pick", "no")
    yield "helped"
    page.context.set_offline(True)
    act(page, "on")
    expect(page.locator("[data-problem=offline]")).to_be_visible()
    yield "not sent yet"
    page.context.set_offline(False)
    act(page, "try")
    on_screen(page, "done")
    yield "done"


SMALL = """() => [...document.querySelectorAll(
    'button, .ap-value, .ap-radio, summary, .leave a, .help a')]
  .filter((each) => each.checkVisibility())
  .filter((each) => { const box = each.getBoundingClientRect();
    return box.height < 44 || box.width < 44; })
  .map((each) => each.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("text", [100, 200], ids=["plain", "large text"])
def test_axe_finds_nothing_and_everything_fits(phones: Phones, text: int) -> None:
    page = phones.open(phones.link())
    page.evaluate(f"document.documentElement.style.fontSize = '{text}%'")
    found: dict[str, Any] = {}
    for name in walk(page):
        result = Axe().run(page, context={"exclude": [[".practice-mark"]]})
        if result.violations_count:
            found[name] = [
                (each["id"], each["nodes"][0]["html"][:160])
                for each in result.response["violations"]
            ]
        wide = "Math.max(0, document.documentElement.scrollWidth - innerWidth)"
        assert page.evaluate(wide) == 0, name
        assert page.evaluate(SMALL) == [], name
    assert found == {}


def test_what_a_browser_has_on_its_disk_afterwards(phones: Phones, browser: Browser) -> None:
    """A profile on a disk: no answer in it, and the address in its history has no live token."""
    token = phones.link()
    with tempfile.TemporaryDirectory() as folder:
        context = browser.browser_type.launch_persistent_context(
            folder, executable_path=CHROMIUM, args=list(ARGUMENTS), base_url=phones.server.base
        )
        page = context.pages[0]
        page.goto(f"/phone#{token}")
        answer(page, YOUNG)
        is_done(page)
        context.close()
        visited = _visited(Path(folder))
        assert f"{phones.server.base}/phone" in visited
        database = sqlite3.connect(f"file:{next(Path(folder).rglob('Cookies'))}?mode=ro", uri=True)
        assert database.execute("select count(*) from cookies").fetchone() == (0,)
        for store in ("IndexedDB", "Service Worker"):
            assert not any(found.is_file() for found in Path(folder).rglob(f"{store}/**/*"))
    assert phones.spent() == [True]  # whatever the history holds opens nothing any more


def _visited(profile: Path) -> list[str]:
    path = next(profile.rglob("History"))
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as history:
        return [url for (url,) in history.execute("select url from urls")]
