"""Every row of the status table, over the real application and both databases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from fixtures.capture import Sent, Tablet, hand_over, raw
from fixtures.service import Clock
from httpx2 import Response as HttpResponse
from sqlmodel import SQLModel, col, select, update
from starlette.testclient import TestClient

from app.adapters.sealing import SealingKey, seal
from app.db import sessions
from app.db.engine import Database
from app.db.tables import (
    AuditEvent,
    DeviceSequence,
    Encounter,
    InstalledPack,
    Quarantined,
    Response,
    ServiceSetting,
)
from app.domain import envelope
from app.domain.receipt import read_receipt, verify_receipt
from app.services import audit
from app.services.arrivals import MAX_SENT, receipt_key
from app.web.service import Service

WORDS_ELSEWHERE = "a" * 64


def put(client: TestClient, sent: Sent, token: str, **headers: str) -> HttpResponse:
    return client.put(
        f"/v1/responses/{sent.id}", content=sent.body, headers=sent.headers(token) | headers
    )


def rows(database: Database, model: type[SQLModel]) -> list[Any]:
    with sessions.read(database) as db:
        return list(db.exec(select(model)).all())


def events(database: Database) -> list[tuple[str, str, dict[str, Any]]]:
    with sessions.read(database) as db:
        assert audit.verify(db) is None
        found = db.exec(select(AuditEvent).order_by(col(AuditEvent.seq))).all()
        return [(e.kind, e.subject, json.loads(e.entry)["details"]) for e in found]


def check_receipt(answer: HttpResponse, sent: Sent, tablet: Tablet, status: str) -> None:
    receipt = read_receipt(answer.content)
    assert answer.headers["content-type"] == "application/json"
    assert (receipt.id, receipt.digest, receipt.device) == (sent.id, sent.digest, tablet.device)
    assert receipt.seq == sent.document.get("seq", 0)
    assert receipt.status == status
    assert receipt.server_time == "2026-11-23T09:00:00.000Z"
    assert verify_receipt(receipt_key(tablet.keyring, tablet.device), receipt)


@pytest.fixture(autouse=True)
def _nothing_is_lost(database: Database) -> Iterator[None]:
    yield
    with sessions.read(database) as db:
        assert audit.verify(db) is None


# --- 201 and 200 ---------------------------------------------------------------------------


def test_201_the_row_holds_what_was_answered(
    client: TestClient, database: Database, tablet: Tablet
) -> None:
    sent = tablet.send(
        helped_by=["interpreter", "parent"],
        occasion="before",
        referent="other_service",
        weeks_since="3-8",
        grid={"public_id": "k7", "version": 3, "sha256": "b" * 64},
    )
    answer = put(client, sent, tablet.token)
    assert answer.status_code == 201
    check_receipt(answer, sent, tablet, "stored")
    [row] = rows(database, Response)
    shown = sent.document["instrument"]
    assert row.model_dump(exclude={"made_at", "received_at", "withdrawal_key"}) == {
        "id": sent.id,
        "encounter_id": tablet.header["id"],
        "device": tablet.device,
        "seq": 1,
        "digest": sent.digest,
        "sealed": sent.body,
        "receipt": answer.text,
        "state": "complete",
        "instrument_id": "effort-practice",
        "instrument_version": shown["version"],
        "wording_sha256": shown["wording_sha256"],
        "language": "en",
        "occasion": "before",
        "respondent": "young_person",
        "mode": "tablet_handed_over",
        "helped_by": ["interpreter", "parent"],
        "seen_by_others": "no",
        "items": {"welcome": 9, "pace": 7, "questions": -97},
        "reason": None,
        "referent": "other_service",
        "weeks_since": "3-8",
        "grid_public_id": "k7",
        "grid_version": 3,
        "grid_sha256": "b" * 64,
        "environment": "training",
        "demo": False,
        "delivered_by": None,
        "late": False,
        # No study: nobody was asked for a consent, so none is needed.
        "consent_model": None,
        "consent": None,
        "consent_adult": None,
        "consent_text_sha256": None,
        "notice_sha256": None,
        "consented": True,
    }
    assert row.made_at.isoformat() == "2026-11-23T09:05:00+00:00"
    assert row.received_at.isoformat() == "2026-11-23T09:00:00+00:00"
    assert [s.model_dump() for s in rows(database, DeviceSequence)] == [
        {"device": tablet.device, "seq": 1, "response_id": sent.id}
    ]
    details = {
        "digest": sent.digest,
        "device": tablet.device,
        "seq": 1,
        "state": "complete",
        "encounter": tablet.header["id"],
    }
    assert events(database) == [("response_stored", sent.id, details)]


def test_200_the_lost_acknowledgement_gets_the_same_receipt(
    client: TestClient, database: Database, tablet: Tablet, clock: Clock
) -> None:
    sent = tablet.send()
    first = put(client, sent, tablet.token)
    clock.pass_time(hours=2)
    again = put(client, sent, tablet.token)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.content == first.content
    assert len(rows(database, Response)) == 1
    assert [kind for kind, _, _ in events(database)] == ["response_stored"]


def test_200_a_replay_is_answered_after_the_token_ran_out_and_from_another_hand_over(
    client: TestClient, database: Database, tablet: Tablet, clock: Clock
) -> None:
    sent = tablet.send()
    first = put(client, sent, tablet.token)
    clock.pass_time(hours=13)
    other = hand_over(database, tablet.keyring, at=clock())
    again = put(client, sent, tablet.token)
    assert (again.status_code, again.content) == (200, first.content)
    elsewhere = put(client, sent, other.token)
    assert elsewhere.status_code == 200
    # The other device can check only what was made with its own key.
    check_receipt(elsewhere, sent, replace(other, keyring=tablet.keyring), "stored")
    assert len(rows(database, Response)) == 1


def test_the_demo_mark_and_the_mode_are_those_of_the_service(
    client: TestClient, database: Database, tablet: Tablet
) -> None:
    with sessions.write(database) as db:
        db.exec(update(ServiceSetting).where(col(ServiceSetting.key) == "demo").values(value=True))
    assert put(client, tablet.send(), tablet.token).status_code == 201
    [row] = rows(database, Response)
    assert (row.environment, row.demo) == ("training", True)


def test_a_returned_tablet_and_a_closed_encounter_still_take_what_was_on_its_way(
    client: TestClient, database: Database, tablet: Tablet
) -> None:
    with sessions.write(database) as db:
        db.exec(update(Encounter).values(state="closed"))
    assert put(client, tablet.send(), tablet.token).status_code == 201


# --- 202 -----------------------------------------------------------------------------------


def quarantined_for(
    client: TestClient, database: Database, tablet: Tablet, sent: Sent, reasons: list[str]
) -> None:
    """Check that ``sent`` is set aside for ``reasons``, twice with one receipt and one row."""
    answer = put(client, sent, tablet.token)
    assert answer.status_code == 202
    check_receipt(answer, sent, tablet, "quarantined")
    again = put(client, sent, tablet.token)
    assert (again.status_code, again.content) == (200, answer.content)
    assert rows(database, Response) == []
    [row] = rows(database, Quarantined)
    undecided = {"settled_at", "settled_by", "settled_as"}
    assert {getattr(row, name) for name in undecided} == {None}
    assert row.model_dump(exclude={"id", "received_at"} | undecided) == {
        "response_id": sent.id,
        "device": tablet.device,
        "seq": sent.document.get("seq", 0),
        "digest": sent.digest,
        "sealed": sent.body,
        "receipt": answer.text,
        "http_status": 202,
        "reasons": reasons,
        "encounter_id": tablet.header["id"],
    }
    details = {
        "digest": sent.digest,
        "device": tablet.device,
        "seq": sent.document.get("seq", 0),
        "http_status": 202,
        "reason": " ".join(reasons),
    }
    assert events(database) == [("response_quarantined", sent.id, details)]


def test_202_bytes_that_are_no_envelope(
    client: TestClient, database: Database, tablet: Tablet
) -> None:
    for_nobody = raw(str(uuid4()), b"<html>please sign in</html>")
    quarantined_for(client, database, tablet, for_nobody, ["seal_broken"])


def test_202_an_empty_body_with_its_own_digest(
    client: TestClient, database: Database, tablet: Tablet
) -> None:
    quarantined_for(client, database, tablet, raw(str(uuid4()), b""), ["seal_broken"])


def test_202_one_flipped_bit(client: TestClient, database: Database, tablet: Tablet) -> None:
    sent = tablet.send()
    body = bytearray(sent.body)
    body[-1] ^= 1
    quarantined_for(client, database, tablet, raw(sent.id, bytes(body)), ["seal_broken"])


def test_202_put_to_another_id(client: TestClient, database: Database, tablet: Tablet) -> None:
    sent = tablet.send()
    moved = raw(str(uuid4()), sent.body)
    quarantined_for(client, database, tablet, moved, ["seal_broken"])


def test_202_sealed_for_another_id_than_it_holds(
    client: TestClient, database: Database, tablet: Tablet
) -> None:
    sent = tablet.send(address=str(uuid4()))
    quarantined_for(client, database, tablet, sent, ["id_differs"])


def test_202_sealed_to_a_key_that_is_not_ours(
    client: TestClient, database: Database, tablet: Tablet
) -> None:
    key = SealingKey.generate()
    document = tablet.document()
    clear = envelope.pad(envelope.canonical_bytes(document))
    body = seal(key.public_point, key.key_id, document["id"], clear)
    sent = raw(document["id"], body)
    quarantined_for(client, database, tablet, sent, ["seal_unknown_key"])


def test_202_another_key_named_inside(
    client: TestClient, database: Database, tablet: Tablet
) -> None:
    sent = tablet.send(key_id="00" * 8)
    quarantined_for(client, database, tablet, sent, ["key_differs"])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"format": 2}, "envelope_missing_key:consent"),
        ({"format": 3}, "envelope_unknown_format:format"),
        ({"respondent": "grandparent"}, "envelope_wrong_value:respondent"),
        ({"items": {"welcome": True}}, "envelope_wrong_type:items.welcome"),
        ({"note": "hello"}, "envelope_unknown_key"),
    ],
)
def test_202_an_envelope_that_cannot_be_read(
    client: TestClient,
    database: Database,
    tablet: Tablet,
    changes: dict[str, Any],
    reason: str,
) -> None:
    document = tablet.document(**changes)
    clear = envelope.pad(envelope.canonical_bytes(document))
    sent = tablet.sealed_bytes(clear, document["id"], {})
    quarantined_for(client, database, tablet, sent, [reason])


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({"items": {"welcome": 9, "pace": 7}}, ["items.lacking"]),
        ({"items": {"welcome": 9, "pace": 10, "questions": 0}}, ["items.off_the_scale"]),
        ({"items": {"welcome": 9, "pace": -99, "questions": 0}}, ["items.not_reached"]),
        ({"referent": "other_service"}, ["referent.only_before"]),
        ({"device": str(uuid4())}, ["device_differs"]),
    ],
)
def test_202_an_answer_set_that_is_not_valid(
    client: TestClient,
    database: Database,
    tablet: Tablet,
    changes: dict[str, Any],
    reasons: list[str],
) -> None:
    quarantined_for(client, database, tablet, tablet.send(**changes), reasons)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "made-up-measure"},
        {"version": "2"},
        {"wording_sha256": WORDS_ELSEWHERE},
        {"language": "cy"},
        {"id": "collaborate-0-9"},
    ],
)
def test_202_an_instrument_version_that_is_not_known(
    client: TestClient, database: Database, tablet: Tablet, changes: dict[str, str]
) -> None:
    shown = tablet.document()["instrument"] | changes
    tablet.seq = 0
    sent = tablet.send(instrument=shown)
    quarantined_for(client, database, tablet, sent, ["instrument_unknown"])


def test_202_practice_answers_in_live_use(
    client: TestClient, database: Database, tablet: Tablet
) -> None:
    with sessions.write(database) as db:
        mode = update(ServiceSetting).where(col(ServiceSetting.key) == "mode")
        db.exec(mode.values(value="live"))
    quarantined_for(client, database, tablet, tablet.send(), ["instrument_practice_only"])


def test_202_an_encounter_that_is_not_the_tokens(
    client: TestClient, database: Database, tablet: Tablet
) -> None:
    other = hand_over(database, tablet.keyring)
    sent = tablet.send(encounter=other.header)
    quarantined_for(client, database, tablet, sent, ["encounter_differs"])


def test_202_a_voided_encounter(client: TestClient, database: Database, tablet: Tablet) -> None:
    with sessions.write(database) as db:
        db.exec(update(Encounter).values(state="voided"))
    quarantined_for(client, database, tablet, tablet.send(), ["encounter_voided"])


def test_202_a_team_that_does_not_exist(
    client: TestClient, database: Database, tablet: Tablet
) -> None:
    header = tablet.header | {"team": "south-nowhere"}
    quarantined_for(client, database, tablet, tablet.send(encounter=header), ["team_unknown"])


def test_a_good_copy_is_stored_after_a_broken_one_was_set_aside(
    client: TestClient, database: Database, tablet: Tablet
) -> None:
    sent = tablet.send()
    broken = raw(sent.id, sent.body[:-1])
    assert put(client, broken, tablet.token).status_code == 202
    assert put(client, sent, tablet.token).status_code == 201
    assert [row.digest for row in rows(database, Response)] == [sent.digest]
    assert [row.digest for row in rows(database, Quarantined)] == [broken.digest]


def test_a_retired_pack_is_still_known(
    client: TestClient, database: Database, tablet: Tablet, clock: Clock
) -> None:
    pack = InstalledPack(
        sha256=WORDS_ELSEWHERE,
        instrument_id="collaborate-0-9",
        version="made-up-1",
        language="en",
        content={},
        installed_by="staff-1",
        installed_at=clock(),
        retired_at=clock(),
    )
    with sessions.write(database) as db:
        db.add(pack)
    shown = {
        "id": "collaborate-0-9",
        "version": "made-up-1",
        "wording_sha256": WORDS_ELSEWHERE,
        "language": "en",
    }
    sent = tablet.send(instrument=shown, items={"explain": 9, "listen": 9, "include": 9})
    assert put(client, sent, tablet.token).status_code == 201
    [row] = rows(database, Response)
    assert (row.instrument_id, row.items) == (
        "collaborate-0-9",
        {"explain": 9, "listen": 9, "include": 9},
    )


# --- 409 -----------------------------------------------------------------------------------


@pytest.mark.fault(12)
def test_409_other_bytes_under_the_same_id_are_kept_apart(
    client: TestClient, database: Database, tablet: Tablet
) -> None:
    document = tablet.document()
    first, second = tablet.sealed(document), tablet.sealed(document | {"items": other_items()})
    assert put(client, first, tablet.token).status_code == 201
    answer = put(client, second, tablet.token)
    assert answer.status_code == 409
    check_receipt(answer, second, tablet, "quarantined")
    again = put(client, second, tablet.token)
    assert (again.status_code, again.content) == (200, answer.content)
    [row] = rows(database, Response)
    assert (row.digest, row.items) == (first.digest, document["items"])
    [aside] = rows(database, Quarantined)
    assert (aside.digest, aside.sealed, aside.http_status, aside.reasons) == (
        second.digest,
        second.body,
        409,
        ["other_bytes"],
    )
    assert put(client, first, tablet.token).status_code == 200


def other_items() -> dict[str, int]:
    return {"welcome": 0, "pace": 0, "questions": 0}


# --- no receipt: the client keeps what it has ----------------------------------------------


def refused(answer: HttpResponse, database: Database, status: int, key: str) -> None:
    assert (answer.status_code, answer.json()["error"]) == (status, key)
    assert rows(database, Response) == []
    assert rows(database, Quarantined) == []
    assert events(database) == []


def test_400_without_a_digest(client: TestClient, database: Database, tablet: Tablet) -> None:
    sent = tablet.send()
    headers = sent.headers(tablet.token)
    del headers["Content-Digest"]
    answer = client.put(f"/v1/responses/{sent.id}", content=sent.body, headers=headers)
    refused(answer, database, 400, "digest_missing")


@pytest.mark.parametrize("body", [b"", b"OG1 something else"])
def test_400_a_body_that_is_not_the_one_that_was_sent(
    client: TestClient, database: Database, tablet: Tablet, body: bytes
) -> None:
    sent = tablet.send()
    headers = sent.headers(tablet.token)
    answer = client.put(f"/v1/responses/{sent.id}", content=body, headers=headers)
    refused(answer, database, 400, "digest_mismatch")


@pytest.mark.parametrize("header", ["sha-256=abc", "md5=:AAAA:", "sha-256=::"])
def test_400_a_digest_that_cannot_be_read(
    client: TestClient, database: Database, tablet: Tablet, header: str
) -> None:
    answer = put(client, tablet.send(), tablet.token, **{"Content-Digest": header})
    refused(answer, database, 400, "digest_mismatch")


@pytest.mark.parametrize("address", ["x", "0F8D4F2A-6C1B-4E5D-8A73-2B9C1D4E5F60"])
def test_400_an_address_that_is_no_id(
    client: TestClient, database: Database, tablet: Tablet, address: str
) -> None:
    sent = tablet.send()
    headers = sent.headers(tablet.token)
    answer = client.put(f"/v1/responses/{address}", content=sent.body, headers=headers)
    refused(answer, database, 400, "id_malformed")


def test_401_without_a_token_and_with_an_unknown_one(
    client: TestClient, database: Database, tablet: Tablet
) -> None:
    sent = tablet.send()
    headers = sent.headers("")
    answer = client.put(f"/v1/responses/{sent.id}", content=sent.body, headers=headers)
    refused(answer, database, 401, "credential_missing")
    refused(put(client, sent, "guessed"), database, 401, "credential_unknown")


def test_403_after_twelve_hours(
    client: TestClient, database: Database, tablet: Tablet, clock: Clock
) -> None:
    clock.pass_time(hours=12)
    refused(put(client, tablet.send(), tablet.token), database, 403, "credential_expired")


@pytest.mark.parametrize("declared", [True, False])
def test_413_over_64_kib(
    client: TestClient, database: Database, tablet: Tablet, *, declared: bool
) -> None:
    body = b"x" * (MAX_SENT + 1)
    sent = raw(str(uuid4()), body)
    content = body if declared else iter([body[:1000], body[1000:]])
    answer = client.put(
        f"/v1/responses/{sent.id}", content=content, headers=sent.headers(tablet.token)
    )
    refused(answer, database, 413, "too_large")


def test_just_64_kib_is_taken(client: TestClient, tablet: Tablet) -> None:
    assert put(client, raw(str(uuid4()), b"x" * MAX_SENT), tablet.token).status_code == 202


def test_429_many_wrong_tokens_wait_and_a_right_one_never_does(
    client: TestClient, database: Database, tablet: Tablet, clock: Clock
) -> None:
    sent = tablet.send()
    statuses = [put(client, sent, f"guess-{n}").status_code for n in range(23)]
    assert statuses == [401] * 21 + [429] * 2
    slowed = put(client, sent, "guess-again")
    assert slowed.json() == {"error": "too_many_tries", "wait_seconds": 5}
    assert slowed.headers["retry-after"] == "5"
    assert put(client, sent, tablet.token).status_code == 201
    clock.pass_time(seconds=5)
    assert put(client, sent, "guess-later").status_code == 401
    assert put(client, sent, "guess-later").json()["wait_seconds"] == 10


def test_503_while_the_writer_is_stopped(
    client: TestClient, service: Service, database: Database, tablet: Tablet
) -> None:
    sent, recorder = tablet.send(), service.recorder
    recorder.stop()
    answer = put(client, sent, tablet.token)
    refused(answer, database, 503, "too_busy")
    assert answer.headers["retry-after"] == "5"
    recorder.start()
    assert put(client, sent, tablet.token).status_code == 201


# --- encounter headers ---------------------------------------------------------------------


def test_a_header_that_differs_is_flagged_and_the_first_stays(
    client: TestClient, database: Database, tablet: Tablet
) -> None:
    header = tablet.header | {"age_band": "16-17", "interpreter": "family"}
    sent = tablet.send(encounter=header)
    assert put(client, sent, tablet.token).status_code == 201
    [encounter] = rows(database, Encounter)
    assert encounter.header_differs
    assert (encounter.header, encounter.age_band) == (tablet.header, "14-15")
    kind, subject, details = events(database)[0]
    assert (kind, subject) == ("encounter_header_differs", tablet.header["id"])
    assert details == {"response": sent.id, "fields": "age_band interpreter"}


def test_the_same_header_is_not_flagged(
    client: TestClient, database: Database, tablet: Tablet
) -> None:
    assert put(client, tablet.send(), tablet.token).status_code == 201
    assert [encounter.header_differs for encounter in rows(database, Encounter)] == [False]
