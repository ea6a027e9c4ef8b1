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
from fixtures.service import Clock
from fixtures.tablets import enrol
from proof.simulated import Item, Reply, SimulatedTablet
from sqlmodel import SQLModel, func, select
from starlette.testclient import TestClient

from app.db import sessions
from app.db.engine import Database
from app.db.tables import AuditEvent, DeviceSequence, Quarantined, Response
from app.domain import envelope
from app.services.arrivals import MAX_SENT

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
    """Neither a clock that is years off nor a number used twice keeps answers out."""
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


def test_sets_with_a_number_used_again_are_both_kept_and_both_noted(
    client: TestClient, database: Database, tablet: Tablet
) -> None:
    first, second = tablet.send(seq=7), tablet.send(seq=7)
    assert [put(client, each, tablet.token).status_code for each in (first, second)] == [201, 201]
    with sessions.read(database) as db:
        noted = db.exec(select(DeviceSequence.seq, DeviceSequence.response_id)).all()
    assert sorted(noted) == sorted([(7, first.id), (7, second.id)])


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


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_tokens_guessed_at_a_thousand_a_minute_get_almost_no_tries(
    client: TestClient, database: Database, tablet: Tablet, clock: Clock
) -> None:
    """A quarter of a minute of it; the real tablet is heard all the while."""
    sent, statuses = tablet.send(), []
    for number in range(250):
        clock.pass_time(milliseconds=60)
        statuses.append(put(client, sent, f"guess-{number}").status_code)
    assert set(statuses) == {401, 429}
    assert statuses.count(401) < 25
    assert put(client, sent, tablet.token).status_code == 201


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
