"""From the request to the file: who may, what is in it, what happens when it goes wrong."""

from __future__ import annotations

import csv
import errno
import hashlib
import io
import json
import multiprocessing
import os
import signal
import zipfile
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fixtures.capture import START, Tablet, encounter_row, hand_over, header_for
from fixtures.service import Clock
from fixtures.staff import MadeStaff, make_staff, sign_in
from fixtures.waiting import until
from sqlmodel import select
from starlette.testclient import TestClient

from app.adapters.export_files import ExportPlace, Making, Progress
from app.db import sessions
from app.db.engine import Database
from app.db.tables import (
    AuditEvent,
    Encounter,
    Erasure,
    ExportRequest,
    Exposure,
    Response,
    Study,
    StudyPhase,
)
from app.domain.access import Role
from app.domain.dataset import Format
from app.domain.dataset_rows import Project
from app.domain.uniqueness import FEWEST_APPOINTMENTS
from app.services import export_making
from app.services.export_jobs import ExportJobs, Order
from app.services.export_worker import work
from app.web.service import Service

REASON = "Service evaluation of two teams, held by the evaluation lead"
ASKED = {
    "instrument": "effort-practice",
    "from_on": "2026-11-01",
    "to_on": "2026-11-30",
    "reason": REASON,
    "project": "grids-trial",
}


class RunHere(ExportJobs):
    """Makes the file in this process, so that a test can look at once."""

    def start(self, order: Order) -> None:
        work(order)


@pytest.fixture(autouse=True)
def made_here(service: Service) -> None:
    service.export_jobs = RunHere()


@pytest.fixture
def researcher(database: Database) -> MadeStaff:
    return make_staff(database, roles=[Role.RESEARCHER], teams=[])


@pytest.fixture
def approver(database: Database) -> MadeStaff:
    return make_staff(database, roles=[Role.APPROVER], teams=[])


@pytest.fixture
def answered(client: TestClient, service: Service, database: Database) -> Tablet:
    """Two sets that came in by the door, and seven appointments with one each."""
    tablet = hand_over(database, service.keyring)
    for changes in ({}, {"items": {"welcome": 0, "pace": 3, "questions": 9}}):
        sent = tablet.send(**changes)
        answer = client.put(
            f"/v1/responses/{sent.id}", content=sent.body, headers=sent.headers(tablet.token)
        )
        assert answer.status_code == 201
    add_appointments(database, FEWEST_APPOINTMENTS - 1)
    return tablet


def add_appointments(database: Database, count: int, **changes: Any) -> None:
    with sessions.write(database) as db:
        for number in range(count):
            header = header_for(str(uuid4()), practitioner=f"st_{number}")
            db.add(encounter_row(header, **changes))
            db.flush()
            db.add(response_row(header["id"], number))


def response_row(encounter_id: str, number: int) -> Response:
    values = {"welcome": 1, "pace": number, "questions": -99}
    return Response(
        id=str(uuid4()), encounter_id=encounter_id, device="d", seq=number, digest="", sealed=b"",
        receipt="{}", state="complete", instrument_id="effort-practice", instrument_version="1",
        wording_sha256="ab" * 32, language="en", occasion="after", respondent="young_person",
        mode="tablet_handed_over", helped_by=[], items=values, environment="training", demo=False,
        made_at=START, received_at=START,
    )  # fmt: skip


def ask(client: TestClient, researcher: MadeStaff, **changes: Any) -> str:
    sign_in(client, researcher)
    answer = client.post("/exports", data=ASKED | changes, follow_redirects=False)
    assert answer.status_code == 303
    return str(answer.headers["location"])


def approve_twice(
    client: TestClient, database: Database, approver: MadeStaff, location: str
) -> MadeStaff:
    second = make_staff(database, roles=[Role.APPROVER], teams=[])
    for person in (approver, second):
        assert approve(client, person, location) == 303
    return second


@pytest.fixture
def approved(
    client: TestClient,
    database: Database,
    answered: Tablet,
    researcher: MadeStaff,
    approver: MadeStaff,
) -> str:
    """The address of an export of those nine, asked for and approved by two."""
    location = ask(client, researcher)
    approve_twice(client, database, approver, location)
    return location


def approve(client: TestClient, approver: MadeStaff, location: str) -> int:
    sign_in(client, approver)
    answer = client.post(
        f"{location}/decision", data={"decision": "approve"}, follow_redirects=False
    )
    return answer.status_code


def read_zip(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name).decode("utf-8", "replace") for name in archive.namelist()}


def make(client: TestClient, researcher: MadeStaff, approved: str) -> None:
    sign_in(client, researcher)
    assert client.post(f"{approved}/file", follow_redirects=False).status_code == 303


def take(client: TestClient, researcher: MadeStaff, location: str) -> dict[str, str]:
    make(client, researcher, location)
    answer = client.post(f"{location}/download")
    assert answer.status_code == 200
    return read_zip(answer.content)


def wide(files: dict[str, str]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files["responses_wide.csv"], newline="")))


def get_row(database: Database, location: str) -> ExportRequest:
    with sessions.read(database) as db:
        return db.get_one(ExportRequest, location.rsplit("/", 1)[1])


def test_the_manifest_counts_and_hashes_what_is_there(
    client: TestClient,
    database: Database,
    service: Service,
    answered: Tablet,
    researcher: MadeStaff,
    approver: MadeStaff,
) -> None:
    add_exposure(database, answered)
    location = ask(client, researcher, formats=list(Format))
    second = approve_twice(client, database, approver, location)
    files = take(client, researcher, location)
    manifest = json.loads(files["manifest.json"])
    counts = [manifest[name] for name in ("responses", "appointments", "rows_in", "rows_out")]
    assert counts == [9, 8, 27, 27]
    assert manifest["notice"].startswith("PRACTICE DATA")
    assert manifest["reason"] == REASON
    assert manifest["approved_by"] == [approver.id, second.id]
    assert manifest["project"] == "grids-trial"
    assert manifest["exposure_rows"] == 1
    path = ExportPlace(service.settings.var_dir / "exports", location.rsplit("/", 1)[1]).target
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == [
            *(part["name"] for part in manifest["files"]),
            "manifest.json",
        ]
        for part in manifest["files"]:
            assert part["sha256"] == hashlib.sha256(archive.read(part["name"])).hexdigest()
    assert {"read.R", "datapackage.json", "codebook.csv", "codebook.html", "exposure.csv",
            "responses_wide.sav", "responses_wide.dta", "responses_long.parquet",
            "redcap_import.csv", "Questionnaire.ndjson", "sundae.md"} <= set(files)  # fmt: skip
    row = get_row(database, location)
    assert (row.rows, row.logical_sha256) == (27, manifest["logical_sha256"])
    check_answers(files, service, answered)
    check_again(client, database, service, location, path)


def check_answers(files: dict[str, str], service: Service, tablet: Tablet) -> None:
    """Exactly the answers that were given, under the project's pseudonyms."""
    rows = wide(files)
    project = Project(export_making.project_key(service.keyring, "grids-trial"))
    theirs = [
        tuple(row[f"item_{item}"] for item in ("welcome", "pace", "questions"))
        for row in rows
        if row["encounter_ref"] == project.reference("encounter", tablet.header["id"])
    ]
    assert sorted(theirs) == [("0", "3", "9"), ("9", "7", "-97")]
    assert {row["period"] for row in rows} == {"2026-11"}
    assert sorted({int(row["order_in_team"]) for row in rows}) == list(range(1, 9))
    (exposed,) = csv.DictReader(io.StringIO(files["exposure.csv"]))
    assert exposed["encounter_ref"] == project.reference("encounter", tablet.header["id"])
    assert exposed["opened"] == "cost:2;what:1"
    assert tablet.header["id"] not in "".join(files.values())


def check_again(
    client: TestClient, database: Database, service: Service, location: str, path: Path
) -> None:
    """Taken back and made again, it is the same table, and but for two formats the same bytes."""
    before = {part["name"]: part["sha256"] for part in manifest_of(path)["files"]}
    with sessions.write(database) as db:
        row = db.get_one(ExportRequest, location.rsplit("/", 1)[1])
        row.state, logical = "approved", row.logical_sha256
    assert client.post(f"{location}/file", follow_redirects=False).status_code == 303
    after = {part["name"]: part["sha256"] for part in manifest_of(path)["files"]}
    assert {name for name in before if before[name] != after[name]} <= {
        "responses_wide.sav",
        "responses_wide.dta",
    }
    assert get_row(database, location).logical_sha256 == logical
    check_repeated(database, service, location, str(logical))
    left = sorted(each.name for each in (service.settings.var_dir / "exports").iterdir())
    assert left == [path.with_suffix(".job").name, path.name]


def check_repeated(database: Database, service: Service, location: str, logical: str) -> None:
    """What the manifest's command does gives the same hash, and another one after a new answer."""
    folder = service.settings.var_dir / "again"
    shop = export_making.Workshop(database, folder, service.keyring, service.state)
    wanted = {"export_id": location.rsplit("/", 1)[1], "today": START.date()}
    assert export_making.repeat_hash(shop, **wanted) == (logical, logical)
    add_appointments(database, 1)
    before, after = export_making.repeat_hash(shop, **wanted)
    assert before == logical != after
    assert not list(folder.glob("*.zip"))


def manifest_of(path: Path) -> dict[str, Any]:
    return dict(json.loads(read_zip(path.read_bytes())["manifest.json"]))


def add_exposure(database: Database, tablet: Tablet) -> None:
    with sessions.write(database) as db:
        db.add(
            Exposure(
                id=str(uuid4()), encounter_id=tablet.header["id"], device=tablet.device, digest="",
                receipt="{}", grid_public_id="k7", grid_version=1, grid_sha256="cd" * 32,
                picked=["a", "b"], shown=["a"], opened={"what": 1, "cost": 2},
                minutes_band="2_to_5", environment="training", demo=False, received_at=START,
            )
        )  # fmt: skip


def test_two_people_decide_and_every_step_is_in_the_log(
    client: TestClient,
    database: Database,
    answered: Tablet,
    researcher: MadeStaff,
    approver: MadeStaff,
) -> None:
    location = ask(client, researcher)
    assert client.post(f"{location}/file").status_code == 409
    assert approve(client, approver, location) == 303
    assert approve(client, approver, location) == 409
    assert "two people are needed" in client.get(location).text
    sign_in(client, researcher)
    assert client.post(f"{location}/file").status_code == 409
    assert client.post(f"{location}/download").status_code == 409
    second = make_staff(database, roles=[Role.APPROVER], teams=[])
    assert approve(client, second, location) == 303
    make(client, researcher, location)
    assert client.post(f"{location}/download").status_code == 200
    with sessions.read(database) as db:
        events = db.exec(
            select(AuditEvent)
            .where(AuditEvent.subject == location.rsplit("/", 1)[1])
            .order_by(AuditEvent.seq)
        ).all()
    assert [(event.kind, event.actor) for event in events] == [
        ("export_requested", researcher.id),
        ("export_approved", approver.id),
        ("export_approved", second.id),
        ("export_built", researcher.id),
        ("export_downloaded", researcher.id),
    ]


def test_a_refused_request_stays_refused(
    client: TestClient, answered: Tablet, researcher: MadeStaff, approver: MadeStaff
) -> None:
    location = ask(client, researcher)
    sign_in(client, approver)
    client.post(f"{location}/decision", data={"decision": "refuse", "note": "Say who holds it"})
    assert client.post(f"{location}/decision", data={"decision": "approve"}).status_code == 409
    sign_in(client, researcher)
    assert client.post(f"{location}/file").status_code == 409
    assert "Say who holds it" in client.get(location).text


def test_another_role_neither_asks_nor_takes(
    client: TestClient,
    database: Database,
    answered: Tablet,
    researcher: MadeStaff,
    approver: MadeStaff,
) -> None:
    location = ask(client, researcher)
    assert client.post(f"{location}/decision", data={"decision": "approve"}).status_code == 403
    approve(client, approver, location)
    assert client.post(f"{location}/file").status_code == 403
    sign_in(client, make_staff(database, roles=[Role.PRACTITIONER]))
    assert client.get("/exports").status_code == 403
    sign_in(client, make_staff(database, roles=[Role.RESEARCHER], teams=[]))
    assert client.get(location).status_code == 404
    assert client.post(f"{location}/download").status_code == 404


def test_a_form_that_cannot_be_kept_is_drawn_again(
    client: TestClient, answered: Tablet, researcher: MadeStaff
) -> None:
    sign_in(client, researcher)
    for changes, says in (
        ({"reason": "because"}, "at least 20 characters"),
        ({"reason": "x" * 501}, "under 500 characters"),
        ({"from_on": "soon"}, "both days"),
        ({"from_on": "2026-12-01"}, "must not be after"),
        ({"instrument": ""}, "both days"),
        ({"instrument": "unheard-of"}, "instruments in the list"),
        ({"project": "../other"}, "short name"),
        ({"formats": "exe"}, "formats from the list"),
        ({"to_on": "2026-11-22"}, "Fewer than 8 appointments"),
    ):
        answer = client.post("/exports", data=ASKED | changes)
        assert answer.status_code == 422
        assert says in answer.text
    assert client.get("/exports").text.count('href="/exports/') == 0


def test_while_an_embargo_runs_no_row_leaves(
    client: TestClient, database: Database, answered: Tablet, researcher: MadeStaff, approved: str
) -> None:
    with sessions.write(database) as db:
        db.add(embargoed_study())
        db.flush()
        db.get_one(Encounter, answered.header["id"]).study_id = "trial"
    make(client, researcher, approved)
    assert "under embargo now" in client.get(approved).text
    assert client.post(f"{approved}/download").status_code == 409
    assert "under embargo" in client.post("/exports", data=ASKED).text


def embargoed_study() -> Study:
    content = {
        "schema": 1, "id": "trial", "title": "Trial", "owner": "Somebody",
        "teams": ["north-triage"], "type": "service_evaluation", "embargo_until": "2026-12-31",
        "calendar": {"north-triage": [{"phase": "with_grid", "from_on": "2026-11-02"}]},
    }  # fmt: skip
    return Study(
        id="trial",
        title="Trial",
        kind="audit",
        sha256="ab" * 32,
        content=content,
        installed_at=START,
    )


def test_weeks_count_from_the_first_day_of_the_study(
    client: TestClient,
    database: Database,
    answered: Tablet,
    researcher: MadeStaff,
    approver: MadeStaff,
) -> None:
    with sessions.write(database) as db:
        study = embargoed_study()
        study.content = {**study.content, "embargo_until": "2026-11-22"}
        db.add(study)
        db.flush()
        db.add(StudyPhase(id="p", study_id="trial", team_id="north-triage", phase="with_grid",
                          from_on=date(2026, 11, 2)))  # fmt: skip
        db.get_one(Encounter, answered.header["id"]).study_id = "trial"
    location = ask(client, researcher, days="yes")
    approve_twice(client, database, approver, location)
    rows = wide(take(client, researcher, location))
    weeks = {(row["study_id"], row["weeks_since_study_start"]) for row in rows}
    assert weeks == {("trial", "3"), ("", "")}
    assert {row["appointment_day"] for row in rows} == {"2026-11-23"}


@pytest.mark.fault(31)
def test_a_file_changed_on_disk_is_not_offered(
    client: TestClient, service: Service, researcher: MadeStaff, approved: str
) -> None:
    make(client, researcher, approved)
    (path,) = Path(service.settings.var_dir / "exports").glob("*.zip")
    path.write_bytes(path.read_bytes()[:-1])
    assert client.post(f"{approved}/download").status_code == 409


def test_answers_of_a_voided_appointment_are_left_out_and_counted(
    client: TestClient,
    database: Database,
    answered: Tablet,
    researcher: MadeStaff,
    approver: MadeStaff,
    clock: Clock,
) -> None:
    add_appointments(database, 1)
    with sessions.write(database) as db:
        row = db.get_one(Encounter, answered.header["id"])
        row.state, row.voided_at, row.void_reason = "voided", clock(), "duplicate"
    location = ask(client, researcher)
    approve_twice(client, database, approver, location)
    manifest = json.loads(take(client, researcher, location)["manifest.json"])
    assert (manifest["responses"], manifest["left_out_voided"]) == (8, 2)


def test_a_file_made_while_answers_were_erased_is_not_kept(
    client: TestClient,
    service: Service,
    database: Database,
    answered: Tablet,
    researcher: MadeStaff,
    clock: Clock,
    approved: str,
) -> None:
    with sessions.write(database) as db:
        db.add(
            Erasure(
                response_id=str(uuid4()),
                device=answered.device,
                seq=1,
                receipt="{}",
                reason="withdrawn",
                recorded_by="desk",
                exports=[],
                at=clock(),
            )
        )
    make(client, researcher, approved)
    assert "Answers were erased while" in client.get(approved).text
    assert not list(service.settings.var_dir.glob("exports/*.zip"))

    clock.pass_time(seconds=1)
    make(client, researcher, approved)
    assert len(list(service.settings.var_dir.glob("exports/*.zip"))) == 1


def test_a_full_disk_leaves_nothing_and_says_so(
    client: TestClient,
    service: Service,
    researcher: MadeStaff,
    monkeypatch: pytest.MonkeyPatch,
    approved: str,
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(Making, "finish", full_disk)
        make(client, researcher, approved)
    assert "The disk is full" in client.get(approved).text
    assert client.post(f"{approved}/download").status_code == 409
    names_left = [path.suffix for path in (service.settings.var_dir / "exports").iterdir()]
    assert names_left == [".job"]
    make(client, researcher, approved)
    assert client.post(f"{approved}/download").status_code == 200


def full_disk(making: Making, manifest: object) -> str:
    making.place.partial.write_bytes(b"half a zip")
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_killed_maker_leaves_nothing_offered_and_the_next_one_clears_up(tmp_path: Path) -> None:
    place = ExportPlace(tmp_path, "x")
    maker = multiprocessing.get_context("fork").Process(target=hold, args=(place,))
    maker.start()
    until(lambda: place.progress() == Progress("rows", 7, 9), "the maker never told of row 7")
    os.kill(maker.pid or 0, signal.SIGKILL)
    maker.join()
    assert place.progress() is None
    assert not place.target.exists()
    with place.making() as making:
        assert making.parts() == []
    assert not place.partial.exists()


def hold(place: ExportPlace) -> None:
    with place.making() as making:
        (making.work / "rows.csv").write_text("half")
        place.partial.write_bytes(b"half")
        making.tell("rows", 7, 9)
        signal.pause()  # until it is killed


def test_the_page_says_how_far_it_is_and_the_worker_is_a_process_of_its_own(
    client: TestClient, service: Service, researcher: MadeStaff, approved: str
) -> None:
    service.export_jobs = ExportJobs()
    make(client, researcher, approved)
    page = client.get(approved).text
    assert "Making the file" in page
    assert "Make the file<" not in page
    until(lambda: "Making the file" not in client.get(approved).text, "never made", seconds=60)
    assert client.post(f"{approved}/download").status_code == 200
