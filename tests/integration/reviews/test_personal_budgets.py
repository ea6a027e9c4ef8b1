"""The switch for the words on personal budgets: who may turn it, what it shows, what it leaves."""

from __future__ import annotations

from fixtures.staff import make_staff, sign_in
from starlette.testclient import TestClient

from app.domain.access import Role
from app.web.service import Service


def switch(client: TestClient, turn: str) -> int:
    answer = client.post(
        "/service/switches/personal-budgets", data={"turn": turn}, follow_redirects=False
    )
    return answer.status_code


def test_an_administrator_turns_it_and_every_turn_leaves_a_trace(
    client: TestClient, service: Service
) -> None:
    sign_in(client, make_staff(service.database, roles=[Role.ADMINISTRATOR], teams=()))

    assert switch(client, "on") == 303
    assert service.state.personal_budgets_on is True
    assert (
        "The words on personal budgets are shown."
        in client.get("/service?done=personal-budgets-on").text
    )
    assert switch(client, "anything") == 303
    assert service.state.personal_budgets_on is False


def test_nobody_else_turns_it(client: TestClient, service: Service) -> None:
    for role in set(Role) - {Role.ADMINISTRATOR}:
        sign_in(client, make_staff(service.database, roles=[role], teams=()))
        assert switch(client, "on") == 403
    assert service.state.personal_budgets_on is False
