"""What the description of the device routes allows, drawn by schemathesis: never a 500.

The description is not served; it is taken from the application. It is a library here and no pytest
plugin: the plugin would be loaded by every run of every test.
"""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from fastapi.openapi.utils import get_openapi
from fixtures.capture import Tablet
from hypothesis import HealthCheck, Phase, given, settings
from starlette.testclient import TestClient

from app.web.routes import handover, phone, print_desk, responses, tablets

AREAS = (handover, phone, print_desk, responses, tablets)
PREFIX = "/v1/"
EXAMPLES = 12
DESCRIBED = {
    "PUT /v1/responses/{response_id}",
    "PUT /v1/tablets/{tablet_id}",
    "POST /v1/tablet/contact",
    "POST /v1/handover/begin",
    "GET /v1/handover/state",
    "POST /v1/handover/return",
    "POST /v1/phone/begin",
    "POST /v1/print-tickets/profile",
    "POST /v1/print-tickets/decision",
}


def operations() -> dict[str, Any]:
    """Return every described operation of the device routes, by method and path."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the library's own, at import
        import schemathesis
    routes = [each for area in AREAS for each in area.router.routes if PREFIX in each.path]
    described = get_openapi(title="Device routes", version="1", routes=routes)
    found = [each.ok() for each in schemathesis.openapi.from_dict(described).get_all_operations()]
    return {f"{each.method.upper()} {each.path}": each for each in found}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nothing_that_the_description_allows_breaks_a_device_route(
    client: TestClient, tablet: Tablet
) -> None:
    found = operations()
    assert found.keys() == DESCRIBED
    for name, operation in found.items():
        drawn = settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        drawn(given(case=operation.as_strategy())(_never_breaks(client, tablet, name)))()


def _never_breaks(client: TestClient, tablet: Tablet, name: str) -> Any:
    def send(case: Any) -> None:
        sent = case.as_transport_kwargs(base_url="https://testserver")
        headers = {**dict(sent.get("headers") or {}), "Authorization": f"Bearer {tablet.token}"}
        content = sent.get("data") or b""
        answer = client.request(
            sent["method"], sent["url"], params=sent.get("params"), headers=headers, content=content
        )
        assert answer.status_code < 500, (name, sent)

    return send
