"""From the request to the file: who may, what is in it, what happens when it goes wrong."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from pathlib import Path
from uuid import uuid4

import pytest
from fixtures.capture import Tablet, hand_over
from fixtures.service import Clock
from fixtures.staff import MadeStaff, make_staff, sign_in
from sqlmodel import select
from starlette.testclient import TestClient

from app.db import sessions
from app.db.engine import Database
from app.db.tables import AuditEvent, Encounter, Erasure
from app.domain.access import Role
from app.domain.dataset import NAMES
from app.web.service import Service

REASON = "Service evaluation of two teams, held by the evaluation lead"
ASKED = {
    "instrument": "effort-practice",
    "from_on": "2026-11-01",
    "to_on": "2026-11-30",
    "reason": REASON,
}


@pytest.fixture
def researcher(database: Database) -> MadeStaff:
    return make_staff(database, roles=[Role.RESEARCHER], teams=[])


@pytest.fixture
def approver(database: Database) -> MadeStaff:
    return make_staff(database, roles=[Role.APPROVER], teams=[])


@pytest.fixture
def answered(client: TestClient, service: Service, database: Database) -> Tablet:
    tablet = hand_over(database, service.keyring)
    for changes in ({}, {"items": {"welcome": 0, "pace": 3, "questions": 9}}):
        sent = tablet.send(**changes)
        answer = client.put(
            f"/v1/responses/{sent.id}", content=sent.body, headers=sent.headers(tablet.token)
        )
        assert answer.status_code == 201
    return tablet


def ask(client: TestClient, researcher: MadeStaff) -> str:
    sign_in(client, researcher)
    answer = client.post("/exports", data=ASKED, follow_redirects=False)
    assert answer.status_code == 303
    return str(answer.headers["location"])


def approve(client: TestClient, approver: MadeStaff, location: str) -> int:
    sign_in(client, approver)
    answer = client.post(
        f"{location}/decision", data={"decision": "approve"}, follow_redirects=False
    )
    return answer.status_code


def read_zip(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_the_file_holds_exactly_the_answers_that_were_given(
    client: TestClient, answered: Tablet, researcher: MadeStaff, approver: MadeStaff
) -> None:
    location = ask(client, researcher)
    assert approve(client, approver, location) == 303
    sign_in(client, researcher)
    client.post(f"{location}/file")
    answer = client.post(f"{location}/download")
    assert answer.status_code == 200
    files = read_zip(answer.content)
    assert set(files) == {"responses_long.csv", "codebook.csv", "manifest.json"}
    rows = list(csv.DictReader(io.StringIO(files["responses_long.csv"])))
    sets: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        sets.setdefault(row["response_ref"], []).append((row["item"], row["value"]))
    assert sorted(sets.values()) == [
        [("welcome", "0"), ("pace", "3"), ("questions", "9")],
        [("welcome", "9"), ("pace", "7"), ("questions", "-97")],
    ]
    assert list(rows[0]) == list(NAMES)
    assert {row["environment"] for row in rows} == {"training"}
    assert len({row["encounter_ref"] for row in rows}) == 1


def test_the_manifest_counts_and_hashes_what_is_there(
    client: TestClient, answered: Tablet, researcher: MadeStaff, approver: MadeStaff
) -> None:
    location = ask(client, researcher)
    approve(client, approver, location)
    sign_in(client, researcher)
    client.post(f"{location}/file")
    files = read_zip(client.post(f"{location}/download").content)
    manifest = json.loads(files["manifest.json"])
    assert (manifest["responses"], manifest["rows_in"], manifest["rows_out"]) == (2, 6, 6)
    assert manifest["notice"].startswith("PRACTICE DATA")
    assert manifest["reason"] == REASON
    for part in manifest["files"]:
        assert part["sha256"] == hashlib.sha256(files[part["name"]].encode()).hexdigest()


def test_request_decision_making_and_download_are_in_the_log(
    client: TestClient,
    database: Database,
    answered: Tablet,
    researcher: MadeStaff,
    approver: MadeStaff,
) -> None:
    location = ask(client, researcher)
    approve(client, approver, location)
    sign_in(client, researcher)
    client.post(f"{location}/file")
    client.post(f"{location}/download")
    with sessions.read(database) as db:
        events = db.exec(
            select(AuditEvent)
            .where(AuditEvent.subject == location.rsplit("/", 1)[1])
            .order_by(AuditEvent.seq)
        ).all()
    assert [(event.kind, event.actor) for event in events] == [
        ("export_requested", researcher.id),
        ("export_approved", approver.id),
        ("export_built", researcher.id),
        ("export_downloaded", researcher.id),
    ]


def test_nothing_is_offered_before_the_approval(
    client: TestClient, answered: Tablet, researcher: MadeStaff
) -> None:
    location = ask(client, researcher)
    assert client.post(f"{location}/file").status_code == 409
    assert client.post(f"{location}/download").status_code == 409


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


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"reason": "because"}, "at least 20 characters"),
        ({"reason": "x" * 501}, "under 500 characters"),
        ({"from_on": "soon"}, "both days"),
        ({"from_on": "2026-12-01"}, "must not be after"),
        ({"instrument": ""}, "both days"),
        ({"instrument": "unheard-of"}, "instruments in the list"),
    ],
)
def test_a_form_that_cannot_be_kept_is_drawn_again(
    client: TestClient,
    answered: Tablet,
    researcher: MadeStaff,
    changes: dict[str, str],
    says: str,
) -> None:
    sign_in(client, researcher)
    answer = client.post("/exports", data=ASKED | changes)
    assert answer.status_code == 422
    assert says in answer.text
    assert client.get("/exports").text.count('href="/exports/') == 0


@pytest.mark.fault(31)
def test_a_file_changed_on_disk_is_not_offered(
    client: TestClient,
    service: Service,
    answered: Tablet,
    researcher: MadeStaff,
    approver: MadeStaff,
) -> None:
    location = ask(client, researcher)
    approve(client, approver, location)
    sign_in(client, researcher)
    client.post(f"{location}/file")
    (path,) = Path(service.settings.var_dir / "exports").glob("*.zip")
    path.write_bytes(path.read_bytes()[:-1])
    assert client.post(f"{location}/download").status_code == 409


def test_answers_of_a_voided_appointment_are_left_out_and_counted(
    client: TestClient,
    database: Database,
    answered: Tablet,
    researcher: MadeStaff,
    approver: MadeStaff,
    clock: Clock,
) -> None:
    with sessions.write(database) as db:
        row = db.get_one(Encounter, answered.header["id"])
        row.state, row.voided_at, row.void_reason = "voided", clock(), "duplicate"
    location = ask(client, researcher)
    approve(client, approver, location)
    sign_in(client, researcher)
    client.post(f"{location}/file")
    manifest = json.loads(read_zip(client.post(f"{location}/download").content)["manifest.json"])
    assert (manifest["responses"], manifest["left_out_voided"]) == (0, 2)


def test_a_file_made_while_answers_were_erased_is_not_kept(
    client: TestClient,
    service: Service,
    database: Database,
    answered: Tablet,
    researcher: MadeStaff,
    approver: MadeStaff,
    clock: Clock,
) -> None:
    location = ask(client, researcher)
    approve(client, approver, location)
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
    sign_in(client, researcher)
    assert client.post(f"{location}/file", follow_redirects=False).status_code == 409
    assert not list(service.settings.var_dir.glob("exports/*.zip"))

    clock.pass_time(seconds=1)
    assert client.post(f"{location}/file", follow_redirects=False).status_code == 303
    assert len(list(service.settings.var_dir.glob("exports/*.zip"))) == 1
