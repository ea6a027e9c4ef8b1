"""What each of the three lengths asks of people: taps, words, and minutes by a model.

Five minutes: two ways beside each other, the first two questions, the help strip, and the paper at
the desk. Twelve: six questions, what matters, where one stands and what happens now. Full: the
whole table of two ways, two private turns and the joint sheet. Staff tap their own screens and do
not read them through. The questions about the appointment are outside its minutes, and told apart.
"""

from __future__ import annotations

import time

import pytest
from fixtures.room_tablet import RoomTablet, tablet_with
from fixtures.room_walk import SECONDS_A_TAP, STAFF, WORDS_A_MINUTE, Cost, Walk

#: The default study asks about today only.
room_tablet = tablet_with("k7", occasions=["after"])

MOST_SECONDS_TO_A_GRID = 20
ROOM = ("start", "grid", "matters", "stand", "sheet", "now", "end")


@pytest.fixture
def walk(room_tablet: RoomTablet) -> Walk:
    made = Walk(room_tablet.page)
    made.unlock()
    made.costs.clear()
    return made


def triage(walk: Walk) -> None:
    """Two ways to start with, picked together with the family."""
    walk.act("start")
    walk.act("topic", "low-mood")
    walk.act("group", "help")
    walk.tap(".tb-fewer summary")
    for at in range(2):
        walk.press(walk.page.locator(".tb-card").first.locator("label.tb-switch").nth(at))
    walk.act("grid", "k7")
    walk.pass_over()


def start(walk: Walk) -> None:
    with walk.part("start"):
        walk.take()


def questions(walk: Walk, number: int) -> None:
    """One question and two ways, a few times."""
    with walk.part("grid"):
        walk.act("open", "grid")
        walk.tap("[data-view=pair]")
        walk.look("grid")
        for _ in range(number - 1):
            walk.tap("[data-question-step='1']")
            walk.look("grid")
        walk.menu()


def whole_table(walk: Walk) -> None:
    with walk.part("grid"):
        walk.open_grid()
        walk.menu()


def what_matters(walk: Walk, *cards: str) -> None:
    with walk.part("matters"):
        walk.matters(*cards)


def where_we_stand(walk: Walk) -> None:
    with walk.part("stand"):
        walk.stand("talk", "wait", "some", ways=1)
        walk.on("menu")


def together(walk: Walk, *steps: str) -> None:
    with walk.part("start"):
        walk.pass_to("All of us, together")
        walk.take()
    for step in steps:
        with walk.part(step):
            walk.open(step)
            walk.act("back")
            walk.on("menu")


def end(walk: Walk) -> None:
    with walk.part("end"):
        walk.finish()


def told(length: str, walk: Walk) -> float:
    """Print the table of a length and return its minutes."""
    staff = Cost(walk.costs[STAFF].taps)
    parts = {STAFF: staff} | {name: walk.costs[name] for name in ROOM if name in walk.costs}
    whole = sum(parts.values(), Cost())
    print(f"\n{length}: {whole.taps} taps, {whole.words} words, {whole.minutes:.1f} minutes")
    for name, cost in parts.items():
        print(f"  {name:8} {cost.taps:3} taps {cost.words:5} words {cost.minutes:5.1f} min")
    if aside := walk.costs.get("questions"):
        print(f"  outside: questions {aside.taps} taps, {aside.minutes:.1f} min")
    return whole.minutes


def test_five_minutes(walk: Walk) -> None:
    triage(walk)
    start(walk)
    questions(walk, 2)
    end(walk)
    assert told("five", walk) <= 5


def test_twelve_minutes(walk: Walk) -> None:
    triage(walk)
    start(walk)
    questions(walk, 6)
    what_matters(walk, "private", "better", "soon")
    where_we_stand(walk)
    together(walk, "now")
    end(walk)
    assert told("twelve", walk) <= 12


def test_full_length_with_two_private_turns(walk: Walk) -> None:
    triage(walk)
    start(walk)
    what_matters(walk, "private", "better", "soon")
    whole_table(walk)
    where_we_stand(walk)
    walk.answer("after.young_person", 7, 8, 9)
    with walk.part("start"):
        walk.pass_to("A parent or carer")
        walk.take()
    what_matters(walk, "family", "better")
    where_we_stand(walk)
    walk.answer("after.parent_self", 4, 5, 6)
    together(walk, "sheet", "now")
    end(walk)
    assert told("full", walk) <= 20


def test_from_unlocked_to_the_first_screen_of_a_grid(walk: Walk) -> None:
    """The shortest way, whatever the machine adds to the taps."""
    begun = time.monotonic()
    walk.act("start")
    walk.act("topic", "low-mood")
    walk.act("group", "help")
    walk.act("grid", "k7")
    walk.tap("[data-marks] button")
    walk.act("have")
    walk.act("on")
    walk.act("open", "grid")
    walk.page.wait_for_selector("[data-screen=grid] [data-grid][data-live]")
    waited = time.monotonic() - begun
    taps = walk.costs[STAFF].taps
    seconds = taps * SECONDS_A_TAP + waited
    print(f"\n{taps} taps, {waited:.1f} s of waiting, {seconds:.1f} s in all")
    walk.menu()
    walk.finish()
    assert seconds <= MOST_SECONDS_TO_A_GRID


def test_the_model_counts_what_it_says() -> None:
    assert Cost(taps=5, words=WORDS_A_MINUTE).minutes == pytest.approx(1.1)
