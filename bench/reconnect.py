"""A network that comes back: 500 tablets at once, each with 20 answers of the days before."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from app.adapters.keyring import Keyring
from app.db import migrate
from app.db.engine import Database
from bench.answers import request_of
from bench.result import Result
from bench.server import ROOT, running

sys.path.insert(0, str(ROOT / "tests"))  # the tablets of the tests make the answer sets

from fixtures.capture import hand_over

TABLETS, EACH = 500, 20
LIMIT_SECONDS = 2.0


@dataclass
class Seen:
    """How long each answer took, and with which status it came."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)


def measure() -> Iterator[Result]:
    """Give the time that 99 in 100 answers stayed under; all of them are in, none was refused."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        url = f"sqlite:///{folder / 'var' / 'grids.sqlite'}"
        waiting = _prepare(folder, url)
        began = time.perf_counter()
        with running(folder / "var") as address:
            port = int(address.rpartition(":")[2])
            began = time.perf_counter()
            seen = asyncio.run(_all_at_once(port, waiting))
            took = time.perf_counter() - began
        stored = _count(url)
    if seen.statuses != {201: TABLETS * EACH} or stored != TABLETS * EACH:
        raise RuntimeError(f"statuses {dict(seen.statuses)}, {stored} stored")
    p99 = sorted(seen.seconds)[int(0.99 * len(seen.seconds))]
    method = (
        f"p99 of {TABLETS} tablets at once, {EACH} answers each over one connection, client on the"
        f" same cores; all {stored} stored once, every status 201, {took:.1f} s in all; floor: the"
        " limit set"
    )
    yield Result("answer.reconnect", p99, "s", LIMIT_SECONDS, method)


def _prepare(folder: Path, url: str) -> list[list[bytes]]:
    keyring = Keyring(folder / "var" / "keys")
    database = Database(url)
    migrate.upgrade(database)
    tablets = [hand_over(database, keyring, at=datetime.now(UTC)) for _ in range(TABLETS)]
    database.dispose()
    return [[request_of(tablet, tablet.send()) for _ in range(EACH)] for tablet in tablets]


async def _all_at_once(port: int, waiting: list[list[bytes]]) -> Seen:
    seen = Seen()
    await asyncio.gather(*(_send(port, requests, seen) for requests in waiting))
    return seen


async def _send(port: int, requests: list[bytes], seen: Seen) -> None:
    """Send one after the other, as a tablet does: the next when the receipt is there."""
    began = time.perf_counter()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in requests:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").lower().split("\r\n")
        length = next(line for line in lines if line.startswith("content-length:"))
        await reader.readexactly(int(length.partition(":")[2]))
        seen.statuses[int(lines[0].split(" ")[1])] += 1
        now = time.perf_counter()
        seen.seconds.append(now - began)
        began = now
    writer.close()
    await writer.wait_closed()


def _count(url: str) -> int:
    database = Database(url)
    with database.reader.connect() as connection:
        stored = int(connection.execute(text("SELECT count(*) FROM response")).scalar_one())
    database.dispose()
    return stored
