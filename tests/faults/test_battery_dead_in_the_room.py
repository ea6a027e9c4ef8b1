"""The battery dies in a private turn on a clinic tablet, and somebody charges it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fixtures.browser import LiveServer, sign_in_on, wait_until
from fixtures.killable import NO_LOCK_PENDS, SECONDS, Killable, killable, playwright, proxy
from fixtures.residue import kept_by, leaks, shown_by, strange
from fixtures.room_walk import Walk
from fixtures.staff import MadeStaff
from fixtures.tablet_steps import TABLET_PIN, nothing_waits, ready_tablet, without_shelf
from playwright.sync_api import expect

__all__ = ["killable", "playwright", "proxy"]

OWN = "the blue bicycle"
LOCKED = "[data-screen=tb-locked] [data-pad] button:enabled"


def files_with(folder: Path, words: str) -> list[str]:
    """The files of a profile that hold these words, however the browser writes text."""
    wanted = [words.encode(), words.encode("utf-16-le")]
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files if any(each in path.read_bytes() for each in wanted)]


def in_the_middle(walk: Walk) -> None:
    """One person has said what matters in own words, asked for time alone, and answered twice."""
    walk.unlock()
    walk.triage("low-mood", "k7")
    walk.pass_over()
    walk.take()
    walk.open("matters")
    walk.tick("private")
    walk.tap("[data-own]")
    walk.page.keyboard.type(OWN)
    walk.act("on")
    walk.on("matters-preview")
    walk.act("back")
    walk.on("matters")
    assert walk.page.locator("[data-own]").input_value() == OWN
    walk.act("back")
    walk.on("menu")
    walk.ask_alone()
    walk.begin("after.young_person")
    walk.values(7, 3)
    walk.on("question")
    wait_until(lambda: bool(walk.page.evaluate(NO_LOCK_PENDS)), walk.page)
    walk.page.wait_for_timeout(500)  # the sealing after a tap takes a few milliseconds


@pytest.mark.fault(15)
def test_a_battery_that_dies_in_a_private_turn_leaves_a_locked_tablet_and_two_answers(
    live_server: LiveServer, practitioner: MadeStaff, killable: Killable
) -> None:
    without_shelf(live_server)
    page = killable.page()
    sign_in_on(page, practitioner)
    ready_tablet(page)
    page.wait_for_selector(LOCKED)
    before, locked = kept_by(page), shown_by(page)
    in_the_middle(Walk(page))
    killable.context.set_offline(True)
    killable.kill()
    assert files_with(killable.profile, "/tablet") != []  # it does look into them
    assert files_with(killable.profile, OWN) == []

    page = killable.start_again()
    page.goto("/tablet")
    page.wait_for_selector(LOCKED)
    assert strange(shown_by(page), locked, [OWN]) == []
    wait_until(lambda: len(live_server.responses()) == 1, page, SECONDS)
    [row] = live_server.responses()
    assert (row.state, row.reason) == ("interrupted", "interrupted")
    assert [row.items[key] for key in ("explain", "listen", "include")] == [7, 3, -99]
    assert leaks(before, kept_by(page), [OWN]) == []
    for digit in TABLET_PIN:
        page.click(f"[data-pad] [data-key='{digit}']")
    expect(page.locator("[data-screen=alone]")).to_contain_text("the tablet no longer knows")
    page.click("[data-screen=alone] [data-act=on]")
    nothing_waits(page)
    assert json.loads(row.receipt)["status"] == "stored"
    assert len(live_server.responses()) == 1
