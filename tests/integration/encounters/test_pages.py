"""The pages of staff around an appointment, pressed as a browser would press them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from fixtures.encounters import make_library, make_release, study_document
from fixtures.service import START, Clock
from fixtures.staff import MadeStaff, make_staff, sign_in
from httpx2 import Response
from sqlmodel import select
from starlette.testclient import TestClient

from app.content.library import Problem
from app.db import sessions
from app.db.tables import AuditEvent, Encounter, Login
from app.domain.access import Role
from app.services import studies
from app.web.service import Service

INSIDE = make_release("k7")
OUTSIDE = make_release("m4", setting="outside-nhs", options=("what-helps-now", "charity", "apps"))


@pytest.fixture(autouse=True)
def _grids(service: Service) -> None:
    service.library = make_library(INSIDE, OUTSIDE)


@pytest.fixture
def robin(service: Service, client: TestClient) -> MadeStaff:
    made = make_staff(service.database, name="Robin Ashe")
    sign_in(client, made)
    return made


def filled(**changes: object) -> dict[str, object]:
    values: dict[str, object] = {
        "id": str(uuid4()),
        "team": "north",
        "topic": "low-mood",
        "group": "help",
        "grid": "k7/1",
        "pick": ["k7/1/one-to-one", "k7/1/group", "m4/1/apps"],
        "appointment_type": "first",
        "appointment_mode": "in_person",
        "people": ["young_person", "parent"],
        "age_band": "14-15",
        "language": "en",
        "interpreter": "none",
        "study_code": "",
        "young_person_group": "",
    }
    return {**values, **changes}


def post(client: TestClient, **changes: object) -> Response:
    return client.post("/encounters", data=filled(**changes), follow_redirects=False)


def rows_of(service: Service) -> list[Encounter]:
    with sessions.read(service.database) as db:
        return list(db.exec(select(Encounter)).all())


def faults_of(answer: Response) -> list[str]:
    assert answer.status_code == 422
    summary = answer.text.split("nhsuk-error-summary__list")[1].split("</ul>")[0]
    return re.findall(r'href="#([a-z_]+)"', summary)


def install_baseline(service: Service, first: date, last: date | None = None) -> None:
    with sessions.write(service.database) as db:
        document = study_document(("baseline", first, last))
        studies.install_study(db, document=document, by="system", now=START)


def test_two_presses_open_one_encounter_and_lead_to_its_page(client, service, robin):
    form = filled()
    first = client.post("/encounters", data=form, follow_redirects=False)
    second = client.post("/encounters", data=form, follow_redirects=False)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["location"] == second.headers["location"] == f"/encounters/{form['id']}"
    [row] = rows_of(service)
    kept = (row.grid_public_id, row.grid_version, row.grid_sha256, row.picked)
    assert kept == ("k7", 1, INSIDE.sha256, ["group", "one-to-one"])


def test_the_practitioner_of_the_header_is_an_opaque_number(client, service, robin):
    post(client)
    post(client)
    ours = {row.practitioner for row in rows_of(service)}
    expected = service.keyring.derive("practitioner", robin.id).hex()[:16]
    assert ours == {expected}


def test_other_content_under_the_same_id_is_refused_with_a_page(client, service, robin):
    form = filled()
    client.post("/encounters", data=form)
    answer = client.post("/encounters", data={**form, "group": "advice"})
    assert answer.status_code == 409
    assert "This page was used for another appointment" in answer.text
    assert len(rows_of(service)) == 1


def test_what_cannot_be_kept_is_said_at_its_field(client, service, robin):
    answer = post(client, study_code="943 476 5919", appointment_type="", people=[])
    assert faults_of(answer) == ["appointment_type", "people", "study_code"]
    assert "That looks like an NHS number" in post(client, study_code="943-476-5919").text
    assert rows_of(service) == []


def test_a_form_drawn_again_keeps_what_was_filled_in(client, robin):
    form = filled(appointment_type="", study_code="pilot-7", age_band="16-17")
    text = client.post("/encounters", data=form).text
    assert f'value="{form["id"]}"' in text
    assert 'value="PILOT-7"' in text
    checked = re.findall(r'<input [^>]*value="([^"]+)"[^>]* checked', text)
    assert {"k7/1", "k7/1/group", "16-17", "young_person", "parent"} <= set(checked)


def test_a_panel_meets_without_the_family(client, service, robin):
    assert post(client, appointment_mode="panel", people=[]).status_code == 303
    assert rows_of(service)[0].people_present == []


def test_something_else_needs_no_grid(client, service, robin):
    assert post(client, topic="", grid="").status_code == 303
    kept = rows_of(service)[0]
    assert (kept.topic, kept.grid_public_id) == (None, None)


def test_no_grid_today_is_an_answer(client, service, robin):
    assert post(client, grid="none").status_code == 303
    assert rows_of(service)[0].grid_public_id is None


def test_both_views_of_the_group_are_kept(client, service, robin):
    post(client, young_person_group="advice")
    kept = rows_of(service)[0]
    assert (kept.need_group_practitioner, kept.need_group_young_person) == ("help", "advice")


def test_triage_shows_both_grids_side_by_side_with_the_same_parts(client, robin):
    text = client.get("/triage?topic=k7&group=help").text
    cards = text.split('<article class="grid-card"')[1:]
    assert len(cards) == 2
    assert ["Inside the NHS" in cards[0], "Outside the NHS" in cards[1]] == [True, True]
    shapes = [re.sub(r"[^<>]*", "", card.split("<fieldset")[0]) for card in cards]
    assert shapes[0] == shapes[1]


def test_the_five_groups_are_tiles_of_one_kind(client, robin):
    text = client.get("/triage?topic=k7").text
    tiles = re.findall(r'<a class="([^"]+)" id="tile-group-([a-z_]+)" href="([^"]+)"', text)
    assert [key for _, key, _ in tiles] == [
        "thriving",
        "advice",
        "help",
        "more_help",
        "risk_support",
    ]
    assert {css for css, _, _ in tiles} == {"tile tile--group"}
    assert tiles[0][2] == "/triage?topic=k7&amp;group=thriving"


def test_a_group_that_a_grid_was_not_written_for_is_said(client, robin):
    assert "Not written for" not in client.get("/triage?topic=k7&group=help").text
    text = client.get("/triage?topic=k7&group=risk_support").text
    assert text.count("Not written for: Getting risk support.") == 2


def test_difficulties_without_a_release_are_not_offered(client, robin):
    text = client.get("/triage").text
    assert re.findall(r'id="tile-topic-([a-z-]+)"', text) == ["low-mood", "other"]
    assert "Still being written: finding it hard to concentrate, self-harm." in text


def test_draft_releases_are_marked_and_approved_ones_are_not(client, service, robin):
    assert "Draft: awaiting clinical review." in client.get("/triage?topic=k7").text
    approvals = {INSIDE.sha256: "approved", OUTSIDE.sha256: "approved"}
    service.library = make_library(INSIDE, OUTSIDE, approvals=approvals)
    assert "Draft: awaiting clinical review." not in client.get("/triage?topic=k7").text


def test_expired_and_unlit_grids_cannot_be_opened(client, service, robin):
    old = make_release("k7", expires_on=START.date() - timedelta(days=1))
    service.library = make_library(old, OUTSIDE)
    assert faults_of(post(client, grid="k7/1")) == ["grid"]
    sensitive = make_release("k7", sensitive=True)
    service.library = make_library(sensitive, OUTSIDE)
    assert faults_of(post(client, grid="k7/1")) == ["grid"]


def test_a_baseline_period_offers_no_grid_and_says_not_yet(client, service, robin):
    install_baseline(service, START.date(), START.date())
    page = client.get("/triage?topic=k7&group=help").text
    assert "Not yet. Your team is in its baseline weeks" in page
    assert "grid-card" not in page
    assert "/g/k7" not in page
    assert "/g/k7" not in client.get("/grids").text
    assert 'href="/grids"><span class="door__name"' not in client.get("/home").text
    made = post(client, grid="k7/1")
    assert made.status_code == 303
    assert (rows_of(service)[0].phase, rows_of(service)[0].grid_public_id) == ("baseline", None)
    one = client.get(made.headers["location"]).text
    assert "Not yet: these are the team" in one
    assert "handout.pdf" not in one
    assert "/profile" not in one


def test_the_day_of_the_service_decides_the_phase_not_utc(client, service, robin, clock: Clock):
    """At half past eleven in the evening, UTC, British summer has the next day."""
    clock.moment = datetime(2027, 6, 30, 23, 30, tzinfo=UTC)
    sign_in(client, robin)
    install_baseline(service, date(2027, 7, 1), date(2027, 7, 31))
    post(client, grid="")
    kept = rows_of(service)[0]
    assert (kept.encounter_on, kept.phase) == (date(2027, 7, 1), "baseline")


def test_the_page_of_another_team_is_not_there(client, service, robin):
    where = post(client).headers["location"]
    assert client.get(where).status_code == 200
    other = make_staff(service.database, teams=["south"])
    sign_in(client, other)
    answers = [
        client.get(where),
        client.post(f"{where}/close"),
        client.post(f"{where}/void", data={"reason": "duplicate"}),
        client.post(f"{where}/young-person-view", data={"young_person_group": "help"}),
        client.get(f"/encounters/{uuid4()}"),
    ]
    assert [answer.status_code for answer in answers] == [404] * 5
    assert rows_of(service)[0].state == "open"


@pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.RESEARCHER, Role.ADMINISTRATOR])
def test_roles_without_encounters_find_none(client, service, robin, role):
    where = post(client).headers["location"]
    sign_in(client, make_staff(service.database, roles=[role]))
    code = rows_of(service)[0].code
    assert [client.get(path).status_code for path in (where, "/encounters", "/triage")] == [403] * 3
    home = client.get("/home")
    assert home.status_code == 200
    assert code[:4] not in home.text
    assert ('action="/turns"' in home.text) is (role == Role.FRONT_DESK)


def test_voiding_asks_for_a_reason_and_happens_once(client, service, robin):
    where = post(client).headers["location"]
    assert faults_of(client.post(f"{where}/void", data={"reason": "because"})) == ["reason"]
    first = client.post(f"{where}/void", data={"reason": "duplicate"}, follow_redirects=False)
    assert (first.status_code, first.headers["location"]) == (303, where)
    second = client.post(f"{where}/void", data={"reason": "wrong_team"})
    assert second.status_code == 409
    assert "already marked as not counting" in second.text
    assert rows_of(service)[0].void_reason == "duplicate"
    page = client.get(where).text
    assert "This appointment does not count: the same appointment twice." in page
    assert f'action="{where}/void"' not in page
    assert f'action="{where}/hand-over"' not in page


def test_closing_takes_it_from_home(client, service, robin):
    where = post(client).headers["location"]
    code = rows_of(service)[0].code
    shown = f"{code[:4]} {code[4:]}"
    assert shown in client.get("/home").text
    assert client.post(f"{where}/close", follow_redirects=False).status_code == 303
    assert shown not in client.get("/home").text
    assert shown in client.get("/encounters").text


def test_the_list_is_by_day_with_today_first_and_can_be_filtered(client, service, robin, clock):
    yesterday = post(client).headers["location"]
    clock.pass_time(days=1)
    sign_in(client, robin)
    today = post(client).headers["location"]
    text = client.get("/encounters").text
    assert text.index("Today") < text.index(today) < text.index("23 November 2026")
    assert text.index("23 November 2026") < text.index(yesterday)
    only = client.get("/encounters?day=2026-11-23&own=yes").text
    assert (yesterday in only, today in only) == (True, False)
    odd = client.get("/encounters?day=monday&page=-3")
    assert odd.status_code == 200
    assert "Write the day as year, month, day" in odd.text


def test_the_list_is_paged(client, service, robin):
    for _ in range(26):
        post(client)
    first, second = client.get("/encounters").text, client.get("/encounters?page=2").text
    assert (first.count('class="row"'), second.count('class="row"')) == (25, 1)
    assert 'rel="next" href="/encounters?page=2"' in first
    assert 'rel="prev" href="/encounters?page=1"' in second


def test_after_a_pin_the_list_asks_for_the_password(client, service, robin):
    where = post(client).headers["location"]
    other = post(client).headers["location"]
    with sessions.write(service.database) as db:
        login = db.exec(select(Login).where(Login.staff_id == robin.id)).one()
        login.narrowed_to = where.removeprefix("/encounters/")
    assert client.get(where).status_code == 200
    for path in (other, "/encounters", "/home", "/triage"):
        answer = client.get(path, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"][:9]) == (303, "/confirm?")


def test_grids_of_staff_name_status_review_and_what_was_left_out(client, service, robin):
    problem = Problem("_released/x/1.json", "is missing or cannot be read")
    approvals = {OUTSIDE.sha256: "withdrawn"}
    service.library = make_library(INSIDE, OUTSIDE, approvals=approvals, problems=[problem])
    text = client.get("/grids").text
    assert re.findall(r'state state--([a-z_]+)"', text) == ["draft_release", "withdrawn"]
    assert "Looked at again by 22 May 2027." in text
    assert "_released/x/1.json</span> is missing or cannot be read" in text


def test_the_audit_log_is_for_auditors_and_follows_the_chain(client, service, robin):
    post(client)
    assert client.get("/audit").status_code == 403
    sign_in(client, make_staff(service.database, roles=[Role.AUDITOR], name="Noor Vale"))
    text = client.get("/audit").text
    assert "The chain is whole." in text
    assert "encounter opened" in text
    with sessions.write(service.database) as db:
        db.exec(select(AuditEvent).where(AuditEvent.kind == "encounter_opened")).one().actor = "x"
    assert re.search(r"The chain is broken at entry \d+\.", client.get("/audit").text)


def test_no_name_of_staff_is_in_the_audit_log(client, service, robin):
    post(client)
    sign_in(client, make_staff(service.database, roles=[Role.AUDITOR], name="Noor Vale"))
    text = client.get("/audit").text
    assert robin.id in text
    assert robin.name not in text
    assert robin.username not in text
