from __future__ import annotations

import re

import pytest
from fixtures.encounters import make_library, make_release
from starlette.testclient import TestClient

from app.services.service_mode import ServiceState
from app.web.service import Service

INSIDE = make_release("k7")
OUTSIDE = make_release("m4", setting="outside-nhs")
PAGES = ("/", "/help", "/privacy", "/accessibility", "/about")


@pytest.fixture(autouse=True)
def _grids(service: Service) -> None:
    service.library = make_library(INSIDE, OUTSIDE)


def test_public_pages_need_no_sign_in_and_are_not_kept_or_listed(client):
    for path in PAGES:
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-robots-tag"] == "noindex, nofollow"
        assert "set-cookie" not in answer.headers


def test_every_page_has_every_number_that_answers(client, service):
    for text in (client.get(path).text for path in PAGES):
        for contact in service.contacts.contacts:
            assert contact.name in text
            assert contact.number in text
        assert "Nobody is reading this page right now" in text


def test_the_help_page_says_each_number_once_and_for_both_voices(client, service):
    text = client.get("/help").text
    for contact in service.contacts.contacts:
        assert text.count(f'<h2 class="line__name">{contact.name}</h2>') == 1
        for words in contact.for_whom.values():
            assert words.replace("&", "&amp;") in text


def test_the_service_own_crisis_line_is_shown_where_there_is_one(client, service):
    assert "Ask your team for this number" in client.get("/help").text
    service.state = ServiceState(local_crisis_number="0161 496 0123")
    text = client.get("/help").text
    assert 'href="tel:01614960123">0161 496 0123</a>' in text
    assert "Ask your team for this number" not in text


def test_the_front_page_has_the_grids_as_equal_cards_under_meaningless_addresses(client):
    text = client.get("/").text
    cards = re.findall(r'<a class="(card)" href="([^"]+)">', text)
    assert cards == [("card", "/g/k7/1"), ("card", "/g/m4/1")]
    addresses = re.findall(r'href="([^"]+)"', text)
    assert [address for address in addresses if "mood" in address] == []


def test_live_service_shows_only_approved_grids(client, service):
    service.state = ServiceState(mode="live")
    assert "/g/" not in client.get("/").text
    service.library = make_library(INSIDE, OUTSIDE, approvals={INSIDE.sha256: "approved"})
    text = client.get("/").text
    assert ("/g/k7/1" in text, "/g/m4/1" in text) == (True, False)
    assert "Draft: awaiting clinical review." not in text


def test_without_a_release_the_front_page_still_stands(client: TestClient, service: Service):
    service.library = make_library()
    answer = client.get("/")
    assert answer.status_code == 200
    assert "There is no grid to read yet." in answer.text
    assert client.get("/about").status_code == 200


def test_public_pages_lead_to_no_staff_page_but_the_way_in(client):
    staff = {"/home", "/triage", "/encounters", "/grids", "/audit", "/staff", "/exports"}
    for path in PAGES:
        targets = set(re.findall(r'href="(/[a-z-]*)', client.get(path).text))
        assert targets & staff == set()
        assert ("/sign-in" in targets) is (path == "/")


def test_a_page_that_does_not_exist_has_the_way_back_and_the_numbers(client):
    answer = client.get("/nothing-here")
    assert answer.status_code == 404
    assert "We cannot find that page" in answer.text
    assert "116 123" in answer.text
