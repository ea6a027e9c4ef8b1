"""Something is wrong on this page: said by a family without a script, looked into by staff."""

from __future__ import annotations

import csv
import html
import io
import re

import pytest
from fixtures.service import Clock
from fixtures.staff import make_staff, sign_in
from sqlmodel import select
from starlette.testclient import TestClient

from app.db import sessions
from app.db.engine import Database
from app.db.queries import incidents as queries
from app.db.tables import AuditEvent, IncidentReport
from app.domain.access import Role
from app.domain.incident import STAFF_ONLY, IncidentReason

ADDRESS = "grid/grid/k7/1"


def link_on(page: str) -> str:
    [found] = re.findall(r'href="(/report[^"]*)"', page)
    return html.unescape(found)


def send(client: TestClient, reason: str, about: str = ADDRESS, code: int = 303) -> str:
    answer = client.post("/report", data={"reason": reason, "about": about}, follow_redirects=False)
    assert answer.status_code == code, answer.text
    return answer.headers.get("location", answer.text)


def stored(database: Database) -> list[IncidentReport]:
    with sessions.read(database) as db:
        return list(db.exec(select(IncidentReport).order_by(IncidentReport.reported_at)).all())


def audited(database: Database) -> list[tuple[str, str]]:
    with sessions.read(database) as db:
        rows = db.exec(select(AuditEvent).order_by(AuditEvent.seq)).all()
    return [(row.kind, row.actor) for row in rows if row.kind.startswith("incident")]


def test_a_family_says_what_is_wrong_from_the_page_itself(
    client: TestClient, database: Database
) -> None:
    where = link_on(client.get("/g/k7/1").text)
    form = client.get(where).text
    assert f'name="about" value="{ADDRESS}"' in form
    offered = re.findall(r'name="reason"[^>]*value="(\w+)"', form)
    assert offered == [reason for reason in IncidentReason if reason not in STAFF_ONLY]
    assert "<textarea" not in form
    assert 'type="text"' not in form
    assert send(client, "not_true") == "/report/sent"
    assert "Thank you" in client.get("/report/sent").text
    [row] = stored(database)
    assert (row.place, row.reason, row.reported_by) == (ADDRESS, "not_true", None)
    assert audited(database) == [("incident_reported", "nobody")]


@pytest.mark.parametrize("page", ["/", "/help", "/privacy", "/about", "/no-such-page", "/sign-in"])
def test_every_page_for_everybody_leads_to_it(client: TestClient, page: str) -> None:
    where = link_on(client.get(page).text)
    assert re.fullmatch(r"/report\?about=[a-z_/-]+", where)
    assert client.get(where).status_code == 200


def test_pages_of_staff_lead_to_it_and_name_no_appointment(
    client: TestClient, database: Database
) -> None:
    staff = make_staff(database, roles=[Role.PRACTITIONER], name="Robin Ashe")
    sign_in(client, staff)
    assert link_on(client.get("/encounters").text) == "/report?about=encounters/list"
    form = client.get("/report?about=encounters/list").text
    assert re.findall(r'value="(wrong_paper)"', form)
    send(client, "wrong_paper", "encounters/one")
    [row] = stored(database)
    assert row.reported_by == staff.id
    assert audited(database) == [("incident_reported", staff.id)]


def test_what_only_staff_can_know_is_not_taken_from_a_family(
    client: TestClient, database: Database
) -> None:
    page = send(client, "wrong_paper", code=422)
    assert "Choose what is wrong" in page
    assert f'value="{ADDRESS}"' in page
    send(client, "", code=422)
    assert stored(database) == []


def test_nobodys_words_get_in(client: TestClient, database: Database) -> None:
    send(client, "broken", about="My name is Sam and I am 14")
    [row] = stored(database)
    assert row.place == "unknown"
    assert not {"Sam", "14"} & set(str(row.model_dump()).split())


def test_many_reports_from_one_address_have_to_wait(
    client: TestClient, database: Database, clock: Clock
) -> None:
    for _ in range(11):
        send(client, "unclear")
    page = send(client, "unclear", code=429)
    assert "Please wait 1 minute" in page
    assert re.search(r'value="unclear"[^>]*checked', page)
    assert len(stored(database)) == 11
    clock.pass_time(minutes=2)
    send(client, "unclear")
    assert len(stored(database)) == 12


def test_an_administrator_judges_and_closes(
    client: TestClient, database: Database, clock: Clock
) -> None:
    send(client, "number_wrong")
    clock.pass_time(hours=3)
    admin = make_staff(database, roles=[Role.ADMINISTRATOR], name="Noor Ali", username="noor")
    sign_in(client, admin, now=clock())
    listed = client.get("/incidents").text
    assert "Nobody has it yet" in listed
    [where] = re.findall(r'href="(/incidents/[0-9a-f-]{36})"', listed)
    bad = {"hazard": "seven", "owner": admin.id, "severity": "severe"}
    wrong = client.post(f"{where}/judge", data=bad)
    assert (wrong.status_code, "such as HZ-01" in wrong.text) == (422, True)
    assert 'value="seven"' in wrong.text
    assert re.search(rf'value="{admin.id}"[^>]* selected', wrong.text)
    assert re.search(r'value="severe"[^>]* selected', wrong.text)
    client.post(f"{where}/judge", data={"hazard": "hz-64", "severity": "low", "owner": admin.id})
    page = client.get(where).text
    assert all(word in page for word in ("Noor Ali", "Low harm", "HZ-64"))
    client.post(f"{where}/close", data={"outcome": "mended"})
    assert "Nothing is open." in client.get("/incidents").text
    assert "open for 3 hours" in re.sub(r"\s+", " ", client.get("/incidents?show=closed").text)
    again = client.post(f"{where}/close", data={"outcome": "no_fault"})
    assert (again.status_code, "closed already" in again.text) == (409, True)
    assert [kind for kind, _ in audited(database)] == [
        "incident_reported",
        "incident_judged",
        "incident_closed",
    ]


def test_somebody_who_may_not_look_into_it_is_no_owner(
    client: TestClient, database: Database
) -> None:
    send(client, "broken")
    other = make_staff(database, roles=[Role.PRACTITIONER], username="other")
    admin = make_staff(database, roles=[Role.ADMINISTRATOR], username="admin")
    sign_in(client, admin)
    [row] = stored(database)
    client.post(f"/incidents/{row.id}/judge", data={"owner": other.id})
    [row] = stored(database)
    assert row.owner_id is None


def test_the_file_holds_every_report_and_is_written_down(
    client: TestClient, database: Database
) -> None:
    send(client, "broken")
    sign_in(client, make_staff(database, roles=[Role.AUDITOR], username="auditor"))
    answer = client.post("/incidents/file")
    assert answer.headers["content-disposition"] == (
        'attachment; filename="incidents-2026-11-23.csv"'
    )
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["page"], row["reason"], row["reported_by"]) for row in rows] == [
        (ADDRESS, "broken", "family")
    ]
    assert audited(database)[-1][0] == "incidents_taken"


@pytest.mark.parametrize(
    ("role", "sees", "settles"),
    [
        (Role.PRACTITIONER, 403, 403),
        (Role.RESEARCHER, 403, 403),
        (Role.AUDITOR, 200, 403),
        (Role.ADMINISTRATOR, 200, 303),
    ],
)
def test_who_may(
    client: TestClient, database: Database, role: Role, sees: int, settles: int
) -> None:
    send(client, "broken")
    sign_in(client, make_staff(database, roles=[role]))
    [row] = stored(database)
    closing = client.post(
        f"/incidents/{row.id}/close", data={"outcome": "mended"}, follow_redirects=False
    )
    assert (client.get("/incidents").status_code, closing.status_code) == (sees, settles)


def test_a_list_is_paged_and_in_order(client: TestClient, database: Database, clock: Clock) -> None:
    with sessions.write(database) as db:
        for number in range(queries.PAGE_SIZE + 1):
            clock.pass_time(minutes=1)
            db.add(
                IncidentReport(
                    id=f"{number:04d}", place="public/help", reason="broken", reported_at=clock()
                )
            )
    sign_in(client, make_staff(database, roles=[Role.AUDITOR]), now=clock())
    first, second = client.get("/incidents").text, client.get("/incidents?page=2").text
    assert re.findall(r'href="/incidents/(\d{4})"', first) == [f"{n:04d}" for n in range(25)]
    assert re.findall(r'href="/incidents/(\d{4})"', second) == ["0025"]
