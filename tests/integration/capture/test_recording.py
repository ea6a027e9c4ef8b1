"""The writer under load and in trouble: replays at once, broken batches, locks, full queues."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from uuid import uuid4

import pytest
from fixtures.capture import STAFF_NAME, TEAM, Sent, Tablet, encounter_row, hand_over, header_for
from fixtures.service import Clock
from sqlalchemy import event, text
from sqlmodel import SQLModel, col, func, select

from app.adapters.keyring import Keyring
from app.db import sessions
from app.db.engine import Database
from app.db.tables import (
    AuditEvent,
    DeviceSequence,
    Encounter,
    Quarantined,
    Response,
    Study,
)
from app.errors import TooBusy
from app.services import audit, surveys
from app.services.arrivals import Arrival, Credential, Outcome, receive
from app.services.recording import LARGEST_BATCH, Recorder
from app.services.surveys import Batch

AT_ONCE = 20


@pytest.fixture
def recorder(database: Database, keyring: Keyring, clock: Clock) -> Iterator[Recorder]:
    made = Recorder(database, keyring, clock)
    made.start()
    yield made
    made.stop()
    with sessions.read(database) as db:
        assert audit.verify(db) is None


def arrival(tablet: Tablet, sent: Sent) -> Arrival:
    made = receive(
        response_id=sent.id,
        sent=sent.body,
        content_digest=sent.content_digest,
        keyring=tablet.keyring,
        token=tablet.token,
    )
    assert isinstance(made, Arrival)
    return made


def record_all(recorder: Recorder, arrivals: Sequence[Arrival]) -> list[Outcome]:
    async def run() -> list[Outcome]:
        return list(await asyncio.gather(*(recorder.record(each) for each in arrivals)))

    return asyncio.run(run())


def count(database: Database, model: type[SQLModel]) -> int:
    with sessions.read(database) as db:
        return db.exec(select(func.count()).select_from(model)).one()


# --- replays at once -----------------------------------------------------------------------


@pytest.mark.fault(11)
def test_twenty_replays_at_once_are_one_row_and_one_receipt(
    recorder: Recorder, database: Database, tablet: Tablet
) -> None:
    same = arrival(tablet, tablet.send())
    outcomes = record_all(recorder, [same] * AT_ONCE)
    assert sorted(outcome.http_status for outcome in outcomes) == [200] * (AT_ONCE - 1) + [201]
    assert len({outcome.receipt_json for outcome in outcomes}) == 1
    assert (count(database, Response), count(database, AuditEvent)) == (1, 1)


@pytest.mark.fault(11)
def test_replays_through_two_writers_are_one_row_and_one_receipt(
    recorder: Recorder, database: Database, tablet: Tablet, clock: Clock
) -> None:
    """Two processes over one database; on SQLite the second writer waits for the first."""
    other = Recorder(database, tablet.keyring, clock)
    other.start()
    sets = [arrival(tablet, tablet.send()) for _ in range(AT_ONCE)]
    outcomes: dict[Recorder, list[Outcome]] = {}
    threads = [
        threading.Thread(target=lambda w=writer: outcomes.update({w: record_all(w, sets * 2)}))
        for writer in (recorder, other)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.stop()
    by_id: dict[str, list[Outcome]] = {}
    for answers in outcomes.values():
        for each, outcome in zip(sets * 2, answers, strict=True):
            by_id.setdefault(each.response_id, []).append(outcome)
    assert all(
        sorted(outcome.http_status for outcome in found) == [200, 200, 200, 201]
        for found in by_id.values()
    )
    assert all(len({outcome.receipt_json for outcome in found}) == 1 for found in by_id.values())
    assert count(database, Response) == len(by_id) == AT_ONCE


def test_other_bytes_at_once_are_one_row_and_the_rest_is_set_aside(
    recorder: Recorder, database: Database, tablet: Tablet
) -> None:
    document = tablet.document()
    copies = [arrival(tablet, tablet.sealed(document)) for _ in range(5)]
    outcomes = record_all(recorder, copies * 2)
    assert sorted(o.http_status for o in outcomes) == [200] * 5 + [201] + [409] * 4
    assert (count(database, Response), count(database, Quarantined)) == (1, 4)
    assert len({outcome.receipt_json for outcome in outcomes}) == 5


def test_order_of_arrival_does_not_matter(
    recorder: Recorder, database: Database, tablet: Tablet
) -> None:
    sets = [arrival(tablet, tablet.send()) for _ in range(5)]
    outcomes = record_all(recorder, sets[::-1])
    assert [outcome.http_status for outcome in outcomes] == [201] * 5
    with sessions.read(database) as db:
        found = db.exec(select(DeviceSequence.seq).order_by(col(DeviceSequence.seq))).all()
    assert list(found) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_another_process_stored_the_same_bytes_while_we_wrote(
    recorder: Recorder, database: Database, tablet: Tablet
) -> None:
    """The lock on the chain is passed by: the id's own uniqueness still decides, then we reread.

    PostgreSQL only: one process writes an SQLite database.
    """
    sent = arrival(tablet, tablet.send())
    first = record_all(recorder, [sent])[0]
    with database.writer.connect() as rival:
        row = rival.execute(text("SELECT * FROM response")).mappings().one()
        rival.execute(text("DELETE FROM response"))
        rival.commit()
        names = ", ".join(row)
        values = ", ".join(f":{name}" for name in row)
        bound = {k: json.dumps(v) if isinstance(v, dict | list) else v for k, v in row.items()}
        rival.execute(text(f"INSERT INTO response ({names}) VALUES ({values})"), bound)
        threading.Timer(0.5, rival.commit).start()
        again = record_all(recorder, [sent])[0]
    assert (again.http_status, again.receipt_json) == (200, first.receipt_json)
    assert count(database, Response) == 1


# --- trouble -------------------------------------------------------------------------------


def test_a_set_that_breaks_its_batch_does_not_take_the_others_along(
    recorder: Recorder, database: Database, tablet: Tablet, monkeypatch: pytest.MonkeyPatch
) -> None:
    sets = [arrival(tablet, tablet.send()) for _ in range(7)]
    poisoned = sets[3].response_id
    settle = Batch._settle

    def break_on_one(self: Batch, each: Arrival) -> Outcome:
        if each.response_id == poisoned:
            raise RuntimeError("a bug that one set brings out")
        return settle(self, each)

    monkeypatch.setattr(Batch, "_settle", break_on_one)
    outcomes = record_all(recorder, sets)
    assert [outcome.http_status for outcome in outcomes] == [201] * 3 + [503] + [201] * 3
    assert outcomes[3].receipt_json is None
    assert count(database, Response) == 6
    monkeypatch.undo()
    assert record_all(recorder, [sets[3]])[0].http_status == 201


@pytest.mark.fault(4)
def test_no_receipt_leaves_when_the_commit_fails(
    recorder: Recorder, database: Database, tablet: Tablet
) -> None:
    def refuse(_connection: object) -> None:
        raise RuntimeError("the disk is full")

    event.listen(database.writer, "commit", refuse)
    try:
        outcome = record_all(recorder, [arrival(tablet, tablet.send())])[0]
    finally:
        event.remove(database.writer, "commit", refuse)
    assert (outcome.http_status, outcome.receipt_json) == (503, None)
    assert count(database, Response) == 0


@pytest.mark.fault(22)
def test_a_database_that_stays_locked_is_503_and_the_set_is_stored_later(
    recorder: Recorder, database: Database, tablet: Tablet
) -> None:
    sent = arrival(tablet, tablet.send())
    impatient = {
        "sqlite": "PRAGMA busy_timeout=100",
        "postgresql": "SET lock_timeout='100ms'",
    }[database.dialect]

    def hurry(connection: object, *_: object) -> None:
        connection.cursor().execute(impatient)  # type: ignore[attr-defined]

    event.listen(database.writer, "checkout", hurry)
    with database.writer.begin() as holder:
        audit.lock_head(holder)
        outcome = record_all(recorder, [sent])[0]
    assert (outcome.http_status, outcome.wait_seconds) == (503, 5)
    assert record_all(recorder, [sent])[0].http_status == 201


def test_a_full_queue_says_so_at_once(database: Database, tablet: Tablet, clock: Clock) -> None:
    small = Recorder(database, tablet.keyring, clock, most_waiting=2)
    sets = [arrival(tablet, tablet.send()) for _ in range(3)]

    async def fill() -> list[Outcome]:
        with database.writer.begin() as holder:
            audit.lock_head(holder)
            small.start()
            first = asyncio.ensure_future(small.record(sets[0]))
            await asyncio.sleep(0.3)  # the writer took it and waits for the database
            rest = [asyncio.ensure_future(small.record(each)) for each in (*sets[1:], sets[1])]
            await asyncio.sleep(0.1)
            with pytest.raises(TooBusy):
                await rest[2]
        return await asyncio.gather(first, *rest[:2])

    outcomes = asyncio.run(fill())
    small.stop()
    assert [outcome.http_status for outcome in outcomes] == [201] * 3


def test_stopping_writes_what_was_taken_in(
    database: Database, tablet: Tablet, clock: Clock
) -> None:
    recorder = Recorder(database, tablet.keyring, clock)
    sets = [arrival(tablet, tablet.send()) for _ in range(30)]

    async def run() -> list[Outcome]:
        recorder.start()
        waiting = [asyncio.ensure_future(recorder.record(each)) for each in sets]
        await asyncio.sleep(0)
        recorder.stop()
        with pytest.raises(TooBusy):
            await recorder.record(sets[0])
        return await asyncio.gather(*waiting)

    assert {outcome.http_status for outcome in asyncio.run(run())} == {201}
    assert count(database, Response) == 30


def test_a_batch_asks_as_often_for_two_hundred_as_for_three(
    recorder: Recorder, database: Database, tablet: Tablet
) -> None:
    record_all(recorder, [arrival(tablet, tablet.send())])  # the first one starts the chain
    asked = {3: 0, LARGEST_BATCH: 0}
    for size in asked:
        sets = [arrival(tablet, tablet.send()) for _ in range(size)]
        statements: list[str] = []

        def listen(_c: object, _cursor: object, statement: str, *_: object) -> None:
            statements.append(statement)  # noqa: B023 - read before the next round

        event.listen(database.writer, "before_cursor_execute", listen)
        with database.writer.begin() as connection:
            clock = recorder._clock()
            batch = Batch(connection, tablet.keyring, clock, environment="training", demo=False)
            batch.record(sets)
        event.remove(database.writer, "before_cursor_execute", listen)
        asked[size] = len([each for each in statements if not each.startswith("BEGIN")])
    assert asked[3] == asked[LARGEST_BATCH] == 11
    assert count(database, Response) == 1 + 3 + LARGEST_BATCH


# --- what the service verb does besides ----------------------------------------------------


def record_one(
    database: Database, tablet: Tablet, sent: Sent, clock: Clock, *, encounter_id: str | None
) -> Outcome:
    with sessions.write(database) as db:
        return surveys.record_response(
            db,
            sent=sent.body,
            digest=sent.content_digest,
            response_id=sent.id,
            credential=Credential(tablet.device, encounter_id),
            keyring=tablet.keyring,
            now=clock(),
            environment="training",
            demo=True,
        )


def test_an_answer_set_that_comes_first_brings_its_encounter_along(
    database: Database, tablet: Tablet, clock: Clock
) -> None:
    header = header_for(str(uuid4()), study_code="PILOT-7", interpreter="family")
    sent, second = tablet.send(encounter=header), tablet.send(encounter=header)
    assert record_one(database, tablet, sent, clock, encounter_id=None).http_status == 201
    assert record_one(database, tablet, second, clock, encounter_id=None).http_status == 201
    with sessions.read(database) as db:
        made = db.get_one(Encounter, header["id"])
        kinds = db.exec(select(AuditEvent.kind).order_by(col(AuditEvent.seq))).all()
        assert audit.verify(db) is None
    assert (made.header, made.team_id, made.opened_by) == (header, TEAM, "answer_set")
    assert (made.state, made.phase, made.header_differs) == ("open", "with_grid", False)
    assert (made.study_code, made.interpreter, len(made.code)) == ("PILOT-7", "family", 8)
    assert list(kinds) == ["encounter_opened", "response_stored", "response_stored"]


def test_the_first_response_locks_its_study(
    database: Database, keyring: Keyring, clock: Clock
) -> None:
    with sessions.write(database) as db:
        content = {"consent": "notice_only"}
        study = Study(id="s1", title="", kind="x", content=content, sha256="c" * 64)
        study.installed_at = clock()
        db.add(study)
    tablet = hand_over(database, keyring, study_id="s1")
    for sent in (tablet.send(), tablet.send()):
        outcome = record_one(database, tablet, sent, clock, encounter_id=tablet.header["id"])
        assert outcome.http_status == 201
    with sessions.read(database) as db:
        assert db.get_one(Study, "s1").locked_at == clock()
        kinds = db.exec(select(AuditEvent.kind).order_by(col(AuditEvent.seq))).all()
        assert audit.verify(db) is None
    assert list(kinds) == ["response_stored", "study_locked", "response_stored"]


def test_neither_answers_nor_the_audit_log_hold_a_name_a_code_or_an_answer(
    recorder: Recorder, database: Database, tablet: Tablet
) -> None:
    sets = [
        tablet.send(items={"welcome": 4, "pace": 4, "questions": 4}),
        tablet.send(device=str(uuid4())),
        tablet.send(encounter=tablet.header | {"age_band": "16-17"}),
    ]
    record_all(recorder, [arrival(tablet, sent) for sent in sets])
    with sessions.read(database) as db:
        entries = [row.entry.decode() for row in db.exec(select(AuditEvent)).all()]
        answers = [str(row.model_dump()) for row in db.exec(select(Response)).all()]
        code = db.get_one(Encounter, tablet.header["id"]).code
    assert (len(entries), len(answers)) == (4, 2)
    secrets = [STAFF_NAME, "robin", code, tablet.token]
    assert [word for word in secrets for held in entries + answers if word in held] == []
    said = ["welcome", "pace", "16-17", "no_time", "young_person"]
    assert [word for word in said for entry in entries if word in entry] == []


def test_an_unknown_token_leaves_nothing_but_a_count(
    recorder: Recorder, database: Database, tablet: Tablet
) -> None:
    sent = replace(arrival(tablet, tablet.send()), token_hash="0" * 64)
    assert record_all(recorder, [sent])[0] == Outcome(401, error_key="credential_unknown")
    assert (count(database, Response), count(database, Quarantined)) == (0, 0)
    assert encounter_row(tablet.header).state == "with_family"
