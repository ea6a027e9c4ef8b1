"""What people write about a grid: sealed and stored like an answer set, apart from all answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fixtures.capture import START, Tablet, hand_over
from fixtures.feedback import TEXT, written
from fixtures.keeping import record, signed_in, stored, words_for
from fixtures.staff import happened
from sqlmodel import select
from starlette.testclient import TestClient

from app.adapters.keyring import Keyring
from app.db import sessions
from app.db.engine import Database
from app.db.queries.carried_over import CarriedOver, write_carried_over
from app.db.tables import DeviceSequence, Encounter, Erasure, Feedback, Quarantined, Response
from app.domain.access import Role
from app.domain.receipt import read_receipt, verify_receipt
from app.services import audit, retention
from app.services.arrivals import receipt_key
from app.services.retention import Folders


def rows(database: Database, model: type) -> list[Any]:
    with sessions.read(database) as db:
        assert audit.verify(db) is None
        return list(db.exec(select(model)).all())


def test_it_is_stored_once_with_a_day_and_no_time(
    client: TestClient, database: Database, tablet: Tablet
) -> None:
    sent = written(tablet)
    headers = sent.headers(tablet.token)
    first = client.put(f"/v1/responses/{sent.id}", content=sent.body, headers=headers)
    again = client.put(f"/v1/responses/{sent.id}", content=sent.body, headers=headers)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.content == again.content
    receipt = read_receipt(first.content)
    assert verify_receipt(receipt_key(tablet.keyring, tablet.device), receipt)
    assert (receipt.status, receipt.seq) == ("stored", sent.document["seq"])
    (row,) = rows(database, Feedback)
    assert (row.text, row.written_by, row.grid_public_id, row.grid_version) == (
        TEXT,
        "young_person",
        "k7",
        3,
    )
    assert (row.encounter_id, row.outcome, row.read_by) == (tablet.header["id"], None, None)
    assert row.given_on == datetime.fromisoformat(receipt.server_time).astimezone(UTC).date()
    assert [each.response_id for each in rows(database, DeviceSequence)] == [sent.id]
    assert rows(database, Response) == rows(database, Quarantined) == []
    told = [each for each in happened(database) if each[0] == "feedback_stored"]
    details = {"digest": sent.digest, "device": tablet.device, "encounter": tablet.header["id"]}
    assert told == [("feedback_stored", tablet.device, sent.id, details)]
    assert TEXT not in str(happened(database))


def test_what_is_unfit_is_set_aside(database: Database, tablet: Tablet, keyring: Keyring) -> None:
    assert record(database, tablet, written(tablet, text="x" * 281)).http_status == 202
    foreign = written(tablet, encounter=hand_over(database, keyring).header)
    assert record(database, tablet, foreign).http_status == 202
    sent = written(tablet)
    assert record(database, tablet, sent).http_status == 201
    assert record(database, tablet, tablet.sealed(sent.document)).http_status == 409
    reasons = sorted(each.reasons for each in rows(database, Quarantined))
    assert reasons == [["encounter_differs"], ["envelope_wrong_value:text"], ["other_bytes"]]
    assert len(rows(database, Feedback)) == 1


def test_a_tablet_brings_the_appointment_along(database: Database, enrolled: Any) -> None:
    tablet = enrolled()
    assert record(database, tablet, written(tablet)).http_status == 201
    assert [each.opened_by for each in rows(database, Encounter)] == ["answer_set"]


def test_it_goes_with_the_answers_of_whoever_wrote_it_and_stays_gone(
    client: TestClient, database: Database, tablet: Tablet
) -> None:
    own, parents = written(tablet), written(tablet, written_by="parent")
    record(database, tablet, own)
    record(database, tablet, parents)
    answers = stored(database, tablet, respondent="young_person")
    more = stored(database, tablet, respondent="parent_self")
    signed_in(client, database, Role.FRONT_DESK)
    client.post(f"/erase/{answers.id}", data={"words": words_for(answers)})
    assert [row.id for row in rows(database, Feedback)] == [parents.id]
    client.post(f"/erase/{more.id}", data={"words": words_for(more)})
    assert rows(database, Feedback) == []
    gone = {answers.id, more.id, own.id, parents.id}
    assert {each.response_id for each in rows(database, Erasure)} == gone
    again = record(database, tablet, tablet.sealed(own.document))
    assert again.http_status == 200
    assert read_receipt((again.receipt_json or "").encode()).status == "erased"
    assert rows(database, Feedback) == []


def test_the_nightly_job_removes_it_after_90_days(
    database: Database, tablet: Tablet, tmp_path: Path
) -> None:
    record(database, tablet, written(tablet))
    (row,) = rows(database, Feedback)
    folders, zone = Folders(tmp_path / "backups", tmp_path / "exports"), ZoneInfo("Europe/London")
    arrived = datetime.combine(row.given_on, START.timetz())

    def removed(now: datetime) -> int:
        run = retention.enforce_retention(database, folders=folders, zone=zone, now=now)
        assert run is not None
        return run.removed.get("free_text", 0)

    assert removed(arrived + timedelta(days=90)) == 0
    assert removed(arrived + timedelta(days=91)) == 1
    assert rows(database, Feedback) == []
    assert [each.response_id for each in rows(database, Erasure)] == [row.id]


def test_a_backup_does_not_bring_back_what_was_erased_since(
    database: Database, tablet: Tablet
) -> None:
    gone, stays = written(tablet), written(tablet)
    record(database, tablet, gone)
    record(database, tablet, stays)
    tombstone = {
        "response_id": gone.id,
        "device": tablet.device,
        "seq": gone.document["seq"],
        "receipt": "{}",
        "reason": "withdrawn",
        "recorded_by": "somebody",
        "exports": [],
        "at": START,
    }
    with database.writer.begin() as connection:
        write_carried_over(connection, CarriedOver(erasures=[tombstone]))
    assert [row.id for row in rows(database, Feedback)] == [stays.id]
