"""The server process is killed while answers are on their way: every receipt has its row."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
from fixtures.capture import Sent, Tablet, hand_over
from fixtures.ports import free_port, wait_for_port
from sqlmodel import select

from app.adapters.keyring import Keyring
from app.db import sessions
from app.db.engine import Database
from app.db.tables import AuditEvent, DeviceSequence, Response
from app.domain.receipt import read_receipt, verify_receipt
from app.services import audit
from app.services.arrivals import receipt_key

SCRIPT = Path(__file__).with_name("serve_answers.py")
ROOT = Path(__file__).resolve().parents[3]
PUTS = 200
ROUNDS = 3


@contextmanager
def serving(url: str, var_dir: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    port = free_port()
    command = [sys.executable, str(SCRIPT), url, str(var_dir), str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})
    try:
        wait_for_port(port, process)
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


async def put_all(base: str, tablet: Tablet, sets: list[Sent], on_receipt: object) -> None:
    """Put everything at once; ``on_receipt`` is called with each set and its receipt."""
    limits = httpx2.Limits(max_connections=50)
    async with httpx2.AsyncClient(limits=limits, timeout=30) as client:

        async def put(sent: Sent) -> None:
            path = f"{base}/v1/responses/{sent.id}"
            try:
                answer = await client.put(
                    path, content=sent.body, headers=sent.headers(tablet.token)
                )
            except httpx2.HTTPError:
                return
            if answer.status_code in {200, 201}:
                on_receipt(sent, answer.content)  # type: ignore[operator]

        await asyncio.gather(*(put(sent) for sent in sets))


@pytest.mark.fault(1, 23)
def test_every_receipt_has_its_row_when_the_server_is_killed(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    keyring = Keyring(tmp_path / "var" / "keys")
    tablet = hand_over(database, keyring, at=datetime.now(UTC))
    sets = [tablet.send() for _ in range(PUTS)]
    receipts: dict[str, bytes] = {}
    with serving(database_url, tmp_path / "var") as (process, base):

        def keep_and_kill(sent: Sent, receipt: bytes) -> None:
            receipts[sent.id] = receipt
            if len(receipts) == PUTS // 4:
                os.kill(process.pid, signal.SIGKILL)

        asyncio.run(put_all(base, tablet, sets, keep_and_kill))
        assert process.wait(10) == -signal.SIGKILL
    assert PUTS // 4 <= len(receipts) < PUTS
    assert_kept(database, tablet, receipts)

    first = dict(receipts)
    with serving(database_url, tmp_path / "var") as (_process, base):
        for _ in range(ROUNDS):  # the page repeats the same bytes until a receipt comes
            left = [sent for sent in sets if sent.id not in receipts] or sets
            asyncio.run(put_all(base, tablet, left, lambda s, r: receipts.update({s.id: r})))
    assert len(receipts) == PUTS
    assert {id_: receipts[id_] for id_ in first} == first
    assert_kept(database, tablet, receipts)
    with sessions.read(database) as db:
        assert len(db.exec(select(Response)).all()) == PUTS
        assert len(db.exec(select(AuditEvent)).all()) == PUTS
        assert sorted(db.exec(select(DeviceSequence.seq)).all()) == list(range(1, PUTS + 1))


def assert_kept(database: Database, tablet: Tablet, receipts: dict[str, bytes]) -> None:
    key = receipt_key(tablet.keyring, tablet.device)
    with sessions.read(database) as db:
        rows = {row.id: row for row in db.exec(select(Response)).all()}
        assert audit.verify(db) is None
    for id_, held in receipts.items():
        receipt = read_receipt(held)
        assert verify_receipt(key, receipt)
        assert (rows[id_].digest, rows[id_].receipt) == (receipt.digest, held.decode())
