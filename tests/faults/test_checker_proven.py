"""The checker is proven before it is believed: each broken server or device is caught by name.

Every mutant breaks the real writer or the simulated tablet in one place, as systems in use have
done, and lives through the same appointments and the same bad network as the real ones.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from fixtures.capture import START
from proof.checker import Invariant
from proof.journal import Kind
from proof.simulated import Item, Reply, SimulatedTablet, Unanswered, Way
from proof.world import Direct, World
from sqlalchemy import Connection, event, text, update

from app.adapters.keyring import Keyring
from app.db import sessions
from app.db.engine import Database
from app.db.queries import responses as queries
from app.db.queries.responses import table_of
from app.db.tables import Response
from app.domain.receipt import ReceiptStatus
from app.services import audit
from app.services.arrivals import Arrival, Outcome, open_set
from app.services.audit import AuditKind, Happening
from app.services.batch_rows import BatchRows
from app.services.recording import Recorder
from app.services.surveys import Batch

I = Invariant  # noqa: E741 - the table below is read by its columns
Patch = pytest.MonkeyPatch
RESPONSES = table_of(Response)


@dataclass(frozen=True)
class Mutant:
    """What is broken, and the invariants that are breached by it: those, and no others."""

    breaks: frozenset[Invariant]
    tablet: type[SimulatedTablet] = SimulatedTablet
    recorder: type[Recorder] = Recorder
    way: type[Direct] = Direct
    patch: Callable[[Patch, Database], None] = lambda _patch, _database: None
    at_the_end: Callable[[World], None] = lambda _: None


# --- broken devices ----------------------------------------------------------------------------


class DeletesBeforeTheAcknowledgement(SimulatedTablet):
    """As Workbox's BackgroundSync does: the item leaves the queue, then the request is made."""

    def offer(self, way: Way, item: Item) -> Reply | None:
        known = {"device": self.made.device, "id": item.id, "digest": item.digest}
        if item.receipt is None:
            self.journal.note(Kind.DROPPED, **known)
            self.store.drop(item)
        with suppress(Unanswered):
            return self.put_to(way, item)
        return None


class TakesAnyOkForAReceipt(SimulatedTablet):
    """The log-in page of a network answers 200."""

    def takes_as_receipt(self, reply: Reply, item: Item) -> bool:
        return reply.status in {200, 201, 202}


class SwallowsAStorageError(SimulatedTablet):
    """As OpenMRS did: "the database is closed" is caught, and the page says that it is queued."""

    def lay_down(self, item: Item) -> None:
        with suppress(OSError):
            if item.seq == 2:
                raise OSError("the database connection is closing")
            super().lay_down(item)


class CountsFromOneAgain(SimulatedTablet):
    """The next number is in the page's memory alone."""

    def reload(self) -> None:
        super().reload()
        self.made.seq = 0


class WorkerPostsAnEmptyBodyAgain(SimulatedTablet):
    """As WebKit did for Enketo's worker: the request is made again, without what was in it."""

    def put_to(self, way: Way, item: Item) -> Reply:
        try:
            return super().put_to(way, item)
        except Unanswered:
            return super().put_to(way, Item(item.id, item.seq, b""))


class KeepsADraftInClear(SimulatedTablet):
    def lay_down(self, item: Item) -> None:
        super().lay_down(item)
        with self.path.open("ab") as file:
            file.write(json.dumps({"generation": None, "items": {"welcome": 9}}).encode() + b"\n")


# --- broken servers ----------------------------------------------------------------------------


class AnswersBeforeTheCommit(Recorder):
    """Each batch is committed when the next one comes; the last one never, for it is killed."""

    unfinished: Connection | None = None

    def _record_batch(self, arrivals: Sequence[Arrival]) -> Sequence[Outcome]:
        if self.unfinished is not None:
            self.unfinished.commit()
            self.unfinished.close()
        self.unfinished = self._database.writer.connect()
        return self._record(self.unfinished, arrivals)

    def stop(self) -> None:
        super().stop()
        if self.unfinished is not None:
            self.unfinished.rollback()
            self.unfinished.close()


class AnswersFiveHundred(Recorder):
    """What it does not expect is nobody's business but the log's."""

    async def record(self, parcel: Any) -> Outcome:
        outcome = await super().record(parcel)
        return Outcome(500, error_key="oops") if outcome.http_status == 409 else outcome


class TellsWhoeverComesBack(Direct):
    """A reply to a replay brings along what was answered last."""

    last = ""

    def send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Reply:
        reply = super().send(method, path, body, headers)
        document, _, _ = open_set(body, path.rsplit("/", 1)[1], self.recorder.keyring)
        before, self.last = self.last, json.dumps(document)
        return Reply(200, before) if reply.status == 200 else reply


def no_unique_id(patch: Patch, database: Database) -> None:
    """Neither the table nor the code asks whether an id is there already."""
    with closing(sqlite3.connect(str(database.path))) as raw:
        raw.executescript(
            "CREATE TABLE copy AS SELECT * FROM response; DROP TABLE response;"
            "ALTER TABLE copy RENAME TO response;"
        )
    patch.setattr(queries, "list_stored", lambda _connection, _ids: {})


def deferred_transactions(patch: Patch, database: Database) -> None:
    """BEGIN without IMMEDIATE: whoever reads first and then writes loses to anybody between."""

    @event.listens_for(database.writer, "before_cursor_execute", retval=True)
    def _(_c: Any, _u: Any, statement: str, given: Any, *_more: Any) -> tuple[str, Any]:
        return ("BEGIN" if statement == "BEGIN IMMEDIATE" else statement), given

    somebody_writes_between(patch, database)


def somebody_writes_between(patch: Patch, database: Database) -> None:
    """Another process writes a row just when the writer has read the head of the audit log."""
    real = audit.lock_head

    def lock_head(connection: Connection) -> Any:
        head = real(connection)
        address = str(database.path)
        # An error here says that the other one has to wait: the writer was first.
        with (
            closing(sqlite3.connect(address, timeout=0)) as other,
            suppress(sqlite3.OperationalError),
        ):
            other.execute("UPDATE team SET name = name || '.'")
            other.commit()
        return head

    patch.setattr(audit, "lock_head", lock_head)


def new_receipt_each_time(patch: Patch, _: Database) -> None:
    def told_again(self: Batch, _held: str, arrival: Arrival, credential: Any) -> str:
        return self._receipt(arrival, credential, ReceiptStatus.STORED, self._now)

    patch.setattr(Batch, "_told_again", told_again)


def no_audit_row(patch: Patch, _: Database) -> None:
    real = BatchRows.happened

    def happened(self: BatchRows, happening: Happening) -> None:
        if happening.kind is not AuditKind.RESPONSE_STORED:
            real(self, happening)

    patch.setattr(BatchRows, "happened", happened)


def no_number_noted(patch: Patch, _: Database) -> None:
    patch.setattr(BatchRows, "note_sequence", lambda *_: None)


def alters_the_bytes(patch: Patch, _: Database) -> None:
    real = BatchRows.add_response

    def add_response(self: BatchRows, arrival: Arrival, *given: Any, **more: Any) -> None:
        real(self, replace(arrival, sent=arrival.sent.rstrip(b"\0")[:-1]), *given, **more)

    patch.setattr(BatchRows, "add_response", add_response)


def throws_away_what_is_not_valid(patch: Patch, _: Database) -> None:
    patch.setattr(BatchRows, "add_quarantined", lambda *_given, **_more: None)


def last_one_wins(patch: Patch, _: Database) -> None:
    """Other bytes under the same id take the place of the first."""
    real = Batch._quarantine

    def quarantine(self: Batch, arrival: Arrival, credential: Any, status: int, why: Any) -> Any:
        if status != 409:
            return real(self, arrival, credential, status, why)
        receipt = self._receipt(arrival, credential, ReceiptStatus.STORED, self._now)
        row = update(RESPONSES).where(RESPONSES.c.id == arrival.response_id)
        new = {"digest": arrival.digest, "sealed": arrival.sent, "receipt": receipt}
        self._connection.execute(row.values(**new))
        return Outcome(200, receipt)

    patch.setattr(Batch, "_quarantine", quarantine)


def edits_the_audit_log(world: World) -> None:
    with world.database.writer.begin() as connection:
        connection.execute(text("UPDATE audit_event SET actor = 'nobody' WHERE seq = 2"))


MUTANTS = {
    "delete before the acknowledgement": Mutant(
        frozenset({I.GONE_WITHOUT_RECEIPT, I.LOST, I.GAP_UNEXPLAINED}),
        tablet=DeletesBeforeTheAcknowledgement,
    ),
    "a 200 taken for a receipt": Mutant(
        frozenset({I.GONE_WITHOUT_RECEIPT, I.LOST, I.GAP_UNEXPLAINED}), tablet=TakesAnyOkForAReceipt
    ),
    "a swallowed storage error": Mutant(
        frozenset({I.SAVED_TOO_SOON, I.LOST, I.GAP_UNEXPLAINED}), tablet=SwallowsAStorageError
    ),
    "a number used again": Mutant(frozenset({I.NUMBER_REUSED}), tablet=CountsFromOneAgain),
    "a worker that posts an empty body": Mutant(
        frozenset({I.NEVER_MADE}), tablet=WorkerPostsAnEmptyBodyAgain
    ),
    "a draft in clear": Mutant(frozenset({I.READABLE}), tablet=KeepsADraftInClear),
    "acknowledged before the commit": Mutant(
        frozenset({I.RECEIPT_BEFORE_COMMIT, I.FALSE_RECEIPT, I.LOST, I.GAP_UNEXPLAINED}),
        recorder=AnswersBeforeTheCommit,
    ),
    "no unique id": Mutant(frozenset({I.DOUBLED, I.RECEIPT_CHANGED}), patch=no_unique_id),
    "deferred transactions": Mutant(frozenset({I.NOT_DRAINED}), patch=deferred_transactions),
    "a 500": Mutant(frozenset({I.SERVER_BROKE}), recorder=AnswersFiveHundred),
    "an answer told to whoever comes back": Mutant(
        frozenset({I.SEEN_BY_ANOTHER, I.NOT_DRAINED}), way=TellsWhoeverComesBack
    ),
    "a new receipt each time": Mutant(frozenset({I.RECEIPT_CHANGED}), patch=new_receipt_each_time),
    "no audit row": Mutant(frozenset({I.AUDIT_MISSING}), patch=no_audit_row),
    "an edited audit row": Mutant(frozenset({I.AUDIT_BROKEN}), at_the_end=edits_the_audit_log),
    "no number noted": Mutant(frozenset({I.GAP_UNEXPLAINED}), patch=no_number_noted),
    "bytes cut off": Mutant(
        frozenset({I.CHANGED_BYTES, I.FALSE_RECEIPT, I.LOST}), patch=alters_the_bytes
    ),
    "what is not valid is thrown away": Mutant(
        frozenset({I.RECEIPT_BEFORE_COMMIT, I.RECEIPT_CHANGED})
        | {I.FALSE_RECEIPT, I.LOST, I.AUDIT_FOR_NOTHING},
        patch=throws_away_what_is_not_valid,
    ),
    "the last one wins": Mutant(
        frozenset({I.FALSE_RECEIPT, I.LOST, I.RECEIPT_CHANGED})
        | {I.AUDIT_FOR_NOTHING, I.AUDIT_MISSING},
        patch=last_one_wins,
    ),
}


def ticking() -> Callable[[], datetime]:
    """A clock that never says the same twice, so that no two receipts agree by chance."""
    seconds = count()
    return lambda: START + timedelta(seconds=next(seconds))


@pytest.fixture
def world(database: Database, keyring: Keyring, tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path / "proof", database, keyring)
    yield made
    made.close()


def live(world: World, mutant: Mutant) -> set[Invariant]:
    """Live through two tablets' appointments and a bad network; return what was broken."""
    recorder = mutant.recorder(world.database, world.keyring, ticking())
    way = mutant.way(recorder, world.journal)
    first, second = world.tablet(mutant.tablet, at=START), world.tablet(at=START)
    for tablet in (first, second):
        tablet.answer(), tablet.answer()
        tablet.answer(items={"welcome": 9})  # not a whole set: it goes to quarantine
        tablet.reload()
        document = tablet.answer().document
        tablet.put(tablet.made.sealed(document | {"items": dict.fromkeys(document["items"], 0)}))
    recorder.start()
    try:
        way.luck = ["lost reply", "portal", "cut", "fair", "fair", "lost reply"]
        world.drain(way)
        for tablet in world.tablets:
            replay(tablet, way)
        first.answer()
        world.drain(way)
    finally:
        recorder.stop()
    mutant.at_the_end(world)
    return world.broken()


def replay(tablet: SimulatedTablet, way: Way) -> None:
    """Send once more what there is a real receipt for."""
    for item in list(tablet.store.items.values()):
        if item.receipt is not None and tablet.is_ours(Reply(200, item.receipt), item):
            tablet.offer(way, item)


@pytest.mark.parametrize("name", MUTANTS)
def test_a_broken_server_or_device_is_caught_by_name(
    name: str, sqlite_url: str, keyring: Keyring, tmp_path: Path, monkeypatch: Patch
) -> None:
    database = Database(sqlite_url)
    mutant, made = MUTANTS[name], World(tmp_path / "proof", database, keyring)
    mutant.patch(monkeypatch, database)
    try:
        assert live(made, mutant) == mutant.breaks
    finally:
        made.close()
        database.dispose()


def test_the_real_server_and_device_break_nothing(world: World) -> None:
    assert live(world, Mutant(frozenset())) == set()
    with sessions.read(world.database) as db:
        assert db.exec(text("SELECT count(*) FROM response")).one()[0] == 7  # type: ignore[call-overload]


def test_somebody_who_writes_between_breaks_nothing(
    sqlite_url: str, keyring: Keyring, tmp_path: Path, monkeypatch: Patch
) -> None:
    """What the mutant with deferred transactions meets, met by ours."""
    database = Database(sqlite_url)
    made = World(tmp_path / "proof", database, keyring)
    somebody_writes_between(monkeypatch, database)
    assert live(made, Mutant(frozenset())) == set()
    made.close()
    database.dispose()


def test_every_invariant_is_breached_by_some_mutant() -> None:
    assert set().union(*(mutant.breaks for mutant in MUTANTS.values())) == set(Invariant)
