"""Whatever is sent to the device routes is refused or set aside by name: never a 500, never lost.

One application for all cases; each case counts the rows and audit events that it added.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from fixtures.capture import START, Sent, Tablet, raw
from fixtures.clinic_tablets import report
from fixtures.service import Clock
from fixtures.tablets import enrol
from proof.simulated import Item, Reply, SimulatedTablet
from sqlmodel import Session, SQLModel, func, select
from starlette.testclient import TestClient

from app.adapters.keyring import Keyring
from app.db import sessions
from app.db.engine import Database
from app.db.tables import AuditEvent, DeviceSequence, Quarantined, Response
from app.domain import envelope
from app.services import audit
from app.services.arrivals import MAX_SENT, Arrival, receive
from app.services.audit import AuditKind
from app.services.surveys import Batch

KIB = 1024
TOP = 2**53 - 1
#: Where the envelope's parts begin: mark, key id, point, IV, text, tag (docs/protocol.md, 2).
PLACES = {0: "seal_broken", 3: "seal_unknown_key", 11: "seal_broken", 76: "seal_broken"}
KEEPS = {"stored": 201, "quarantined": 202}


@dataclass(frozen=True)
class Case:
    """What is sent, and what becomes of it: a status, and the reason by which it is known."""

    name: str
    sent: Sent
    status: int
    reason: str = ""


def sizes(_: Tablet) -> Iterator[Case]:
    for size in (0, 1, KIB - 1, KIB, MAX_SENT - 1, MAX_SENT):
        yield Case(f"{size} bytes", raw(str(uuid4()), b"\0" * size), 202, "seal_broken")
    for size in (MAX_SENT + 1, KIB * KIB, 10 * KIB * KIB):
        yield Case(f"{size} bytes", raw(str(uuid4()), b"\0" * size), 413, "too_large")


def altered_bytes(tablet: Tablet) -> Iterator[Case]:
    whole = tablet.send()
    for place, reason in {**PLACES, 88: "seal_broken", len(whole.body) - 1: "seal_broken"}.items():
        body = bytearray(whole.body)
        body[place] ^= 1
        yield Case(f"byte {place}", raw(str(uuid4()), bytes(body)), 202, reason)
        altered = Sent(whole.id, bytes(body), whole.content_digest, {})
        yield Case(f"byte {place} on the way", altered, 400, "digest_mismatch")
    for digest in ("", "sha-256=:AAAA:", "sha-512=:AAAA:", "sha-256=:" + "A" * 10_000 + ":", "é"):
        reason = "digest_mismatch" if digest else "digest_missing"
        yield Case("digest", Sent(whole.id, whole.body, digest, {}), 400, reason)


def broken_inside(tablet: Tablet) -> Iterator[Case]:
    document = tablet.document()
    clear = envelope.canonical_bytes(document)
    for inside in (b"", b"{", clear[:-1], clear[: len(clear) // 2], b"[" * 5_000, b"null", b"\xff"):
        sent = tablet.sealed_bytes(envelope.pad(inside), str(uuid4()), {})
        yield Case(f"inside {inside[:8]!r}", sent, 202, "envelope_")
    for key, value in (
        ("format", 99),
        ("seq", 0),
        ("seq", -1),
        ("seq", True),
        ("made_at", "yesterday"),
        ("made_at", "2026-02-30T00:00:00.000Z"),
        ("items", {"welcome": 10**15}),
        ("items", []),
        ("respondent", "é" * 2_000),
        ("extra", 1),
    ):
        wrong = {**document, "id": str(uuid4()), key: value}
        sent = tablet.sealed_bytes(
            envelope.pad(envelope.canonical_bytes(wrong)), str(wrong["id"]), wrong
        )
        yield Case(f"{key} {str(value)[:9]}", sent, 202)


def replayed_receipt(tablet: Tablet) -> Iterator[Case]:
    """A receipt that was seen on the way, sent as if it were an answer set."""
    receipt = {"id": str(uuid4()), "status": "stored", "mac": "0" * 64}
    yield Case("receipt", raw(str(uuid4()), json.dumps(receipt).encode()), 202, "seal_broken")


def clocks_and_numbers(tablet: Tablet) -> Iterator[Case]:
    """Neither a clock that is years off nor a browser that counts anew keeps answers out."""
    for at in ("1970-01-01T00:00:00.000Z", "2099-12-31T23:59:59.999Z"):
        yield Case(at, tablet.send(made_at=at), 201)
    yield Case("number used again", tablet.send(seq=1), 201)
    yield Case("number used again", tablet.send(seq=1), 201)
    yield Case("highest number", tablet.send(seq=2**31 - 1), 201)
    for seq in (2**31, 2**40, TOP):
        yield Case(f"number {seq}", tablet.send(seq=seq), 202, "envelope_wrong_value:seq")


KINDS: tuple[Callable[[Tablet], Iterator[Case]], ...] = (
    sizes,
    altered_bytes,
    broken_inside,
    replayed_receipt,
    clocks_and_numbers,
)


def count(database: Database, model: type[SQLModel]) -> int:
    with sessions.read(database) as db:
        return db.exec(select(func.count()).select_from(model)).one()


def put(client: TestClient, sent: Sent, token: str) -> Any:
    headers = {name: value for name, value in sent.headers(token).items() if value}
    raw_headers = [(name.encode(), value.encode("utf-8")) for name, value in headers.items()]
    return client.put(f"/v1/responses/{sent.id}", content=sent.body, headers=raw_headers)


def test_every_bad_body_is_refused_or_set_aside_by_name(
    client: TestClient, database: Database, tablet: Tablet
) -> None:
    for case in (case for kind in KINDS for case in kind(tablet)):
        before = [count(database, each) for each in (Response, Quarantined, AuditEvent)]
        answer = put(client, case.sent, tablet.token)
        after = [count(database, each) for each in (Response, Quarantined, AuditEvent)]
        added = tuple(now - then for now, then in zip(after, before, strict=True))
        told = answer.json()
        if answer.status_code in {201, 202}:
            assert KEEPS[told["status"]] == answer.status_code, case.name
            stored = answer.status_code == 201
            assert added == (int(stored), int(not stored), 1), case.name
        else:
            assert told.keys() == {"error"}, case.name
            assert added == (0, 0, 0), case.name
        assert answer.status_code == case.status, (case.name, told)
        assert_named(database, case, told)


def assert_named(database: Database, case: Case, told: dict[str, Any]) -> None:
    """The reason is in the reply, or in the quarantine beside the bytes that were sent."""
    if "error" in told:
        assert told["error"] == case.reason, case.name
        return
    if told["status"] == "quarantined":
        with sessions.read(database) as db:
            where = (Quarantined.response_id == case.sent.id, Quarantined.digest == told["digest"])
            row = db.exec(select(Quarantined).where(*where)).one()
        assert row.sealed == case.sent.body, case.name
        assert row.reasons, case.name
        assert row.reasons[0].startswith(case.reason), (case.name, row.reasons)


def test_a_browser_that_was_handed_over_counts_anew_with_each_page(
    client: TestClient, database: Database, tablet: Tablet
) -> None:
    first, second = tablet.send(seq=7), tablet.send(seq=7)
    assert [put(client, each, tablet.token).status_code for each in (first, second)] == [201, 201]
    with sessions.read(database) as db:
        noted = db.exec(select(DeviceSequence.seq, DeviceSequence.response_id)).all()
    assert sorted(noted) == sorted([(7, first.id), (7, second.id)])


def test_a_number_that_a_tablet_used_before_is_set_aside_and_kept(
    client: TestClient, database: Database, tablet: Tablet
) -> None:
    """By whichever tablet it comes; the same set again, and other bytes of it, are no reuse."""
    clinic, helper = (enrol(database, tablet.keyring, number=each) for each in (7, 8))
    first, second, third = (clinic.send(seq=7) for _ in range(3))
    answers = [put(client, first, clinic.token), put(client, second, clinic.token)]
    answers.append(put(client, third, helper.token))
    assert [answer.status_code for answer in answers] == [201, 202, 202]
    again = [put(client, each, clinic.token) for each in (first, second)]
    assert [answer.status_code for answer in again] == [200, 200]
    assert [answer.text for answer in again] == [answer.text for answer in answers[:2]]
    assert put(client, clinic.sealed(first.document), clinic.token).status_code == 409
    assert put(client, clinic.send(seq=8), clinic.token).status_code == 201
    with sessions.read(database) as db:
        aside = db.exec(select(Quarantined).where(Quarantined.http_status == 202)).all()
        assert {(row.response_id, row.sealed) for row in aside} == {
            (second.id, second.body),
            (third.id, third.body),
        }
        assert [row.reasons for row in aside] == [["sequence_reused"]] * 2
        assert aside_in_log(db) == {second.id: "sequence_reused", third.id: "sequence_reused"}


def aside_in_log(db: Session) -> dict[str, str]:
    """Return what the audit log says of what went aside with a 202: the reason by id."""
    kind = AuditEvent.kind == AuditKind.RESPONSE_QUARANTINED
    entries = [json.loads(row.entry) for row in db.exec(select(AuditEvent).where(kind)).all()]
    return {
        each["subject"]: each["details"]["reason"]
        for each in entries
        if each["details"]["http_status"] == 202
    }


def test_two_sets_under_one_number_that_arrive_together_are_one_stored_and_one_aside(
    database: Database, keyring: Keyring
) -> None:
    clinic = enrol(database, keyring, number=7)
    arrivals = [arrived(clinic, clinic.send(seq=7), clinic.token) for _ in range(2)]
    with sessions.write(database) as db:
        batch = Batch(db.connection(), keyring, START, "training", demo=False)
        outcomes = batch.record(arrivals)
    assert [outcome.http_status for outcome in outcomes] == [201, 202]


def test_what_a_revoked_tablet_brings_is_set_aside(
    client: TestClient, database: Database, tablet: Tablet
) -> None:
    lost = enrol(database, tablet.keyring, number=9, revoked_at=START)
    answer = put(client, lost.send(), lost.token)
    assert (answer.status_code, answer.json()["status"]) == (202, "quarantined")
    with sessions.read(database) as db:
        assert db.exec(select(Quarantined.reasons)).one() == ["device_revoked"]


def test_years_later_the_tablet_still_gets_its_receipt(
    client: TestClient, database: Database, tablet: Tablet, clock: Clock
) -> None:
    old = enrol(database, tablet.keyring, number=9)
    sent = old.send()
    clock.pass_time(days=3 * 365)
    first = put(client, sent, old.token)
    clock.moment -= timedelta(days=6 * 365)
    assert (first.status_code, put(client, sent, old.token).text) == (201, first.text)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_forged_receipt_is_none(client: TestClient, tablet: Tablet) -> None:
    sent = tablet.send()
    receipt = json.loads(put(client, sent, tablet.token).text)
    item, device = Item(sent.id, 1, sent.body), SimulatedTablet.__new__(SimulatedTablet)
    device.made = tablet
    assert device.is_ours(Reply(201, json.dumps(receipt)), item)
    other = {"seq": 2, "status": "erased", "server_time": "2026-11-23T09:00:00.001Z"}
    for field in receipt:
        forged = {**receipt, field: other.get(field) or receipt[field][::-1]}
        assert not device.is_ours(Reply(201, json.dumps(forged)), item), field


def test_guessed_tokens_are_slowed_at_every_door_together_and_told_once(
    client: TestClient, database: Database, tablet: Tablet, clock: Clock
) -> None:
    """At 1,000 a minute from one address; who holds a token is heard all the while."""
    sent, statuses = tablet.send(), []
    for number in range(100):
        clock.pass_time(milliseconds=60)
        statuses.append(guess(client, sent, number))
    assert set(statuses) == {401, 429}
    assert statuses.count(401) == 21
    assert put(client, sent, tablet.token).status_code == 201
    assert slowed_in_log(database) == [("nobody", "token", {"tries": 21, "wait_seconds": 5})]


def test_a_thousand_guesses_in_a_minute_are_one_entry_in_the_log(
    database: Database, keyring: Keyring
) -> None:
    clinic = enrol(database, keyring, number=7)
    statuses = [status for tenth in range(20) for status in fifty_guesses(database, clinic, tenth)]
    assert len(statuses) == 1020
    assert set(statuses) == {201, 401, 429}
    assert statuses.count(201) == 20  # another tablet's own sets, amid the guesses
    assert statuses.count(401) < 26
    assert len(slowed_in_log(database)) == 1
    fifty_guesses(database, clinic, 20 * 60)  # an hour later all is forgotten, and told anew
    assert len(slowed_in_log(database)) == 2


def fifty_guesses(database: Database, clinic: Tablet, tenth: int) -> list[int]:
    """Let fifty guesses and a set of a real tablet arrive together from one address."""
    arrivals = [
        arrived(clinic, clinic.send(), token)
        for token in (*(f"guess-{tenth}-{number}" for number in range(50)), clinic.token)
    ]
    with sessions.write(database) as db:
        now = START + timedelta(seconds=3 * tenth)
        batch = Batch(db.connection(), clinic.keyring, now, "training", demo=False)
        return [outcome.http_status for outcome in batch.record(arrivals)]


def arrived(clinic: Tablet, sent: Sent, token: str) -> Arrival:
    arrival = receive(
        response_id=sent.id,
        sent=sent.body,
        content_digest=sent.content_digest,
        keyring=clinic.keyring,
        token=token,
        address="192.0.2.7",
    )
    assert isinstance(arrival, Arrival)
    return arrival


def slowed_in_log(database: Database) -> list[tuple[str, str, Any]]:
    with sessions.read(database) as db:
        assert audit.verify(db) is None
        query = select(AuditEvent).where(AuditEvent.kind == AuditKind.GUESSES_SLOWED)
        entries = [json.loads(row.entry) for row in db.exec(query).all()]
    return [(each["actor"], each["subject"], each["details"]) for each in entries]


def guess(client: TestClient, sent: Sent, number: int) -> int:
    """Try a token at one of the three doors for tokens."""
    token = f"guess-{number}"
    if number % 3 == 0:
        return int(client.post("/v1/phone/begin", headers=bearer(token)).status_code)
    if number % 3 == 1:
        answer = client.post("/v1/tablet/contact", json=report(), headers=bearer(token))
        return int(answer.status_code)
    return int(put(client, sent, token).status_code)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


# --- the other device routes -------------------------------------------------------------------

ROUTES = (
    ("POST", "/v1/tablet/contact"),
    ("PUT", f"/v1/tablets/{uuid4()}"),
    ("PUT", "/v1/tablets/x"),
    ("POST", "/v1/handover/begin"),
    ("GET", "/v1/handover/state"),
    ("POST", "/v1/handover/return"),
    ("POST", "/v1/phone/begin"),
    ("POST", "/v1/print-tickets/profile"),
    ("POST", "/v1/print-tickets/decision"),
    ("DELETE", f"/v1/responses/{uuid4()}"),
    ("GET", f"/v1/responses/{uuid4()}"),
)
BODIES = (
    b"",
    b"{",
    b"null",
    b"[]",
    b'{"a": NaN}',
    b"\xff\xfe",
    b"[" * 5_000,
    b'{"token": "' + b"a" * 9_000 + b'"}',
    b'{"waiting": -1, "kept": 1e400, "last_seq": "9"}',
    b"\0" * (10 * KIB * KIB),
)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_body_breaks_another_device_route(
    client: TestClient, database: Database, tablet: Tablet
) -> None:
    enrolled = enrol(database, tablet.keyring, number=9)
    before = count(database, Response)
    for method, path in ROUTES:
        for token in ("", "guessed", tablet.token, enrolled.token):
            for body in BODIES:
                headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
                answer = client.request(method, path, content=body, headers=headers)
                said = (method, path, token[:7], body[:8], answer.status_code)
                assert 400 <= answer.status_code < 500, said
                assert answer.headers["content-type"].startswith("application/json"), said
    assert count(database, Response) == before
