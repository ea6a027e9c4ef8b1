"""The service's mode, its local crisis number and its teams."""

from __future__ import annotations

import hashlib
import re

import pytest
from fixtures.staff import MadeStaff, happened, make_staff, sign_in
from sqlmodel import select
from starlette.testclient import TestClient

from app.db import sessions
from app.db.tables import ServiceSetting, Team
from app.domain.access import Role
from app.services import teams
from app.web.service import Service


@pytest.fixture
def admin(client: TestClient, service: Service) -> MadeStaff:
    made = make_staff(service.database, roles=(Role.ADMINISTRATOR,))
    sign_in(client, made)
    return made


def test_the_mode_is_shown(client: TestClient, admin: MadeStaff) -> None:
    page = client.get("/service").text
    assert "For practice with invented families. Every page and paper says so." in page


def test_the_local_number_is_on_every_page_at_once_and_after_a_restart(
    client: TestClient, service: Service, admin: MadeStaff
) -> None:
    assert "Ask your team for this number" in client.get("/join/none").text
    form = {"number": " 0800  123 4567 "}
    answer = client.post("/service/crisis-number", data=form, follow_redirects=False)
    assert answer.headers["location"] == "/service?done=number"
    page = client.get("/join/none").text
    assert '<a class="help__number" href="tel:08001234567">0800 123 4567</a>' in page
    with sessions.read(service.database) as db:
        assert db.get_one(ServiceSetting, "local_crisis_number").value == "0800 123 4567"
    digest = hashlib.sha256(b"0800 123 4567").hexdigest()
    assert happened(service.database)[-1] == (
        "settings_changed",
        admin.id,
        "local_crisis_number",
        {"value_sha256": digest},
    )


@pytest.mark.parametrize("number", ["call us", "12", "0800 123 4567 or text", "1" * 30, "<b>999"])
def test_a_number_that_cannot_be_called_is_not_kept(
    client: TestClient, service: Service, admin: MadeStaff, number: str
) -> None:
    answer = client.post("/service/crisis-number", data={"number": number})
    assert answer.status_code == 422
    assert "Use digits and spaces only, such as 0800 123 4567." in answer.text
    assert service.state.local_crisis_number == ""


def test_the_number_can_be_taken_away(
    client: TestClient, service: Service, admin: MadeStaff
) -> None:
    client.post("/service/crisis-number", data={"number": "0800 123 4567"})
    client.post("/service/crisis-number", data={"number": ""})
    assert "Ask your team for this number" in client.get("/join/none").text


def test_a_team_is_added_renamed_and_closed_under_one_slug(
    client: TestClient, service: Service, admin: MadeStaff
) -> None:
    client.post("/service/teams", data={"name": "Caf\u00e9 & Harbour Lane"})
    client.post("/service/teams/cafe-harbour-lane/rename", data={"name": "Quarry Road"})
    page = client.get("/service").text
    assert re.findall(r'href="/service/teams/([^"]+)">([^<]+)<', page) == [
        ("north", "North"),
        ("cafe-harbour-lane", "Quarry Road"),
    ]
    client.post("/service/teams/cafe-harbour-lane/close")
    with sessions.read(service.database) as db:
        rows = db.exec(select(Team).order_by(Team.id)).all()
    assert [(row.id, row.closed_at is None) for row in rows] == [
        ("cafe-harbour-lane", False),
        ("north", True),
    ]
    trail = [(kind, subject) for kind, _, subject, _ in happened(service.database)]
    assert trail[1:] == [
        ("team_created", "cafe-harbour-lane"),
        ("settings_changed", "team-name:cafe-harbour-lane"),
        ("team_closed", "cafe-harbour-lane"),
    ]
    assert "This team was closed on" in client.get("/service/teams/cafe-harbour-lane").text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "Fill in a name of at most 60 characters."),
        ("x" * 61, "Fill in a name of at most 60 characters."),
        ("North", "An open team has this name already."),
    ],
)
def test_a_name_that_cannot_be_kept_adds_no_team(
    client: TestClient, service: Service, admin: MadeStaff, name: str, words: str
) -> None:
    answer = client.post("/service/teams", data={"name": name})
    assert answer.status_code == 422
    assert words in answer.text
    with sessions.read(service.database) as db:
        assert db.exec(select(Team.id)).all() == ["north"]


def test_the_only_open_team_stays_open(
    client: TestClient, service: Service, admin: MadeStaff
) -> None:
    answer = client.post("/service/teams/north/close")
    assert answer.status_code == 422
    assert "This is the only open team." in answer.text
    assert client.post("/service/teams/nowhere/close").status_code == 404


def test_the_name_of_a_closed_team_may_be_used_again_under_another_slug(
    client: TestClient, admin: MadeStaff
) -> None:
    client.post("/service/teams", data={"name": "South"})
    client.post("/service/teams/north/close")
    answer = client.post("/service/teams", data={"name": "North"}, follow_redirects=False)
    assert answer.status_code == 303
    assert client.get("/service/teams/north-2").status_code == 200


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("North Team", "north-team"),
        ("  \u00c9quipe  -- 2 ", "equipe-2"),
        ("\u6771\u4eac", "team"),
        ("a" * 60, "a" * 40),
    ],
)
def test_a_slug_holds_only_what_may_travel(name: str, slug: str) -> None:
    assert teams.slug_of(name) == slug
