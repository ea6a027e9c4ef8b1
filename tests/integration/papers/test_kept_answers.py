"""A paper that was made once is given like a static file, as long as all that shapes it stays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from fixtures.reviews import sensitive, stock
from starlette.testclient import TestClient

from app.adapters.paper_shelf import KeptPaper
from app.rendering.paper import Pdf
from app.services import papers
from app.web import published
from app.web.service import Service

T5 = sensitive()
PAPER = "/g/k7/1/handout.pdf?voice=parent"


@dataclass
class Counted:
    """Stands for the engine: papers that say how many there were before them."""

    made: int = 0

    async def take(self, _: Any, *, order: papers.HandoutOrder) -> KeptPaper:
        self.made += 1
        body = b"%%PDF %d %s" % (self.made, order.address.encode())
        return KeptPaper(Pdf(body, 1), f'"{self.made}"')


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Counted:
    counted = Counted()
    monkeypatch.setattr(papers, "take_handout", counted.take)
    return counted


def test_the_second_answer_is_the_first_and_no_route_was_asked(
    client: TestClient, engine: Counted
) -> None:
    first, second = client.get(PAPER), client.get(PAPER)
    assert (first.status_code, engine.made) == (200, 1)
    assert second.content == first.content
    assert dict(second.headers) == dict(first.headers)
    unchanged = client.get(PAPER, headers={"If-None-Match": first.headers["etag"]})
    assert (unchanged.status_code, unchanged.content, engine.made) == (304, b"", 1)


def test_another_address_host_or_scheme_is_another_paper(
    client: TestClient, engine: Counted
) -> None:
    seen = [
        client.get(PAPER).content,
        client.get(f"{PAPER}&c=group,one-to-one").content,
        client.get("/g/k7/1/handout.pdf?voice=young-person").content,
        client.get(PAPER, headers={"Host": "other.example"}).content,
        client.get(PAPER.replace("/g/", "http://testserver/g/", 1)).content,
    ]
    assert len({body.split()[1] for body in seen}) == engine.made == 5
    assert seen[3].endswith(b" https://other.example/g/k7/1")
    assert seen[4].endswith(b" http://testserver/g/k7/1")


def test_a_new_day_switch_or_approval_asks_the_route_again(
    client: TestClient, service: Service, engine: Counted
) -> None:
    client.get(PAPER)
    moment = service.clock()
    service.clock = lambda: moment + timedelta(days=1)
    assert client.get(PAPER).content.startswith(b"%PDF 2 ")
    service.library = replace(service.library, approvals={"another": "approved"})
    assert client.get(PAPER).content.startswith(b"%PDF 3 ")
    service.state = replace(service.state, personal_budgets_on=True)
    assert client.get(PAPER).content.startswith(b"%PDF 4 ")
    assert client.get(PAPER).content.startswith(b"%PDF 4 ")


def test_what_was_made_of_an_edition_that_changed_meanwhile_is_not_given(
    client: TestClient, service: Service, engine: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow(press: Any, *, order: papers.HandoutOrder) -> KeptPaper:
        kept = await engine.take(press, order=order)
        service.library = replace(service.library, approvals={"taken": "back"})
        return kept

    monkeypatch.setattr(papers, "take_handout", slow)
    client.get(PAPER)
    assert client.get(PAPER).content.startswith(b"%PDF 2 ")


def test_a_sensitive_paper_is_never_kept(
    client: TestClient, service: Service, engine: Counted
) -> None:
    stock(service, T5)
    service.state = replace(
        service.state, sensitive_grids_on=True, local_crisis_number="0800 000 0000"
    )
    seen = [client.get("/g/t5/1/handout.pdf?tick=yes") for _ in range(2)]
    assert [answer.status_code for answer in seen] == [200, 200]
    assert [answer.headers["cache-control"] for answer in seen] == ["no-store"] * 2
    assert engine.made == 2


def test_only_so_many_are_held(
    client: TestClient, engine: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(published, "MOST_KEPT", 2)
    for voice in ("one", "two", "three"):
        client.get(f"/g/k7/1/handout.pdf?voice={voice}")
    client.get("/g/k7/1/handout.pdf?voice=three")
    assert engine.made == 3
    client.get("/g/k7/1/handout.pdf?voice=one")
    assert engine.made == 4
