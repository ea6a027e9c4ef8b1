"""Bad luck while somebody has the tablet: it is turned, two fingers tap it, and its clock lies."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from fixtures.room_tablet import RoomTablet, tablet_with
from fixtures.room_walk import Walk
from fixtures.tablet_steps import nothing_waits, open_tablet, seat_of
from playwright.sync_api import Page, expect

room_tablet = tablet_with("k7", "t5", occasions=["after"])

OWN = "the blue bicycle"
STEP = "after.young_person"
DAYS = timedelta(days=3)
WIDE, TALL = {"width": 1024, "height": 768}, {"width": 768, "height": 1024}
TURN = """() => {
  dispatchEvent(new Event("orientationchange"));
  screen.orientation?.dispatchEvent(new Event("change"));
}"""
#: The clock of the device, wrong by `off` ms, from now on and after every load.
CLOCK = """(off) => {
  const Real = globalThis.RealDate ??= Date;
  globalThis.Date = class extends Real {
    constructor(...given) { given.length ? super(...given) : super(Real.now() + off); }
    static now() { return Real.now() + off; }
  };
}"""


@pytest.fixture
def walk(room_tablet: RoomTablet) -> Iterator[Walk]:
    """Just opened, and locked again in the end."""
    page = room_tablet.page
    page.once("dialog", lambda dialog: dialog.accept())
    open_tablet(page)
    made = Walk(page)
    made.unlock()
    yield made
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]


def to_the_menu(walk: Walk, topic: str = "low-mood", grid: str = "k7") -> None:
    walk.triage(topic, grid)
    walk.pass_over()
    walk.take()


def turn(page: Page, size: dict[str, int]) -> None:
    page.set_viewport_size(size)  # type: ignore[arg-type]
    page.evaluate(TURN)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def whose_turn(page: Page) -> str:
    return page.locator("[data-turn]").inner_text()


# --- turned ---------------------------------------------------------------------------------------


def test_a_tablet_that_is_turned_keeps_the_turn_and_what_was_tapped(
    room_tablet: RoomTablet, walk: Walk
) -> None:
    page = walk.page
    before = room_tablet.last_number()
    to_the_menu(walk)
    mine = whose_turn(page)
    walk.open("matters")
    walk.tick("private", "better")
    walk.type("[data-own]", OWN)
    turn(page, TALL)
    assert page.locator("[data-screen=matters] input:checked").count() == 2
    assert page.locator("[data-own]").input_value() == OWN
    walk.act("on")
    walk.on("matters-preview")
    turn(page, WIDE)
    assert page.locator("[data-screen=matters-preview] input:checked").count() == 3
    walk.act("share")
    walk.on("menu")
    walk.open_grid()
    walk.tap("[data-view=pair]")
    walk.tap("[data-question-step='1']")
    asked = page.locator("[data-question]").input_value()
    turn(page, TALL)
    assert page.locator("[data-question]").input_value() == asked
    walk.menu()
    walk.begin(STEP)
    walk.values(7)
    walk.on("question")
    walk.tap(".ap-value:has(input[value='3'])")
    turn(page, WIDE)
    assert page.locator(".ap-value input:checked").input_value() == "3"
    assert whose_turn(page) == mine
    walk.act("on")
    turn(page, TALL)
    walk.values(9)
    walk.end()
    walk.act("on")
    room_tablet.stored(before + 1)
    assert room_tablet.answers(before) == [
        (before + 1, "after", "young_person", "complete", [7, 3, 9])
    ]
    walk.finish()
    turn(page, WIDE)
    walk.on("locked")


# --- two taps at once -----------------------------------------------------------------------------


def at_once(page: Page, *selectors: str) -> None:
    """Press several things before the page can draw itself anew."""
    page.evaluate(
        """(selectors) => {
          const found = selectors.map((each) => document.querySelector(each));
          for (const each of found) each.click();
        }""",
        list(selectors),
    )


def twice(page: Page, selector: str, screen: str = "question") -> None:
    """A double tap, which leads one screen further."""
    page.locator(selector).first.dblclick()
    page.wait_for_timeout(100)
    if screen != "question":
        page.wait_for_selector(f"[data-screen={screen}]")


def test_two_taps_at_once_are_one(room_tablet: RoomTablet, walk: Walk) -> None:
    page = walk.page
    before = room_tablet.last_number()
    walk.triage("low-mood", "k7")
    twice(page, "[data-marks] button", "pass")
    twice(page, "[data-act=have]", "welcome")
    twice(page, "[data-screen=welcome] [data-act=on]", "menu")
    walk.begin(STEP)
    for value, other in ((7, 2), (0, 5), (9, 1)):
        page.wait_for_selector("[data-screen=question]")
        at_once(page, f".ap-value input[value='{other}']", f".ap-value input[value='{value}']")
        assert page.locator(".ap-value input:checked").count() == 1
        twice(page, "[data-screen=question] [data-act=on]")
    page.wait_for_selector("[data-screen=seen]")
    twice(page, "[data-act=pick][data-value=no]", "helped")
    sends = "[data-screen=helped] [data-act=on]"
    at_once(page, sends, sends, "[data-screen=helped] [data-act=back]")
    walk.on("saved")
    room_tablet.stored(before + 1)
    page.wait_for_timeout(500)  # a second set would be on its way now
    assert room_tablet.answers(before) == [
        (before + 1, "after", "young_person", "complete", [7, 0, 9])
    ]
    walk.act("on")
    walk.on("menu")
    assert page.locator(f"[data-step='{STEP}'] button").is_disabled()
    walk.finish()


# --- a clock that lies ----------------------------------------------------------------------------


def wrong_by(page: Page, off: timedelta) -> None:
    page.evaluate(CLOCK, off.total_seconds() * 1_000)


def test_a_clock_three_days_ahead_changes_no_day_and_no_answer(
    room_tablet: RoomTablet, walk: Walk
) -> None:
    """It was set wrong before the tablet last heard of the service, which knows the day."""
    page, service = walk.page, room_tablet.server.service
    before = room_tablet.last_number()
    wrong_by(page, DAYS)
    walk.act("about")
    walk.act("send")
    expect(page.locator("[data-screen] [data-said]")).to_contain_text("was reached just now")
    assert abs(seat_of(page)["skew_ms"] + DAYS.total_seconds() * 1_000) < 60_000
    walk.act("back")
    to_the_menu(walk)
    walk.answer(STEP, 7, 0, 9)
    walk.finish()
    room_tablet.stored(before + 1)
    [row] = [row for row in room_tablet.rows() if row.seq > before]
    today = service.clock().astimezone(service.settings.timezone).date()
    assert room_tablet.encounter_of(row.seq).encounter_on == today
    assert row.made_at - service.clock() > DAYS - timedelta(
        hours=1
    )  # told, and trusted for nothing
    room_tablet.each_once()


def test_a_clock_three_days_behind_closes_the_grids_and_asks_all_the_same(
    room_tablet: RoomTablet, walk: Walk
) -> None:
    page, service = walk.page, room_tablet.server.service
    before = room_tablet.last_number()
    wrong_by(page, -DAYS)
    with room_tablet.cut():
        walk.act("start")
        walk.on("tb-closed")
        expect(page.locator("[data-screen=tb-closed]")).to_contain_text("turned back")
        walk.act("without")
        walk.act("group", "help")
        walk.on("tb-room")
        walk.pass_over()
        walk.take()
        assert page.locator("[data-step=grid]").count() == 0
        walk.answer(STEP, 1, 2, 3)
        walk.finish()
    room_tablet.stored(before + 1)
    walk.unlock()
    nothing_waits(page)
    assert room_tablet.answers(before) == [
        (before + 1, "after", "young_person", "complete", [1, 2, 3])
    ]
    today = service.clock().astimezone(service.settings.timezone).date()
    assert room_tablet.encounter_of(before + 1).encounter_on == today
    room_tablet.each_once()
