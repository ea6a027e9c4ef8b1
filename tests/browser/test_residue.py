"""After every hand-back somebody presses everything: back, forward, reload, a second tab, away and
back again, and looks into all that the browser keeps, the clipboard and the downloads. No answer,
no share, no mark, no code, no own word, and not that somebody asked to talk on their own.

What a turn may leave is compared with what the turn of other people left, who tapped other things;
the last tests plant leaks, in words and without, and see that each one is found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from fixtures.residue import kept_by, leaks, odd_requests, shown_by, strange
from fixtures.room_tablet import RoomTablet, tablet_with
from fixtures.room_walk import Walk
from fixtures.tablet_steps import nothing_waits
from playwright.sync_api import Dialog, Page, expect

room_tablet = tablet_with("k7")

OWN, CODE = "the blue bicycle", "S1-0042"
BEFORE = "what was copied before"
PARENT = "A parent or carer"
Lines = dict[str, list[str]]


@dataclass
class Room:
    """The tablet, locked and as it was, and each screen as other people left it."""

    tablet: RoomTablet
    walk: Walk
    kept: dict[str, str]
    screens: Lines
    planted: list[str]
    asked: int

    @property
    def page(self) -> Page:
        return self.tablet.page

    def clean(self, page: Page, screen: str) -> None:
        """Nothing is kept, nothing is shown, nothing went another way."""
        assert strange(shown_by(page), self.screens[screen], self.planted) == [], screen
        assert leaks(self.kept, kept_by(page), self.planted) == [], screen
        assert self.page.evaluate("navigator.clipboard.readText()") == BEFORE
        assert odd_requests(self.tablet.asked[self.asked :]) == []
        assert self.tablet.told == []


# --- people ---------------------------------------------------------------------------------------


def say_everything(room: Room) -> None:
    """One turn in which all is tapped that can be tapped; it ends in an open set of answers."""
    walk, page = room.walk, room.page
    walk.unlock()
    walk.triage("low-mood", "k7", group="risk_support")
    walk.tick("14-15")
    walk.tap(".tb-more summary")
    walk.type("[name=code]", CODE)
    walk.pass_over()
    walk.take()
    walk.matters("private", "better", "school", own=OWN, back=("school",))
    walk.stand("talk", "wait", "some", ways=2)
    walk.on("menu")
    walk.ask_alone()
    walk.open_grid()
    walk.tap("[data-screen=grid] [data-much] label")
    walk.tap("[data-view=pair]")
    walk.tap(".og-open")
    page.keyboard.press("Escape")
    walk.tap("[data-screen=grid] .comfort summary")
    walk.tap("[data-screen=grid] .comfort button, [data-screen=grid] .comfort label")
    walk.menu()
    walk.begin("before.young_person")
    walk.values(7, 0, 9)
    walk.end("yes")
    walk.act("words")
    page.wait_for_selector("[data-slot=take-out]:visible")
    room.planted.append(page.locator("[data-slot=take-out]").inner_text())
    walk.act("on")
    walk.begin("after.young_person")
    walk.values(8, 6)
    walk.on("question")


def leave_the_set(walk: Walk) -> None:
    """Back to the menu with a set that is still open."""
    for _ in range(3):
        walk.act("back")
    walk.on("private")
    walk.act("back")
    walk.on("menu")


def other_people(walk: Walk, page: Page) -> Lines:
    """The same way with other taps; what each screen shows after it."""
    found: Lines = {"tb-locked": shown_by(page)}
    for how in ("passed on", "taken back"):
        walk.unlock()
        walk.triage("low-mood", "k7")
        walk.pass_over()
        walk.take()
        walk.answer("after.young_person", 1, 2, 3)
        if how == "taken back":
            take_back(walk)
            found["interrupted"] = shown_by(page)
        else:
            walk.pass_to(PARENT)
            found["between"] = shown_by(page)
            walk.take()
            walk.finish()
            found["locked"] = shown_by(page)
        for digit in "573926":
            walk.tap(f"[data-pad] [data-key='{digit}']")
        walk.on("alone")
        found["alone"] = shown_by(page)
        walk.act("on")
        walk.on("tb-home")
        nothing_waits(page)
        found["tb-home"] = shown_by(page)
        walk.act("lock")
    return found


def take_back(walk: Walk) -> None:
    walk.tap("[data-bar-top] [data-tool=cover]")
    walk.tap("[data-cover] [data-tool=lock]")
    walk.on("locked")


# --- hand-backs -----------------------------------------------------------------------------------


def to_the_next_person(room: Room) -> str:
    leave_the_set(room.walk)
    room.walk.pass_to(PARENT)
    return "between"


def to_the_practitioner_in_the_middle(room: Room) -> str:
    take_back(room.walk)
    return "interrupted"


def to_the_practitioner_at_the_end(room: Room) -> str:
    leave_the_set(room.walk)
    room.walk.finish()
    return "locked"


def behind_the_digits(room: Room) -> str:
    """Where one full ring says that somebody asked, once, and nothing says who."""
    to_the_practitioner_at_the_end(room)
    for digit in "573926":
        room.walk.tap(f"[data-pad] [data-key='{digit}']")
    room.walk.on("alone")
    page = room.page
    ring = strange(shown_by(page), room.screens["alone"], room.planted)
    assert ring == ['SPAN class="ap-ring" data-asked="" data-only="asked=yes"', "Ring: full"]
    page.evaluate("document.querySelector('[data-asked]').remove()")
    return "alone"


def home_again(room: Room) -> str:
    to_the_practitioner_at_the_end(room)
    room.walk.unlock()
    nothing_waits(room.page)
    return "tb-home"


HAND_BACKS: dict[str, Callable[[Room], str]] = {
    "between turns": to_the_next_person,
    "taken back": to_the_practitioner_in_the_middle,
    "finished": to_the_practitioner_at_the_end,
    "after the PIN": behind_the_digits,
    "home": home_again,
}


# --- presses --------------------------------------------------------------------------------------


def reload(page: Page) -> None:
    page.reload()


def away_and_back(page: Page) -> None:
    page.goto("/help")
    page.go_back()


def restored_from_memory(page: Page) -> None:
    """What a browser says to a page that it had put away whole."""
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")


def frozen(page: Page) -> None:
    """The task switcher: out of sight, frozen, and in sight again."""
    page.evaluate(HIDE)
    page.evaluate(SHOW)


HIDE = """() => {
  Object.defineProperty(document, "visibilityState", {value: "hidden", configurable: true});
  document.dispatchEvent(new Event("visibilitychange"));
  document.dispatchEvent(new Event("freeze"));
}"""
SHOW = """() => {
  delete document.visibilityState;
  document.dispatchEvent(new Event("resume"));
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture(scope="module")
def screens(room_tablet: RoomTablet) -> Lines:
    """Every screen as people left it who tapped other things."""
    page = room_tablet.page
    page.wait_for_selector("[data-pad] button:enabled")
    return other_people(Walk(page), page)


@pytest.fixture
def room(room_tablet: RoomTablet, screens: Lines) -> Iterator[Room]:
    page = room_tablet.page

    def go_on(dialog: Dialog) -> None:
        dialog.accept()

    page.on("dialog", go_on)
    asked = len(room_tablet.asked)
    page.goto("/tablet")
    page.wait_for_selector("[data-screen=tb-locked] [data-pad] button:enabled")
    page.evaluate("(words) => navigator.clipboard.writeText(words)", BEFORE)
    yield Room(room_tablet, Walk(page), kept_by(page), screens, [OWN, CODE], asked)
    page.remove_listener("dialog", go_on)


@pytest.mark.parametrize("how", HAND_BACKS)
def test_nothing_is_left_after_a_hand_back_whatever_is_pressed(room: Room, how: str) -> None:
    page = room.page
    say_everything(room)
    screen = HAND_BACKS[how](room)
    room.clean(page, screen)
    for _ in range(3):
        page.evaluate("history.back()")
        page.wait_for_timeout(100)
    page.evaluate("history.forward()")
    page.wait_for_timeout(100)
    assert page.url.endswith("/tablet")
    room.clean(page, screen)
    frozen(page)
    room.clean(page, screen)
    second = room.tablet.context.new_page()
    second.goto("/tablet")
    second.wait_for_selector("[data-screen=tb-locked] [data-pad] button:enabled")
    room.clean(second, "tb-locked")
    second.close()
    for press in (reload, away_and_back):
        press(page)
        page.wait_for_selector("[data-screen=tb-locked] [data-pad] button:enabled")
        room.clean(page, "tb-locked")


def test_a_reload_a_second_tab_and_a_page_from_memory_in_the_middle_of_a_turn(room: Room) -> None:
    page = room.page
    say_everything(room)
    second = room.tablet.context.new_page()
    second.goto("/tablet")
    second.wait_for_selector("[data-screen=tb-locked] [data-pad] button:enabled")
    assert strange(shown_by(second), room.screens["tb-locked"], room.planted) == []
    second.close()
    restored_from_memory(page)
    room.walk.on("locked")
    room.clean(page, "interrupted")
    reload(page)
    say_everything(room)
    for press in (reload, away_and_back):
        press(page)
        page.wait_for_selector("[data-screen=tb-locked] [data-pad] button:enabled")
        room.clean(page, "tb-locked")


def test_after_a_reload_staff_are_told_that_nobody_knows_any_more_who_asked(room: Room) -> None:
    say_everything(room)
    reload(room.page)
    room.page.wait_for_selector("[data-pad] button:enabled")
    for digit in "573926":
        room.walk.tap(f"[data-pad] [data-key='{digit}']")
    room.walk.on("alone")
    expect(room.page.locator("[data-screen=alone]")).to_contain_text("the tablet no longer knows")
    assert room.page.locator("[data-screen=alone] [data-asked]").count() == 0
    room.walk.act("on")
    room.walk.on("tb-home")


# --- a test of the test ---------------------------------------------------------------------------

OPEN = """
  const open = indexedDB.open("grids-outbox");
  const base = await new Promise((done) => { open.onsuccess = () => done(open.result); });
  const kept = (name) => base.transaction(name, "readwrite").objectStore(name);
  const done = (request) => new Promise((end, failed) => {
    request.onsuccess = () => end(request.result);
    request.onerror = () => failed(request.error);
  });
  const seat = await done(kept("seat").get("seat"));
  const [item] = await done(kept("items").getAll());
"""
#: A leak by where it lies, and the start of the place that the detector has to name.
KEPT = {
    "own words": ("localStorage.a = 'The Blue Bicycle'", "local/a"),
    "a number": ("sessionStorage.a = '7'", "session/a"),
    "encoded": ("localStorage.b = btoa(JSON.stringify([7, 0, 9]))", "local/b"),
    "a cookie": ("document.cookie = 'm=7'", "cookie/"),
    "another database": (
        "await new Promise((done) => { indexedDB.open('mood').onsuccess = done; })",
        "idb/mood",
    ),
    "a column of an item": (OPEN + "await done(kept('items').put({...item, mood: 7}))", "idb/"),
    "an item in clear": (
        OPEN + "await done(kept('items').put({...item, bytes: new TextEncoder().encode('[7]')}))",
        "idb/grids-outbox/items/",
    ),
    "a share in the seat": (OPEN + "await done(kept('seat').put({...seat, s: 1}, 'seat'))", "idb/"),
    "a state of an item": (OPEN + "await done(kept('items').put({...item, state: 'sad'}))", "idb/"),
    "another cache": ("await (await caches.open('x')).put('/a', new Response('7'))", "cache/x/"),
    "a file of the shelf": (
        "await (await caches.open('grids-shelf-1')).put('/tablet', new Response('7'))",
        "cache/grids-shelf-1/",
    ),
    "a private file": (
        "const root = await navigator.storage.getDirectory();"
        "const to = await (await root.getFileHandle('a', {create: true})).createWritable();"
        "await to.write('7'); await to.close()",
        "file/a",
    ),
    "a variable": ("globalThis.answers = [7, 0, 9]", "window/answers"),
    "a variable of the document": ("document.mood = 7", "document/mood"),
    "the name of the window": ("window.name = '7'", "name"),
    "the state of the history": ("history.replaceState({mood: 7}, '')", "history"),
    "the address": ("history.replaceState(history.state, '', '/tablet#7-0-9')", "address"),
    "the title": ("document.title = 'Clinic tablet 7'", "title"),
    "a mark in time": ("performance.mark('7-0-9')", "entry/"),
    "a template": ("document.querySelector('template').innerHTML += '7'", "templates"),
}
SHOWN = {
    "text": "document.querySelector('h1').append('7')",
    "a hidden text": "document.body.insertAdjacentHTML('beforeend', '<p hidden>7</p>')",
    "an attribute": "document.body.dataset.mood = '7'",
    "a comment": "document.body.append(document.createComment('7'))",
    "a field": "document.body.append(Object.assign(document.createElement('input'), {value: '7'}))",
    "a property": "document.body.mood = 7",
    "the help dialog": "document.querySelector('[data-help]').append('7')",
    "the sheet of alone": "document.querySelector('[data-alone-place]').append('7')",
}


def test_a_planted_leak_is_found_wherever_it_lies(room: Room) -> None:
    """Each lies beside all former ones, and is named by its own place."""
    page = room.page
    before = kept_by(page)
    assert leaks(before, before, [OWN]) == []
    for what, (plant, place) in KEPT.items():
        page.evaluate(f"async () => {{ {plant} }}")
        after = kept_by(page)
        found = leaks(before, after, [])
        assert found, what
        assert all(path.startswith(place) for path in found), (what, found)
        before = after
    assert [path.split(":")[0] for path in leaks(before, before, [OWN])] == ["local/a"]


def test_a_planted_leak_is_found_wherever_it_shows(room: Room) -> None:
    page = room.page
    page.reload()
    page.wait_for_selector("[data-pad] button:enabled")
    same = shown_by(page)
    assert strange(same, same, [OWN]) == []
    for what, plant in SHOWN.items():
        page.evaluate(f"() => {{ {plant} }}")
        lines = shown_by(page)
        assert strange(lines, same, []), what
        same = lines
    page.evaluate("document.querySelector('h1').textContent = 'The Blue Bicycle'")
    assert strange(shown_by(page), [*same, "The Blue Bicycle"], [OWN]) == ["The Blue Bicycle"]


def test_a_planted_leak_is_found_in_what_is_asked_and_handed_out(room: Room) -> None:
    page, tablet = room.page, room.tablet
    from_here, told = len(tablet.asked), len(tablet.told)
    page.evaluate("""async () => {
      for (const each of ["/help?7", "/help/bicycle", "/v1/responses/7"]) await fetch(each);
      await fetch("http://127.0.0.1:1/7").catch(() => {});
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob(["7"]));
      link.download = "answers.txt";
      link.click();
      print();
      await navigator.share({text: "7"});
      await navigator.clipboard.writeText("the blue bicycle");
    }""")
    page.wait_for_timeout(300)
    assert len(odd_requests(tablet.asked[from_here:])) >= 3
    assert {*tablet.told[told:]} == {"download", "print", "share"}
    assert page.evaluate("navigator.clipboard.readText()") != BEFORE
    del tablet.told[told:]


def test_own_words_leave_the_memory_of_the_page_when_the_tablet_locks(room: Room) -> None:
    """Typed by keys, shown on no sheet; after the lock no string of the page holds them."""
    page = room.page
    walk = room.walk
    walk.unlock()
    walk.triage("low-mood", "k7")
    walk.pass_over()
    walk.take()
    walk.open("matters")
    walk.tap("[data-own]")
    page.keyboard.type(OWN)
    assert in_memory(page, OWN)
    walk.act("on")
    walk.on("matters-preview")
    walk.act("share")
    walk.on("menu")
    assert in_memory(page, OWN)  # for the sheet of this appointment
    walk.finish()
    assert not in_memory(page, OWN)


def in_memory(page: Page, words: str) -> bool:
    """Whether the heap of the page's scripts has these words in a string that is in use."""
    session = page.context.new_cdp_session(page)
    parts: list[str] = []
    session.on("HeapProfiler.addHeapSnapshotChunk", lambda part: parts.append(part["chunk"]))
    session.send("HeapProfiler.enable")
    session.send("HeapProfiler.collectGarbage")
    session.send("HeapProfiler.takeHeapSnapshot", {"reportProgress": False})
    session.detach()
    return words in "".join(parts)
