"""What a tablet says of itself, what it is told back, and what neither may hold."""

from __future__ import annotations

import hashlib
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fixtures.clinic_tablets import CONTACT, MadeTablet, arrive, contact, make_tablet, report
from fixtures.encounters import (
    make_draft,
    make_library,
    make_release,
    study_document,
    viewer_of,
)
from fixtures.service import START, Clock
from fixtures.staff import MadeStaff, make_staff
from sqlalchemy import event
from sqlmodel import select
from starlette.testclient import TestClient

from app.db import sessions
from app.db.queries import tablets as queries
from app.db.queries.tablets import Arrived
from app.db.tables import Encounter, Erasure, Staff, Tablet, TeamMember
from app.domain.access import Role
from app.domain.envelope import canonical_bytes
from app.domain.gaps import Span
from app.services import encounters, instruments, studies, wording_packs
from app.services.service_mode import ServiceState
from app.services.tablet_config import opaque_practitioner
from app.web.service import Service

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
INSIDE = make_release("k7", pair="low-mood-outside-nhs")
OUTSIDE = make_release("m4", setting="outside-nhs", options=("what-helps-now", "charity"))
HIDDEN = make_release(
    "q2", topic="self-harm", sensitive=True, off_until_switched_on=True, options=("one", "two")
)


@pytest.fixture(autouse=True)
def _grids(service: Service) -> None:
    service.library = make_library(INSIDE, OUTSIDE, HIDDEN)


@pytest.fixture
def robin(service: Service) -> MadeStaff:
    return make_staff(service.database, name="Robin Unmistakable")


@pytest.fixture
def tablet(service: Service, robin: MadeStaff) -> MadeTablet:
    return make_tablet(service.database, robin, number=7)


def row_of(service: Service, tablet: MadeTablet) -> Tablet:
    with sessions.read(service.database) as db:
        return db.get_one(Tablet, tablet.id)


def config_of(client: TestClient, tablet: MadeTablet) -> dict[str, Any]:
    answer = contact(client, tablet.token)
    assert answer.status_code == 200, answer.text
    return answer.json()["config"]


# --- being heard of -------------------------------------------------------------------------


def test_a_contact_is_kept_as_it_was_and_answered_with_what_a_tablet_needs(
    client: TestClient, service: Service, tablet: MadeTablet, clock: Clock
) -> None:
    clock.pass_time(hours=2)
    told = {"waiting": 2, "oldest_waiting_at": "2026-11-23T08:00:00.000Z", "kept": 14}
    told |= {"last_seq": 41, "waiting_seqs": [40, 41], "releases": ["k7/1"], "generation": "ab"}
    answer = contact(client, tablet.token, **told, device_time="2026-11-23T11:00:30.000Z")
    body = answer.json()
    assert body == {
        "server_time": "2026-11-23T11:00:00.000Z",
        "generation": service.state.generation,
        "tablet": {
            "id": tablet.id,
            "number": 7,
            "label": "Room 2",
            "team": {"id": "north", "name": "North"},
        },
        "mode": "training",
        "demo": False,
        "key": {"id": service.keyring.current.key_id.hex(), "public": body["key"]["public"]},
        "erased": [],
        "missing": [],
        "config": body["config"],
        "config_sha256": body["config_sha256"],
    }
    row = row_of(service, tablet)
    assert row.contacted_at == START + timedelta(hours=2)
    expected = report(**told) | {"skew_seconds": 30}
    kept = {key: value for key, value in expected.items() if key != "device_time"}
    assert row.report == kept | {"oldest_waiting_at": "2026-11-23T08:00:00Z"}


def test_a_number_that_the_tablet_does_not_hold_and_that_never_came_is_told_back(
    client: TestClient, service: Service, tablet: MadeTablet
) -> None:
    arrive(service.database, tablet.id, [*range(1, 38), 39])
    told = {"last_seq": 41, "waiting_seqs": [40], "waiting": 1}
    same = contact(client, tablet.token, **told, generation=service.state.generation)
    assert same.json()["missing"] == [38, 41]
    # After a restored backup its kept copies come first: nothing is judged before they did.
    other = contact(client, tablet.token, **told, generation="00ff")
    assert other.json()["missing"] == []


def test_the_holes_of_all_tablets_are_found_at_once(
    service: Service, robin: MadeStaff, tablet: MadeTablet
) -> None:
    others = [make_tablet(service.database, robin).id for _ in range(2)]
    arrive(service.database, tablet.id, [7, 1, 4, 3])
    arrive(service.database, tablet.id, [3, 0])  # the same number twice, and one that told none
    arrive(service.database, others[0], [9])
    arrive(service.database, str(uuid4()), [5])
    with sessions.read(service.database) as db:
        found = {e.id: e.arrived for e in queries.list_for(db, viewer_of(robin))}
        alone = {device: queries.arrived_of(db, device) for device in found}
    assert found == alone
    assert found == {
        tablet.id: Arrived((Span(2, 2), Span(5, 6)), 7),
        others[0]: Arrived((Span(1, 8),), 9),
        others[1]: Arrived((), 0),
    }


def test_a_contact_that_tells_nothing_new_is_written_once_a_minute(
    client: TestClient, service: Service, tablet: MadeTablet, clock: Clock
) -> None:
    writes: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.lstrip().upper().startswith(("UPDATE", "INSERT")):
            writes.append(statement)

    event.listen(service.database.writer, "before_cursor_execute", note)
    contact(client, tablet.token)
    assert len(writes) == 1
    clock.pass_time(seconds=30)
    contact(client, tablet.token, device_time="2026-11-23T09:00:31.000Z")
    assert len(writes) == 1
    contact(client, tablet.token, waiting=1)
    assert len(writes) == 2
    assert row_of(service, tablet).contacted_at == START + timedelta(seconds=30)
    clock.pass_time(seconds=60)
    contact(client, tablet.token, waiting=1, device_time="2026-11-23T09:01:30.000Z")
    assert len(writes) == 3
    event.remove(service.database.writer, "before_cursor_execute", note)


def test_an_unknown_token_is_refused_and_slowed_down_and_a_known_one_is_not(
    client: TestClient, service: Service, tablet: MadeTablet
) -> None:
    for _ in range(21):
        answer = contact(client, uuid4().hex)
        assert (answer.status_code, answer.json()) == (401, {"error": "credential_unknown"})
    slowed = contact(client, uuid4().hex)
    assert slowed.status_code == 429
    assert slowed.json() == {"error": "too_many_tries", "wait_seconds": 5}
    assert slowed.headers["retry-after"] == "5"
    assert contact(client, tablet.token).status_code == 200
    missing = client.post(CONTACT, json=report())
    assert missing.status_code == 429


def test_a_token_of_nobody_writes_no_report(
    client: TestClient, service: Service, tablet: MadeTablet
) -> None:
    assert client.post(CONTACT, json=report()).json() == {"error": "credential_unknown"}
    assert row_of(service, tablet).contacted_at is None


def test_a_tablet_out_of_use_is_told_so_and_still_heard_of(
    client: TestClient, service: Service, tablet: MadeTablet, clock: Clock
) -> None:
    with sessions.write(service.database) as db:
        db.get_one(Tablet, tablet.id).revoked_at = START
        db.add(erasure(tablet.id, at=START))
    clock.pass_time(hours=1)
    answer = contact(client, tablet.token, waiting=3)
    assert answer.status_code == 403
    body = answer.json()
    assert body == {
        "error": "tablet_revoked",
        "server_time": "2026-11-23T10:00:00.000Z",
        "generation": service.state.generation,
        "erased": body["erased"],
    }
    assert len(body["erased"]) == 1
    row = row_of(service, tablet)
    assert row.contacted_at == START + timedelta(hours=1)
    assert row.report is not None
    assert row.report["waiting"] == 3


def test_what_is_no_report_is_refused_and_nothing_is_kept(
    client: TestClient, service: Service, tablet: MadeTablet
) -> None:
    headers = {"Authorization": f"Bearer {tablet.token}"}
    hostile = [
        b"",
        b"null",
        b"[" * 16_000,
        b"{",
        b"\xff",
        json.dumps(report(waiting=-1)).encode(),
        json.dumps(report(device_time="9999-12-31T23:59:59-23:59")).encode(),
        json.dumps(report(releases=["<script>alert(1)</script>"])).encode(),
        json.dumps(report(build="\u0000")).encode(),
        json.dumps(report(waiting_seqs=[1] * 501)).encode(),
        json.dumps({"waiting": 0}).encode(),
    ]
    for body in hostile:
        answer = client.post(CONTACT, content=body, headers=headers)
        assert (answer.status_code, answer.json()) == (422, {"error": "invalid"}), body[:60]
    huge = client.post(CONTACT, content=b" " * 20_000, headers=headers)
    assert (huge.status_code, huge.json()) == (413, {"error": "too_large"})
    assert row_of(service, tablet).contacted_at is None


@pytest.mark.fault(21)
def test_a_clock_three_days_off_changes_nothing_but_a_note(
    client: TestClient, service: Service, tablet: MadeTablet
) -> None:
    for device_time, skew in (
        ("2026-11-20T09:00:00Z", -259_200),
        ("2026-11-26T09:00:00Z", 259_200),
        ("1970-01-01T00:00:00Z", -1_795_424_400),
    ):
        answer = contact(client, tablet.token, device_time=device_time)
        assert answer.status_code == 200
        assert answer.json()["server_time"] == "2026-11-23T09:00:00.000Z"
        row = row_of(service, tablet)
        assert row.report is not None
        assert row.report["skew_seconds"] == skew
        assert row.contacted_at == START


def test_only_what_was_erased_of_this_device_in_the_last_month_is_told(
    client: TestClient, service: Service, tablet: MadeTablet
) -> None:
    mine, old, other = (
        erasure(tablet.id, at=START - timedelta(days=30)),
        erasure(tablet.id, at=START - timedelta(days=30, seconds=1)),
        erasure(str(uuid4()), at=START),
    )
    kept = mine.response_id
    with sessions.write(service.database) as db:
        db.add_all([mine, old, other])
    assert contact(client, tablet.token).json()["erased"] == [kept]


# --- the configuration ----------------------------------------------------------------------


def test_the_configuration_is_left_out_where_the_tablet_holds_it(
    client: TestClient, service: Service, tablet: MadeTablet
) -> None:
    first = contact(client, tablet.token).json()
    sha256 = hashlib.sha256(canonical_bytes(first["config"])).hexdigest()
    assert first["config_sha256"] == sha256
    second = contact(client, tablet.token, config_sha256=sha256).json()
    assert "config" not in second
    assert second["config_sha256"] == sha256
    service.library = make_library(INSIDE)
    third = contact(client, tablet.token, config_sha256=sha256).json()
    assert [grid["public_id"] for grid in third["config"]["grids"]] == ["k7"]
    assert third["config_sha256"] != sha256


def test_nothing_about_a_family_and_no_name_is_in_it(
    client: TestClient, service: Service, robin: MadeStaff, tablet: MadeTablet
) -> None:
    with sessions.write(service.database) as db:
        draft = make_draft(study_code="SECRET-77")
        row = encounters.open_encounter(db, draft=draft, by=viewer_of(robin), now=START)
        secrets = [row.id, row.code, "SECRET-77", str(row.opened_by)]
    sent = contact(client, tablet.token).text
    secrets += ["Robin", "Unmistakable", robin.username, robin.id, robin.password]
    assert [secret for secret in secrets if secret and secret in sent] == []
    with sessions.read(service.database) as db:
        assert db.exec(select(Encounter.code)).one() in secrets
    config = json.loads(sent)["config"]
    assert set(config) == {
        "mode",
        "timezone",
        "practitioners",
        "calendar",
        "instruments",
        "seconds",
        "second",
        "grids",
        "idle",
        "languages",
        "counts",
        "feedback",
    }


def test_practitioners_of_the_team_are_there_by_initials_and_number(
    client: TestClient, service: Service, robin: MadeStaff, tablet: MadeTablet
) -> None:
    rita = make_staff(service.database, name="Rita Ude", now=START + timedelta(days=1))
    gone = make_staff(service.database, name="Ray Underwood", now=START + timedelta(days=2))
    make_staff(service.database, name="Sam Reed", roles=(Role.RESEARCHER,))
    make_staff(service.database, name="Other Team", teams=("south",))
    with sessions.write(service.database) as db:
        db.get_one(Staff, gone.id).disabled_at = START
    marks = {p["mark"]: p["id"] for p in config_of(client, tablet)["practitioners"]}
    assert marks == {
        "RU 1": opaque_practitioner(service.keyring, robin.id),
        "RU 2": opaque_practitioner(service.keyring, rita.id),
    }
    with sessions.write(service.database) as db:
        db.delete(db.get_one(TeamMember, ("north", robin.id)))
    assert config_of(client, tablet)["practitioners"] == [{"id": marks["RU 2"], "mark": "RU"}]


def test_a_practitioner_is_called_what_triage_calls_them(
    client: TestClient, service: Service, robin: MadeStaff, tablet: MadeTablet
) -> None:
    [only] = config_of(client, tablet)["practitioners"]
    assert only["id"] == service.keyring.derive("practitioner", robin.id).hex()[:16]


def test_the_whole_calendar_of_the_team_is_there(
    client: TestClient, service: Service, tablet: MadeTablet
) -> None:
    assert config_of(client, tablet)["calendar"] == []
    stretches = (
        ("baseline", date(2026, 11, 1), date(2026, 11, 30)),
        ("training", date(2026, 12, 1), date(2026, 12, 14)),
        ("with_grid", date(2026, 12, 15), None),
    )
    with sessions.write(service.database) as db:
        document = study_document(*stretches, occasions=["before", "after"])
        studies.install_study(db, document=document, by="system", now=START)
    calendar = config_of(client, tablet)["calendar"]
    assert [{k: v for k, v in stretch.items() if k != "consent"} for stretch in calendar] == [
        {
            "phase": phase,
            "from": first.isoformat(),
            "to": last.isoformat() if last else None,
            "occasions": ["before", "after"],
            "instrument_id": None,
            "second": False,
        }
        for phase, first, last in stretches
    ]
    with sessions.read(service.database) as db:
        for stretch in calendar:
            on = date.fromisoformat(stretch["from"])
            assert studies.phase_for(db, team_id="north", on=on).phase == stretch["phase"]


def test_the_first_instrument_that_fits_is_the_one_that_the_service_would_ask(
    client: TestClient, service: Service, tablet: MadeTablet, clock: Clock
) -> None:
    assert [i["id"] for i in config_of(client, tablet)["instruments"]] == ["effort-practice"]
    for days, name in enumerate(("made-up-pack.yaml", "made-up-pack-0-4.yaml")):
        with sessions.write(service.database) as db:
            raw, now = (FIXTURES / name).read_bytes(), START + timedelta(days=days)
            wording_packs.install_pack(db, raw=raw, name=name, by="staff-1", now=now)
    found = config_of(client, tablet)["instruments"]
    assert [i["id"] for i in found] == ["collaborate-0-4", "collaborate-0-9", "effort-practice"]
    with sessions.read(service.database) as db:
        for wanted in (None, "collaborate-0-9", "collaborate-0-4", "effort-practice"):
            asked = instruments.current_instrument(
                db, mode="training", language="en-GB", instrument_id=wanted
            )
            assert asked is not None
            first = next(i for i in found if wanted in {None, i["id"]})
            assert first == asked.as_json()
    service.state = ServiceState(mode="live", generation=service.state.generation)
    live = config_of(client, tablet)["instruments"]
    assert [i["id"] for i in live] == ["collaborate-0-4", "collaborate-0-9"]


def test_only_grids_that_are_on_offer_are_there_with_equal_parts(
    client: TestClient, service: Service, tablet: MadeTablet
) -> None:
    grids = config_of(client, tablet)["grids"]
    assert [grid["public_id"] for grid in grids] == ["k7", "m4"]
    assert grids[0] == {
        "public_id": "k7",
        "version": 1,
        "sha256": INSIDE.sha256,
        "topic": "low-mood",
        "setting": "inside-nhs",
        "pair": "m4",
        "need_groups": ["advice", "help"],
        "sensitive": False,
        "draft": True,
        "titles": {
            "young-person": "low-mood inside-nhs (young-person)",
            "parent": "low-mood inside-nhs (parent)",
        },
        "options": [
            {"id": o.id, "names": {"young-person": o.id.upper(), "parent": o.id.upper()}}
            for o in INSIDE.grid.options
        ],
        "expires_on": "2027-11-22",
        "local": {},
    }
    assert grids[0].keys() == grids[1].keys()
    on = {"sensitive_grids_on": True, "local_crisis_number": "0800 123 4567"}
    service.state = ServiceState(generation=service.state.generation, **on)
    grids = config_of(client, tablet)["grids"]
    assert [(grid["public_id"], grid["sensitive"]) for grid in grids] == [
        ("k7", False),
        ("m4", False),
        ("q2", True),
    ]


def erasure(device: str, *, at: Any) -> Erasure:
    return Erasure(
        response_id=str(uuid4()),
        encounter_id=None,
        device=device,
        seq=3,
        receipt="{}",
        reason="withdrawn",
        recorded_by="staff-1",
        exports=[],
        at=at,
    )
