"""The main job from end to end: one practitioner, one family, two papers, one export.

A real Chromium, a real server, a made-up wording pack. In the end the CSV holds exactly the two
answer sets that were given, and nothing was asked of any other host.
"""

from __future__ import annotations

import csv
import io
import os
import subprocess
import zipfile
from pathlib import Path
from uuid import uuid4

import pytest
from fixtures.appointment_steps import act, answer, finish, on_screen, reminded, saved, take
from fixtures.browser import (
    PIN,
    LiveServer,
    PageFor,
    requests_elsewhere,
    sign_in_on,
    type_pin,
)
from fixtures.staff import MadeStaff, make_staff
from playwright.sync_api import Page
from sqlmodel import select

from app.db import sessions
from app.db.tables import Encounter, Response
from app.domain.access import Role
from app.domain.capture import new_short_code
from app.domain.uniqueness import FEWEST_APPOINTMENTS
from app.services import audit

BEFORE = [3, 4, 5]
AFTER = [9, 8, 9]
PROFILE = {
    "people": "My cat Juniper, my gran, and Sam who sits next to me in maths",
    "admired": "I make people laugh when it matters",
}


def open_from_triage(page: Page) -> None:
    page.goto("/home")
    page.get_by_role("link", name="Start an appointment").first.click()
    page.click("#tile-topic-low-mood")
    page.wait_for_url("**topic=**")  # the next tile is swapped in with the topic in it
    page.click("#tile-group-help")
    page.check("[name=grid][value^='k7']")
    page.check("#pick-k7-what-helps-now")
    page.check("#pick-k7-one-to-one")
    page.check("[name=appointment_type][value=review]")
    page.check("[name=people][value=young_person]")
    page.check("[name=people][value=parent]")
    page.click("text=Open the appointment")
    page.wait_for_url("**/encounters/*")


def walk_through_appointment(page: Page) -> None:
    page.fill("[name=pin]", PIN)
    page.get_by_role("button", name="Hand the tablet over").click()
    on_screen(page, "pass")
    take(page)
    answer(page, "before.young_person", BEFORE)
    saved(page)
    act(page, "on")
    on_screen(page, "menu")
    act(page, "open", "grid")
    page.wait_for_selector("[data-screen=grid] [data-grid]")
    assert page.locator("th[data-option]:visible").count() == 2
    act(page, "menu")
    on_screen(page, "menu")
    answer(page, "after.young_person", AFTER)
    saved(page)
    act(page, "on")
    finish(page)
    type_pin(page)
    reminded(page)
    page.wait_for_url("**/encounters/*")


def text_of(pdf: bytes, path: Path) -> str:
    path.write_bytes(pdf)
    done = subprocess.run(
        ["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True
    )
    return done.stdout


def test_the_whole_job(
    live_server: LiveServer, page_for: PageFor, practitioner: MadeStaff, tmp_path: Path
) -> None:
    page = page_for(practitioner)
    elsewhere = requests_elsewhere(page, live_server.base)
    open_from_triage(page)
    walk_through_appointment(page)

    handout = page.get_by_role("link", name="Print for the young person").get_attribute("href")
    paper = page.request.get(str(handout))
    assert paper.headers["content-type"] == "application/pdf"
    words = text_of(paper.body(), tmp_path / "handout.pdf")
    assert "What help would fit me for feeling low?" in words
    assert "Draft, awaiting clinical review" in words
    assert "116 123" in words

    profile = page_for()
    profile.goto("/profile")
    for name, text in PROFILE.items():
        profile.fill(f"[name={name}]", text)
    with profile.expect_download() as downloading:
        profile.click("[name=action][value=pdf]")
    printed = text_of(Path(downloading.value.path()).read_bytes(), tmp_path / "profile.pdf")
    assert "Juniper" in printed
    assert "make people laugh" in printed
    assert "0800 1111" in printed

    add_other_families(live_server)
    rows = export_rows(live_server, page_for)
    families: dict[str, dict[str, list[int]]] = {}
    for row in rows:
        sets = families.setdefault(row["encounter_ref"], {})
        sets.setdefault(f"{row['occasion']} {row['respondent']}", []).append(int(row["value"]))
    assert len(families) == FEWEST_APPOINTMENTS
    ours = {"before young_person": BEFORE, "after young_person": AFTER}
    assert [sets for sets in families.values() if sets == ours] == [ours]
    assert {row["instrument_id"] for row in rows} == {"collaborate-0-9"}
    assert {row["grid_public_id"] for row in rows} == {"k7"}
    assert elsewhere == []
    with sessions.read(live_server.service.database) as db:
        assert audit.verify(db) is None


def add_other_families(live_server: LiveServer) -> None:
    """As many more appointments as have to be there before a row may leave."""
    with sessions.write(live_server.service.database) as db:
        encounter, sets = db.exec(select(Encounter)).one(), db.exec(select(Response)).all()
        for number in range(FEWEST_APPOINTMENTS - 1):
            own = {"id": str(uuid4()), "code": new_short_code(os.urandom(5))}
            db.add(Encounter(**encounter.model_dump() | own))
            db.flush()
            for each in sets:
                other = {"id": str(uuid4()), "encounter_id": own["id"], "digest": str(uuid4())}
                other |= {"device": f"other-{number}", "items": dict.fromkeys(each.items, 1)}
                db.add(Response(**each.model_dump() | other))


def export_rows(live_server: LiveServer, page_for: PageFor) -> list[dict[str, str]]:
    database, now = live_server.service.database, live_server.service.clock()
    researcher = make_staff(database, roles=[Role.RESEARCHER], teams=[], now=now)
    approvers = [make_staff(database, roles=[Role.APPROVER], teams=[], now=now) for _ in range(2)]
    desk = page_for(researcher)
    desk.goto("/exports")
    desk.check("[name=instrument][value='collaborate-0-9']")
    today = now.astimezone(live_server.service.settings.timezone).date().isoformat()
    desk.fill("[name=from_on]", today)
    desk.fill("[name=to_on]", today)
    desk.fill("[name=project]", "whole-job")
    desk.fill("[name=reason]", "Service evaluation of one team, held by the lead")
    desk.get_by_role("button", name="Ask for approval").click()
    desk.wait_for_url("**/exports/*")
    for approver in approvers:
        second = page_for(approver)
        second.goto(desk.url)
        second.get_by_role("button", name="Approve", exact=True).click()
        second.wait_for_selector(".state--requested, .state--approved")
        second.wait_for_load_state()
    desk.reload()
    desk.get_by_role("button", name="Make the file").click()
    with desk.expect_download() as downloading:
        desk.get_by_role("button", name="Download").click()
    with zipfile.ZipFile(downloading.value.path()) as archive:
        text = archive.read("responses_long.csv").decode()
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("path", ["/", "/help", "/g/k7/1", "/sign-in", "/profile", "/not-there"])
def test_no_page_asks_another_host(live_server: LiveServer, page_for: PageFor, path: str) -> None:
    page = page_for()
    elsewhere = requests_elsewhere(page, live_server.base)
    page.goto(path)
    page.wait_for_load_state("networkidle")
    assert elsewhere == []
    assert page.locator("text=116 123").count() >= 1


def test_a_second_account_on_the_same_browser_sees_its_own(
    live_server: LiveServer, page_for: PageFor, practitioner: MadeStaff
) -> None:
    page = page_for(practitioner)
    open_from_triage(page)
    address = page.url
    other = make_staff(
        live_server.service.database, teams=("south",), now=live_server.service.clock()
    )
    page.get_by_role("button", name="Sign out").click()
    sign_in_on(page, other)
    answer_page = page.goto(address)
    assert answer_page is not None
    assert answer_page.status == 404
