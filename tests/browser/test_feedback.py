"""Own words about a grid on a clinic tablet: sealed without a network, and nowhere readable."""

from __future__ import annotations

import json

from axe_playwright_python.sync_playwright import Axe
from fixtures.appointment_steps import act, finish, on_screen, take
from fixtures.browser import LiveServer, PageFor, wait_until
from fixtures.staff import MadeStaff
from fixtures.tablet_steps import (
    dump,
    nothing_waits,
    pass_over,
    ready_tablet,
    to_room,
    unlock,
    without_shelf,
)
from playwright.sync_api import expect
from sqlmodel import select

from app.db import sessions
from app.db.tables import Feedback
from app.services.feedback import ReaderDraft, assign_reader
from app.services.service_mode import ServiceState

TEXT = "The blue bicycle part made no sense.\nMore pictures?"
PATH = "Ring the duty worker on extension 4; out of hours the crisis team."


def texts(live_server: LiveServer) -> list[Feedback]:
    with sessions.read(live_server.service.database) as db:
        return list(db.exec(select(Feedback)).all())


def test_what_is_sent_without_a_network_waits_sealed_and_arrives(
    live_server: LiveServer, page_for: PageFor, practitioner: MadeStaff
) -> None:
    service = live_server.service
    without_shelf(live_server)
    draft, now = ReaderDraft(practitioner.id, "5", PATH), service.clock()
    assigned = assign_reader(service.database, draft=draft, by=practitioner.id, now=now)
    assert isinstance(assigned, ServiceState)
    tablet = ready_tablet(page_for(practitioner))
    unlock(tablet)
    to_room(tablet)
    pass_over(tablet)
    take(tablet)
    tablet.context.set_offline(True)
    act(tablet, "open", "feedback")
    on_screen(tablet, "feedback")
    shown = tablet.locator("[data-screen=feedback]")
    for words in ("Nobody is reading this right now.", "within 5 days", "write no names", "999"):
        expect(shown).to_contain_text(words)
    assert Axe().run(tablet).response["violations"] == []
    act(tablet, "send")
    expect(shown.locator("[data-need]")).to_be_visible()
    field = tablet.locator("#feedback-text")
    field.fill(TEXT)
    act(tablet, "back")  # what is not sent is gone
    act(tablet, "open", "feedback")
    expect(field).to_have_value("")
    field.fill(f"  {TEXT} ")
    act(tablet, "send")
    on_screen(tablet, "feedback-sent")
    expect(tablet.locator("[data-saving]")).to_contain_text("It is sealed on this tablet")
    act(tablet, "on")
    expect(tablet.locator("[data-step=feedback] button")).to_be_disabled()
    finish(tablet)
    left = json.dumps(dump(tablet)) + tablet.content()
    assert "bicycle" not in left
    unlock(tablet)
    expect(tablet.locator("[data-screen=tb-home] [data-waiting]")).to_contain_text(
        "One answer waits"
    )
    assert texts(live_server) == []
    tablet.context.set_offline(False)
    wait_until(lambda: len(texts(live_server)) == 1, tablet, seconds=20)
    (row,) = texts(live_server)
    assert (row.text, row.written_by, row.grid_public_id, row.outcome) == (
        TEXT,
        "young_person",
        "k7",
        None,
    )
    nothing_waits(tablet)
    assert "bicycle" not in json.dumps(dump(tablet))
