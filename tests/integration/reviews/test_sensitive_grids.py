"""Grids that start switched off: as if they were not there, until a site answers for them."""

from __future__ import annotations

import re
from dataclasses import replace
from io import BytesIO
from uuid import uuid4

import pytest
from fixtures.reviews import NEUTRAL, TELLING, released, sensitive, stock
from fixtures.service import START
from fixtures.staff import happened, make_staff, sign_in
from httpx2 import Response
from pypdf import PdfReader
from starlette.testclient import TestClient

from app.content.grid import Band
from app.content.wording import BandWords
from app.db import sessions
from app.db.engine import Database
from app.domain.access import Role
from app.services import crisis_number, demonstration
from app.services.service_mode import load_state
from app.web import standing
from app.web.service import Service

T5, K7 = sensitive(), released("k7")
PATHS = (
    "/g/t5",
    "/g/t5/1",
    "/g/t5/1?voice=parent",
    "/g/t5/1/fragment",
    "/g/t5/1/scorecard",
    "/g/t5/1/changes",
    "/g/t5/1/handout.pdf",
)
NUMBER = "01632 960 999"


@pytest.fixture(autouse=True)
def _ready(service: Service, client: TestClient) -> None:
    stock(service, K7, T5)


def switch(client: TestClient, turn: str) -> Response:
    return client.post(
        "/service/switches/sensitive-grids", data={"turn": turn}, follow_redirects=False
    )


def administer(client: TestClient, service: Service) -> str:
    made = make_staff(service.database, roles=[Role.ADMINISTRATOR], teams=())
    sign_in(client, made)
    return made.id


def give_number(service: Service, number: str = NUMBER) -> None:
    crisis_number.set_crisis_number(service.database, number=number, by="system", now=START)
    standing.refresh(service)


def triage(client: TestClient, service: Service) -> str:
    sign_in(client, make_staff(service.database))
    return client.get("/triage?topic=t5").text


def test_switched_off_it_is_as_if_it_were_not_there(client, service):
    give_number(service)
    nothing = client.get("/g/zz/1").text
    for path in PATHS:
        answer = client.get(path)
        assert answer.status_code == 404
        assert answer.text == nothing
    assert "/g/t5" not in client.get("/").text
    text = triage(client, service)
    assert ("t5/1" in text, "tile-topic-self-harm" in text) == (False, False)
    assert "Still being written: finding it hard to concentrate." in text


def test_switched_on_without_a_number_it_stays_closed_and_the_service_page_says_why(
    client, service
):
    administer(client, service)
    assert switch(client, "on").headers["location"] == "/service?done=sensitive-grids-on"
    for path in PATHS:
        assert client.get(path).status_code == 404
    text = client.get("/service").text
    assert "They cannot be opened, because there is no number of a local crisis team above." in text
    assert "/g/t5" not in client.get("/").text


def test_switched_on_with_a_number_it_is_offered_beside_the_others(client, service):
    administer(client, service)
    switch(client, "on")
    client.post("/service/crisis-number", data={"number": NUMBER})
    for path in PATHS[:-1]:
        assert client.get(path).status_code == 200
    assert 'href="/g/t5/1"' in client.get("/").text
    assert "They are offered beside the others." in client.get("/service").text
    assert 'value="t5/1"' in triage(client, service)

    client.get("/sign-in")
    administer(client, service)
    client.post("/service/crisis-number", data={"number": ""})
    assert client.get("/g/t5/1").status_code == 404
    client.post("/service/crisis-number", data={"number": NUMBER})
    assert client.get("/g/t5/1").status_code == 200
    switch(client, "off")
    assert client.get("/g/t5/1").status_code == 404
    assert client.get("/g/k7/1").status_code == 200


def test_the_switch_is_audited_where_it_changed_something(client, service):
    by = administer(client, service)
    for turn in ("on", "on", "off", "anything"):
        switch(client, turn)
    told = [row for row in happened(service.database) if row[0] == "sensitive_grids_switched"]
    assert told == [
        ("sensitive_grids_switched", by, "service", {"on": True}),
        ("sensitive_grids_switched", by, "service", {"on": False}),
    ]


def test_only_an_administrator_switches(client, service):
    for role in set(Role) - {Role.ADMINISTRATOR}:
        sign_in(client, make_staff(service.database, roles=[role], teams=()))
        assert switch(client, "on").status_code == 403
    assert service.state.sensitive_grids_on is False


def test_an_appointment_cannot_be_opened_with_one_that_is_off(client, service):
    give_number(service)
    sign_in(client, make_staff(service.database))
    form = {
        "id": str(uuid4()),
        "team": "north",
        "topic": "self-harm",
        "group": "help",
        "grid": "t5/1",
        "appointment_type": "first",
        "appointment_mode": "in_person",
        "people": ["young_person"],
        "language": "en",
        "interpreter": "none",
    }
    assert client.post("/encounters", data=form, follow_redirects=False).status_code == 422
    service.state = replace(service.state, sensitive_grids_on=True)
    assert client.post("/encounters", data=form, follow_redirects=False).status_code == 303


@pytest.fixture
def lit(service: Service) -> Service:
    """A service that has switched its sensitive grids on."""
    give_number(service)
    service.state = replace(service.state, sensitive_grids_on=True)
    return service


@pytest.mark.parametrize("voice", ["young-person", "parent"])
def test_a_notice_stands_before_it_with_a_way_past_it_and_no_script(client, lit, voice):
    html = client.get(f"/g/t5/1?voice={voice}").text
    main = html.split("<main")[1]
    before, behind = main.split('<details class="og-behind"', 1)
    assert NEUTRAL in before
    assert 'href="/">Skip it for today</a>' in before
    assert ("og-table" in before, "og-intro" in before) == (False, False)
    assert behind.lstrip().startswith("data-behind>\n<summary")
    assert (
        behind.index("Read the page")
        < behind.index("og-table")
        < behind.index("</details></section>")
    )
    assert "data-notice" not in client.get(f"/g/k7/1?voice={voice}").text


def test_the_appointment_has_the_notice_too_and_no_link_away(client, lit):
    fragment = client.get("/g/t5/1/fragment").text
    assert fragment.index("data-notice") < fragment.index("data-behind")
    assert "To skip it, press Back to the menu." in fragment
    assert {a for a in re.findall(r'href="([^"]*)"', fragment) if not a.startswith("#")} == set()


def test_the_notice_of_the_writers_is_said_once(client, lit):
    words = BandWords("Before you read", "You can **skip** it.")
    band = Band("before-you-read", "before", "alongside", ())
    voices = {
        key: replace(said, bands={**said.bands, band.id: words}) for key, said in T5.voices.items()
    }
    grid = replace(T5.grid, bands=(band, *T5.grid.bands))
    stock(lit, replace(T5, grid=grid, voices=voices))
    lit.state = replace(lit.state, sensitive_grids_on=True)
    html = client.get("/g/t5/1").text
    assert html.count("<p>You can <strong>skip</strong> it.</p>") == 1
    assert html.count("This page may be hard to read.") == 0


def tells(text: str) -> list[str]:
    return [word for word in TELLING if word in text.casefold()]


def test_no_title_and_no_address_tells_the_topic(client, lit):
    sign_in(client, make_staff(lit.database, roles=[Role.PRACTITIONER, Role.CONTENT_EDITOR]))
    paths = ["/", "/about", "/triage", "/triage?topic=t5&group=help", "/grids", "/grids/t5/1"]
    for path in (*paths, *PATHS[:-1]):
        answer = client.get(path)
        assert answer.status_code == 200, path
        title = re.search(r"<title>(.*?)</title>", answer.text, re.S)
        assert path.endswith("/fragment") or (title and not tells(title.group(1)))
        addresses = re.findall(r'(?:href|action|src|hx-get)="(/[^"]*)"', answer.text)
        assert [a for a in addresses if tells(a)] == []


def test_its_paper_has_a_neutral_name_title_and_heading(client, lit):
    answer = client.get("/g/t5/1/handout.pdf?tick=yes")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == "inline; filename=grid-t5-1.pdf"
    paper = PdfReader(BytesIO(answer.content))
    assert paper.metadata is not None
    assert not tells(str(paper.metadata.title))
    text = paper.pages[0].extract_text()
    assert (NEUTRAL in text, tells(text)) == (True, [])


def test_the_triage_address_of_a_grid_that_is_off_says_nothing(client, service):
    text = triage(client, service)
    assert 'aria-current="true">' in text
    assert "t5" not in text.split("<main")[1]


def test_the_demonstration_has_it_on_with_an_invented_number(tmp_path, sqlite_url):
    database = Database(sqlite_url)
    demonstration._mark(database)
    with sessions.read(database) as db:
        state = load_state(db)
    database.dispose()
    assert (state.demo, state.sensitive_grids_on) == (True, True)
    assert crisis_number.NUMBER.fullmatch(state.local_crisis_number)
