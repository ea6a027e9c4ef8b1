"""The writer: one thread that commits answer sets together and only then lets receipts out.

While it records one batch, the next one is being opened by a process beside it (``openers``).

One fsync for up to 200 answer sets instead of one each. With a session per request in the thread
pool the same machine stored an eighth as many and the slowest waited over a second, because
SQLite's busy handler sleeps and is unfair (measured; ADR on the write path).
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from app.adapters.keyring import Keyring
from app.db.engine import Database
from app.db.queries.responses import read_service
from app.errors import TooBusy
from app.services.arrivals import TOO_BUSY, Arrival, Opened, Outcome, Parcel, unwrap
from app.services.openers import Openers
from app.services.surveys import Batch

LARGEST_BATCH: Final = 200
MOST_WAITING: Final = 5_000
STOP_SECONDS: Final = 30.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A parcel and whoever waits for its outcome, on their own event loop."""

    parcel: Parcel | Arrival
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Outcome]


class Recorder:
    """Takes arrivals from any event loop and answers each after the commit that holds it."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        clock: Callable[[], datetime],
        *,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        self.keyring = keyring
        self._database = database
        self._clock = clock
        self._openers = Openers(keyring)
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._most_waiting = most_waiting
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the writer thread; nothing happens if it runs."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="recorder", daemon=True)
            self._thread.start()

    def count_waiting(self) -> int:
        """Return how many sets wait to be written."""
        return self._waiting.qsize()

    def stop(self) -> None:
        """Write what was taken in, then end the thread. Later arrivals are told to come back."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._waiting.put(None)
            thread.join(STOP_SECONDS)

    async def record(self, parcel: Parcel | Arrival) -> Outcome:
        """Return what became of ``parcel`` once that is on disk. Raises TooBusy when full."""
        if self._thread is None or self._waiting.qsize() >= self._most_waiting:
            raise TooBusy
        loop = asyncio.get_running_loop()
        waiting = _Waiting(parcel, loop, loop.create_future())
        self._waiting.put(waiting)
        return await waiting.answer

    # --- in the writer thread --------------------------------------------------------------

    def _work(self) -> None:
        batch, going_on = self._take(wait=True)
        self._begin_to_open(batch)
        while batch or going_on:
            arrivals = self._opened(batch)
            ahead, going_on = self._take(wait=not batch) if going_on else ([], False)
            self._begin_to_open(ahead)
            if batch:
                _answer(batch, self._record_all(arrivals))
            batch = ahead
        self._openers.close()

    def _take(self, *, wait: bool) -> tuple[list[_Waiting], bool]:
        """Take what has gathered, or wait for the first of it; False: nothing more will come."""
        batch: list[_Waiting] = []
        while len(batch) < LARGEST_BATCH:
            try:
                waiting = self._waiting.get(block=wait and not batch)
            except queue.Empty:
                break
            if waiting is None:
                return batch, False
            batch.append(waiting)
        return batch, True

    def _begin_to_open(self, batch: Sequence[_Waiting]) -> None:
        parcels = [each.parcel for each in batch if isinstance(each.parcel, Parcel)]
        self._openers.begin([(parcel.sent, parcel.response_id) for parcel in parcels])

    def _opened(self, batch: Sequence[_Waiting]) -> list[Arrival | None]:
        found = iter(self._openers.finish())
        return [
            _unwrapped(each.parcel, next(found)) if isinstance(each.parcel, Parcel) else each.parcel
            for each in batch
        ]

    def _record_all(self, arrivals: Sequence[Arrival | None]) -> Iterator[Outcome]:
        """Record what could be opened; the device keeps the rest and comes again."""
        readable = [arrival for arrival in arrivals if arrival is not None]
        outcomes = iter(self._record_batch(readable) if readable else ())
        return (TOO_BUSY if arrival is None else next(outcomes) for arrival in arrivals)

    def _record_batch(self, arrivals: Sequence[Arrival]) -> Sequence[Outcome]:
        """Record all in one transaction; if one of them breaks it, each on its own."""
        try:
            with self._database.writer.begin() as connection:
                outcomes = self._record(connection, arrivals)
        except OperationalError as problem:  # locked, or gone: trying each would wait as long again
            _note("answers_not_recorded", problem, len(arrivals))
            return [TOO_BUSY] * len(arrivals)
        except Exception as problem:
            _note("batch_failed", problem, len(arrivals))
            return self._record_one_by_one(arrivals)
        return outcomes

    def _record_one_by_one(self, arrivals: Sequence[Arrival]) -> Sequence[Outcome]:
        """Record each within a savepoint of its own, so that one cannot undo the others."""
        try:
            with self._database.writer.begin() as connection:
                outcomes = [self._record_alone(connection, arrival) for arrival in arrivals]
        except Exception as problem:
            _note("answers_not_recorded", problem, len(arrivals))
            return [TOO_BUSY] * len(arrivals)
        return outcomes

    def _record_alone(self, connection: Connection, arrival: Arrival) -> Outcome:
        try:
            with connection.begin_nested():
                return self._record(connection, [arrival])[0]
        except OperationalError:
            raise
        except Exception as problem:
            _note("answer_not_recorded", problem, 1)
            return TOO_BUSY

    def _record(self, connection: Connection, arrivals: Sequence[Arrival]) -> list[Outcome]:
        mode, demo = read_service(connection)
        batch = Batch(connection, self.keyring, self._clock(), environment=mode, demo=demo)
        return batch.record(arrivals)


def _unwrapped(parcel: Parcel, opened: Opened | None) -> Arrival | None:
    return unwrap(parcel, opened) if opened is not None else None


def _note(event: str, problem: Exception, count: int) -> None:
    """Log what kind of problem it was. Its text and its trace would hold the row: an answer."""
    cause = getattr(problem, "orig", None) or problem
    log.error(event, error=type(cause).__name__, count=count)


def _answer(batch: Sequence[_Waiting], outcomes: Iterable[Outcome]) -> None:
    """Wake every event loop once, not once for every arrival: that halved the rate."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Outcome], Outcome]]] = {}
    for waiting, outcome in zip(batch, outcomes, strict=True):
        by_loop.setdefault(waiting.loop, []).append((waiting.answer, outcome))
    for loop, answers in by_loop.items():
        try:
            loop.call_soon_threadsafe(_resolve, answers)
        except RuntimeError:  # the loop is closed: whoever asked is gone and will ask again
            log.warning("nobody_waits_for_receipts", count=len(answers))


def _resolve(answers: Sequence[tuple[asyncio.Future[Outcome], Outcome]]) -> None:
    for future, outcome in answers:
        if not future.done():  # the client hung up; its answer is on disk and will be a replay
            future.set_result(outcome)
