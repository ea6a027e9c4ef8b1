"""Faults 3, 4, 22 and 23: what is under the server gives way. No receipt, nothing lost, and once
it is well again everything goes on without a restart; the checker says so."""

from __future__ import annotations

import os
import pwd
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from fixtures.databases import PG_BIN
from proof.journal import Kind, read_journal
from proof.server_state import read_server
from proof.world import Direct, World
from sqlalchemy import Connection, event, text

from app.adapters.keyring import Keyring
from app.db.engine import Database
from app.services.recording import Recorder
from app.web.service import now_utc

SETS = 4


@pytest.fixture
def world(database: Database, keyring: Keyring, tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path / "proof", database, keyring)
    made.tablet()
    yield made
    made.close()


@contextmanager
def writing(world: World) -> Iterator[Direct]:
    recorder = Recorder(world.database, world.keyring, now_utc)
    recorder.start()
    try:
        yield Direct(recorder, world.journal)
    finally:
        recorder.stop()


def kept_until_it_is_well(
    world: World, way: Direct, heal: Callable[[], None], *, refused: set[int]
) -> None:
    """While it is ill there is no receipt and no row; healed, all is stored, without a restart."""
    before = len(read_server(world.database).stored)
    [tablet] = world.tablets
    for _ in range(SETS):
        tablet.answer()
    waiting = len(tablet.waiting())
    assert tablet.send_round(way) == waiting
    served = [event.status for event in read_journal(world.journal.path) if _is_served(event)]
    assert set(served[-SETS:]) == refused
    assert world.breaches(drained=False) == ()
    heal()
    world.drain(way)
    assert world.breaches() == ()
    assert len(read_server(world.database).stored) == before + waiting


def _is_served(event: object) -> bool:
    return getattr(event, "kind", None) is Kind.SERVED


def first_one_is_stored(world: World, way: Direct) -> None:
    world.tablets[0].answer()
    world.drain(way)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_fault_03_a_full_disk_gives_no_receipt_and_is_got_over(world: World) -> None:
    """SQLite is told that its file may not grow: it reports the same error as for a full disk."""
    with writing(world) as way:
        first_one_is_stored(world, way)
        limits = {"pages": 0}

        @event.listens_for(world.database.writer, "begin")
        def _(connection: Connection) -> None:
            if limits["pages"]:
                connection.exec_driver_sql(f"PRAGMA max_page_count = {limits['pages']}")

        with world.database.reader.connect() as reader:
            limits["pages"] = reader.execute(text("PRAGMA page_count")).scalar_one()
        while not world.tablets[0].send_round(way):  # what is left of the last pages
            world.tablets[0].answer()
        heal = {"pages": 1_000_000_000}
        kept_until_it_is_well(world, way, lambda: limits.update(heal), refused={503})


@pytest.mark.parametrize("problem", ["disk I/O error", "database disk image is malformed"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_fault_04_a_flush_that_fails_is_no_success(world: World, problem: str) -> None:
    """What SQLite reports when fsync fails: nothing of the batch is called stored."""
    ill = [True]

    @event.listens_for(world.database.writer, "commit")
    def _(_connection: Connection) -> None:
        if ill:
            raise sqlite3.OperationalError(problem)

    with writing(world) as way:
        kept_until_it_is_well(world, way, ill.clear, refused={503})


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_fault_22_locked_by_somebody_else_is_waited_for_and_then_said(
    world: World,
) -> None:
    """A second connection holds ``BEGIN IMMEDIATE``, as a migration or a long job would."""
    with world.database.writer.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 50")
    with (
        closing(sqlite3.connect(str(world.database.path), isolation_level=None)) as other,
        writing(world) as way,
    ):
        other.execute("BEGIN IMMEDIATE")
        kept_until_it_is_well(world, way, lambda: other.execute("ROLLBACK"), refused={503})


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_fault_22_a_locked_table_is_waited_for(world: World, database_url: str) -> None:
    """PostgreSQL waits for the lock, and everything is stored once it is free."""
    with psycopg.connect(database_url) as other, writing(world) as way:
        other.execute("LOCK TABLE response IN ACCESS EXCLUSIVE MODE")
        world.tablets[0].answer()
        sending = threading.Thread(target=world.drain, args=(way,))
        sending.start()
        sending.join(0.3)
        assert sending.is_alive()
        other.commit()
        sending.join(20)
        assert not sending.is_alive()
        assert world.breaches() == ()
        assert len(read_server(world.database).stored) == 1


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_fault_23_a_connection_that_is_cut_in_the_middle_of_a_batch(
    world: World, database_url: str
) -> None:
    """Every connection of the service is ended after it has written and before it commits."""
    ill = [True]

    @event.listens_for(world.database.writer, "commit")
    def _(_connection: Connection) -> None:
        if ill:
            end_every_connection(database_url)

    with writing(world) as way:
        kept_until_it_is_well(world, way, ill.clear, refused={503})


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_fault_23_a_server_that_is_started_again_at_once(world: World, database_url: str) -> None:
    """``pg_ctl restart -m immediate``: as if it had crashed, between two sets."""
    with writing(world) as way:
        first_one_is_stored(world, way)
        crash(database_url)
        for _ in range(SETS):
            world.tablets[0].answer()
        world.drain(way)
        assert world.breaches() == ()
        assert len(read_server(world.database).stored) == SETS + 1


def end_every_connection(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def crash(url: str) -> None:
    """End the server of the tests without a checkpoint, and start it with the same options."""
    with psycopg.connect(url) as asked:
        [folder] = asked.execute("SHOW data_directory").fetchone() or [""]
    words = [str(PG_BIN / "pg_ctl"), "-D", folder, "-m", "immediate", "-w", "restart"]
    words += ["-l", str(Path(folder).parent / "log")]
    owner = pwd.getpwuid(Path(folder).stat().st_uid).pw_name
    prefix = ["runuser", "-u", owner, "--"] if os.geteuid() == 0 else []
    subprocess.run([*prefix, *words], check=True, capture_output=True, timeout=60, cwd="/")
