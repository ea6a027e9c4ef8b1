"""The appointment in a real Chromium against a real server, and what became of every answer."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from fixtures.appointment_steps import (
    act,
    answer,
    finish,
    on_screen,
    reminded,
    saved,
    take,
    tap_values,
)
from fixtures.browser import (
    PIN,
    LiveServer,
    PageFor,
    hand_over_on,
    requests_elsewhere,
    type_pin,
    wait_until,
)
from fixtures.staff import MadeStaff
from playwright.sync_api import Page, expect

from app.db.tables import Encounter
from app.domain.handover import transitions_json

ROOT = Path(__file__).resolve().parents[2]
YOUNG = [7, 0, 9]
PARENT = [4, 5, 6]
ITEMS = ("explain", "listen", "include")
SPOT_MS = 2_300
DUMP = """async () => ({
  local: {...localStorage}, session: {...sessionStorage},
  indexed: (await indexedDB.databases()).map((each) => each.name),
  caches: await caches.keys(), cookies: document.cookie, name: window.name,
  history: history.state, address: location.href, workers:
  (await navigator.serviceWorker.getRegistrations()).length})"""


def hold_spot(page: Page, milliseconds: int = SPOT_MS) -> None:
    box = page.locator("[data-spot]").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.wait_for_timeout(milliseconds)
    page.mouse.up()


def rows_of(live_server: LiveServer) -> list[dict[str, Any]]:
    return [
        {
            "state": row.state,
            "occasion": row.occasion,
            "respondent": row.respondent,
            "items": [row.items[item] for item in ITEMS],
            "reason": row.reason,
            "seen": row.seen_by_others,
            "referent": row.referent,
            "weeks": row.weeks_since,
            "helped": row.helped_by,
            "seq": row.seq,
        }
        for row in live_server.responses()
    ]


def row(occasion: str, respondent: str, items: list[int], seq: int, **rest: Any) -> dict[str, Any]:
    is_before = occasion == "before"
    return {
        "state": "complete",
        "occasion": occasion,
        "respondent": respondent,
        "items": items,
        "reason": None,
        "seen": "no",
        "referent": "other_service" if is_before else None,
        "weeks": "3-8" if is_before else None,
        "helped": [],
        "seq": seq,
        **rest,
    }


@pytest.fixture
def encounter(live_server: LiveServer, practitioner: MadeStaff) -> Encounter:
    return live_server.make_encounter(practitioner)


@pytest.fixture
def page(page_for: PageFor, practitioner: MadeStaff, encounter: Encounter) -> Page:
    """A tablet that was just handed over."""
    made = page_for(practitioner)
    hand_over_on(made, encounter.id)
    return made


def test_a_whole_appointment_of_a_young_person_and_a_parent(
    live_server: LiveServer, page: Page, encounter: Encounter
) -> None:
    elsewhere = requests_elsewhere(page, live_server.base)
    take(page)
    answer(page, "before.young_person", YOUNG)
    act(page, "on")
    act(page, "open", "grid")
    picks = page.locator("[data-pick]:checked")
    assert picks.evaluate_all("boxes => boxes.map((box) => box.dataset.pick)") == encounter.picked
    expect(page.locator("[data-grid]")).to_have_attribute("data-voice", "young-person")
    page.locator("[data-bar-top] [data-act=menu]").click()
    answer(page, "after.young_person", [9, 9, 8])
    saved(page)
    act(page, "on")
    act(page, "finish")
    expect(page.locator("[data-slot=kept]")).to_have_text(
        "Kept, without a name: 2 sets of answers."
    )
    page.locator("[data-next] [data-act=next]").first.click()
    on_screen(page, "between")
    take(page)
    assert page.locator("[data-step] button:disabled").count() == 0
    answer(page, "after.parent_self", PARENT, seen="yes")
    act(page, "on")
    act(page, "open", "grid")
    expect(page.locator("[data-grid]")).to_have_attribute("data-voice", "parent")
    page.locator("[data-bar-top] [data-act=menu]").click()
    finish(page)
    saved(page)
    type_pin(page)
    reminded(page)
    page.wait_for_url(f"**/encounters/{encounter.id}")
    assert rows_of(live_server) == [
        row("before", "young_person", YOUNG, 1),
        row("after", "young_person", [9, 9, 8], 2),
        row("after", "parent_self", PARENT, 3, seen="yes"),
    ]
    assert elsewhere == []


def test_leaving_out_is_an_answer(live_server: LiveServer, page: Page) -> None:
    take(page)
    act(page, "open", "before.young_person")
    act(page, "reason", "no_previous_appointment")
    on_screen(page, "saved")
    act(page, "on")
    act(page, "open", "after.young_person")
    act(page, "start")
    for code in ("skipped", "do_not_understand", "prefer_not_to_say"):
        on_screen(page, "question")
        act(page, "skip")
        act(page, "skip-as", code)
    act(page, "pick", "")
    page.locator("[data-helper=parent]").click()
    act(page, "on")
    saved(page)
    nothing = {"seen": None, "referent": None, "weeks": None}
    reason = "no_previous_appointment"
    assert rows_of(live_server) == [
        row("before", "young_person", [-94, -94, -94], 1, reason=reason, **nothing),
        row("after", "young_person", [-98, -95, -97], 2, seen=None, helped=["parent"]),
    ]


def test_an_answer_can_be_changed_until_it_is_sent(live_server: LiveServer, page: Page) -> None:
    take(page)
    act(page, "open", "after.young_person")
    act(page, "start")
    act(page, "on")
    expect(page.locator("[data-need]")).to_be_visible()
    page.locator(".ap-value").nth(1).click()
    expect(page.locator("[data-need]")).to_be_hidden()
    act(page, "on")
    tap_values(page, [2, 3])
    for _ in ITEMS:
        act(page, "back")
    assert page.locator(".ap-value input:checked").input_value() == "1"
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    act(page, "on")
    act(page, "on")
    act(page, "on")
    act(page, "pick", "not_sure")
    act(page, "on")
    saved(page)
    assert rows_of(live_server) == [row("after", "young_person", [2, 2, 3], 1, seen="not_sure")]


def test_two_taps_at_once_make_one_set(live_server: LiveServer, page: Page) -> None:
    take(page)
    act(page, "open", "after.young_person")
    act(page, "start")
    tap_values(page, YOUNG)
    act(page, "pick", "no")
    page.locator("[data-screen=helped] [data-act=on]").dblclick()
    page.wait_for_selector("[data-screen=saved]")
    saved(page)
    assert rows_of(live_server) == [row("after", "young_person", YOUNG, 1)]


def test_the_network_is_cut_at_the_last_tap(live_server: LiveServer, page: Page) -> None:
    take(page)
    page.context.set_offline(True)
    answer(page, "after.young_person", YOUNG)
    line = page.locator("[data-saving]")
    expect(line).to_contain_text("Not saved yet: this page must stay open")
    assert rows_of(live_server) == []
    page.context.set_offline(False)
    saved(page)
    assert rows_of(live_server) == [row("after", "young_person", YOUNG, 1)]


def test_a_network_log_in_page_is_not_taken_for_saved(live_server: LiveServer, page: Page) -> None:
    live_server.gate.answers["/v1/responses/"] = (200, b"<title>Log in</title>")
    take(page)
    answer(page, "after.young_person", YOUNG)
    expect(page.locator("[data-saving]")).to_contain_text("Not saved yet")
    act(page, "on")
    finish(page)
    expect(page.locator("[data-problem=network_login]")).to_be_visible()
    type_pin(page)
    reminded(page)
    on_screen(page, "leave")
    assert rows_of(live_server) == []
    live_server.gate.answers.clear()
    act(page, "try")
    page.wait_for_url("**/encounters/*")
    assert rows_of(live_server) == [row("after", "young_person", YOUNG, 1)]


def test_a_reload_locks_and_what_was_tapped_is_kept_as_interrupted(
    live_server: LiveServer, page: Page
) -> None:
    take(page)
    act(page, "open", "after.young_person")
    act(page, "start")
    tap_values(page, [7])
    on_screen(page, "question")
    page.wait_for_timeout(300)  # the sealing after a tap takes a few milliseconds
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    on_screen(page, "locked")
    assert page.locator(".ap-value, [data-step], [data-turn]:visible").count() == 0
    wait_until(lambda: len(rows_of(live_server)) == 1, page)
    expected = row("after", "young_person", [7, -99, -99], 1, seen=None)
    assert rows_of(live_server) == [{**expected, "state": "interrupted", "reason": "interrupted"}]
    type_pin(page)
    reminded(page)
    page.wait_for_url("**/encounters/*")


def test_finishing_in_the_middle_seals_what_is_there(live_server: LiveServer, page: Page) -> None:
    take(page)
    act(page, "open", "after.young_person")
    act(page, "start")
    tap_values(page, [3])
    act(page, "back")
    act(page, "back")
    act(page, "back")
    expect(page.locator("[data-step='after.young_person']")).to_contain_text("where you stopped")
    finish(page)
    saved(page)
    expected = row("after", "young_person", [3, -99, -99], 1, seen=None)
    assert rows_of(live_server) == [{**expected, "state": "interrupted", "reason": "left_early"}]


def test_cover_hides_at_once_and_only_holding_brings_it_back(page: Page) -> None:
    take(page)
    act(page, "open", "after.young_person")
    act(page, "start")
    page.locator(".ap-value").nth(6).click()
    page.locator("[data-bar-top] [data-tool=cover]").click()
    assert page.locator("[data-app]").is_hidden()
    assert page.locator("[data-cover]").is_visible()
    hold_spot(page, 900)
    assert page.locator("[data-cover]").is_visible()
    hold_spot(page)
    assert page.locator("[data-cover]").is_hidden()
    assert page.locator(".ap-value input:checked").input_value() == "6"


def test_cover_reaches_over_a_sheet_of_the_grid(page: Page) -> None:
    take(page)
    act(page, "open", "grid")
    page.locator(".og-open").first.click()
    page.locator("[data-sheet] [data-tool=cover]").click()
    assert page.locator("dialog[open]:not([data-cover])").count() == 0
    assert page.locator("[data-cover]").is_visible()
    assert page.locator("[data-app]").is_hidden()


def test_out_of_sight_is_covered_and_nobody_coming_back_locks(
    live_server: LiveServer, page_for: PageFor, practitioner: MadeStaff, encounter: Encounter
) -> None:
    page = page_for(practitioner)
    page.clock.install()
    hand_over_on(page, encounter.id)
    take(page)
    act(page, "open", "after.young_person")
    act(page, "start")
    tap_values(page, [5])
    on_screen(page, "question")
    page.clock.fast_forward(180_000)
    expect(page.locator("[data-still-here]")).to_be_visible()
    page.locator("[data-stay]").click()
    expect(page.locator("[data-still-here]")).to_be_hidden()
    page.clock.fast_forward(180_000)
    page.clock.fast_forward(30_000)
    expect(page.locator("[data-cover]")).to_be_visible()
    page.clock.fast_forward(600_000)
    on_screen(page, "locked")
    page.clock.resume()
    wait_until(lambda: len(rows_of(live_server)) == 1, page)
    expected = row("after", "young_person", [5, -99, -99], 1, seen=None)
    assert rows_of(live_server) == [{**expected, "state": "interrupted", "reason": "interrupted"}]


def test_a_page_from_the_back_forward_cache_is_locked(live_server: LiveServer, page: Page) -> None:
    take(page)
    act(page, "open", "after.young_person")
    act(page, "start")
    tap_values(page, [5])
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    on_screen(page, "locked")
    saved(page)
    assert [found["reason"] for found in rows_of(live_server)] == ["interrupted"]


def test_the_back_button_stays_on_the_page(page: Page) -> None:
    take(page)
    act(page, "open", "after.young_person")
    act(page, "start")
    for _ in range(3):
        page.evaluate("history.back()")
        page.wait_for_timeout(150)
    assert page.url.endswith("/appointment")
    on_screen(page, "question")


def test_a_wrong_pin_waits_longer_each_time(page: Page) -> None:
    take(page)
    finish(page)
    said = page.locator("[data-said]")
    orders = set()
    for _ in range(12):
        keys = page.locator("[data-pad] button").evaluate_all(
            "all => all.map((key) => key.dataset.key)"
        )
        orders.add(tuple(keys))
        type_pin(page, "000111")
        expect(said).to_contain_text("That PIN is not right.")
        if "Please wait" in (said.text_content() or ""):
            break
    assert "Please wait" in (said.text_content() or "")
    assert page.locator("[data-pad] button:enabled").count() == 0
    assert len(orders) > 1
    assert page.url.endswith("/appointment")


def test_the_right_pin_without_a_network_loses_nothing(page: Page) -> None:
    take(page)
    finish(page)
    page.context.set_offline(True)
    type_pin(page)
    expect(page.locator("[data-said]")).to_contain_text("There is no connection")
    page.context.set_offline(False)
    type_pin(page)
    reminded(page)
    page.wait_for_url("**/encounters/*")


def test_a_second_tab_and_somebody_not_signed_in_meet_a_locked_tablet(
    page: Page, page_for: PageFor
) -> None:
    take(page)
    other = page.context.new_page()
    other.goto("/appointment")
    on_screen(other, "locked")
    expect(other.locator("[data-pad]")).to_be_visible()
    stranger = page_for()
    stranger.goto("/appointment")
    on_screen(stranger, "locked")
    assert stranger.locator("[data-pad]").count() == 0
    expect(stranger.locator("a[href='/sign-in']")).to_be_visible()


def test_nothing_is_left_on_the_device(page: Page) -> None:
    take(page)
    answer(page, "after.young_person", YOUNG)
    saved(page)
    kept = page.evaluate(DUMP)
    address = kept.pop("address")
    assert address.endswith("/appointment")
    assert kept == {
        "local": {},
        "session": {},
        "indexed": [],
        "caches": [],
        "cookies": "",
        "name": "",
        "history": None,
        "workers": 0,
    }
    assert page.title() == "Appointment"


def test_help_has_numbers_and_no_link_out_and_works_without_a_network(page: Page) -> None:
    take(page)
    page.context.set_offline(True)
    page.locator("[data-bar-top] [data-tool=help]").click()
    sheet = page.locator("[data-help]")
    expect(sheet).to_contain_text("Tell the person with you, or ask at the desk now.")
    for number in ("999", "111", "85258", "0800 1111", "116 123", "0800 068 4141"):
        expect(sheet).to_contain_text(number)
    assert page.locator("a").count() == page.locator(".nhsuk-skip-link").count()


def test_without_a_secure_context_nothing_starts(
    live_server: LiveServer, page_for: PageFor
) -> None:
    page = page_for()
    page.add_init_script("Object.defineProperty(globalThis, 'isSecureContext', {value: false})")
    page.goto("/appointment")
    on_screen(page, "insecure")
    assert ("POST", "/v1/handover/begin") not in live_server.gate.seen


def test_a_server_that_is_away_is_said_before_anybody_is_asked(
    live_server: LiveServer, page_for: PageFor, practitioner: MadeStaff, encounter: Encounter
) -> None:
    page = page_for(practitioner)
    live_server.gate.answers["/v1/handover/begin"] = (502, b"")
    page.goto(f"/encounters/{encounter.id}")
    page.locator("form[action$='/hand-over'] [name=pin]").fill(PIN)
    page.locator("form[action$='/hand-over'] button[type=submit]").click()
    on_screen(page, "cannot-start")
    live_server.gate.answers.clear()
    act(page, "again")
    on_screen(page, "pass")


def test_a_grid_that_does_not_load_is_left_out_and_staff_are_told(
    live_server: LiveServer, page_for: PageFor, practitioner: MadeStaff, encounter: Encounter
) -> None:
    live_server.gate.answers["/g/k7/1/fragment"] = (503, b"")
    page = page_for(practitioner)
    hand_over_on(page, encounter.id)
    expect(page.locator("[data-screen=pass]")).to_contain_text("the grid did not load")
    take(page)
    assert page.locator("[data-step=grid]").count() == 0
    answer(page, "after.young_person", YOUNG)
    saved(page)
    assert rows_of(live_server) == [row("after", "young_person", YOUNG, 1)]


def test_the_document_is_the_same_for_everybody(
    live_server: LiveServer, page_for: PageFor, practitioner: MadeStaff
) -> None:
    signed_in = page_for(practitioner).request.get("/appointment")
    stranger = page_for().request.get("/appointment")
    assert signed_in.body() == stranger.body()
    assert practitioner.name.encode() not in stranger.body()
    assert signed_in.headers["etag"] == stranger.headers["etag"]
    assert "no-store" not in stranger.headers["cache-control"]


def walk(page: Page) -> Iterator[str]:
    """Go through every screen and say its name each time one is up."""
    yield "pass"
    act(page, "have")
    yield "welcome"
    act(page, "on")
    yield "menu"
    act(page, "open", "before.young_person")
    yield "private"
    act(page, "start")
    yield "last"
    act(page, "on")
    yield "question"
    act(page, "skip")
    yield "reasons to skip"
    act(page, "stop")
    yield "left out"
    act(page, "on")
    act(page, "open", "after.young_person")
    act(page, "start")
    tap_values(page, YOUNG)
    yield "seen"
    act(page, "pick", "no")
    yield "helped"
    act(page, "on")
    saved(page)
    yield "saved"
    act(page, "on")
    act(page, "open", "grid")
    yield "grid"
    page.locator(".og-open").first.click()
    yield "sheet"
    page.locator("[data-sheet] [data-tool=help]").click()
    yield "help"
    page.locator("[data-help] [data-close]").click()
    page.locator("[data-sheet] [data-tool=cover]").click()
    yield "cover"
    hold_spot(page)
    page.locator("[data-bar-top] [data-act=menu]").click()
    act(page, "finish")
    yield "thanks"
    page.locator("[data-next] [data-act=next]").first.click()
    yield "between"
    act(page, "back-to-staff")
    yield "locked"


@pytest.mark.parametrize(
    "size",
    [
        pytest.param((1024, 768), id="wide"),
        pytest.param((768, 1024), id="tall", marks=pytest.mark.long),
        pytest.param((390, 844), id="phone", marks=pytest.mark.long),
    ],
)
def test_axe_finds_nothing_on_any_state(
    page_for: PageFor, practitioner: MadeStaff, encounter: Encounter, size: tuple[int, int]
) -> None:
    page = page_for(practitioner, viewport={"width": size[0], "height": size[1]})
    hand_over_on(page, encounter.id)
    found = {}
    for name in walk(page):
        result = Axe().run(page, context={"exclude": [[".practice-mark"]]})
        if result.violations_count:
            found[name] = [
                (each["id"], each["nodes"][0]["html"][:160])
                for each in result.response["violations"]
            ]
        assert wider_than_screen(page) == 0, name
        assert small_targets(page) == [], name
    assert found == {}


def wider_than_screen(page: Page) -> int:
    return int(page.evaluate("Math.max(0, document.documentElement.scrollWidth - innerWidth)"))


def small_targets(page: Page) -> list[str]:
    """Buttons of the appointment's own screens that a thumb would miss."""
    return list(
        page.evaluate("""() => [...document.querySelectorAll('button, .ap-value, .ap-radio')]
          .filter((each) => !each.closest('[data-grid]') && each.checkVisibility())
          .filter((each) => { const box = each.getBoundingClientRect();
            return box.height < 44 || box.width < 44; })
          .map((each) => each.outerHTML.slice(0, 120))""")
    )


def test_text_at_twice_the_size_still_fits(page: Page) -> None:
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    take(page)
    assert wider_than_screen(page) == 0
    act(page, "open", "after.young_person")
    act(page, "start")
    assert wider_than_screen(page) == 0
    page.locator(".ap-value").nth(9).click()
    act(page, "on")
    bar = page.locator("[data-bar-top]").bounding_box()
    assert bar is not None
    assert bar["height"] <= 768 / 4


def test_the_table_of_moves_is_the_same_in_both_languages() -> None:
    script = (
        "import('./static/js/appointment-states.js')"
        ".then(({TABLE}) => console.log(JSON.stringify(TABLE)))"
    )
    printed = subprocess.run(
        ["node", "-e", script], cwd=ROOT, capture_output=True, text=True, check=True, timeout=30
    )
    ours = [
        {"from": state, "move": move, "to": to, "effects": effects}
        for state, moves in json.loads(printed.stdout).items()
        for move, (to, *effects) in moves.items()
    ]
    theirs = json.loads(transitions_json())["moves"]
    assert len(ours) == len(theirs)
    assert [each for each in theirs if each not in ours] == []
