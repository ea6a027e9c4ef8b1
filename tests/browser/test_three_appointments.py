"""Three whole appointments on one clinic tablet, each with the network cut three times: before the
tablet is passed over, in the middle of a private turn, and as answers are sent, where the reply of
the service is lost as well. In the end every answer is stored once, nothing is left on the tablet,
and there was no screen without help.
"""

from __future__ import annotations

from fixtures.room_appointment import (
    OWN,
    Appointment,
    appointment,
    home,
    young_person_and_parent,
)
from fixtures.room_tablet import CRISIS_NUMBER, tablet_with
from playwright.sync_api import expect

__all__ = ["appointment", "home"]

#: Low mood, concentrating and self-harm, inside the NHS.
room_tablet = tablet_with("k7", "p3", "t5")


def test_a_young_person_and_a_parent_with_private_turns(
    appointment: Appointment, home: list[str]
) -> None:
    young_person_and_parent(appointment, home)


def test_a_young_person_alone_at_full_length(appointment: Appointment, home: list[str]) -> None:
    room, walk = appointment.room, appointment.walk
    page = room.page
    appointment.pass_over_without_network("low-mood", "k7", "parent", "14-15")
    walk.answer("before.young_person", 3, 3, 2)
    walk.matters("private", "better", own=OWN)
    walk.open_grid()
    assert page.locator("[data-grid]").get_attribute("data-matters") == "help,when,who-knows"
    walk.tap(".og-open")
    walk.look("sheet of the grid")
    page.keyboard.press("Escape")
    walk.tap("[data-screen=grid] [data-much] label")
    walk.menu()
    walk.stand("talk", "wait", "some", ways=2)
    walk.on("menu")
    walk.ask_alone()
    appointment.answer_with_cuts("after.young_person", 8, 9, 1)
    appointment.end(home)
    first = appointment.first
    assert room.answers(first) == [
        (first + 1, "before", "young_person", "complete", [3, 3, 2]),
        (first + 2, "after", "young_person", "complete", [8, 9, 1]),
    ]
    assert room.encounter_of(first + 1).people_present == ["young_person"]


def test_a_triage_that_ends_in_not_today(appointment: Appointment, home: list[str]) -> None:
    room, walk = appointment.room, appointment.walk
    page = room.page
    appointment.pass_over_without_network("self-harm", "t5", "14-15")
    walk.open_grid()
    expect(page.locator("[data-screen=grid] [data-notice]")).to_be_visible()
    walk.tap("[data-behind] > summary")
    walk.look("grid behind the notice")
    first_of_all = page.locator("[data-behind] .og-band").first
    expect(first_of_all).to_be_visible()
    above = page.evaluate(
        "() => document.querySelector('[data-behind] .og-band').compareDocumentPosition("
        "document.querySelector('[data-behind] [data-box]'))"
    )
    assert above & 4  # what everybody gets stands before the choices
    walk.menu()
    walk.stand("not-today", share=False)
    walk.on("tonight")
    expect(page.locator("[data-screen=tonight]")).to_contain_text("who to call tonight?")
    expect(page.locator("[data-screen=tonight]")).to_contain_text(CRISIS_NUMBER)
    walk.act("on")
    walk.on("menu")
    walk.open_grid()
    expect(first_of_all).to_be_visible()  # the choice is closed, what everybody gets never is
    walk.menu()
    appointment.answer_with_cuts("after.young_person", 2, 6, 5)
    appointment.end(home)
    first = appointment.first
    assert room.answers(first) == [(first + 1, "after", "young_person", "complete", [2, 6, 5])]
    assert room.rows()[-1].grid_public_id == "t5"
