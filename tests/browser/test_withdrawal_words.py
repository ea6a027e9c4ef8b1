"""The four words on the tablet: only for whoever asks, gone at once, and right."""

from __future__ import annotations

from fixtures.appointment_steps import act, answer, finish, on_screen, saved, take
from fixtures.browser import LiveServer, PageFor, hand_over_on
from fixtures.staff import MadeStaff
from playwright.sync_api import expect

from app.domain.withdrawal_code import read_words
from app.services.withdrawal import withdrawal_key


def test_the_words_are_those_of_the_row_and_gone_with_the_screen(
    live_server: LiveServer, page_for: PageFor, practitioner: MadeStaff
) -> None:
    page = page_for(practitioner)
    hand_over_on(page, live_server.make_encounter(practitioner).id)
    take(page)
    answer(page, "after.young_person", [7, 0, 9])
    on_screen(page, "saved")
    saved(page)
    shown = page.locator('[data-slot="take-out"]')
    expect(shown).to_be_hidden()
    assert shown.text_content() == ""
    act(page, "words")
    expect(shown).to_be_visible()
    typed = shown.text_content() or ""
    words = read_words(typed)
    assert words is not None
    act(page, "on")
    assert typed not in page.content()
    finish(page)
    assert typed not in page.content()
    (row,) = live_server.responses()
    assert row.withdrawal_key == withdrawal_key(live_server.service.keyring, words)


def test_a_form_that_was_left_out_offers_no_words(
    live_server: LiveServer, page_for: PageFor, practitioner: MadeStaff
) -> None:
    page = page_for(practitioner)
    hand_over_on(page, live_server.make_encounter(practitioner).id)
    take(page)
    act(page, "open", "after.young_person")
    act(page, "start")
    act(page, "skip")
    act(page, "stop")
    on_screen(page, "saved")
    assert page.locator('[data-slot="take-out"]').count() == 0
