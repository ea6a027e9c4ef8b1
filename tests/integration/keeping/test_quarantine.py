"""Deciding about what was set aside: by whom, once, and never with a byte lost."""

from __future__ import annotations

import ast
import re
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from fixtures.capture import START, Tablet
from fixtures.keeping import (
    other_bytes,
    record,
    set_aside,
    signed_in,
    stored,
    viewer_of,
    words_for,
)
from fixtures.service import Clock
from fixtures.staff import happened, make_staff
from fixtures.tablets import MakeTablet, enrol, link_for
from sqlmodel import select
from starlette.testclient import TestClient

from app.adapters.sealing import SealingKey
from app.db import sessions
from app.db.engine import Database
from app.db.tables import Encounter, PhoneLink, Quarantined, Response, Team
from app.domain.access import Role
from app.domain.envelope_checks import EnvelopeFault
from app.rendering.environment import build_environment
from app.services import audit, quarantine
from app.services.arrivals import Credential, PhoneTurn, receive
from app.services.quarantine import QuarantineSettled
from app.services.surveys import Batch
from app.settings import ROOT
from app.web.pages.quarantine import Reason, reasons_of

OTHER_TEAM = "south-triage"


def rows(database: Database) -> list[Quarantined]:
    with sessions.read(database) as db:
        assert audit.verify(db) is None
        return list(db.exec(select(Quarantined).order_by(Quarantined.received_at)).all())


def settle(client: TestClient, quarantined_id: str, decision: str) -> tuple[int, str]:
    answer = client.post(
        f"/quarantine/{quarantined_id}/settle",
        data={"decision": decision},
        follow_redirects=False,
    )
    return answer.status_code, answer.text


def of_unknown_team(database: Database, tablet: Tablet) -> str:
    """Let an enrolled tablet bring a set of a team that is not known; return its row's id."""
    tablet = enrol(database, tablet.keyring, number=7)
    sent = tablet.send(encounter={**tablet.header, "team": OTHER_TEAM})
    arrival = receive(
        response_id=sent.id,
        sent=sent.body,
        content_digest=sent.content_digest,
        keyring=tablet.keyring,
        credential=Credential(tablet.device, None, is_tablet=True),
    )
    with sessions.write(database) as db:
        batch = Batch(db.connection(), tablet.keyring, START, "training", False)
        assert batch.record([arrival])[0].http_status == 202
    return rows(database)[-1].id


def test_the_list_says_why_and_never_what(
    client: TestClient, database: Database, tablet: Tablet
) -> None:
    set_aside(database, tablet, items={"welcome": 77, "pace": 1, "questions": 1})
    signed_in(client, database, Role.ADMINISTRATOR)
    page = client.get("/quarantine")
    assert page.status_code == 200
    assert "The answers do not fit the questions." in page.text
    assert "A tablet that was handed over, no. 1" in page.text
    assert not re.search(r"\b77\b", page.text)
    row = rows(database)[0]
    detail = client.get(f"/quarantine/{row.id}")
    assert "items.off_the_scale" in detail.text
    assert f"{len(row.sealed)} bytes" in detail.text
    assert "North" in detail.text
    # An id may hold the two digits, an answer would stand alone.
    assert not re.search(r"\b77\b", detail.text)
    assert client.get("/quarantine?show=decided").text.count("Nothing has been decided") == 1


def test_a_number_used_again_is_shown_with_its_reason_and_a_person_may_store_it(
    client: TestClient, database: Database, tablet: Tablet
) -> None:
    clinic = enrol(database, tablet.keyring, number=7)
    for sent, status in ((clinic.send(seq=1), 201), (second := clinic.send(seq=1), 202)):
        answer = client.put(
            f"/v1/responses/{sent.id}", content=sent.body, headers=sent.headers(clinic.token)
        )
        assert answer.status_code == status
    signed_in(client, database, Role.ADMINISTRATOR)
    page = client.get("/quarantine").text
    assert "Its tablet had used this running number for another set." in page
    [row] = rows(database)
    assert settle(client, row.id, "try")[0] == 303
    again = client.put(
        f"/v1/responses/{second.id}", content=second.body, headers=second.headers(clinic.token)
    )
    assert (again.status_code, again.text) == (200, row.receipt)
    with sessions.read(database) as db:
        held = db.exec(select(Response.seq, Response.sealed)).all()
        assert len(held) == 2
        assert (1, second.body) in held


def test_a_second_try_stores_what_fits_by_now(
    client: TestClient, database: Database, tablet: Tablet, clock: Clock
) -> None:
    where = of_unknown_team(database, tablet)
    admin = signed_in(client, database, Role.ADMINISTRATOR)
    before = rows(database)[0]
    status, text = settle(client, where, "try")
    assert status == 422
    assert "still cannot be stored" in text
    assert "It names a team that is not known here." in text
    assert [(row.receipt, row.settled_at) for row in rows(database)] == [(before.receipt, None)]
    with sessions.write(database) as db:
        db.add(Team(id=OTHER_TEAM, name="South", created_at=START))
    clock.pass_time(days=3)
    # Signed in three days ago: the login is over.
    signed_in_again = signed_in(client, database, Role.ADMINISTRATOR)
    assert settle(client, where, "try")[0] == 303
    with sessions.read(database) as db:
        response = db.exec(select(Response)).one()
        assert response.received_at == START
        assert response.receipt == before.receipt
        assert response.sealed == before.sealed
        assert response.items == {"welcome": 9, "pace": 7, "questions": -97}
        assert db.get_one(Encounter, response.encounter_id).team_id == OTHER_TEAM
    row = rows(database)[0]
    assert (row.settled_as, row.settled_by) == ("stored", signed_in_again.id)
    assert row.sealed == before.sealed
    assert happened(database)[-1] == (
        "quarantine_settled",
        signed_in_again.id,
        row.id,
        {"response": row.response_id, "digest": row.digest, "outcome": "stored"},
    )
    assert admin.id != signed_in_again.id
    decided = client.get("/quarantine?show=decided").text
    assert "Stored among the answers" in decided
    assert settle(client, where, "try")[0] == 409
    assert settle(client, where, "keep")[0] == 409


def test_the_same_bytes_still_get_the_same_receipt(
    client: TestClient, database: Database, tablet: Tablet
) -> None:
    sent = set_aside(database, tablet, device="9b2f6f2e-0f5c-4a44-8f0e-2c6f1d6f9f11")
    with sessions.write(database) as db:
        row = db.exec(select(Quarantined)).one()
        row.device = "9b2f6f2e-0f5c-4a44-8f0e-2c6f1d6f9f11"
        receipt = row.receipt
    admin = signed_in(client, database, Role.ADMINISTRATOR)
    assert settle(client, row.id, "try")[0] == 303
    answer = client.put(
        f"/v1/responses/{sent.id}", content=sent.body, headers=sent.headers(tablet.token)
    )
    assert (answer.status_code, answer.text) == (200, receipt)
    assert len(rows(database)) == 1
    assert rows(database)[0].settled_by == admin.id


def test_a_key_that_came_back_opens_it(
    client: TestClient, database: Database, tablet: Tablet
) -> None:
    lost = SealingKey.generate()
    ours, tablet.keyring.current = tablet.keyring.current, lost
    sent = set_aside(database, tablet)
    tablet.keyring.current = ours
    row = rows(database)[0]
    assert row.reasons == ["seal_unknown_key"]
    signed_in(client, database, Role.ADMINISTRATOR)
    assert "It was locked for a key" in client.get(f"/quarantine/{row.id}").text
    assert settle(client, row.id, "try")[0] == 422
    with sessions.write(database) as db:
        tablet.keyring.sealing[lost.key_id.hex()] = lost
        by = viewer_of(make_staff(database, roles=[Role.ADMINISTRATOR], teams=[]))
        assert (
            quarantine.try_again(
                db, quarantined_id=row.id, by=by, keyring=tablet.keyring, now=START
            )
            is None
        )
    with sessions.read(database) as db:
        assert db.get_one(Response, sent.id).seq == 1


def test_a_second_copy_cannot_take_the_place_of_the_first(
    client: TestClient, database: Database, tablet: Tablet
) -> None:
    sent = stored(database, tablet)
    other_bytes(database, tablet, sent, items={"welcome": 1, "pace": 1, "questions": 1})
    signed_in(client, database, Role.ADMINISTRATOR)
    where = rows(database)[0].id
    page = client.get(f"/quarantine/{where}").text
    assert "Try again" not in page
    assert "nothing may be written over it" in page
    assert settle(client, where, "try")[0] == 422
    with sessions.read(database) as db:
        assert db.get_one(Response, sent.id).items["welcome"] == 9
    assert settle(client, where, "keep")[0] == 303
    assert rows(database)[0].settled_as == "kept_aside"
    assert rows(database)[0].sealed


def test_a_copy_whose_set_is_stored_by_now_is_not_stored_twice(
    database: Database, tablet: Tablet
) -> None:
    aside = set_aside(database, tablet, items={"welcome": 77, "pace": 1, "questions": 1})
    good = tablet.sealed({**aside.document, "items": {"welcome": 7, "pace": 1, "questions": 1}})
    assert record(database, tablet, good).http_status == 201
    by = viewer_of(make_staff(database, roles=[Role.ADMINISTRATOR], teams=[]))
    with sessions.write(database) as db:
        row = db.exec(select(Quarantined)).one()
        refused = quarantine.try_again(
            db, quarantined_id=row.id, by=by, keyring=tablet.keyring, now=START
        )
    assert refused is not None
    assert refused.faults == {"set": "other_bytes"}
    assert rows(database)[0].settled_at is None


def test_a_phones_set_is_marked_late_by_its_arrival_and_spends_its_link(
    database: Database, tablet: Tablet
) -> None:
    phone = link_for(database, tablet.keyring)
    by = viewer_of(make_staff(database, roles=[Role.ADMINISTRATOR], teams=[]))
    sent = phone.send(mode="own_phone")
    with sessions.write(database) as db:
        link = db.exec(select(PhoneLink)).one()
        encounter = db.get_one(Encounter, phone.header["id"])
        encounter.state = "voided"
        turn = PhoneTurn(link.id, link.respondent, link.made_at, None)
        db.flush()
        arrival = receive(
            response_id=sent.id,
            sent=sent.body,
            content_digest=sent.content_digest,
            keyring=tablet.keyring,
            credential=Credential(phone.device, link.encounter_id, link=turn),
        )
        batch = Batch(
            db.connection(), tablet.keyring, START + timedelta(hours=1), "training", False
        )
        assert batch.record([arrival])[0].http_status == 202
        db.get_one(Encounter, phone.header["id"]).state = "open"
    with sessions.write(database) as db:
        row = db.exec(select(Quarantined)).one()
        late = START + timedelta(days=20)
        assert (
            quarantine.try_again(db, quarantined_id=row.id, by=by, keyring=tablet.keyring, now=late)
            is None
        )
    with sessions.read(database) as db:
        response = db.get_one(Response, sent.id)
        assert (response.late, response.received_at) == (False, START + timedelta(hours=1))
        assert db.exec(select(PhoneLink)).one().spent_by == sent.id


def test_a_revoked_tablets_set_stays_aside(
    database: Database, tablet: Tablet, enrolled: MakeTablet
) -> None:
    lost = enrolled(7, revoked_at=START)
    sent = lost.send()
    arrival = receive(
        response_id=sent.id,
        sent=sent.body,
        content_digest=sent.content_digest,
        keyring=tablet.keyring,
        credential=Credential(lost.device, None, is_tablet=True, revoked=True),
    )
    by = viewer_of(make_staff(database, roles=[Role.ADMINISTRATOR], teams=[]))
    with sessions.write(database) as db:
        batch = Batch(db.connection(), tablet.keyring, START, "training", False)
        assert batch.record([arrival])[0].http_status == 202
    with sessions.write(database) as db:
        row = db.exec(select(Quarantined)).one()
        refused = quarantine.try_again(
            db, quarantined_id=row.id, by=by, keyring=tablet.keyring, now=START
        )
    assert refused is not None
    assert refused.faults == {"set": "device_revoked"}


def test_two_people_at_once_come_to_one_outcome(database: Database, tablet: Tablet) -> None:
    where = of_unknown_team(database, tablet)
    with sessions.write(database) as db:
        db.add(Team(id=OTHER_TEAM, name="South", created_at=START))
    people = [viewer_of(make_staff(database, roles=[Role.ADMINISTRATOR])) for _ in range(4)]
    outcomes: list[str] = []

    def work(number: int) -> None:
        try:
            with sessions.write(database) as db:
                if number % 2:
                    quarantine.keep_aside(db, quarantined_id=where, by=people[number], now=START)
                else:
                    quarantine.try_again(
                        db,
                        quarantined_id=where,
                        by=people[number],
                        keyring=tablet.keyring,
                        now=START,
                    )
        except QuarantineSettled:
            outcomes.append("late")
        else:
            outcomes.append("settled")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["late", "late", "late", "settled"]
    row = rows(database)[0]
    with sessions.read(database) as db:
        stored_too = db.get(Response, row.response_id) is not None
    assert stored_too == (row.settled_as == "stored")
    assert [kind for kind, *_ in happened(database)].count("quarantine_settled") == 1


def test_an_erased_copy_is_decided(client: TestClient, database: Database, tablet: Tablet) -> None:
    sent = set_aside(database, tablet, items={"welcome": 77, "pace": 1, "questions": 1})
    signed_in(client, database, Role.ADMINISTRATOR)
    assert client.post(f"/erase/{sent.id}", data={"words": words_for(sent)}).status_code == 200
    where = rows(database)[0].id
    page = client.get(f"/quarantine/{where}").text
    assert "Erased on request" in page
    assert "Nothing is left of it" in page
    assert settle(client, where, "try")[0] in {409, 422}
    assert settle(client, where, "keep")[0] == 409
    with sessions.read(database) as db:
        assert db.exec(select(Response)).all() == []


def test_what_waits_too_long_is_marked(
    client: TestClient, database: Database, tablet: Tablet, clock: Clock
) -> None:
    set_aside(database, tablet, items={"welcome": 77, "pace": 1, "questions": 1})
    clock.pass_time(days=90, seconds=-1)
    signed_in(client, database, Role.ADMINISTRATOR)
    assert "Over 90 days" not in client.get("/quarantine").text
    clock.pass_time(seconds=1)
    assert "Over 90 days" in client.get("/quarantine").text


def test_who_may_look_and_who_may_decide(
    client: TestClient, database: Database, tablet: Tablet
) -> None:
    set_aside(database, tablet, items={"welcome": 77, "pace": 1, "questions": 1})
    where = rows(database)[0].id
    signed_in(client, database, Role.AUDITOR)
    page = client.get(f"/quarantine/{where}")
    assert page.status_code == 200
    assert 'name="decision"' not in page.text
    assert settle(client, where, "keep")[0] == 403
    for role in (Role.PRACTITIONER, Role.FRONT_DESK, Role.RESEARCHER):
        signed_in(client, database, role)
        assert client.get("/quarantine").status_code == 403
        assert settle(client, where, "keep")[0] == 403
    signed_in(client, database, Role.ADMINISTRATOR)
    assert client.get("/quarantine/no-such").status_code == 404
    assert settle(client, "no-such", "keep")[0] == 404
    assert settle(client, "no-such", "try")[0] == 404
    assert settle(client, where, "drop it")[0] == 303
    assert rows(database)[0].settled_at is None


# --- every reason has words ------------------------------------------------------------------


def recorded_reasons() -> set[str]:
    """Every reason that the code can record, read from the code itself."""
    found = {f"{fault}:items.pace" for fault in EnvelopeFault}
    services = ("surveys", "arrivals", "credentials", "known_words")
    for name in (*(f"services/{each}.py" for each in services), "domain/capture.py"):
        tree = ast.parse((ROOT / "app" / name).read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Yield) and isinstance(node.value, ast.Constant):
                found.add(str(node.value.value))
            if isinstance(node, ast.Yield) and isinstance(node.value, ast.JoinedStr):
                parts = node.value.values
                found.add("".join(p.value if isinstance(p, ast.Constant) else "x" for p in parts))
    return found | {"seal_unknown_key", "seal_broken", "id_differs", "key_differs", "other_bytes"}


def test_every_reason_has_words() -> None:
    environment = build_environment(ROOT / "templates", lambda name: name)
    words = environment.get_template("pages/quarantine/words.html").module.reason_words  # type: ignore[attr-defined]
    reasons = recorded_reasons()
    assert {"team_unknown", "instrument_unknown", "x.absent", "items.off_the_scale"} <= reasons
    assert [code for code in sorted(reasons) if Reason.of(code).key not in words] == []
    assert Reason.of("brand_new").key not in words


def test_reasons_of_one_kind_are_told_once() -> None:
    codes = ("items.lacking", "items.off_the_scale", "envelope_wrong_type:reason", "team_unknown")
    assert [reason.key for reason in reasons_of(codes)] == ["items", "envelope", "team_unknown"]
    assert reasons_of(()) == ()


@pytest.fixture(autouse=True)
def _nothing_is_dropped(database: Database) -> Iterator[None]:
    yield
    with sessions.read(database) as db:
        assert all(row.sealed or row.settled_as == "erased" for row in db.exec(select(Quarantined)))


def test_the_first_page_counts_what_waits(
    client: TestClient, database: Database, tablet: Tablet
) -> None:
    for _ in range(2):
        set_aside(database, tablet, items={"welcome": 77, "pace": 1, "questions": 1})
    signed_in(client, database, Role.ADMINISTRATOR)
    assert "2 wait for a decision." in client.get("/home").text
    assert settle(client, rows(database)[0].id, "keep")[0] == 303
    assert "1 waits for a decision." in client.get("/home").text
    signed_in(client, database, Role.PRACTITIONER)
    assert "for a decision" not in client.get("/home").text
