"""Links to one's own phone: who is given one, what it opens, and what ends it."""

from __future__ import annotations

import hashlib
import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from fixtures.capture import Sent, Tablet
from fixtures.encounters import study_document, viewer_of
from fixtures.phones import (
    ask_for_link,
    begin,
    make_link,
    open_encounter,
    phone_of,
    switch,
    token_in,
)
from fixtures.service import START, Clock
from fixtures.staff import MadeStaff, happened, make_staff, sign_in
from httpx2 import Response as HttpResponse
from sqlmodel import select
from starlette.testclient import TestClient

from app.db import sessions
from app.db.tables import AuditEvent, Encounter, PhoneLink, Quarantined
from app.db.tables import Response as AnswerSet
from app.domain.access import Role
from app.domain.encounter import GridChoice, VoidReason
from app.domain.vocabulary import AgeBand
from app.main import create_app
from app.services import encounters, instruments, studies
from app.services.arrivals import hash_token
from app.web.service import Service


@pytest.fixture
def robin(service: Service, client: TestClient) -> MadeStaff:
    made = make_staff(service.database, name="Robin Unmistakable")
    sign_in(client, made)
    return made


@pytest.fixture
def appointment(service: Service, robin: MadeStaff) -> Encounter:
    switch(service, on=True)
    return open_encounter(service, robin)


def put(client: TestClient, sent: Sent, token: str) -> HttpResponse:
    return client.put(f"/v1/responses/{sent.id}", content=sent.body, headers=sent.headers(token))


def on_phone(phone: Tablet, **changes: object) -> Sent:
    return phone.send(**({"mode": "own_phone"} | changes))


def links(service: Service) -> list[PhoneLink]:
    with sessions.read(service.database) as db:
        return list(db.exec(select(PhoneLink).order_by(PhoneLink.made_at)).all())


def faults(answer: HttpResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


# --- the switch ----------------------------------------------------------------------------


def test_it_is_off_until_an_administrator_switches_it_on(
    client: TestClient, service: Service
) -> None:
    assert service.state.own_phone_links is False
    boss = make_staff(service.database, roles=[Role.ADMINISTRATOR], teams=())
    sign_in(client, boss)
    for turn, on, said in (
        ("on", True, "Families can be given a link"),
        ("on", True, "Families can be given a link"),
        ("off", False, "No link opens any more"),
    ):
        answer = client.post("/service/switches/own-phones", data={"turn": turn})
        assert answer.status_code == 200
        assert said in answer.text
        assert service.state.own_phone_links is on
    told = [row for row in happened(service.database) if row[0] == "own_phone_links_switched"]
    assert told == [
        ("own_phone_links_switched", boss.id, "service", {"on": True}),
        ("own_phone_links_switched", boss.id, "service", {"on": False}),
    ]


def test_nobody_else_switches_it(client: TestClient, service: Service) -> None:
    for role in set(Role) - {Role.ADMINISTRATOR}:
        sign_in(client, make_staff(service.database, roles=[role], teams=()))
        assert client.post("/service/switches/own-phones", data={"turn": "on"}).status_code == 403
    assert service.state.own_phone_links is False


def test_while_it_is_off_nothing_is_offered_made_or_opened(
    client: TestClient, service: Service, appointment: Encounter
) -> None:
    token = make_link(client, appointment.id)
    offer = f"/encounters/{appointment.id}/phone-links"
    assert offer in client.get(f"/encounters/{appointment.id}").text
    switch(service, on=False)
    assert offer not in client.get(f"/encounters/{appointment.id}").text
    assert "Links for phones are switched off here" in faults(client.get(offer))
    assert ask_for_link(client, appointment.id, "young_person").status_code == 422
    assert len(links(service)) == 1
    answer = begin(client, token)
    assert (answer.status_code, answer.json()) == (403, {"error": "phones_off"})


def test_what_was_begun_before_it_went_off_still_arrives(
    client: TestClient, service: Service, appointment: Encounter
) -> None:
    token = make_link(client, appointment.id)
    phone = phone_of(service, begin(client, token).json(), token)
    switch(service, on=False)
    assert put(client, on_phone(phone), token).status_code == 201


# --- making a link -------------------------------------------------------------------------


def test_a_link_is_shown_once_and_only_its_hash_is_kept(
    client: TestClient, service: Service, appointment: Encounter, robin: MadeStaff
) -> None:
    answer = ask_for_link(client, appointment.id, "parent_self")
    token = token_in(answer)
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{26}", token)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    text = faults(answer)
    for said in ("A parent or carer", "It works once", "30 November 2026, 09:00"):
        assert said in text
    assert "https://testserver/phone#" in text
    assert '<path class="ph-code__marks" d="M' in answer.text
    [link] = links(service)
    assert link.token_hash == hash_token(token)
    assert (link.encounter_id, link.respondent) == (appointment.id, "parent_self")
    assert (link.made_by, link.made_at) == (robin.id, START)
    assert (link.expires_at, link.begun_at) == (START + timedelta(days=7), None)
    made = [row for row in happened(service.database) if row[0] == "phone_link_made"]
    details = {"encounter": appointment.id, "respondent": "parent_self"}
    assert made == [("phone_link_made", robin.id, link.id, details)]
    with sessions.read(service.database) as db:
        entries = b"".join(db.exec(select(AuditEvent.entry)).all())
    assert token.encode() not in entries
    again = client.get(f"/encounters/{appointment.id}/phone-links")
    assert token not in again.text.replace("-", "")


def test_two_parents_get_two_links(
    client: TestClient, service: Service, appointment: Encounter
) -> None:
    tokens = {make_link(client, appointment.id, "parent_self") for _ in range(2)}
    assert len(tokens) == 2
    devices = set()
    for token in tokens:
        plan = begin(client, token).json()
        devices.add(plan["device"])
        assert put(client, on_phone_as(service, plan, token), token).status_code == 201
    assert len(devices) == 2
    with sessions.read(service.database) as db:
        assert set(db.exec(select(AnswerSet.device)).all()) == devices


def on_phone_as(service: Service, plan: dict[str, Any], token: str) -> Sent:
    [respondent] = plan["respondents"]
    return on_phone(phone_of(service, plan, token), respondent=respondent)


@pytest.mark.parametrize("typed", ["", "practitioner", "YOUNG_PERSON", "parent_self parent_proxy"])
def test_somebody_has_to_be_chosen(
    client: TestClient, service: Service, appointment: Encounter, typed: str
) -> None:
    answer = ask_for_link(client, appointment.id, typed)
    assert answer.status_code == 422
    assert "Choose who is going to answer" in faults(answer)
    assert links(service) == []


def test_an_appointment_can_be_linked_for_seven_days_open_or_closed(
    client: TestClient, service: Service, clock: Clock, robin: MadeStaff
) -> None:
    switch(service, on=True)
    row = open_encounter(service, robin)
    with sessions.write(service.database) as db:
        encounters.close_encounter(db, encounter_id=row.id, by=viewer_of(robin), now=clock())
    clock.pass_time(days=7)
    sign_in(client, robin)
    make_link(client, row.id)
    clock.pass_time(days=1)
    sign_in(client, robin)
    answer = ask_for_link(client, row.id, "young_person")
    assert answer.status_code == 422
    assert "too long ago" in faults(answer)
    assert len(links(service)) == 1


def test_no_link_for_what_does_not_count(
    client: TestClient, service: Service, appointment: Encounter, robin: MadeStaff
) -> None:
    token = make_link(client, appointment.id)
    plan = begin(client, token).json()
    phone = phone_of(service, plan, token)
    with sessions.write(service.database) as db:
        encounters.void_encounter(
            db,
            encounter_id=appointment.id,
            reason=VoidReason.DUPLICATE,
            by=viewer_of(robin),
            now=START,
        )
    closed = begin(client, token)
    assert (closed.status_code, closed.json()) == (403, {"error": "link_closed"})
    # Whoever was answering at that moment is not told off: it is kept aside, with a receipt.
    assert put(client, on_phone(phone), token).status_code == 202
    sign_in(client, robin)
    answer = ask_for_link(client, appointment.id, "young_person")
    assert answer.status_code == 422
    assert "does not count" in faults(answer)
    with sessions.read(service.database) as db:
        assert db.exec(select(Quarantined.reasons)).all() == [["encounter_voided"]]
        assert db.exec(select(PhoneLink.spent_by)).all() == [None]


def test_a_child_below_the_age_of_self_report_is_not_asked(
    client: TestClient, service: Service, robin: MadeStaff, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch(service, on=True)
    row = open_encounter(service, robin, age_band=AgeBand.FROM_8)
    token = make_link(client, row.id) if _asks_from(service) <= 11 else None
    _minimum_age(monkeypatch, 12)
    page = client.get(f"/encounters/{row.id}/phone-links")
    assert 'value="young_person"' not in page.text
    assert 'value="parent_self"' in page.text
    assert "nobody asks the young person for an answer of their own" in faults(page)
    assert ask_for_link(client, row.id, "young_person").status_code == 422
    if token is not None:  # one that was made while a pack with a lower age was in use
        young = begin(client, token)
        assert (young.status_code, young.json()) == (403, {"error": "below_age"})


def _asks_from(service: Service) -> int:
    return instruments.practice_instrument().words.minimum_age_self_report


def _minimum_age(monkeypatch: pytest.MonkeyPatch, age: int) -> None:
    as_json = instruments.PublicInstrument.as_json
    monkeypatch.setattr(
        instruments.PublicInstrument,
        "as_json",
        lambda self: as_json(self) | {"minimum_age_self_report": age},
    )


def test_a_study_whose_words_are_not_installed_makes_no_link(
    client: TestClient, service: Service, robin: MadeStaff
) -> None:
    switch(service, on=True)
    first = START.date() - timedelta(days=9)
    document = study_document(("with_grid", first, None), instrument="collaborate-0-9")
    with sessions.write(service.database) as db:
        studies.install_study(db, document=document, by="system", now=START)
    row = open_encounter(service, robin)
    assert "Nobody is asked about this appointment" in faults(
        client.get(f"/encounters/{row.id}/phone-links")
    )
    assert ask_for_link(client, row.id, "young_person").status_code == 422


def test_a_language_without_words_makes_no_link(
    client: TestClient, service: Service, robin: MadeStaff
) -> None:
    switch(service, on=True)
    row = open_encounter(service, robin, language="cy")
    assert ask_for_link(client, row.id, "young_person").status_code == 422


def test_only_practitioners_of_the_team_make_links(
    client: TestClient, service: Service, appointment: Encounter
) -> None:
    others = [(role, "north", 403) for role in Role if role is not Role.PRACTITIONER]
    for role, team, expected in (*others, (Role.PRACTITIONER, "south", 404)):
        sign_in(client, make_staff(service.database, roles=[role], teams=[team]))
        page = client.get(f"/encounters/{appointment.id}/phone-links")
        assert (role, page.status_code) == (role, expected)
        made = ask_for_link(client, appointment.id, "young_person")
        assert (role, made.status_code) == (role, expected)
    client.cookies.clear()
    answer = client.post(
        f"/encounters/{appointment.id}/phone-links", data={}, follow_redirects=False
    )
    assert answer.status_code == 401
    assert links(service) == []


# --- opening a link ------------------------------------------------------------------------


def test_a_phone_is_told_what_its_holder_is_asked_and_nothing_else(
    client: TestClient, service: Service, robin: MadeStaff
) -> None:
    switch(service, on=True)
    release = service.library.current("k7")
    assert release is not None
    picked = tuple(option.id for option in release.grid.options[:2])
    grid = GridChoice("k7", release.number, release.sha256, picked)
    row = open_encounter(service, robin, grid=grid, topic="low-mood")
    token = make_link(client, row.id)
    answer = begin(client, token)
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    plan = answer.json()
    assert set(plan) == {
        "receipt_key",
        "device",
        "next_seq",
        "key",
        "expires_at",
        "encounter",
        "occasions",
        "respondents",
        "consent",
        "instrument",
        "grid",
        "completion_mode",
        "mode",
        "demo",
    }
    assert plan["encounter"] == row.header
    assert (plan["grid"], plan["completion_mode"], plan["next_seq"]) == (None, "own_phone", 1)
    assert (plan["occasions"], plan["respondents"]) == (["after"], ["young_person"])
    assert list(plan["instrument"]["forms"]) == ["young_person"]
    text = json.dumps(plan)
    for kept_back in (row.code, "low-mood", "k7", *picked, token, robin.name, robin.id):
        assert str(kept_back) not in text
    [link] = links(service)
    assert (link.device, link.begun_at) == (plan["device"], START)


def test_a_link_opens_as_often_as_needed_until_it_is_spent(
    client: TestClient, service: Service, appointment: Encounter, clock: Clock
) -> None:
    token = make_link(client, appointment.id)
    first = begin(client, token).json()
    clock.pass_time(hours=50)
    assert begin(client, token).json() == first
    assert links(service)[0].begun_at == START
    phone = phone_of(service, first, token)
    assert put(client, on_phone(phone), token).status_code == 201
    spent = begin(client, token)
    assert (spent.status_code, spent.json()) == (403, {"error": "credential_spent"})
    with sessions.read(service.database) as db:
        [row] = db.exec(select(AnswerSet)).all()
        assert (row.mode, row.occasion, row.late) == ("own_phone", "after", True)


def test_a_link_that_ran_out_says_so(
    client: TestClient, appointment: Encounter, clock: Clock
) -> None:
    token = make_link(client, appointment.id)
    clock.pass_time(days=7)
    answer = begin(client, token)
    assert (answer.status_code, answer.json()) == (403, {"error": "credential_expired"})


def test_an_interrupted_set_never_spends_a_link(
    client: TestClient, service: Service, appointment: Encounter
) -> None:
    token = make_link(client, appointment.id)
    phone = phone_of(service, begin(client, token).json(), token)
    half = {"welcome": 9, "pace": -99, "questions": -99}
    sent = on_phone(phone, state="interrupted", reason="interrupted", items=half)
    assert put(client, sent, token).status_code == 202
    with sessions.read(service.database) as db:
        assert db.exec(select(Quarantined.reasons)).all() == [["link_differs"]]
        assert db.exec(select(PhoneLink.spent_by)).all() == [None]
    assert begin(client, token).status_code == 200
    assert put(client, on_phone(phone), token).status_code == 201


def test_two_phones_with_one_link_at_once_make_one_answer(
    service: Service, client: TestClient, appointment: Encounter
) -> None:
    token = make_link(client, appointment.id)
    plans = [begin(client, token).json() for _ in range(4)]
    sets = [on_phone(phone_of(service, plan, token)) for plan in plans]
    with ThreadPoolExecutor(len(sets)) as pool:
        answers = list(pool.map(lambda sent: put(client, sent, token), sets))
    assert sorted(answer.status_code for answer in answers) == [201, 403, 403, 403]
    refused = {answer.json()["error"] for answer in answers if answer.status_code == 403}
    assert refused == {"credential_spent"}
    with sessions.read(service.database) as db:
        [row] = db.exec(select(AnswerSet)).all()
        assert db.exec(select(PhoneLink.spent_by)).all() == [row.id]
    # Whoever was first and did not hear of it is told again, with the very same receipt.
    [first] = [n for n, answer in enumerate(answers) if answer.status_code == 201]
    assert put(client, sets[first], token).content == answers[first].content


def test_guessing_is_slowed_down_and_a_good_link_is_not(
    client: TestClient, appointment: Encounter, clock: Clock
) -> None:
    good = make_link(client, appointment.id)
    told = [begin(client, f"{number:026}") for number in range(30)]
    assert [answer.status_code for answer in told] == [401] * 21 + [429] * 9
    assert told[-1].json() == {"error": "too_many_tries", "wait_seconds": 5}
    assert told[-1].headers["retry-after"] == "5"
    assert begin(client, good).status_code == 200
    clock.pass_time(seconds=6)
    assert begin(client, "no such token").status_code == 401
    assert begin(client, "no such token").status_code == 429


@pytest.mark.parametrize("header", ["", "Bearer ", "Basic abc", f"Bearer {'Z' * 5000}"])
def test_no_token_is_no_token(client: TestClient, header: str) -> None:
    answer = client.post("/v1/phone/begin", headers={"Authorization": header} if header else {})
    assert (answer.status_code, answer.json()) == (401, {"error": "credential_unknown"})


def test_other_tokens_open_no_phone_page(client: TestClient, tablet: Tablet) -> None:
    assert begin(client, tablet.token).status_code == 401


def test_another_site_cannot_open_a_link(
    client: TestClient, service: Service, appointment: Encounter
) -> None:
    token = make_link(client, appointment.id)
    headers = {"Authorization": f"Bearer {token}", "Sec-Fetch-Site": "cross-site"}
    assert client.post("/v1/phone/begin", headers=headers).status_code == 403
    assert links(service)[0].begun_at is None


# --- the page ------------------------------------------------------------------------------


def test_the_page_is_the_same_for_everybody_and_never_kept(
    client: TestClient, appointment: Encounter
) -> None:
    signed_in = client.get("/phone")
    client.cookies.clear()
    stranger = client.get("/phone?anything=1")
    assert signed_in.content == stranger.content
    assert stranger.headers["cache-control"] == "no-store"
    assert stranger.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in stranger.headers
    text = stranger.text
    assert 'href="tel:999"' in text
    assert 'href="sms:85258"' in text
    assert "data-leave" in text
    assert "data-tool" not in text
    assert "serviceWorker" not in text
    # Nothing on it leads to another page of this service.
    assert set(re.findall(r'<a [^>]*href="(/[^"]*)"', text)) == set()


# --- a host name of its own ----------------------------------------------------------------


@pytest.fixture
def phones(service: Service, appointment: Encounter) -> TestClient:
    """The running service with a host name for phones, reached under that name."""
    object.__setattr__(service.settings, "phone_url", "https://phone.example")
    return TestClient(create_app(service), base_url="https://phone.example")


def test_links_lead_to_the_phones_host_and_it_serves_them_alone(
    phones: TestClient, service: Service, appointment: Encounter, robin: MadeStaff
) -> None:
    inside = {"host": "testserver"}
    desk = TestClient(phones.app, base_url="https://testserver")
    sign_in(desk, robin)
    answer = ask_for_link(desk, appointment.id, "young_person")
    assert "https://phone.example/phone#" in faults(answer)
    token = token_in(answer)
    page = phones.get("/phone")
    assert page.status_code == 200
    for address in re.findall(r'(?:src|href)="(/[^"]+)"', page.text):
        assert phones.get(address).status_code == 200, address
    plan = begin(phones, token).json()
    sent = on_phone(phone_of(service, plan, token))
    assert put(phones, sent, token).status_code == 201
    assert phones.get("/help").status_code == 200
    assert phones.get("/sign-in", headers=inside).status_code == 200


@pytest.mark.parametrize(
    "path", ["/", "/sign-in", "/appointment", "/tablet", "/encounters", "/g/k7", "/service"]
)
def test_nothing_else_is_there(phones: TestClient, path: str) -> None:
    answer = phones.get(path, follow_redirects=False)
    assert answer.status_code == 404
    assert "There is no page at this address" in answer.text
    assert "<form" not in answer.text
    assert answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"


def test_the_page_has_the_same_bytes_on_both_names(phones: TestClient, client: TestClient) -> None:
    ours, theirs = phones.get("/phone"), client.get("/phone")
    digests = {hashlib.sha256(answer.content).hexdigest() for answer in (ours, theirs)}
    assert len(digests) == 1
