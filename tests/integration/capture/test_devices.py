"""What an enrolled tablet, a rescue file and somebody's own phone may write, and what not."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from fixtures.capture import START, Sent, Tablet
from fixtures.service import Clock
from fixtures.tablets import MakeTablet, link_for
from httpx2 import Response as HttpResponse
from sqlmodel import select
from starlette.testclient import TestClient

from app.adapters.keyring import Keyring
from app.db import sessions
from app.db.engine import Database
from app.db.tables import AuditEvent, DeviceSequence, Encounter, Erasure, PhoneLink, Quarantined
from app.db.tables import Response as AnswerSet
from app.domain.receipt import Receipt, read_receipt, verify_receipt
from app.services import audit
from app.services.arrivals import receipt_key


def put(client: TestClient, sent: Sent, token: str) -> HttpResponse:
    return client.put(f"/v1/responses/{sent.id}", content=sent.body, headers=sent.headers(token))


def receipt_for(answer: HttpResponse, device: Tablet) -> Receipt:
    """Return the receipt, checked the way that ``device`` can check it."""
    receipt = read_receipt(answer.content)
    assert receipt.device == device.device
    assert verify_receipt(receipt_key(device.keyring, device.device), receipt)
    return receipt


def on_phone(phone: Tablet, **changes: object) -> Sent:
    return phone.send(**({"mode": "own_phone"} | changes))


# --- an enrolled tablet --------------------------------------------------------------------


def test_a_tablet_brings_the_appointment_along(
    client: TestClient, database: Database, enrolled: MakeTablet
) -> None:
    tablet = enrolled()
    sent = tablet.send()
    answer = put(client, sent, tablet.token)
    assert answer.status_code == 201
    assert receipt_for(answer, tablet).status == "stored"
    with sessions.read(database) as db:
        encounter = db.get_one(Encounter, tablet.header["id"])
        assert (encounter.opened_by, encounter.team_id) == ("answer_set", tablet.header["team"])
        row = db.exec(select(AnswerSet)).one()
        assert (row.device, row.delivered_by, row.late) == (tablet.device, None, False)
        assert row.withdrawal_key


def test_two_sets_never_share_their_withdrawal_words(
    client: TestClient, database: Database, enrolled: MakeTablet
) -> None:
    tablet = enrolled()
    for _ in range(3):
        assert put(client, tablet.send(), tablet.token).status_code == 201
    with sessions.read(database) as db:
        assert len(set(db.exec(select(AnswerSet.withdrawal_key)).all())) == 3


def test_what_a_revoked_tablet_sends_is_kept_aside(
    client: TestClient, database: Database, enrolled: MakeTablet
) -> None:
    tablet = enrolled(revoked_at=START)
    sent = tablet.send()
    first = put(client, sent, tablet.token)
    again = put(client, sent, tablet.token)
    assert (first.status_code, again.status_code) == (202, 200)
    assert again.content == first.content
    assert receipt_for(first, tablet).status == "quarantined"
    with sessions.read(database) as db:
        row = db.exec(select(Quarantined)).one()
        assert (row.reasons, row.encounter_id) == (["device_revoked"], tablet.header["id"])
        assert db.exec(select(AnswerSet)).all() == []
        [number] = db.exec(select(DeviceSequence)).all()
        assert (number.device, number.seq) == (tablet.device, 1)


# --- a rescue file -------------------------------------------------------------------------


def test_another_tablet_brings_what_a_broken_one_sealed(
    client: TestClient, database: Database, enrolled: MakeTablet
) -> None:
    broken, helper = enrolled(7), enrolled(8)
    sent = broken.send()
    answer = put(client, sent, helper.token)
    assert answer.status_code == 201
    assert receipt_for(answer, helper).seq == 1
    with sessions.read(database) as db:
        row = db.exec(select(AnswerSet)).one()
        assert (row.device, row.delivered_by) == (broken.device, helper.device)
        [number] = db.exec(select(DeviceSequence)).all()
        assert number.device == broken.device
        stored = db.exec(select(AuditEvent).where(AuditEvent.kind == "response_stored")).one()
        assert stored.actor == helper.device
        assert json.loads(stored.entry)["details"]["device"] == broken.device


@pytest.mark.fault(32)
def test_a_rescue_file_brought_twice_and_by_both_tablets_adds_nothing(
    client: TestClient, database: Database, enrolled: MakeTablet
) -> None:
    broken, helper = enrolled(7), enrolled(8)
    sent = broken.send()
    first = put(client, sent, helper.token)
    for device, answer in (
        (helper, put(client, sent, helper.token)),
        (broken, put(client, sent, broken.token)),
    ):
        assert answer.status_code == 200
        receipt = receipt_for(answer, device)
        assert receipt.server_time == read_receipt(first.content).server_time
        assert put(client, sent, device.token).content == answer.content
    with sessions.read(database) as db:
        assert len(db.exec(select(AnswerSet)).all()) == 1
        assert audit.verify(db) is None


def test_what_no_device_of_this_service_sealed_is_kept_aside(
    client: TestClient, database: Database, enrolled: MakeTablet, keyring: Keyring
) -> None:
    helper = enrolled(8)
    stranger = Tablet(keyring, helper.header)
    assert put(client, stranger.send(), helper.token).status_code == 202
    with sessions.read(database) as db:
        assert db.exec(select(Quarantined.reasons)).all() == [["device_differs"]]
        assert db.exec(select(DeviceSequence)).all() == []


def test_what_a_revoked_tablet_sealed_stays_aside_whoever_brings_it(
    client: TestClient, database: Database, enrolled: MakeTablet
) -> None:
    lost, helper = enrolled(7, revoked_at=START), enrolled(8)
    assert put(client, lost.send(), helper.token).status_code == 202
    with sessions.read(database) as db:
        assert db.exec(select(Quarantined.reasons)).all() == [["device_revoked"]]


def test_a_handed_over_browser_brings_nothing_for_others(
    client: TestClient, database: Database, enrolled: MakeTablet, tablet: Tablet
) -> None:
    other = enrolled(7)
    sent = other.sealed(other.document(encounter=tablet.header))
    assert put(client, sent, tablet.token).status_code == 202
    with sessions.read(database) as db:
        assert db.exec(select(Quarantined.reasons)).all() == [["device_differs"]]


# --- after an erasure ----------------------------------------------------------------------


def erased(database: Database, sent: Sent, receipt: str, tablet: Tablet) -> None:
    """Leave what an erasure leaves: a tombstone in place of the row."""
    with sessions.write(database) as db:
        db.delete(db.get_one(AnswerSet, sent.id))
        db.add(
            Erasure(
                response_id=sent.id,
                encounter_id=tablet.header["id"],
                device=tablet.device,
                seq=sent.document["seq"],
                receipt=receipt,
                reason="withdrawn",
                recorded_by="staff-1",
                exports=[],
                at=START,
            )
        )


def test_an_erased_set_that_is_offered_again_stays_erased(
    client: TestClient, database: Database, enrolled: MakeTablet
) -> None:
    tablet, helper = enrolled(7), enrolled(8)
    sent = tablet.send()
    first = put(client, sent, tablet.token)
    erased(database, sent, first.text, tablet)

    again = put(client, sent, tablet.token)
    assert (again.status_code, again.content) == (200, first.content)
    assert receipt_for(put(client, sent, helper.token), helper).digest == sent.digest
    changed = tablet.sealed(sent.document)
    told = [put(client, changed, tablet.token) for _ in range(2)]
    assert [answer.status_code for answer in told] == [200, 200]
    assert told[0].content == told[1].content
    assert receipt_for(told[0], tablet).status == "erased"
    with sessions.read(database) as db:
        assert db.exec(select(AnswerSet)).all() == []
        assert db.exec(select(Quarantined)).all() == []


# --- somebody's own phone ------------------------------------------------------------------


def test_a_phone_sends_one_set_and_its_link_is_spent(
    client: TestClient, database: Database, phone: Tablet
) -> None:
    sent = on_phone(phone)
    first = put(client, sent, phone.token)
    assert first.status_code == 201
    assert put(client, sent, phone.token).content == first.content
    second = put(client, on_phone(phone), phone.token)
    assert second.status_code == 403
    assert second.json()["error"] == "credential_spent"
    with sessions.read(database) as db:
        assert db.exec(select(AnswerSet.late)).all() == [False]
        assert db.exec(select(PhoneLink.spent_by)).all() == [sent.id]


def test_two_sets_over_one_link_at_once_are_one(
    client: TestClient, database: Database, phone: Tablet
) -> None:
    answers = [put(client, on_phone(phone), phone.token).status_code for _ in range(3)]
    assert sorted(answers) == [201, 403, 403]
    with sessions.read(database) as db:
        assert len(db.exec(select(AnswerSet)).all()) == 1


@pytest.mark.parametrize("linked_after", [timedelta(), timedelta(hours=47)])
def test_an_answer_two_days_after_the_appointment_is_kept_and_marked_late(
    client: TestClient,
    database: Database,
    keyring: Keyring,
    clock: Clock,
    linked_after: timedelta,
) -> None:
    phone = link_for(database, keyring, linked_after=linked_after)
    clock.pass_time(hours=48, seconds=1)
    assert put(client, on_phone(phone), phone.token).status_code == 201
    with sessions.read(database) as db:
        assert db.exec(select(AnswerSet.late)).all() == [True]


def test_a_link_that_ran_out_is_refused(
    client: TestClient, database: Database, phone: Tablet, clock: Clock
) -> None:
    clock.pass_time(hours=24 * 7)
    answer = put(client, on_phone(phone), phone.token)
    assert (answer.status_code, answer.json()["error"]) == (403, "credential_expired")


def test_a_link_is_for_one_person_on_their_own_phone_after_the_appointment(
    client: TestClient, database: Database, keyring: Keyring
) -> None:
    for changes in (
        {"respondent": "parent_self"},
        {"occasion": "before", "referent": "other_service", "weeks_since": "0-2"},
        {"mode": "tablet_handed_over"},
    ):
        phone = link_for(database, keyring, at=START + timedelta())
        assert put(client, on_phone(phone, **changes), phone.token).status_code == 202
    with sessions.read(database) as db:
        assert db.exec(select(Quarantined.reasons)).all() == [["link_differs"]] * 3
        assert set(db.exec(select(PhoneLink.spent_by)).all()) == {None}
