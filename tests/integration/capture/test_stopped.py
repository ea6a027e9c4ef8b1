"""The server is asked to stop while answers are on their way: it writes, answers, then ends."""

from __future__ import annotations

import asyncio
import importlib.util
import signal
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

from fixtures.capture import Sent, hand_over
from sqlmodel import select

from app.adapters.keyring import Keyring
from app.db import sessions
from app.db.engine import Database
from app.db.tables import Response
from app.services import audit

PUTS = 200
SECONDS = 30


def _beside(name: str) -> ModuleType:
    """Return a test module of this folder: tests are imported by file and form no package."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_was_written_when_asked_to_stop_has_its_receipt(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    killed = _beside("test_killed")
    keyring = Keyring(tmp_path / "var" / "keys")
    tablet = hand_over(database, keyring, at=datetime.now(UTC))
    sets = [tablet.send() for _ in range(PUTS)]
    receipts: set[str] = set()
    with killed.serving(database_url, tmp_path / "var") as (process, base):

        def stop_early(sent: Sent, _receipt: bytes) -> None:
            receipts.add(sent.id)
            if len(receipts) == PUTS // 10:
                process.send_signal(signal.SIGTERM)

        asyncio.run(killed.put_all(base, tablet, sets, stop_early))
        assert process.wait(SECONDS) in {0, -signal.SIGTERM}  # ended by itself, not killed
    with sessions.read(database) as db:
        stored = set(db.exec(select(Response.id)).all())
        assert audit.verify(db) is None
    assert PUTS // 10 <= len(receipts)
    assert stored == receipts
