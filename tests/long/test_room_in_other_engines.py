"""Two appointments in each engine that is not Chromium: private turns and a joint sheet with a
network, and a triage that ends in "not today" without one, with a browser killed before it is back.
"""

from __future__ import annotations

import json
from typing import Final

import pytest
from fixtures.engine_room import Room
from fixtures.room_tablet import CRISIS_NUMBER
from fixtures.tablet_steps import DUMP

pytestmark = pytest.mark.long

OWN: Final = "I want my blue bicycle back"
YOUNG, PARENT, LATER = [7, 0, 9], [4, 5, 6], [2, 6, 5]
#: Planted, shared, or asked; nothing of it may be on the tablet after a hand-back.
PLANTED: Final = (OWN, "blue bicycle", "Keeping it private", "Not today is fine")
SHOWN: Final = """
  const copy = document.body.cloneNode(true);
  for (const each of copy.querySelectorAll("template")) each.remove();
  return copy.innerHTML;
"""
HELP: Final = "[data-bar-top] [data-tool=help]"


def left_on(room: Room) -> list[str]:
    """The planted words that its stores or its page still hold."""
    held = room.engine.js(f"return ({DUMP})();") + room.engine.js(SHOWN)
    return [word for word in PLANTED if word in held]


def family_of_two(room: Room) -> None:
    """Private turns, then the sheet, with a network."""
    room.hand_over("concentrating", "p3")
    room.act("open", "grid")
    room.engine.find("[data-screen=grid] [data-grid][data-live]")
    room.engine.find(HELP)
    room.engine.click("[data-bar-top] [data-act=menu]")
    room.open_step("matters")
    room.tick("private", "better")
    room.engine.fill("[data-own]", OWN)
    room.act("on")
    room.on("matters-preview")
    room.act("share")
    room.on("menu")
    room.answer("after.young_person", YOUNG)
    room.pass_to("parent")
    assert left_on(room) == []
    room.take()
    room.open_step("matters")
    room.tick("family", "better")
    room.act("on")
    room.on("matters-preview")
    room.act("share")
    room.on("menu")
    room.answer("after.parent_self", PARENT)
    room.pass_to("together")
    assert left_on(room) == []
    room.take()
    room.open_step("sheet")
    for line in ("Feeling better soon", "Keeping it private", "The family being part of it", OWN):
        assert line in room.words()
    room.act("back")
    room.on("menu")
    room.finish()
    assert left_on(room) == []


def not_today(room: Room) -> None:
    """On self-harm, without a network, to "not today" and who to call tonight."""
    room.hand_over("self-harm", "t5")
    room.act("open", "grid")
    room.engine.find("[data-screen=grid] [data-notice]")
    room.engine.click("[data-behind] > summary")
    room.engine.find("[data-behind] .og-band")
    room.engine.find(HELP)
    room.engine.click("[data-bar-top] [data-act=menu]")
    room.open_step("stand")
    room.tick("not-today")
    room.act("keep")
    room.on("tonight")
    assert CRISIS_NUMBER in room.words()
    room.act("on")
    room.on("menu")
    room.answer("after.young_person", LATER)
    room.finish()
    assert left_on(room) == []


def test_private_turns_and_a_joint_sheet_then_not_today_without_a_network(room: Room) -> None:
    room.sign_in()
    room.enrol()
    room.fill_shelf()
    room.unlock()
    family_of_two(room)
    room.delivered(2)
    assert room.stored() == [YOUNG, PARENT]
    room.each_once()

    room.restartable.stop()
    room.open("/tablet")
    room.unlock()
    not_today(room)
    room.engine.kill()
    room.engine.start()
    room.open("/tablet")
    room.engine.find("[data-screen=tb-locked] [data-pad] button")
    assert left_on(room) == []

    room.server = room.restartable.start()
    room.engine.js("document.dispatchEvent(new Event('visibilitychange'));")
    room.delivered(3)
    assert room.stored() == [YOUNG, PARENT, LATER]
    room.each_once()
    receipts = [json.loads(row.receipt)["status"] for row in room.server.responses()]
    assert receipts == ["stored"] * 3
    print(f"\n{room.engine.version()}: 3 answered, 3 stored, 0 lost, 0 doubled, 0 left")
