"""What every answer carries, what another site cannot do, and what plain http gets."""

from __future__ import annotations

import re

import pytest
from fixtures.staff import make_staff, sign_in
from starlette.testclient import TestClient

from app.adapters.assets import Assets
from app.db.engine import Database
from app.main import create_app
from app.settings import ROOT
from app.web.service import Service


@pytest.mark.parametrize("path", ["/", "/healthz", "/g/k7/1", "/appointment", "/not-there"])
def test_every_answer_is_protected(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-robots-tag"] == "noindex, nofollow"
    assert headers["strict-transport-security"].startswith("max-age=")


def test_pages_of_staff_are_not_kept_and_shared_ones_are_asked_about(
    client: TestClient, database: Database
) -> None:
    sign_in(client, make_staff(database))
    assert client.get("/home").headers["cache-control"] == "no-store"
    shared = client.get("/g/k7/1")
    assert shared.headers["cache-control"] == "no-cache"
    again = client.get("/g/k7/1", headers={"if-none-match": shared.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_same_address_gives_the_same_bytes_to_everybody(
    client: TestClient, database: Database
) -> None:
    before = {path: client.get(path).content for path in ("/g/k7/1", "/appointment")}
    sign_in(client, make_staff(database))
    assert {path: client.get(path).content for path in before} == before


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
    ],
)
def test_another_site_cannot_write(client: TestClient, headers: dict[str, str]) -> None:
    answer = client.post("/sign-in", data={"username": "a", "password": "b"}, headers=headers)
    assert answer.status_code == 403
    assert "came from another site" in answer.text
    assert "116 123" in answer.text


def test_our_own_forms_can(client: TestClient) -> None:
    headers = {"sec-fetch-site": "same-origin", "origin": "https://testserver"}
    answer = client.post("/sign-in", data={"username": "", "password": ""}, headers=headers)
    assert answer.status_code == 422


@pytest.mark.parametrize("path", ["/", "/sign-in", "/appointment", "/g/k7/1"])
def test_plain_http_from_another_machine_gets_one_page(service: Service, path: str) -> None:
    with TestClient(create_app(service), base_url="http://192.0.2.7:8000") as browser:
        answer = browser.get(path)
        assert answer.status_code == 403
        assert "This page needs a safe connection" in answer.text
        assert "grids serve --lan" in answer.text
        assert browser.get("/healthz").status_code == 200


def test_plain_http_on_this_machine_is_a_secure_context(service: Service) -> None:
    with TestClient(create_app(service), base_url="http://127.0.0.1:8000") as browser:
        assert browser.get("/").status_code == 200


def test_an_error_of_ours_shows_no_trace(service: Service) -> None:
    def fail() -> None:
        raise RuntimeError("canary 4711")

    service.clock = fail  # type: ignore[assignment]
    application = create_app(service)
    with TestClient(
        application, base_url="https://testserver", raise_server_exceptions=False
    ) as browser:
        browser.cookies.set("__Host-login", "x")
        answer = browser.get("/sign-in")
        assert answer.status_code == 500
        assert "Something went wrong here" in answer.text
        assert "canary" not in answer.text
        assert "Traceback" not in answer.text


def test_styles_of_others_ask_no_other_host() -> None:
    for name, asset in Assets(ROOT / "static").by_name.items():
        if name.endswith((".css", ".js", ".webmanifest")):
            found = re.findall(rb"url\(\s*[\"']?https?:|@import|fetch\([\"']https?:", asset.body)
            assert found == [], name


def test_a_changed_file_changes_the_address_of_its_users(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("static")
    (folder / "font.woff2").write_bytes(b"one")
    (folder / "page.css").write_text('@font-face{src:url("/static/font.woff2")}')
    first = Assets(folder).url("page.css")
    (folder / "font.woff2").write_bytes(b"two")
    assert Assets(folder).url("page.css") != first
