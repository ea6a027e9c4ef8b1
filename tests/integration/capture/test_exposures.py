"""Counts of what was opened: stored like an answer set, shown as sums, erased with the rest."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fixtures.capture import START, Sent, Tablet, hand_over
from fixtures.keeping import record, signed_in, stored, viewer_of, words_for
from fixtures.staff import happened, make_staff, sign_in
from httpx2 import Response as HttpResponse
from sqlmodel import select
from starlette.testclient import TestClient

from app.adapters.keyring import Keyring
from app.db import sessions
from app.db.engine import Database
from app.db.queries import exposures
from app.db.queries.exposures import ExposureRow, Opened
from app.db.tables import DeviceSequence, Encounter, Erasure, Exposure, Quarantined, Response
from app.domain.access import Role
from app.domain.exposure import MinutesBand
from app.domain.receipt import read_receipt, verify_receipt
from app.services import audit, retention
from app.services.arrivals import receipt_key
from app.services.retention import Folders
from app.services.switches import Switch
from app.web.pages.offered import counted_grids
from app.web.service import Service

COUNTS = {
    "picked": ["group", "one-to-one"],
    "shown": ["family", "group", "one-to-one"],
    "opened": {"hard": 3, "help": 1},
    "minutes_band": "5_to_10",
}
DAY = date(2026, 11, 23)


def counted(tablet: Tablet, **changes: Any) -> Sent:
    """Counts as the page of this tablet seals them."""
    answers = tablet.document()
    shared = ("id", "device", "key_id", "salt", "encounter")
    grid = {"public_id": "k7", "version": 3, "sha256": "ab" * 32}
    document = {key: answers[key] for key in shared}
    return tablet.sealed(
        document | {"format": "exposure-1", "grid": grid, "counts": COUNTS} | changes
    )


def put(client: TestClient, sent: Sent, token: str) -> HttpResponse:
    return client.put(f"/v1/responses/{sent.id}", content=sent.body, headers=sent.headers(token))


def rows(database: Database, model: type) -> list[Any]:
    with sessions.read(database) as db:
        assert audit.verify(db) is None
        return list(db.exec(select(model)).all())


def listed(database: Database, **changes: Any) -> tuple[ExposureRow, ...]:
    asked = {"environment": "training", "from_on": DAY, "to_on": DAY} | changes
    with sessions.read(database) as db:
        return exposures.exposures(db, **asked)


def test_they_are_stored_once_with_a_receipt_and_an_event(
    client: TestClient, database: Database, tablet: Tablet
) -> None:
    sent = counted(tablet)
    first, again = put(client, sent, tablet.token), put(client, sent, tablet.token)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.content == again.content
    receipt = read_receipt(first.content)
    assert verify_receipt(receipt_key(tablet.keyring, tablet.device), receipt)
    assert (receipt.status, receipt.seq, receipt.digest) == ("stored", 0, sent.digest)

    row = rows(database, Exposure)[0]
    assert (row.encounter_id, row.grid_public_id, row.grid_version) == (
        tablet.header["id"],
        "k7",
        3,
    )
    assert (row.opened, row.minutes_band, row.environment) == (
        {"hard": 3, "help": 1},
        "5_to_10",
        "training",
    )
    assert rows(database, Response) == rows(database, Quarantined) == []
    assert rows(database, DeviceSequence) == []
    told = [each for each in happened(database) if each[0] == "exposure_stored"]
    details = {"digest": sent.digest, "device": tablet.device}
    assert told == [
        ("exposure_stored", tablet.device, sent.id, details | {"encounter": tablet.header["id"]})
    ]


def test_other_bytes_bad_counts_and_a_foreign_appointment_are_set_aside(
    client: TestClient, database: Database, tablet: Tablet, keyring: Keyring
) -> None:
    sent = counted(tablet)
    assert put(client, sent, tablet.token).status_code == 201
    assert put(client, tablet.sealed(sent.document), tablet.token).status_code == 409
    broken = counted(tablet, counts=COUNTS | {"opened": {"help": -1}})
    assert put(client, broken, tablet.token).status_code == 202
    elsewhere = hand_over(database, keyring)
    foreign = counted(tablet, encounter=elsewhere.header)
    assert put(client, foreign, tablet.token).status_code == 202
    reasons = sorted(each.reasons for each in rows(database, Quarantined))
    assert reasons == [
        ["encounter_differs"],
        ["envelope_wrong_value:counts.opened.help"],
        ["other_bytes"],
    ]
    assert len(rows(database, Exposure)) == 1


def test_a_tablet_brings_the_appointment_along(
    client: TestClient, database: Database, enrolled: Any
) -> None:
    tablet = enrolled()
    assert put(client, counted(tablet), tablet.token).status_code == 201
    assert [each.opened_by for each in rows(database, Encounter)] == ["answer_set"]


def test_research_gets_rows_of_its_days_and_of_one_environment(
    database: Database, tablet: Tablet, keyring: Keyring
) -> None:
    refused = hand_over(database, keyring)
    assert record(database, tablet, counted(tablet)).http_status == 201
    assert record(database, refused, counted(refused, counts=None)).http_status == 201
    wanted = {
        tablet.header["id"]: ExposureRow(
            encounter_id=tablet.header["id"],
            grid_public_id="k7",
            grid_version=3,
            picked=("group", "one-to-one"),
            shown=("family", "group", "one-to-one"),
            opened={"hard": 3, "help": 1},
            minutes_band=MinutesBand.FIVE_TO_TEN,
        ),
        refused.header["id"]: ExposureRow(refused.header["id"], "k7", 3, (), (), {}, None),
    }
    assert listed(database) == tuple(wanted[key] for key in sorted(wanted))
    assert listed(database, environment="live") == ()
    assert listed(database, to_on=DAY - timedelta(days=1), from_on=date(2026, 1, 1)) == ()
    assert listed(database, teams=["elsewhere"]) == ()
    with sessions.write(database) as db:
        db.get_one(Encounter, tablet.header["id"]).state = "voided"
    assert listed(database) == (wanted[refused.header["id"]],)


def test_staff_of_the_team_see_how_much_and_nothing_of_what(
    client: TestClient, database: Database, tablet: Tablet
) -> None:
    record(database, tablet, counted(tablet))
    robin = make_staff(database, teams=[tablet.header["team"]])
    sign_in(client, robin)
    page = client.get(f"/encounters/{tablet.header['id']}").text
    part = page[page.index("What was opened of the grid") :]
    for name, number in (("Options at the end", "3"), ("Rows opened", "2"), ("Minutes", "5 to 10")):
        assert f"<dt>{name}</dt><dd>{number}</dd>" in part
    assert "<dt>Times something was opened</dt><dd>4</dd>" in part
    assert not any(word in part for word in ("hard", "one-to-one"))
    with sessions.read(database) as db:
        assert exposures.list_opened(db, viewer_of(robin), tablet.header["id"]) == (
            Opened(2, 3, 2, 4, MinutesBand.FIVE_TO_TEN),
        )


def test_they_go_with_the_last_answers_of_the_appointment_and_stay_gone(
    client: TestClient, database: Database, tablet: Tablet
) -> None:
    sent = counted(tablet)
    record(database, tablet, sent)
    first, second = stored(database, tablet), stored(database, tablet)
    signed_in(client, database, Role.FRONT_DESK)
    for answers, left in ((first, 1), (second, 0)):
        form = {"words": words_for(answers)}
        gone = client.post(f"/erase/{answers.id}", data=form, follow_redirects=False)
        assert (gone.status_code, len(rows(database, Exposure))) == (303, left)
    assert {each.response_id for each in rows(database, Erasure)} == {sent.id, first.id, second.id}
    again = record(database, tablet, tablet.sealed(sent.document))
    assert again.http_status == 200
    assert read_receipt((again.receipt_json or "").encode()).status == "erased"
    assert rows(database, Exposure) == []


def test_the_nightly_job_removes_them_when_their_time_is_over(
    database: Database, tablet: Tablet, tmp_path: Path
) -> None:
    record(database, tablet, counted(tablet))
    folders = Folders(tmp_path / "backups", tmp_path / "exports")
    zone = ZoneInfo("Europe/London")

    def run(now: datetime) -> dict[str, int]:
        done = retention.enforce_retention(database, folders=folders, zone=zone, now=now)
        assert done is not None
        return done.removed

    assert "counts" not in run(START + timedelta(days=5 * 365))
    assert run(START.replace(year=2031, day=25))["counts"] == 1
    assert rows(database, Exposure) == []
    assert "counts" not in run(START.replace(year=2031, day=26))


def test_a_service_switches_it(client: TestClient, service: Service) -> None:
    boss = make_staff(service.database, roles=[Role.ADMINISTRATOR], teams=())
    sign_in(client, boss)
    assert service.state.exposure_counts_on is True
    answer = client.post("/service/switches/exposure-counts", data={"turn": "off"})
    assert "Nothing is counted from the next appointment on." in answer.text
    assert service.state.exposure_counts_on is False
    assert counted_grids(service.library, service.state) == frozenset()
    assert client.post("/service/switches/nothing", data={"turn": "off"}).status_code == 404
    told = [row for row in happened(service.database) if row[0] == "exposure_counts_switched"]
    assert told == [("exposure_counts_switched", boss.id, "service", {"on": False})]
    assert Switch.EXPOSURE_COUNTS == "exposure_counts_on"
