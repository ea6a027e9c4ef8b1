"""SURE on a handed-over tablet: four questions, yes or no, after the first ones."""

from __future__ import annotations

from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from fixtures.appointment_steps import act, on_screen, saved, take, tap_values
from fixtures.browser import LiveServer, PageFor, hand_over_on
from fixtures.staff import make_staff
from playwright.sync_api import expect

from app.db import sessions
from app.services import service_mode, wording_packs

PACK = Path(__file__).parents[1] / "fixtures" / "made-up-pack-sure.yaml"


def test_four_questions_by_yes_and_no_are_sealed_as_their_own_set(
    live_server: LiveServer, page_for: PageFor
) -> None:
    service = live_server.service
    now = service.clock()
    made = make_staff(service.database, teams=("north",), now=now)
    with sessions.write(service.database) as db:
        wording_packs.install_pack(db, raw=PACK.read_bytes(), name=PACK.name, now=now)
        service_mode.set_setting(db, "second_instrument_on", True)
    page = page_for(made)
    hand_over_on(page, live_server.make_encounter(made).id)
    take(page)
    act(page, "open", "second.young_person")
    on_screen(page, "private")
    act(page, "start")
    on_screen(page, "question")
    labels = page.locator("[data-scale-row] label")
    assert [text.strip() for text in labels.all_inner_texts()] == ["Made-up no", "Made-up yes"]
    expect(page.locator("[data-screen] [data-slot=progress]")).to_have_text("1 of 4")
    expect(page.locator("[data-screen]")).not_to_contain_text("not CollaboRATE")
    assert Axe().run(page).response["violations"] == []
    act(page, "on")
    expect(page.locator("[data-need]")).to_have_text("Tap an answer, or skip this one.")
    labels.nth(1).click()
    act(page, "on")
    tap_values(page, [1, 1, 0])
    on_screen(page, "seen")
    act(page, "pick", "no")
    on_screen(page, "helped")
    act(page, "on")
    on_screen(page, "saved")
    saved(page)
    (row,) = live_server.responses()
    assert (row.instrument_id, row.occasion, row.state) == ("sure-4", "after", "complete")
    assert row.items == {"sure": 1, "understand": 1, "risk-benefit": 1, "encouragement": 0}
