"""A clinic tablet in a real Chromium: made one, and every appointment from then on."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from fixtures.appointment_steps import act, answer, finish, on_screen, reminded, take, tap_values
from fixtures.browser import LiveServer, PageFor, type_pin, wait_until
from fixtures.staff import MadeStaff
from fixtures.tablet_steps import (
    TABLET_PIN,
    dump,
    nothing_waits,
    open_tablet,
    pass_over,
    ready_tablet,
    seat_of,
    shelf_filled,
    to_room,
    unlock,
    without_shelf,
)
from playwright.sync_api import Page, expect
from sqlmodel import select

from app.db import sessions
from app.db.tables import Encounter, Quarantined, Study, StudyPhase
from app.domain.vocabulary import Phase

YOUNG = [7, 0, 9]
DAY_MS = 86_400_000
#: What a family said or staff tapped, in the words and numbers in which it would be stored.
TAPPED = ("low-mood", "young_person", "14-15", "S1-0042", "encounter", "after.young_person")


@pytest.fixture
def tablet(live_server: LiveServer, page_for: PageFor, practitioner: MadeStaff) -> Page:
    """A tablet that was just made one, has reached the service and is locked."""
    without_shelf(live_server)
    return ready_tablet(page_for(practitioner))


@pytest.fixture
def whole_tablet(page_for: PageFor, practitioner: MadeStaff, quick_papers: None) -> Page:
    """The same, with all on it that works without a network."""
    page = ready_tablet(page_for(practitioner))
    shelf_filled(page)
    return page


def rows_of(live_server: LiveServer) -> list[tuple[int, str, list[int]]]:
    return [
        (row.seq, row.state, [row.items[item] for item in ("explain", "listen", "include")])
        for row in live_server.responses()
    ]


def encounters_of(live_server: LiveServer) -> list[Encounter]:
    with sessions.read(live_server.service.database) as db:
        assert db.exec(select(Quarantined)).all() == []
        return list(db.exec(select(Encounter)).all())


def whole(page: Page, values: list[int] = YOUNG) -> None:
    """From the first card to the locked tablet, with one set of answers."""
    take(page)
    answer(page, "after.young_person", values)
    act(page, "on")
    finish(page)


def test_from_unlocking_to_the_lock_and_nothing_is_left(
    live_server: LiveServer, tablet: Page, practitioner: MadeStaff
) -> None:
    unlock(tablet)
    taps = to_room(tablet)
    tablet.locator(".tb-room label:has([value='14-15'])").click()
    tablet.locator("summary").click()
    tablet.fill("[name=code]", "s1-0042")
    pass_over(tablet)
    assert taps + 1 <= 5
    take(tablet)
    act(tablet, "open", "grid")
    expect(tablet.locator("[data-grid]")).to_have_attribute("data-voice", "young-person")
    tablet.locator("[data-bar-top] [data-act=menu]").click()
    act(tablet, "open", "matters")
    tablet.locator("[data-screen] label:has([value=private])").click()
    tablet.fill("[data-own]", "the blue bicycle")
    act(tablet, "on")
    act(tablet, "share")
    answer(tablet, "after.young_person", YOUNG)
    act(tablet, "on")
    finish(tablet)
    unlock(tablet)
    nothing_waits(tablet)
    assert rows_of(live_server) == [(1, "complete", YOUNG)]
    [row] = encounters_of(live_server)
    keyring, seat = live_server.service.keyring, seat_of(tablet)
    today = live_server.service.clock().astimezone(live_server.service.settings.timezone).date()
    release = live_server.service.library.current("k7")
    assert release is not None
    assert row.header == {
        "id": row.id,
        "team": "north",
        "appointment_type": "first",
        "appointment_mode": "in_person",
        "encounter_on": today.isoformat(),
        "need_group_practitioner": "help",
        "need_group_young_person": None,
        "age_band": "14-15",
        "people_present": ["parent", "young_person"],
        "language": "en",
        "interpreter": "none",
        "study_code": "S1-0042",
        "practitioner": keyring.derive("practitioner", practitioner.id).hex()[:16],
    }
    [stored] = live_server.responses()
    assert (stored.device, stored.grid_public_id) == (seat["tablet"]["id"], "k7")
    left = dump(tablet)
    config = left["stores"]["grids-outbox/seat"][0].pop("config")
    assert not any(word in json.dumps(left["stores"]) for word in (*TAPPED, row.id))
    assert "encounter" not in json.dumps(config)
    everything = json.dumps(left) + json.dumps(config) + tablet.locator("body").inner_html()
    assert "the blue bicycle" not in everything
    assert (left["local"], left["session"], left["cookies"], left["history"]) == ({}, {}, "", None)
    assert not [url for url in left["cached"] if "/v1/" in url or "/staff" in url]
    assert tablet.locator("body").inner_text().count("S1-0042") == 0


def test_a_day_without_any_network(live_server: LiveServer, whole_tablet: Page) -> None:
    tablet = whole_tablet
    tablet.context.set_offline(True)
    open_tablet(tablet)
    for values in (YOUNG, [1, 2, 3]):
        unlock(tablet)
        to_room(tablet)
        pass_over(tablet)
        take(tablet)
        act(tablet, "open", "grid")
        expect(tablet.locator("[data-grid]")).to_be_visible()
        tablet.locator("[data-bar-top] [data-act=menu]").click()
        answer(tablet, "after.young_person", values)
        act(tablet, "on")
        finish(tablet)
    unlock(tablet)
    expect(tablet.locator("[data-screen=tb-home] [data-waiting]")).to_contain_text("2 answers wait")
    assert rows_of(live_server) == []
    open_tablet(tablet)  # nothing is lost by a reload
    unlock(tablet)
    act(tablet, "about")
    expect(tablet.locator("[data-fact=oldest]")).to_be_visible()
    expect(tablet.locator("[data-fact=worker]")).to_contain_text("Yes")
    expect(tablet.locator("[data-releases]")).to_contain_text("k7, version")
    tablet.context.set_offline(False)
    act(tablet, "send")
    expect(tablet.locator("[data-screen] [data-said]")).to_contain_text("was reached just now")
    expect(tablet.locator("[data-screen] [data-waiting]")).to_contain_text("Nothing waits here")
    assert rows_of(live_server) == [(1, "complete", YOUNG), (2, "complete", [1, 2, 3])]
    assert len(encounters_of(live_server)) == 2


def test_wrong_digits_wait_longer_and_a_reload_ends_no_wait(tablet: Page) -> None:
    said = tablet.locator("[data-said]")
    for _ in range(3):
        type_pin(tablet, "000111")
        expect(said).to_have_text("These digits are not right.")
    type_pin(tablet, "000111")
    expect(said).to_contain_text(re.compile("Please wait [3-5] seconds"))  # checking takes one
    tablet.reload()
    on_screen(tablet, "tb-locked")
    expect(said).to_contain_text("Please wait")
    assert tablet.locator("[data-pad] button").count() == 0
    tablet.wait_for_selector("[data-pad] button:enabled")
    type_pin(tablet, "000111")
    expect(said).to_contain_text(re.compile("Please wait ([6-9]|10) seconds"))
    tablet.wait_for_selector("[data-pad] button:enabled", timeout=15_000)
    unlock(tablet)
    assert seat_of(tablet)["pin"]["failures"] == 0


def test_triage_is_put_away_by_a_lock_a_reload_and_a_page_out_of_sight(tablet: Page) -> None:
    ways = (
        lambda: act(tablet, "lock"),
        tablet.reload,
        lambda: tablet.evaluate(HIDE),
    )
    for leave in ways:
        unlock(tablet)
        to_room(tablet)
        tablet.locator(".tb-room label:has([value='0-4'])").click()
        leave()
        on_screen(tablet, "tb-locked")
        assert tablet.locator("[data-stage] input").count() == 0
    assert json.dumps(dump(tablet)["stores"]).count("0-4") == 0
    tablet.reload()
    unlock(tablet)
    to_room(tablet)
    assert tablet.locator("[value='0-4']:checked").count() == 0


def test_what_may_not_start_is_said(live_server: LiveServer, tablet: Page) -> None:
    """The lease is over, the clock was turned back, the storage is full."""
    unlock(tablet)
    tablet.context.set_offline(True)
    for move, words in ((8 * DAY_MS, "for 7 days"), (-3 * DAY_MS, "turned back")):
        tablet.evaluate(MOVE_CLOCK, move)
        act(tablet, "start")
        on_screen(tablet, "tb-closed")
        expect(tablet.locator("[data-screen=tb-closed]")).to_contain_text(words)
        tablet.evaluate(MOVE_CLOCK, -move)
        act(tablet, "back")
    act(tablet, "start")
    on_screen(tablet, "tb-topic")
    act(tablet, "back")
    tablet.evaluate(FULL)
    act(tablet, "start")
    on_screen(tablet, "tb-nostore")
    expect(tablet.locator("[data-screen=tb-nostore]")).to_contain_text("storage is full")


def test_sensitive_grids_close_after_a_day_and_the_others_stay(
    live_server: LiveServer, tablet: Page
) -> None:
    tablet.context.set_offline(True)
    tablet.evaluate(MAKE_SENSITIVE, "k7")
    unlock(tablet)
    for move, grids in ((0, ["k7", "m4"]), (DAY_MS, ["m4"])):
        tablet.evaluate(MOVE_CLOCK, move)
        act(tablet, "start")
        on_screen(tablet, "tb-topic")
        said = tablet.get_by_text("Some grids are closed")
        assert said.count() == (1 if move else 0)
        act(tablet, "topic", "low-mood")
        act(tablet, "group", "help")
        on_screen(tablet, "tb-grids")
        cards = tablet.locator(".tb-card [data-act=grid]")
        assert cards.evaluate_all("all => all.map((each) => each.dataset.value)") == grids
        for _ in range(3):
            act(tablet, "back")


MOVE_CLOCK = "(ms) => { const now = Date.now; Date.now = () => now() + ms; }"
FULL = """() => {
  IDBObjectStore.prototype.put = () => { throw new DOMException("", "QuotaExceededError"); };
}"""
HIDE = """() => {
  Object.defineProperty(document, "visibilityState", {value: "hidden", configurable: true});
  document.dispatchEvent(new Event("visibilitychange"));
}"""
MAKE_SENSITIVE = """async (publicId) => {
  const base = await new Promise((done) => {
    const open = indexedDB.open("grids-outbox");
    open.onsuccess = () => done(open.result);
  });
  const store = base.transaction("seat", "readwrite").objectStore("seat");
  await new Promise((done) => {
    const get = store.get("seat");
    get.onsuccess = () => {
      const seat = get.result;
      for (const grid of seat.config.grids) grid.sensitive ||= grid.public_id === publicId;
      store.put(seat, "seat").onsuccess = done;
    };
  });
  base.close();
}"""


def test_in_baseline_weeks_there_is_no_grid(
    live_server: LiveServer, page_for: PageFor, practitioner: MadeStaff
) -> None:
    without_shelf(live_server)
    with sessions.write(live_server.service.database) as db:
        assert db.exec(select(Study)).one() is not None
        for row in db.exec(select(StudyPhase)).all():
            row.phase = Phase.BASELINE.value
            db.add(row)
    page = ready_tablet(page_for(practitioner))
    unlock(page)
    expect(page.locator("[data-screen=tb-home]")).to_contain_text("baseline weeks")
    act(page, "start")
    on_screen(page, "tb-group")
    act(page, "group", "")
    pass_over(page)
    take(page)
    assert page.locator("[data-step=grid]").count() == 0
    answer(page, "after.young_person", YOUNG)
    act(page, "on")
    finish(page)
    unlock(page)
    nothing_waits(page)
    assert [row.phase for row in encounters_of(live_server)] == ["baseline"]
    assert [row.grid_public_id for row in live_server.responses()] == [None]


def test_none_of_these_goes_on_without_a_grid(live_server: LiveServer, tablet: Page) -> None:
    unlock(tablet)
    assert to_room(tablet, topic="", group="") == 3
    tablet.locator("label:has([value=young_person])").first.click()
    tablet.locator("label:has([value=parent])").first.click()
    tablet.locator("[data-marks] button").first.click()
    expect(tablet.locator("[data-need-people]")).to_be_visible()
    tablet.locator("label:has([value=parent])").first.click()
    tablet.locator("summary").click()
    tablet.fill("[name=code]", "943-476-5919")
    tablet.locator("[data-marks] button").first.click()
    expect(tablet.locator("[data-code-fault]")).to_contain_text("NHS number")
    assert tablet.locator("[data-screen=tb-room]").count() == 1
    tablet.fill("[name=code]", "")
    pass_over(tablet)
    take(tablet)
    assert tablet.locator("[data-step=grid]").count() == 0


def test_a_reload_in_the_middle_keeps_what_was_tapped(
    live_server: LiveServer, tablet: Page
) -> None:
    unlock(tablet)
    to_room(tablet)
    pass_over(tablet)
    take(tablet)
    act(tablet, "open", "after.young_person")
    act(tablet, "start")
    tap_values(tablet, [7])
    on_screen(tablet, "question")
    tablet.wait_for_timeout(300)  # the sealing after a tap takes a few milliseconds
    tablet.on("dialog", lambda dialog: dialog.accept())
    tablet.reload()
    on_screen(tablet, "tb-locked")
    assert tablet.locator(".ap-value, [data-step], [data-turn]:visible").count() == 0
    wait_until(lambda: len(rows_of(live_server)) == 1, tablet)
    assert rows_of(live_server) == [(1, "interrupted", [7, -99, -99])]
    unlock(tablet)
    nothing_waits(tablet)


def test_one_that_is_out_of_use_starts_nothing_and_still_sends(
    live_server: LiveServer, tablet: Page, page_for: PageFor, practitioner: MadeStaff
) -> None:
    unlock(tablet)
    to_room(tablet)
    pass_over(tablet)
    tablet.context.set_offline(True)
    whole(tablet)
    staff = page_for(practitioner)
    staff.goto(f"/tablets/{seat_of(tablet)['tablet']['id']}/lost")
    staff.locator("[name=reason]").first.check()
    staff.locator("main form[action$='/revoke'] button[type=submit]").click()
    staff.wait_for_url("**/tablets/*?done=revoked")
    tablet.context.set_offline(False)
    on_screen(tablet, "locked")
    unlock_into_revoked(tablet)
    act(tablet, "send")
    expect(tablet.locator("[data-screen] [data-waiting]")).to_contain_text("Nothing waits here")
    tablet.reload()
    on_screen(tablet, "tb-revoked")
    assert tablet.locator("[data-pad]").count() == 0
    with sessions.read(live_server.service.database) as db:
        # The answers, and the counts of what was opened, which have no number.
        assert sorted(row.seq for row in db.exec(select(Quarantined)).all()) == [0, 1]


def unlock_into_revoked(page: Page) -> None:
    """The digits are right, and yet nothing may start."""
    page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_timeout(2_500)  # contacts after a lost network are spread over two seconds
    type_pin(page, TABLET_PIN)
    reminded(page)
    on_screen(page, "tb-revoked")


def test_a_rescue_file_brings_answers_by_way_of_another_tablet(
    live_server: LiveServer,
    tablet: Page,
    page_for: PageFor,
    practitioner: MadeStaff,
    tmp_path: Any,
) -> None:
    unlock(tablet)
    to_room(tablet)
    pass_over(tablet)
    tablet.context.set_offline(True)
    whole(tablet)
    unlock(tablet)
    act(tablet, "about")
    act(tablet, "rescue")
    with tablet.expect_download() as given:
        act(tablet, "make")
    path = tmp_path / given.value.suggested_filename
    given.value.save_as(path)
    assert json.loads(path.read_text())["format"] == "grids-rescue 1"
    expect(tablet.locator("[data-screen] [data-said]")).to_contain_text("one sealed answer")

    other = ready_tablet(page_for(practitioner), label="Room 3", number="31")
    unlock(other)
    act(other, "about")
    act(other, "rescue")
    said = other.locator("[data-screen] [data-said]")
    for words in ("One answer was added", "Nothing was added"):
        other.set_input_files("[data-file]", path)
        expect(said).to_contain_text(words)
    other.set_input_files(
        "[data-file]", {"name": "x.json", "mimeType": "text/json", "buffer": b"{}"}
    )
    expect(said).to_contain_text("This is no rescue file")
    wait_until(lambda: len(rows_of(live_server)) == 1, other)
    tablet.context.set_offline(False)
    act(tablet, "back")
    act(tablet, "send")
    expect(tablet.locator("[data-screen] [data-waiting]")).to_contain_text("Nothing waits here")
    assert rows_of(live_server) == [(1, "complete", YOUNG)]


def test_a_browser_that_is_none_says_what_to_do_and_keeps_nothing(page_for: PageFor) -> None:
    page = page_for()
    page.goto("/tablet")
    on_screen(page, "tb-none")
    expect(page.locator("a[href='/tablets/enrol']")).to_be_visible()
    page.locator("[data-bar-top] [data-tool=help]").click()
    expect(page.locator("[data-help]")).to_be_visible()
    assert page.locator("a[href^='tel:'], a[href^='sms:']").count() == 0
    left = dump(page)
    assert (left["stores"], left["cached"], left["local"], left["session"]) == ({}, [], {}, {})
    assert (
        page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)") == 0
    )


def test_every_screen_can_be_used_by_everybody(tablet: Page) -> None:
    """Axe finds nothing, nothing is wider than the screen, and nothing is too small to hit."""
    steps = [
        ("tb-locked", lambda: None),
        ("tb-home", lambda: unlock(tablet)),
        ("tb-about", lambda: act(tablet, "about")),
        ("tb-rescue", lambda: act(tablet, "rescue")),
        ("tb-paper", lambda: (act(tablet, "lock"), unlock(tablet), act(tablet, "paper"))),
        ("tb-topic", lambda: (act(tablet, "back"), act(tablet, "start"))),
        ("tb-group", lambda: act(tablet, "topic", "low-mood")),
        ("tb-grids", lambda: act(tablet, "group", "help")),
        ("tb-room", lambda: act(tablet, "grid", "k7")),
    ]
    for name, go in steps:
        go()
        on_screen(tablet, name)
        for part in tablet.locator("[data-screen] summary:visible").all():
            part.click()
        found = Axe().run(tablet, context="body", options={"resultTypes": ["violations"]})
        assert found.response["violations"] == [], name
        for width, height in ((1024, 768), (768, 1024)):
            tablet.set_viewport_size({"width": width, "height": height})
            assert tablet.evaluate("document.documentElement.scrollWidth") <= width, name
            small = tablet.locator("[data-app] button:visible, [data-app] a:visible").evaluate_all(
                "all => all.map((e) => [e.textContent, e.getBoundingClientRect()])"
                ".filter(([, box]) => box.height < 44 || box.width < 44).map(([words]) => words)"
            )
            assert small == [], name
