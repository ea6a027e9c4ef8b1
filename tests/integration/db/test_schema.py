"""The schema: made by the migrations alone, refused when newer, never half done."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import select

from app.db import migrate, sessions
from app.db.engine import Database
from app.db.migrate import SchemaUpgradeBroken
from app.db.tables import ServiceSetting
from app.errors import DurabilityTooWeak, SchemaTooNew, TooBusy


def test_the_migrations_make_what_the_tables_say(database: Database) -> None:
    assert migrate.differences(database) == []
    assert not migrate.pending(database)


@pytest.mark.fault(29)
def test_upgrading_twice_changes_nothing(database: Database) -> None:
    with sessions.write(database) as db:
        db.add(ServiceSetting(key="kept", value=[1, "two"]))
    migrate.upgrade(database)
    with sessions.read(database) as db:
        assert db.get_one(ServiceSetting, "kept").value == [1, "two"]


@pytest.mark.fault(29)
def test_a_database_of_a_later_version_is_refused_and_left_alone(database: Database) -> None:
    with database.writer.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaTooNew):
        migrate.upgrade(database)
    with database.reader.connect() as connection:
        assert (
            connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"
        )


def test_a_reader_cannot_write(database: Database) -> None:
    with sessions.read(database) as db:
        db.add(ServiceSetting(key="slipped", value=1))
        with pytest.raises(DBAPIError):
            db.flush()
        db.rollback()
    with sessions.read(database) as db:
        assert db.exec(select(ServiceSetting)).all() == []


def test_what_fails_leaves_nothing_behind(database: Database) -> None:
    def write_two_alike() -> None:
        with sessions.write(database) as db:
            db.add(ServiceSetting(key="one", value=1))
            db.flush()
            db.execute(text("INSERT INTO service_setting (key, value) VALUES ('one', '2')"))

    with pytest.raises(IntegrityError):
        write_two_alike()
    with sessions.read(database) as db:
        assert db.exec(select(ServiceSetting)).all() == []


def test_a_closed_list_is_held_by_the_database(database: Database) -> None:
    values = "('h', 'x', 'soon', '[]', 'me', '2026-01-01', '2026-01-02')"
    with pytest.raises(IntegrityError), database.writer.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO invitation (id, token_hash, kind, roles, created_by, created_at,"
                f" expires_at) VALUES {values}"
            )
        )


@pytest.mark.fault(2)
def test_durability_is_checked(database: Database) -> None:
    database.check_durability()


@pytest.mark.fault(2)
def test_weaker_durability_is_refused(sqlite_url: str) -> None:
    database = Database(sqlite_url)

    @event.listens_for(database.writer, "connect")
    def _weaken(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA synchronous=NORMAL")

    with pytest.raises(DurabilityTooWeak):
        database.check_durability()
    database.dispose()


def test_a_database_that_is_not_there_is_busy_not_broken(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'no' / 'folder' / 'here.sqlite'}")

    def write() -> None:
        with sessions.write(database) as db:
            db.add(ServiceSetting(key="one", value=1))

    with pytest.raises(TooBusy):
        write()
    database.dispose()


def test_an_upgrade_keeps_every_row_that_refers_to_a_rebuilt_table(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'old.sqlite'}")
    _make_first_schema_with_a_row(database)

    migrate.upgrade(database)

    with database.writer.connect() as connection:
        rows = connection.execute(
            text("SELECT r.id, e.code FROM response r JOIN encounter e ON e.id = r.encounter_id")
        ).all()
        assert [tuple(row) for row in rows] == [("answered", "ABCD2345")]
        assert connection.execute(text("PRAGMA foreign_keys")).scalar_one() == 1
    assert migrate.differences(database) == []
    database.dispose()


@pytest.mark.fault(29)
def test_an_upgrade_that_would_orphan_rows_is_undone(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'orphaned.sqlite'}")
    _make_first_schema_with_a_row(database)
    with sqlite3.connect(tmp_path / "orphaned.sqlite") as outside:  # foreign keys are off here
        outside.execute("DELETE FROM encounter")

    with pytest.raises(SchemaUpgradeBroken):
        migrate.upgrade(database)

    assert migrate.pending(database)
    with database.reader.connect() as connection:
        assert connection.execute(text("SELECT id FROM response")).scalars().all() == ["answered"]
    database.dispose()


def _make_first_schema_with_a_row(database: Database) -> None:
    with database.writer.connect() as connection:
        command.upgrade(migrate.configured(connection), "0001")
        for statement in (
            "INSERT INTO team (id, name, created_at) VALUES ('t', 'T', '2026-01-01')",
            "INSERT INTO encounter (id, code, team_id, practitioner, opened_by, state,"
            " appointment_type, appointment_mode, encounter_on, people_present, language,"
            " interpreter, picked, header, header_differs, opened_at) VALUES ('met', 'ABCD2345',"
            " 't', 'p', 'p', 'open', 'first', 'in_person', '2026-01-01', '[]', 'en', 'none', '[]',"
            " '{}', 0, '2026-01-01')",
            "INSERT INTO response (id, encounter_id, device, seq, digest, sealed, receipt, state,"
            " instrument_id, instrument_version, wording_sha256, language, occasion, respondent,"
            " mode, helped_by, items, environment, demo, made_at, received_at) VALUES ('answered',"
            " 'met', 'd', 1, 'x', x'00', '{}', 'complete', 'i', '1', 'w', 'en', 'after',"
            " 'young_person', 'own_phone', '[]', '{}', 'training', 0, '2026-01-01', '2026-01-01')",
        ):
            connection.execute(text(statement))
        connection.commit()
