"""The second wording of the questions: offered where a service switched it on, chosen by each."""

from __future__ import annotations

from html import unescape

from fixtures.staff import make_staff, sign_in
from starlette.testclient import TestClient

from app.documents.profile_words import PROMPTS
from app.domain.access import Role
from app.web.service import Service

FIRST, SECOND = "What I never leave home without", "Things I like to have near me"
ASKED = "Which questions suit you better?"


def test_a_service_switches_it_and_the_form_offers_both(
    client: TestClient, service: Service
) -> None:
    assert ASKED not in client.get("/profile").text
    sign_in(client, make_staff(service.database, roles=[Role.ADMINISTRATOR], teams=()))
    answer = client.post("/service/switches/profile-wording", data={"turn": "on"})
    assert "The profile offers both wordings of its questions." in answer.text
    assert service.state.second_profile_wording_on is True
    blank = unescape(client.get("/profile").text)
    assert ASKED in blank
    assert FIRST in blank
    assert SECOND not in blank
    chosen = unescape(client.post("/profile", data={"miss": "Art", "wording": "second"}).text)
    assert SECOND in chosen
    assert FIRST not in chosen
    assert ">\nArt</textarea>" in chosen
    client.post("/service/switches/profile-wording", data={"turn": "off"})
    assert ASKED not in client.get("/profile").text


def test_what_is_seen_and_what_is_printed_have_the_chosen_wording(client: TestClient) -> None:
    words = {"miss": "Art", "wording": "second"}
    seen = client.post("/profile/check", data=words).json()
    assert SECOND in seen["sheet"]
    assert FIRST not in seen["sheet"]
    assert (seen["fits"], seen["points"]) == (True, 13)
    assert " style=" not in seen["sheet"], "a page forbids styles of its own"
    full = client.post("/profile/check", data=dict.fromkeys(PROMPTS, "word " * 80))
    assert 11 <= full.json()["points"] < 13
