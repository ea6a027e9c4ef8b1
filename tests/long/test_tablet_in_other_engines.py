"""One tablet from "make this a clinic tablet" to its second delivered answer, in each engine that
is not Chromium: WebKitGTK, the nearest to an iPad that a test can have, and Firefox ESR.

Over https with the certificate of a room, as `grids serve --lan` makes it: WebKit refuses
`__Host-` cookies over http, on this machine too. "No network" is a server that was stopped.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from fixtures.browser import PACK, LiveServer
from fixtures.encounters import study_document
from fixtures.engines import Engine, Firefox, WebKit
from fixtures.restartable import Restartable, restartable_in
from fixtures.staff import MadeStaff, make_staff
from fixtures.tablet_steps import SEAT, TABLET_PIN
from sqlmodel import func, select

from app.adapters import room_certificate
from app.db import sessions
from app.db.tables import Quarantined
from app.services import audit, studies, wording_packs

pytestmark = pytest.mark.long

KEYS: Final = ("explain", "listen", "include")
ONLINE, OFFLINE = [7, 0, 9], [3, 1, 8]
ITEMS: Final = """
  const open = indexedDB.open("grids-outbox");
  const base = await new Promise((done) => { open.onsuccess = () => done(open.result); });
  const items = await new Promise((done) => {
    base.transaction("items").objectStore("items").getAll().onsuccess =
      (event) => done(event.target.result);
  });
  base.close();
  return items.map(({id, seq, state, receipt}) => ({id, seq, state, receipt}));
"""
DURABILITY: Final = """
  const open = indexedDB.open("grids-outbox");
  const base = await new Promise((done) => { open.onsuccess = () => done(open.result); });
  const {durability} = base.transaction("items", "readwrite", {durability: "strict"});
  base.close();
  return durability;
"""
SHELF: Final = """
  const shelf = await caches.open("grids-shelf-1");
  const kept = await shelf.match("/offline.json");
  const list = kept && await kept.json();
  const held = await shelf.keys();
  const worker = await navigator.serviceWorker.getRegistration("/");
  return Boolean(list && held.length > list.files.length && worker?.active);
"""


@dataclass
class Room:
    """A server with a room's certificate, one browser, and the taps of whoever holds it."""

    restartable: Restartable
    server: LiveServer
    engine: Engine
    staff: MadeStaff

    def open(self, path: str) -> None:
        self.engine.goto(self.server.base + path)

    def act(self, name: str, value: str | None = None) -> None:
        which = f"[data-value='{value}']" if value is not None else ""
        self.engine.click(f"[data-screen] [data-act='{name}']{which}")

    def on(self, screen: str) -> None:
        self.engine.find(f"[data-screen={screen}] h1")

    def sign_in(self) -> None:
        self.open("/sign-in")
        self.engine.fill("[name=username]", self.staff.username)
        self.engine.fill("[name=password]", self.staff.password)
        self.engine.click("main button[type=submit]")
        self.engine.see(
            lambda: "/sign-in" not in self.engine.js("return location.pathname;"), "signed in"
        )

    def enrol(self) -> None:
        """Through the page of staff, in a browser that has not installed the app."""
        self.open("/tablets/enrol")
        self.engine.see(self._form_is_there, "the form")
        self.engine.fill("[name=label]", "Room 2")
        self.engine.fill("[name=number]", "7")
        self.engine.fill("[name=pin]", TABLET_PIN)
        self.engine.fill("[name=pin_again]", TABLET_PIN)
        self.engine.click("form[data-enrol] button[type=submit]")
        self.engine.find("[data-screen=done]")

    def _form_is_there(self) -> bool:
        """Whether it is; if not, go on past what keeps this browser from it."""
        if self.engine.is_shown("[name=label]"):
            return True
        self.engine.press_if_shown("[data-act=anyway]")
        return False

    def fill_shelf(self) -> None:
        """Open it once, until the service was reached and all that it lists is on the tablet."""
        self.open("/tablet")
        self.on("tb-locked")
        self.engine.see(lambda: (self.seat() or {}).get("config"), "reached the service")
        self.engine.see(lambda: self.engine.js(SHELF), "filled its shelf")

    def seat(self) -> Any:
        return json.loads(self.engine.js(f"return ({SEAT})();"))

    def unlock(self) -> None:
        self.on("tb-locked")
        for digit in TABLET_PIN:
            self.engine.click(f"[data-pad] [data-key='{digit}']")
        self.on("tb-home")

    def appointment(self, values: list[int]) -> None:
        """From home to the locked tablet, with one set of a young person's answers."""
        self.act("start")
        self.act("topic", "low-mood")
        self.act("group", "help")
        self.act("grid", "k7")
        self.on("tb-room")
        self.engine.click("[data-marks] button")
        self.act("have")
        self.on("welcome")
        self.act("on")
        self.on("menu")
        self.act("open", "after.young_person")
        self.act("start")
        for number, value in enumerate(values):
            self.on("question")
            self._tap(number, value)
        self.on("seen")
        self.act("pick", "no")
        self.on("helped")
        self.act("on")
        self.on("saved")
        self.act("on")
        self.act("finish")
        self.on("thanks")
        self.act("back-to-staff")
        self.on("locked")
        self.engine.find("[data-pad] button")

    def _tap(self, number: int, value: int) -> None:
        """The next question is up when none of its values is picked."""
        picked = "return document.querySelectorAll('.ap-value input:checked').length;"
        self.engine.see(lambda: self.engine.js(picked) == 0, f"question {number + 1}")
        self.engine.click(f".ap-value:has(input[value='{value}'])")
        self.engine.see(lambda: self.engine.js(picked) == 1, f"answer {number + 1}")
        self.act("on")

    def items(self) -> list[dict[str, Any]]:
        return sorted(self.engine.js(ITEMS), key=lambda item: item["seq"])

    def delivered(self, count: int) -> None:
        """Wait until so many are stored and the tablet has their receipts."""

        def all_here() -> bool:
            items = self.items()
            return len(items) == count and all(item["receipt"] for item in items)

        self.engine.see(all_here, f"{count} delivered")

    def stored(self) -> list[list[int]]:
        rows = self.server.responses()
        assert [row.seq for row in rows] == [*range(1, len(rows) + 1)]
        assert {row.state for row in rows} <= {"complete"}
        return [[row.items[key] for key in KEYS] for row in rows]


@pytest.fixture(params=[WebKit, Firefox], ids=["webkitgtk", "firefox"])
def room(
    request: pytest.FixtureRequest, sqlite_template: Path, tmp_path: Path, quick_papers: None
) -> Iterator[Room]:
    missing = [program for program in request.param.needs if not shutil.which(program)]
    assert not missing, f"{missing} must be installed: make test-long does it"
    with restartable_in(tmp_path, sqlite_template) as restartable:
        certificates = restartable.settings.var_dir / "tls"
        restartable.room = room_certificate.ensure(certificates)
        server = restartable.start()
        staff = _staff(server)
        engine = request.param(tmp_path / "profile", certificates)
        try:
            yield Room(restartable, server, engine, staff)
        finally:
            engine.end()


def _staff(server: LiveServer) -> MadeStaff:
    database, now = server.service.database, server.service.clock()
    made = make_staff(database, teams=("north",), now=now)
    since = now.date() - timedelta(days=30)
    document = study_document(("with_grid", since, None), occasions=["after"])
    with sessions.write(database) as db:
        studies.install_study(db, document=document, by="system", now=now)
        wording_packs.install_pack(db, raw=PACK.read_bytes(), name=PACK.name, now=now)
    return made


def test_a_tablet_answers_with_and_without_a_network_and_after_a_killed_browser(
    room: Room, record_property: Any
) -> None:
    record_property("engine", room.engine.version())
    room.sign_in()
    room.enrol()
    room.fill_shelf()
    assert room.engine.js(DURABILITY) == "strict"
    room.unlock()
    room.appointment(ONLINE)
    room.delivered(1)
    assert room.stored() == [ONLINE]

    room.restartable.stop()
    room.open("/tablet")
    room.unlock()
    room.appointment(OFFLINE)
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
    rows = room.server.responses()
    assert [item["receipt"] for item in room.items()] == [json.loads(row.receipt) for row in rows]
    assert [item["id"] for item in room.items()] == [row.id for row in rows]
    with sessions.read(room.server.service.database) as db:
        assert db.exec(select(func.count()).select_from(Quarantined)).one() == 0
        assert audit.verify(db) is None
    print(f"\n{room.engine.version()}: 2 answered, 2 stored, 2 receipts, 0 lost, 0 doubled")
