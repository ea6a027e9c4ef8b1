"""Consent to a study, on a handed-over tablet and on somebody's own phone, in a real Chromium."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from fixtures.appointment_steps import act, on_screen, take, tap_values
from fixtures.browser import PACK, LiveServer, PageFor, hand_over_on
from fixtures.consent import ABOUT, ADULT_MODEL, install_asking
from fixtures.encounters import viewer_of
from fixtures.phones import switch
from fixtures.staff import MadeStaff, make_staff
from playwright.sync_api import Page, expect

from app.db import sessions
from app.services import phone_links, wording_packs
from app.services.phone_links import MadeLink, Standing

VALUES = [7, 0, 9]
PHONE = {"viewport": {"width": 360, "height": 780}, "is_mobile": True, "device_scale_factor": 2}
Said = tuple[str | None, str | None, str | None, bool]


@pytest.fixture
def asking(live_server: LiveServer) -> MadeStaff:
    """Staff of a team whose study asks a young person, and an adult below 16."""
    service = live_server.service
    now = service.clock()
    made = make_staff(service.database, teams=("north",), now=now)
    first = now.date() - timedelta(days=30)
    how = {"team": "north", "first_on": first, "now": now, "occasions": ["before", "after"]}
    install_asking(service.database, ADULT_MODEL, **how)
    with sessions.write(service.database) as db:
        wording_packs.install_pack(db, raw=PACK.read_bytes(), name=PACK.name, now=now)
    return made


def said(live_server: LiveServer) -> list[Said]:
    return [
        (row.consent, row.consent_adult, row.reason, row.consented)
        for row in live_server.responses()
    ]


def begin(page: Page, step: str) -> None:
    act(page, "open", step)
    on_screen(page, "private")
    act(page, "start")
    on_screen(page, "consent")


def sizes(page: Page) -> list[tuple[int, int]]:
    boxes = [
        page.locator(f"[data-screen] [data-act={name}]").bounding_box() for name in ("yes", "no")
    ]
    return [(round(box["width"]), round(box["height"])) for box in boxes if box is not None]


def send(page: Page) -> None:
    tap_values(page, VALUES)
    on_screen(page, "seen")
    act(page, "pick", "no")
    on_screen(page, "helped")
    act(page, "on")


def test_everybody_is_asked_before_the_first_question_and_each_can_say_no(
    live_server: LiveServer, asking: MadeStaff, page_for: PageFor
) -> None:
    encounter = live_server.make_encounter(asking)
    page = page_for(asking)
    hand_over_on(page, encounter.id)
    take(page)
    shown = page.locator("[data-screen]")
    begin(page, "before.young_person")
    expect(shown).to_contain_text(ABOUT)
    expect(shown).to_contain_text("Below 16 we ask an adult first.")
    yes, no = sizes(page)
    assert yes == no
    assert Axe().run(page).response["violations"] == []
    act(page, "no")
    on_screen(page, "saved")
    expect(shown).to_contain_text("It changes nothing for you.")
    act(page, "on")
    begin(page, "after.young_person")
    act(page, "yes")
    on_screen(page, "consent-back")
    act(page, "have")
    on_screen(page, "consent")
    expect(shown.get_by_role("button", name="No such adult is here")).to_have_count(0)
    yes, no = sizes(page)
    assert yes == no
    act(page, "back")
    on_screen(page, "private")
    act(page, "start")  # the adult has answered and is not asked again
    expect(shown.locator("h1")).to_have_text("May your answers be used in a study?")
    act(page, "yes")
    send(page)
    on_screen(page, "saved")
    act(page, "on")
    pass_to_parent(page)
    begin(page, "after.parent_self")
    act(page, "no")
    on_screen(page, "saved")
    expect(page.locator("[data-saving]")).to_have_text("Saved.")
    assert said(live_server) == [
        (None, "refused", "declined", False),
        ("given", "given", None, True),
        ("refused", None, "declined", False),
    ]
    asked, answered, parent = (set(row.items.values()) for row in live_server.responses())
    assert (asked, answered, parent) == ({-94}, {*VALUES}, {-94})


def pass_to_parent(page: Page) -> None:
    act(page, "finish")
    on_screen(page, "thanks")
    page.locator("[data-act=next]", has_text="A parent or carer").click()
    on_screen(page, "between")
    take(page)


def test_on_a_phone_without_an_adult_the_link_still_works(
    live_server: LiveServer, asking: MadeStaff, page_for: PageFor
) -> None:
    service = live_server.service
    switch(service, on=True)
    encounter = live_server.make_encounter(asking)
    now = service.clock()
    today = now.astimezone(service.settings.timezone).date()
    with sessions.write(service.database) as db:
        made = phone_links.make_link(
            db,
            encounter_id=encounter.id,
            respondent="young_person",
            by=viewer_of(asking),
            standing=Standing(service.state.mode, True, today, now),
        )
    assert isinstance(made, MadeLink)
    page = page_for(**PHONE)
    page.goto(f"/phone#{made.token}")
    on_screen(page, "private")
    act(page, "start")
    on_screen(page, "consent")
    act(page, "not-there")
    on_screen(page, "no-adult")
    assert said(live_server) == []
    act(page, "again")
    act(page, "start")
    for tap in ("yes", "have", "yes"):
        act(page, tap)
    send(page)
    on_screen(page, "done")
    assert said(live_server) == [("given", "given", None, True)]
