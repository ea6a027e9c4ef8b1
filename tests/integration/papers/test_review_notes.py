"""The list of decisions to look at again: what is kept of a decision, for whom, how long."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from fixtures.capture import TEAM, hand_over
from fixtures.service import Clock
from fixtures.staff import happened, make_staff, sign_in
from sqlmodel import select
from starlette.testclient import TestClient

from app.db import sessions
from app.db.tables import Encounter, ReviewNote
from app.services.retention import Folders, enforce_retention
from app.web.service import Service

LONDON = ZoneInfo("Europe/London")


def encounter_of(service: Service) -> tuple[str, str]:
    """An appointment of the team: its id and its code."""
    made = hand_over(service.database, service.keyring)
    with sessions.read(service.database) as db:
        row = db.get_one(Encounter, made.header["id"])
        assert row.code is not None
        return row.id, row.code


def keep(client: TestClient, encounter_id: str, outcome: str, month: str) -> int:
    data = {"outcome": outcome, "month": month}
    address = f"/encounters/{encounter_id}/review"
    return client.post(address, data=data, follow_redirects=False).status_code


def notes(service: Service) -> list[ReviewNote]:
    with sessions.read(service.database) as db:
        return list(db.exec(select(ReviewNote)).all())


def test_a_note_holds_code_edition_month_and_end_and_is_replaced_by_the_next(
    client: TestClient, service: Service
) -> None:
    encounter_id, code = encounter_of(service)
    sign_in(client, make_staff(service.database, teams=(TEAM,)))
    assert client.get(f"/encounters/{encounter_id}/review").status_code == 200
    assert keep(client, encounter_id, "not_yet", "2026-12") == 303
    assert keep(client, encounter_id, "decided", "2027-02") == 303
    (row,) = notes(service)
    assert (row.code, row.outcome, row.review_month) == (code, "decided", "2027-02")
    assert set(ReviewNote.model_fields) == {
        "code",
        "team_id",
        "grid_public_id",
        "grid_version",
        "outcome",
        "review_month",
        "noted_by",
        "noted_at",
    }
    page = client.get("/reviews").text
    assert f"{code[:4]}" in page
    assert "Decided" in page
    kinds = [(kind, details) for kind, _, _, details in happened(service.database)]
    assert kinds.count(("review_noted", {"team": TEAM})) == 2


def test_the_page_of_an_appointment_leads_there_while_it_has_a_code(
    client: TestClient, service: Service
) -> None:
    encounter_id, _ = encounter_of(service)
    sign_in(client, make_staff(service.database, teams=(TEAM,)))
    link = f'href="/encounters/{encounter_id}/review"'
    assert link in client.get(f"/encounters/{encounter_id}").text
    with sessions.write(service.database) as db:
        db.get_one(Encounter, encounter_id).code = None
    assert link not in client.get(f"/encounters/{encounter_id}").text


def test_what_cannot_be_kept_is_said_and_kept_on_the_form(
    client: TestClient, service: Service
) -> None:
    encounter_id, _ = encounter_of(service)
    sign_in(client, make_staff(service.database, teams=(TEAM,)))
    for outcome, month in (("", ""), ("better", "2027-02"), ("decided", "2027-2")):
        assert keep(client, encounter_id, outcome, month) == 422
    for month in ("2026-10", "2028-12"):
        assert keep(client, encounter_id, "decided", month) == 422
    assert notes(service) == []
    assert keep(client, encounter_id, "not_today", "") == 303


def test_another_team_sees_nothing_and_takes_nothing_off(
    client: TestClient, service: Service
) -> None:
    encounter_id, code = encounter_of(service)
    sign_in(client, make_staff(service.database, teams=(TEAM,)))
    keep(client, encounter_id, "decided", "2027-02")
    client.cookies.clear()
    sign_in(client, make_staff(service.database, teams=("south",)))
    assert "Nothing is on the list" in client.get("/reviews").text
    assert client.post(f"/reviews/{code}/done").status_code == 404
    assert keep(client, encounter_id, "decided", "2027-02") == 404
    assert len(notes(service)) == 1


def test_taking_it_off_leaves_no_code_in_the_log(client: TestClient, service: Service) -> None:
    encounter_id, code = encounter_of(service)
    sign_in(client, make_staff(service.database, teams=(TEAM,)))
    keep(client, encounter_id, "decided", "2027-02")
    assert client.post(f"/reviews/{code}/done", follow_redirects=False).status_code == 303
    assert notes(service) == []
    log = happened(service.database)
    assert log[-1][0] == "review_dropped"
    assert not re.search(code, repr(log))
    assert client.post(f"/reviews/{code}/done").status_code == 404


def test_a_note_outlives_the_code_of_its_appointment_and_not_its_month(
    client: TestClient, service: Service, clock: Clock
) -> None:
    first, code = encounter_of(service)
    second, _ = encounter_of(service)
    sign_in(client, make_staff(service.database, teams=(TEAM,)))
    keep(client, first, "decided", "2027-02")
    keep(client, second, "not_today", "")

    def run(year: int, month: int, day: int) -> list[str]:
        now = datetime(year, month, day, 4, tzinfo=UTC)
        folders = Folders.under(service.settings.var_dir)
        enforce_retention(service.database, folders=folders, zone=LONDON, now=now)
        return [row.code for row in notes(service)]

    assert len(run(2027, 2, 20)) == 2
    assert run(2027, 2, 25) == [code]  # 90 days after it was noted, the one without a month
    with sessions.read(service.database) as db:
        assert db.get_one(Encounter, first).code is None
    assert run(2027, 5, 28) == [code]
    assert run(2027, 5, 30) == []
