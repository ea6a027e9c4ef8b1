"""The nightly job: what it removes, what it leaves alone, and that it does so once."""

from __future__ import annotations

import os
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from fixtures.capture import START, TEAM, Tablet, hand_over
from fixtures.keeping import set_aside, signed_in, stored
from fixtures.service import Clock
from fixtures.staff import happened
from sqlalchemy import delete, update
from sqlmodel import SQLModel, col, select
from starlette.testclient import TestClient
from typer.testing import CliRunner

from app.cli.commands import app as grids
from app.db import sessions
from app.db.engine import Database
from app.db.queries import approvals
from app.db.tables import (
    AuditEvent,
    Encounter,
    Erasure,
    ExportRequest,
    Handover,
    Invitation,
    Login,
    PhoneLink,
    Quarantined,
    Response,
    RetentionRun,
    Staff,
    Throttle,
)
from app.domain.access import Role
from app.domain.keeping import TABLE
from app.services import audit, audit_pruning, retention, studies
from app.services.exports import file_path
from app.services.retention import Folders, Run
from app.settings import read_settings
from app.web.nightly import Nightly
from app.web.service import Service

LONDON = ZoneInfo("Europe/London")
FIVE_YEARS_ON = datetime(2031, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    made = Folders(tmp_path / "backups", tmp_path / "exports")
    made.backups.mkdir()
    made.exports.mkdir()
    return made


def run(database: Database, folders: Folders, now: datetime) -> Run:
    done = retention.enforce_retention(database, folders=folders, zone=LONDON, now=now)
    assert done is not None
    return done


def rows(database: Database, model: type[SQLModel]) -> list[SQLModel]:
    with sessions.read(database) as db:
        assert audit.verify(db) is None
        return list(db.exec(select(model)).all())


def test_a_run_leaves_one_row_and_one_event_also_where_nothing_was_over(
    database: Database, tablet: Tablet, folders: Folders
) -> None:
    stored(database, tablet)
    done = run(database, folders, START)
    assert (done.removed, done.awaiting) == ({}, {})
    assert [row.id for row in rows(database, RetentionRun)] == [done.id]
    assert happened(database)[-1] == (
        "retention_enforced",
        "system",
        done.id,
        {"removed": "", "awaiting": ""},
    )


def test_codes_are_forgotten_after_ninety_days(
    client: TestClient, database: Database, tablet: Tablet, folders: Folders, clock: Clock
) -> None:
    code = rows(database, Encounter)[0].code
    with sessions.write(database) as db:
        db.exec(update(Encounter).values(grid_public_id="k7", grid_version=1))
        assert approvals.list_shown(db, "k7") == (approvals.ShownIn(1, (code,)),)
    clock.pass_time(days=90)
    assert run(database, folders, clock()).removed == {}
    assert rows(database, Encounter)[0].code == code
    clock.pass_time(days=1)
    assert run(database, folders, clock()).removed["encounter_codes"] == 1
    assert rows(database, Encounter)[0].code is None
    assert "encounter_codes" not in run(database, folders, clock()).removed
    with sessions.read(database) as db:
        assert approvals.list_shown(db, "k7") == (approvals.ShownIn(1, (), 1),)
    staff = signed_in(client, database, Role.PRACTITIONER)
    with sessions.write(database) as db:
        db.exec(update(Encounter).values(team_id="elsewhere", opened_by=staff.id))
    assert "Code forgotten" in client.get("/encounters").text
    page = client.get(f"/encounters/{tablet.header['id']}").text
    assert "Code forgotten after 90 days" in page
    assert client.get("/home").status_code == 200


def test_answers_outside_a_study_go_five_years_after_the_appointment(
    database: Database, tablet: Tablet, folders: Folders
) -> None:
    sent = stored(database, tablet)
    assert "answers" not in run(database, folders, FIVE_YEARS_ON - timedelta(days=1)).removed
    assert run(database, folders, FIVE_YEARS_ON).removed["answers"] == 1
    assert rows(database, Response) == []
    tombstone = rows(database, Erasure)[0]
    assert (tombstone.response_id, tombstone.reason) == (sent.id, "retention_over")
    assert tombstone.recorded_by == "system"
    assert "answers" not in run(database, folders, FIVE_YEARS_ON).removed


def test_answers_of_a_study_go_five_years_after_its_end_and_never_before(
    database: Database, tablet: Tablet, folders: Folders
) -> None:
    calendar = [{"phase": "with_grid", "from_on": "2026-11-01", "to_on": "2027-03-31"}]
    for name, stretches in (
        ("ended", calendar),
        ("open", [{"phase": "with_grid", "from_on": "2027-04-01"}]),
    ):
        document = {
            "schema": 1,
            "id": name,
            "title": name,
            "owner": "Evaluation lead",
            "type": "service_evaluation",
            "teams": [TEAM],
            "calendar": {TEAM: stretches},
        }
        with sessions.write(database) as db:
            studies.install_study(db, document=document, by="system", now=START)
    going_on = hand_over(database, tablet.keyring, study_id="open")
    kept = stored(database, going_on)
    over = stored(database, hand_over(database, tablet.keyring, study_id="ended"))
    limit = datetime(2032, 4, 1, 9, 0, tzinfo=UTC)
    assert "answers" not in run(database, folders, limit - timedelta(days=1)).removed
    assert run(database, folders, limit).removed["answers"] == 1
    assert [row.response_id for row in rows(database, Erasure)] == [over.id]
    assert "answers" not in run(database, folders, limit + timedelta(days=9999)).removed
    assert [row.id for row in rows(database, Response)] == [kept.id]


def test_many_answers_go_in_small_transactions(
    database: Database, tablet: Tablet, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "AT_A_TIME", 2)
    for _ in range(5):
        stored(database, tablet)
    assert run(database, folders, FIVE_YEARS_ON).removed["answers"] == 5
    assert rows(database, Response) == []


def test_what_waits_in_quarantine_is_counted_and_never_removed(
    database: Database, tablet: Tablet, folders: Folders
) -> None:
    set_aside(database, tablet, items={"welcome": 77, "pace": 1, "questions": 1})
    assert run(database, folders, START + timedelta(days=89)).awaiting == {}
    assert run(database, folders, START + timedelta(days=90)).awaiting == {"quarantine": 1}
    run(database, folders, FIVE_YEARS_ON + timedelta(days=4000))
    assert [bool(row.sealed) for row in rows(database, Quarantined)] == [True]


def test_what_is_past_its_use_goes(database: Database, tablet: Tablet, folders: Folders) -> None:
    with sessions.write(database) as db:
        db.add(Throttle(key="old", failures=3, wait_until=START, last_at=START))
        db.add(
            PhoneLink(
                id=str(uuid4()),
                encounter_id=tablet.header["id"],
                device=str(uuid4()),
                token_hash=uuid4().hex,
                respondent="young_person",
                made_by="staff-1",
                made_at=START,
                expires_at=START,
            )
        )
        db.add(
            Invitation(
                id=str(uuid4()),
                token_hash=uuid4().hex,
                kind="invite",
                roles=[],
                created_by="system",
                created_at=START,
                expires_at=START,
            )
        )
    assert run(database, folders, START + timedelta(days=2)).removed == {}
    assert run(database, folders, START + timedelta(days=2, seconds=1)).removed == {"throttles": 1}
    # The hand-over ends twelve hours later; until then its login is kept for it.
    later = run(database, folders, START + timedelta(days=90, seconds=1)).removed
    assert later == {"phone_links": 1, "invitations": 1}
    last = run(database, folders, START + timedelta(days=90, hours=12, seconds=1)).removed
    assert last == {"handovers": 1, "logins": 1}
    for model in (Throttle, PhoneLink, Invitation, Handover, Login):
        assert rows(database, model) == []


def test_old_backups_and_leftover_files_go(
    database: Database, tablet: Tablet, folders: Folders
) -> None:
    old = folders.backups / "20261019T085959000000Z.tar"
    new = folders.backups / "20261019T090000000000Z.tar"
    other = folders.backups / "from-the-hospital.tar"
    for path in (old, new, other):
        path.write_bytes(b"tar")
    with sessions.write(database) as db:
        db.add(
            ExportRequest(
                id="offered",
                requested_by="staff-1",
                requested_at=START,
                reason="why",
                filters={},
                state="ready",
            )
        )
    offered, left = file_path(folders.exports, "offered"), file_path(folders.exports, "left")
    young = file_path(folders.exports, "young")
    for path, age in ((offered, 9), (left, 2), (young, 0)):
        path.write_bytes(b"zip")
        at = (START - timedelta(days=age)).timestamp()
        os.utime(path, (at, at))
    assert run(database, folders, START).removed == {"backups": 1, "export_leftovers": 1}
    assert sorted(folders.backups.iterdir()) == [new, other]
    assert sorted(folders.exports.iterdir()) == sorted([offered, young])
    assert ("backups_deleted", "system", "backups", {"count": 1}) in happened(database)


def test_the_audit_log_loses_its_beginning_after_eight_years_and_stays_whole(
    database: Database, tablet: Tablet, folders: Folders
) -> None:
    stored(database, tablet)
    stored(database, tablet)
    first = run(database, folders, START + timedelta(days=1))
    eight = datetime(2034, 11, 24, 9, 0, tzinfo=UTC)
    assert "audit" not in run(database, folders, eight - timedelta(days=1)).removed
    done = run(database, folders, eight)
    assert done.removed["audit"] == 2
    kept = rows(database, AuditEvent)
    assert kept[0].subject == first.id
    with sessions.write(database) as db:
        assert audit.verify(db) is None
        assert audit_pruning.prune(db, before=eight - timedelta(days=4000)) == 0
        # What follows the cut is still guarded.
        db.exec(delete(AuditEvent).where(col(AuditEvent.seq) == kept[0].seq))
        assert audit.verify(db) == kept[0].seq


def test_pruning_everything_keeps_the_newest_link(database: Database, tablet: Tablet) -> None:
    stored(database, tablet)
    stored(database, tablet)
    with sessions.write(database) as db:
        assert audit_pruning.prune(db, before=START + timedelta(days=1)) == 1
        assert audit.verify(db) is None
    stored(database, tablet)
    assert [row.seq for row in rows(database, AuditEvent)] == [2, 3]


def test_a_forged_beginning_is_seen(database: Database, tablet: Tablet) -> None:
    stored(database, tablet)
    stored(database, tablet)
    with sessions.write(database) as db:
        assert audit_pruning.prune(db, before=START + timedelta(days=1)) == 1
        db.connection().execute(
            update(audit.HEADS)
            .where(audit.HEADS.c.id == audit.START_OF_CHAIN)
            .values(hash="0" * 64)
        )
        assert audit.verify(db) == 2


def test_it_runs_once_a_night_whoever_looks(
    database: Database, tablet: Tablet, folders: Folders
) -> None:
    def look(now: datetime) -> Run | None:
        return retention.enforce_retention(
            database, folders=folders, zone=LONDON, now=now, only_if_due=True
        )

    assert look(START) is not None
    assert look(START + timedelta(hours=17)) is None
    assert look(START + timedelta(hours=18)) is not None
    night, done = START + timedelta(days=2), []
    threads = [threading.Thread(target=lambda: done.append(look(night))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([one for one in done if one is not None]) == 1
    assert len(rows(database, RetentionRun)) == 3


def test_a_run_that_died_is_taken_up_by_the_next(
    database: Database, tablet: Tablet, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(database, tablet)

    def die(*_: object, **__: object) -> None:
        raise OSError("the process was killed here")

    with monkeypatch.context() as patched:
        patched.setattr(retention, "_delete_backups", die)
        with pytest.raises(OSError, match="killed"):
            run(database, folders, FIVE_YEARS_ON)
    assert rows(database, Response) == []
    assert rows(database, RetentionRun) == []
    assert "answers" not in run(database, folders, FIVE_YEARS_ON).removed
    assert len(rows(database, RetentionRun)) == 1


def test_the_server_runs_it_and_survives_a_database_that_is_away(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    nightly = Nightly(service)
    nightly.look()
    nightly.look()
    assert len(rows(service.database, RetentionRun)) == 1

    def away(*_: object, **__: object) -> None:
        raise OSError("no such disk")

    monkeypatch.setattr(retention, "enforce_retention", away)
    nightly.look()
    nightly.start()
    nightly.stop()


def test_the_page_shows_the_table_and_the_runs(
    client: TestClient, service: Service, database: Database, tablet: Tablet, clock: Clock
) -> None:
    set_aside(database, tablet, items={"welcome": 77, "pace": 1, "questions": 1})
    signed_in(client, database, Role.ADMINISTRATOR)
    page = client.get("/retention").text
    assert "The last run is late." in page
    assert "It has not run yet." in page
    assert "There is no backup on this machine." in page
    clock.pass_time(days=91)
    folder = service.settings.var_dir / "backups"
    folder.mkdir()
    (folder / "20270220T090000000000Z.tar").write_bytes(b"tar")
    Nightly(service).look()
    signed_in(client, database, Role.AUDITOR)
    page = client.get("/retention").text
    assert "Up to date." in page
    assert "Next run: 23 February 2027, 03:00." in page
    assert "Codes of appointments: 1" in page
    assert "1 set that was set aside has waited too long" in page
    assert "made on 20 February 2027, 09:00" in page
    assert page.count('<th scope="row">') == len(TABLE)
    assert "How long we keep things" in client.get("/home").text
    signed_in(client, database, Role.PRACTITIONER)
    assert client.get("/retention").status_code == 403


def test_the_command_runs_it_now(
    database_url: str,
    database: Database,
    tablet: Tablet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "var"))
    read_settings.cache_clear()
    try:
        with sessions.write(database) as db:
            db.exec(update(Encounter).values(encounter_on=date(2001, 1, 1)))
        told = [CliRunner().invoke(grids, ["retention"]).output for _ in range(2)]
        assert told[0] == "Removed: 1 encounter codes\n"
        assert told[1] == "Removed: nothing was over its time.\n"
    finally:
        read_settings.cache_clear()
    assert len(rows(database, Staff)) == 1
