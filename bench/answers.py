"""Answer sets stored a second, sealed, audited and receipted, against bare inserts into SQLite."""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from app.adapters.keyring import Keyring
from app.db import migrate
from app.db.engine import Database
from bench.load import load
from bench.result import Result
from bench.server import ROOT, running

sys.path.insert(0, str(ROOT / "tests"))  # the tablets of the tests make the answer sets

from fixtures.capture import hand_over

SETS, TABLETS, CLIENTS, SECONDS = 9000, 50, 50, 4
FLOOR_ROWS = 4000
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
        folder = Path(scratch)
        path = folder / "var" / "grids.sqlite"
        size = _prepare(folder, path)
        with running(folder / "var") as address:
            script = folder / "put.lua"
            script.write_text(SCRIPT.format(folder=folder))
            seen = load(f"{address}/", clients=CLIENTS, seconds=SECONDS, script=script)
        stored, held = _count(path)
        floor = _floor(folder / "floor.sqlite", size)
    if seen.errors or held or stored >= SETS:
        raise RuntimeError(f"{seen.errors} errors, {held} quarantined, {stored} of {SETS} used up")
    method = (
        f"wrk, {CLIENTS} clients, {SECONDS} s, one uvicorn process with sealing, audit row and"
        f" receipt, v one sqlite3 insert of {size} bytes for each fsynced transaction;"
        f" p99 {seen.p99 * 1000:.0f} ms"
    )
    yield Result("answer.sqlite", stored / seen.seconds, "answers/s", floor, method)


def _prepare(folder: Path, path: Path) -> int:
    """Make the database, its keys and the requests; return the bytes of one sealed set."""
    path.parent.mkdir(parents=True)
    database = Database(f"sqlite:///{path}")
    migrate.upgrade(database)
    keyring = Keyring(path.parent / "keys")
    tablets = [hand_over(database, keyring, at=_now()) for _ in range(TABLETS)]
    database.dispose()
    place, size = 1, 0
    with (folder / "requests").open("wb") as out, (folder / "index").open("w") as index:
        for number in range(SETS):
            tablet = tablets[number % TABLETS]
            sent = tablet.send()
            head = [f"PUT /v1/responses/{sent.id} HTTP/1.1", "Host: 127.0.0.1"]
            head += [f"{key}: {value}" for key, value in sent.headers(tablet.token).items()]
            head += [f"Content-Length: {len(sent.body)}", "", ""]
            whole = "\r\n".join(head).encode() + sent.body
            out.write(whole)
            index.write(f"{place} {place + len(whole) - 1}\n")
            place, size = place + len(whole), len(sent.body)
    return size


def _now() -> datetime:

    return datetime.now(UTC)


def _count(path: Path) -> tuple[int, int]:
    with closing(sqlite3.connect(path)) as connection:
        (stored,) = connection.execute("SELECT count(*) FROM response").fetchone()
        (held,) = connection.execute("SELECT count(*) FROM quarantine").fetchone()
    return int(stored), int(held)


def _floor(path: Path, size: int) -> float:
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
