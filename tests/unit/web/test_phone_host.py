"""The phones' host name: which addresses it gives, and which names are that name."""

from __future__ import annotations

import pytest
from pydantic import ValidationError
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from app.settings import Settings
from app.web.phone_host import PhoneHost

HOST = "phone.example"
OPEN = (
    "/phone",
    "/help",
    "/healthz",
    "/favicon.ico",
    "/static/css/app.css",
    "/v1/phone/begin",
    "/v1/responses/2f1c0a52-0000-4000-8000-000000000000",
)
CLOSED = (
    "/",
    "/sign-in",
    "/home",
    "/encounters",
    "/appointment",
    "/tablet",
    "/g/k7",
    "/sw.js",
    "/offline.json",
    "/v1/tablet/contact",
    "/v1/handover/begin",
    "/phone/",
    "/phone/more",
    "/phones",
    "/help/",
    "/static",
    "/healthz/x",
    "//phone",
)


@pytest.fixture(scope="module")
def client() -> TestClient:
    app = PhoneHost(PlainTextResponse("here"), HOST, PlainTextResponse("not here", 404))
    return TestClient(app)


@pytest.mark.parametrize("path", OPEN)
def test_what_it_serves(client: TestClient, path: str) -> None:
    for name in (HOST, "other.example"):
        assert client.get(f"http://{name}{path}").text == "here"


@pytest.mark.parametrize("path", CLOSED)
def test_what_it_does_not(client: TestClient, path: str) -> None:
    for method in ("GET", "POST", "PUT", "HEAD", "OPTIONS"):
        assert client.request(method, f"http://{HOST}{path}").status_code == 404
    assert client.get(f"http://other.example{path}").text == "here"


@pytest.mark.parametrize("name", [HOST, "PHONE.Example", "phone.example.", "phone.example:8443"])
def test_every_way_of_writing_the_name_is_the_name(client: TestClient, name: str) -> None:
    assert client.get("/home", headers={"host": name}).status_code == 404


def test_a_second_host_header_opens_nothing(client: TestClient) -> None:
    for order in (["other.example", HOST], [HOST, "other.example"]):
        headers = [("host", name) for name in order]
        assert client.get("/home", headers=headers).status_code == 404


def test_the_setting_is_one_bare_https_address() -> None:
    assert Settings(phone_url="").phone_host == ""
    made = Settings(phone_url="https://Phone.Example:8443/", public_url="https://grids.example")
    assert (made.phone_url, made.phone_host) == ("https://Phone.Example:8443", "phone.example")


@pytest.mark.parametrize(
    "value",
    [
        "http://phone.example",
        "phone.example",
        "https://",
        "https://phone.example/phone",
        "https://phone.example?x=1",
        "https://phone.example#x",
        "https://somebody@phone.example",
        "https://grids.example",
        "https://grids.example:8443",
    ],
)
def test_any_other_address_is_refused_at_start(value: str) -> None:
    with pytest.raises(ValidationError):
        Settings(phone_url=value, public_url="https://grids.example")
