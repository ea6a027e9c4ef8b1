"""Counts and version: for the machine itself, and without a word about anybody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fixtures.staff import make_staff, sign_in
from starlette.testclient import TestClient

from app.main import build_service, create_app
from app.settings import Settings

HERE = ("127.0.0.1", 50_000)


@pytest.fixture
def counted(settings: Settings) -> Iterator[TestClient]:
    service = build_service(settings.model_copy(update={"metrics": True}))
    app = create_app(service)
    with TestClient(app, base_url="https://testserver", client=HERE) as client:
        client.app_state["service"] = service
        yield client


def test_requests_and_sets_are_counted_by_template_and_outcome(counted: TestClient) -> None:
    counted.get("/healthz")
    counted.get("/join/a-secret-token")
    counted.get("/no/such/page-of-kim")
    counted.put("/v1/responses/9d2f8a7e-0000-4000-8000-000000000000", content=b"x")
    text = counted.get("/metrics").text
    assert 'grids_answer_sets_total{outcome="stored"} 0.0' in text
    assert 'grids_answer_sets_total{outcome="refused"} 1.0' in text
    assert "grids_answer_sets_waiting 0.0" in text
    one = 'grids_request_seconds_count{method="GET",route="%s",status="%s"} 1.0'
    assert one % ("/healthz", "2xx") in text
    assert one % ("/join/{token}", "4xx") in text
    assert one % ("other", "4xx") in text
    for word in ("a-secret-token", "kim", "9d2f8a7e"):
        assert word not in text


def test_no_name_of_staff_is_in_the_counts(counted: TestClient) -> None:
    worker = make_staff(counted.app_state["service"].database, name="Robin Ashe")
    sign_in(counted, worker)
    text = counted.get("/metrics").text
    assert 'route="/sign-in"' in text
    assert not {worker.username, worker.id, "Robin"} & set(text.replace('"', " ").split())


@pytest.mark.parametrize("path", ["/metrics", "/version"])
def test_nobody_behind_a_proxy_gets_them(counted: TestClient, path: str) -> None:
    assert counted.get(path).status_code == 200
    assert counted.get(path, headers={"x-forwarded-for": "203.0.113.9"}).status_code == 404


def test_they_are_off_unless_asked_for(client: TestClient) -> None:
    assert client.get("/metrics").status_code == 404
    assert client.get("/version").status_code == 404  # not from this machine
