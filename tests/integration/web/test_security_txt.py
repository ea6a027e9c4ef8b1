"""Who hears of a weakness: at the address where people look, while somebody vouches for it."""

from __future__ import annotations

from datetime import date

from fixtures.service import Clock
from starlette.testclient import TestClient

from app.main import build_service, create_app
from app.settings import Settings

ADDRESS = "/.well-known/security.txt"


def test_without_a_contact_there_is_no_such_page(client: TestClient) -> None:
    assert client.get(ADDRESS).status_code == 404


def test_the_contact_of_the_site_is_served_as_text(settings: Settings, clock: Clock) -> None:
    mine = {"security_contact": "tel:+44-1632-960000", "security_contact_until": date(2027, 1, 31)}
    service = build_service(settings.model_copy(update=mine), clock)
    try:
        with TestClient(create_app(service), base_url="https://testserver") as browser:
            found = browser.get(ADDRESS)
    finally:
        service.database.dispose()
    assert found.headers["content-type"] == "text/plain; charset=utf-8"
    lines = found.text.splitlines()
    assert lines[:2] == ["Contact: tel:+44-1632-960000", "Expires: 2027-01-31T23:59:59Z"]
