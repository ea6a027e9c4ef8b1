"""One tablet from "make this a clinic tablet" to its second delivered answer, in each engine that
is not Chromium.
"""

from __future__ import annotations

from typing import Any, Final

import pytest
from fixtures.engine_room import Room

pytestmark = pytest.mark.long

STEP: Final = "after.young_person"
ONLINE, OFFLINE = [7, 0, 9], [3, 1, 8]
DURABILITY: Final = """
  const open = indexedDB.open("grids-outbox");
  const base = await new Promise((done) => { open.onsuccess = () => done(open.result); });
  const {durability} = base.transaction("items", "readwrite", {durability: "strict"});
  base.close();
  return durability;
"""


def test_a_tablet_answers_with_and_without_a_network_and_after_a_killed_browser(
    room: Room, record_property: Any
) -> None:
    record_property("engine", room.engine.version())
    room.sign_in()
    room.enrol()
    room.fill_shelf()
    assert room.engine.js(DURABILITY) == "strict"
    room.unlock()
    room.hand_over("low-mood", "k7")
    room.answer(STEP, ONLINE)
    room.finish()
    room.delivered(1)
    assert room.stored() == [ONLINE]

    room.restartable.stop()
    room.open("/tablet")
    room.unlock()
    room.hand_over("low-mood", "k7")
    room.answer(STEP, OFFLINE)
    room.finish()
    first, second = room.items()
    assert (first["state"], second["state"], second["receipt"]) == ("ready", "ready", None)

    room.engine.kill()
    room.engine.start()
    room.open("/tablet")
    room.on("tb-locked")
    assert room.items() == [first, second]

    room.server = room.restartable.start()
    room.engine.js("document.dispatchEvent(new Event('visibilitychange'));")
    room.delivered(2)
    assert room.stored() == [ONLINE, OFFLINE]
    room.each_once()
    print(f"\n{room.engine.version()}: 2 answered, 2 stored, 2 receipts, 0 lost, 0 doubled")
