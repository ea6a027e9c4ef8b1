"""Answer sets stored a second, sealed, audited and receipted, against bare inserts.

One process on SQLite, two on PostgreSQL. The floor is taken before and after, in the same minute.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from sqlalchemy import text

from app.adapters.keyring import Keyring
from app.db import migrate
from app.db.engine import Database
from bench.load import Load, load
from bench.result import Result
from bench.server import ROOT, running

sys.path.insert(0, str(ROOT / "tests"))  # the tablets of the tests make the answer sets

from fixtures.capture import Sent, Tablet, hand_over
from fixtures.databases import postgres

SETS, TABLETS, CLIENTS, SECONDS = 16_000, 50, 50, 4
#: Sent first and not counted: the process that opens seals starts with the first of them.
WARM_SETS, WARM_SECONDS = 4_000, 2
FLOOR_ROWS = 3000
PROCESSES = 2
SCRIPT = """
local bodies, index, n, sent = nil, {{}}, 0, 0
function init(args)
  local file = io.open("{folder}/requests", "rb"); bodies = file:read("*a"); file:close()
  for line in io.lines("{folder}/index") do
    local from, to = line:match("(%d+) (%d+)")
    n = n + 1; index[n] = {{tonumber(from), tonumber(to)}}
  end
end
function request()
  sent = sent + 1
  local at = index[(sent - 1) % n + 1]
  return bodies:sub(at[1], at[2])
end
"""


def measure() -> Iterator[Result]:
    """Give durable answer sets a second; every one of them is found in the table afterwards."""
    with tempfile.TemporaryDirectory() as scratch:
        yield _on_sqlite(Path(scratch))
    with tempfile.TemporaryDirectory() as scratch, postgres() as base:
        yield _on_postgres(Path(scratch), base)


def _on_sqlite(folder: Path) -> Result:
    url = f"sqlite:///{folder / 'var' / 'grids.sqlite'}"
    size, script = prepare(folder, url)
    warm = _prepare_warm(folder / "warm", url, keys=folder / "var" / "keys")
    floors = [_sqlite_floor(folder / "before.sqlite", size)]
    with running(folder / "var") as address:
        load(f"{address}/", clients=CLIENTS, seconds=WARM_SECONDS, script=warm)
        before = _count(url, "response")
        seen = load(f"{address}/", clients=CLIENTS, seconds=SECONDS, script=script)
    stored = _stored(url, before, [seen])
    floors.append(_sqlite_floor(folder / "after.sqlite", size))
    method = (
        f"wrk, {CLIENTS} clients, {SECONDS} s after {WARM_SECONDS} uncounted, one uvicorn"
        " process and the one beside it that opens seals; audit row and receipt included; v"
        f" one sqlite3 insert of {size} bytes for each fsynced transaction;"
        f" p99 {seen.p99 * 1000:.0f} ms"
    )
    floor = sum(floors) / len(floors)
    return Result("answer.sqlite", stored / seen.seconds, "answers/s", floor, method)


def _on_postgres(folder: Path, base: str) -> Result:
    with psycopg.connect(f"{base}/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE bench TEMPLATE template_grids")
    url = f"{base}/bench"
    parts = [folder / str(number) for number in range(PROCESSES)]
    keys = folder / "var" / "keys"
    size, scripts, warm = 0, [], []
    for part in parts:
        part.mkdir()
        size, script = prepare(part, url, keys=keys, sets=SETS // PROCESSES)
        scripts.append(script)
        warm.append(_prepare_warm(part / "warm", url, keys=keys))
    floors = [_postgres_floor(base, size)]
    with ExitStack() as stack, ThreadPoolExecutor(PROCESSES) as together:
        addresses = [stack.enter_context(running(folder / "var", url)) for _ in parts]

        def at_once(scripts: list[Path], seconds: int) -> list[Load]:
            share = CLIENTS // PROCESSES
            begun = [
                together.submit(load, f"{a}/", clients=share, seconds=seconds, script=script)
                for a, script in zip(addresses, scripts, strict=True)
            ]
            return [each.result() for each in begun]

        at_once(warm, WARM_SECONDS)
        before = _count(url, "response")
        seen = at_once(scripts, SECONDS)
    stored = _stored(url, before, seen)
    floors.append(_postgres_floor(base, size))
    slowest = max(each.p99 for each in seen) * 1000
    method = (
        f"wrk, {CLIENTS} clients, {SECONDS} s after {WARM_SECONDS} uncounted, {PROCESSES} uvicorn"
        f" processes over one PostgreSQL 15 on the same cores, v bare psycopg, one insert of"
        f" {size} bytes for each transaction;"
        f" p99 {slowest:.0f} ms"
    )
    seconds = max(each.seconds for each in seen)
    floor = sum(floors) / len(floors)
    return Result("answer.postgres", stored / seconds, "answers/s", floor, method)


def prepare(
    folder: Path, url: str, *, keys: Path | None = None, sets: int = SETS
) -> tuple[int, Path]:
    """Make database, keys and requests; return the bytes of one sealed set, and wrk's script."""
    keyring = Keyring(keys or folder / "var" / "keys")
    database = Database(url)
    migrate.upgrade(database)
    tablets = [hand_over(database, keyring, at=_now()) for _ in range(TABLETS)]
    database.dispose()
    place, size = 1, 0
    with (folder / "requests").open("wb") as out, (folder / "index").open("w") as index:
        for number in range(sets):
            tablet = tablets[number % TABLETS]
            sent = tablet.send()
            whole = request_of(tablet, sent)
            out.write(whole)
            index.write(f"{place} {place + len(whole) - 1}\n")
            place, size = place + len(whole), len(sent.body)
    script = folder / "put.lua"
    script.write_text(SCRIPT.format(folder=folder))
    return size, script


def request_of(tablet: Tablet, sent: Sent) -> bytes:
    """Return the whole request that puts one set."""
    head = [f"PUT /v1/responses/{sent.id} HTTP/1.1", "Host: 127.0.0.1"]
    head += [f"{key}: {value}" for key, value in sent.headers(tablet.token).items()]
    head += [f"Content-Length: {len(sent.body)}", "", ""]
    return "\r\n".join(head).encode() + sent.body


def _now() -> datetime:
    return datetime.now(UTC)


def _prepare_warm(folder: Path, url: str, *, keys: Path) -> Path:
    """Make what is sent first and not counted; a set that is sent again is told its receipt."""
    folder.mkdir()
    return prepare(folder, url, keys=keys, sets=WARM_SETS)[1]


def _count(url: str, table: str) -> int:
    database = Database(url)
    with database.reader.connect() as connection:
        found = int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())
    database.dispose()
    return found


def _stored(url: str, before: int, seen: list[Load]) -> int:
    """Return how many were stored. Raises RuntimeError unless each was stored once, as sent."""
    stored, held = _count(url, "response") - before, _count(url, "quarantine")
    errors = sum(each.errors for each in seen)
    if errors or held or stored >= SETS:
        raise RuntimeError(f"{errors} errors, {held} quarantined, {stored} of {SETS} used up")
    return stored


def _sqlite_floor(path: Path, size: int) -> float:
    """Return bare inserts a second, each its own durable transaction."""
    body = b"x" * size
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE floor (id TEXT PRIMARY KEY, body BLOB)")
        began = time.perf_counter()
        for number in range(FLOOR_ROWS):
            connection.execute("INSERT INTO floor VALUES (?, ?)", (f"{number:036d}", body))
        return FLOOR_ROWS / (time.perf_counter() - began)


def _postgres_floor(base: str, size: int) -> float:
    """Return bare inserts a second through one connection, each its own durable transaction."""
    body = b"x" * size
    with psycopg.connect(f"{base}/bench", autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS floor")
        connection.execute("CREATE TABLE floor (id TEXT PRIMARY KEY, body BYTEA)")
        began = time.perf_counter()
        for number in range(FLOOR_ROWS):
            connection.execute("INSERT INTO floor VALUES (%s, %s)", (f"{number:036d}", body))
        return FLOOR_ROWS / (time.perf_counter() - began)
