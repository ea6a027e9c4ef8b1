"""Making a device a clinic tablet, and taking it out of use."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from fixtures.clinic_tablets import arrive, contact, make_tablet
from fixtures.encounters import viewer_of
from fixtures.service import START, Clock
from fixtures.staff import MadeStaff, happened, make_staff, sign_in
from sqlmodel import select
from starlette.testclient import TestClient

from app.db import sessions
from app.db.tables import Login, Tablet
from app.domain.access import PERMISSIONS, Permission, Role
from app.domain.receipt import make_receipt, verify_receipt
from app.domain.tablet import RevokeReason
from app.errors import NotFound
from app.services import tablets
from app.services.arrivals import hash_token, receipt_key
from app.services.tablets import Enrolled
from app.web.service import Service

SEAT = {"label": "Room 2", "team": "north", "number": None}


@pytest.fixture
def robin(client: TestClient, service: Service) -> MadeStaff:
    made = make_staff(service.database)
    sign_in(client, made)
    return made


def enrol(client: TestClient, device: str | None = None, **changes: object):
    return client.put(f"/v1/tablets/{device or uuid4()}", json=SEAT | changes)


def rows(service: Service) -> list[Tablet]:
    with sessions.read(service.database) as db:
        return list(db.exec(select(Tablet).order_by(Tablet.number)).all())


def test_a_device_gets_a_seat_and_its_key_once(
    client: TestClient, service: Service, robin: MadeStaff
) -> None:
    device = str(uuid4())
    answer = enrol(client, device, label="  Room 2 ")
    assert answer.status_code == 200
    body = answer.json()
    [row] = rows(service)
    assert body == {
        "tablet": {
            "id": device,
            "number": 1,
            "label": "Room 2",
            "team": {"id": "north", "name": "North"},
        },
        "token": body["token"],
        "receipt_key": receipt_key(service.keyring, device).hex(),
        "key": {
            "id": service.keyring.current.key_id.hex(),
            "public": body["key"]["public"],
        },
        "generation": service.state.generation,
    }
    assert row.token_hash == hash_token(body["token"])
    assert (row.enrolled_by, row.enrolled_at) == (robin.id, START)
    assert happened(service.database)[-1] == (
        "tablet_enrolled",
        robin.id,
        device,
        {"number": 1, "team": "north"},
    )


def test_the_receipt_key_is_the_one_that_receipts_are_made_with(
    client: TestClient, service: Service, robin: MadeStaff
) -> None:
    device = str(uuid4())
    key = bytes.fromhex(enrol(client, device).json()["receipt_key"])
    receipt = make_receipt(
        receipt_key(service.keyring, device),
        response_id=str(uuid4()),
        digest="a" * 64,
        device=device,
        seq=1,
        status="stored",
        now=START,
    )
    assert verify_receipt(key, receipt)


def test_the_next_number_is_given_and_none_is_given_twice(
    client: TestClient, service: Service, robin: MadeStaff
) -> None:
    numbers = [enrol(client, number=n).json()["tablet"]["number"] for n in (None, 7, None)]
    assert numbers == [1, 7, 8]
    last = rows(service)[-1]
    with sessions.write(service.database) as db:
        tablets.revoke_tablet(
            db, tablet_id=last.id, reason=RevokeReason.LOST, by=viewer_of(robin), now=START
        )
    answer = enrol(client, number=8)
    assert answer.status_code == 409
    assert answer.json() == {"error": "number_taken", "faults": {"number": "number_taken"}}
    assert enrol(client).json()["tablet"]["number"] == 9


def test_the_same_device_again_gets_a_fresh_token_while_nothing_arrived(
    client: TestClient, service: Service, robin: MadeStaff
) -> None:
    device = str(uuid4())
    first = enrol(client, device).json()
    second = enrol(client, device, label="Room 3").json()
    assert second["tablet"] == {**first["tablet"], "label": "Room 3"}
    assert second["receipt_key"] == first["receipt_key"]
    assert contact(client, first["token"]).status_code == 401
    assert contact(client, second["token"]).status_code == 200
    kinds = [kind for kind, _, subject, _ in happened(service.database) if subject == device]
    assert kinds == ["tablet_enrolled", "tablet_enrolled"]

    arrive(service.database, device, [1])
    again = enrol(client, device)
    assert (again.status_code, again.json()) == (409, {"error": "tablet_in_use"})
    assert contact(client, second["token"]).status_code == 200


def test_a_device_that_was_taken_out_of_use_does_not_come_back_under_its_id(
    client: TestClient, service: Service, robin: MadeStaff
) -> None:
    made = make_tablet(service.database, robin)
    client.post(f"/tablets/{made.id}/revoke", data={"reason": "lost"})
    answer = enrol(client, made.id)
    assert (answer.status_code, answer.json()) == (409, {"error": "tablet_revoked"})


UNFIT = [
    ({"label": " "}, {"label": "label_odd"}),
    ({"label": "x" * 41}, {"label": "label_odd"}),
    ({"label": "Room\n2"}, {"label": "label_odd"}),
    ({"label": ["Room"]}, {"label": "label_odd"}),
    ({"team": "south"}, {"team": "choose_team"}),
    ({"team": None}, {"team": "choose_team"}),
    ({"number": 0}, {"number": "number_odd"}),
    ({"number": -3}, {"number": "number_odd"}),
    ({"number": "seven"}, {"number": "number_odd"}),
    ({"number": 10_000}, {"number": "number_odd"}),
    ({"number": 1.5}, {"number": "number_odd"}),
    ({"number": True}, {"number": "number_odd"}),
    ({"number": {"n": 1}}, {"number": "number_odd"}),
    ({"label": "", "team": ""}, {"label": "label_odd", "team": "choose_team"}),
]


def test_what_cannot_be_kept_is_named_by_its_field(
    client: TestClient, service: Service, robin: MadeStaff
) -> None:
    for changes, faults in UNFIT:
        answer = enrol(client, **changes)
        assert answer.status_code == 422, changes
        assert answer.json() == {"error": "invalid", "faults": faults}
    assert rows(service) == []


def test_a_device_without_a_proper_id_gets_no_seat(
    client: TestClient, service: Service, robin: MadeStaff
) -> None:
    for device in ("1", "A" * 36, str(uuid4()).upper(), str(uuid4()) + "0"):
        answer = enrol(client, device)
        assert (answer.status_code, answer.json()["faults"]) == (422, {"id": "id_malformed"})
    assert rows(service) == []


def test_what_is_no_json_object_is_refused_with_a_key(
    client: TestClient, service: Service, robin: MadeStaff
) -> None:
    for body in (b"", b"[]", b"{", b"\xff\xfe", b'"x"', b"[" * 9_000):
        answer = client.put(f"/v1/tablets/{uuid4()}", content=body)
        assert (answer.status_code, answer.json()) == (422, {"error": "invalid"})
    body = json.dumps(SEAT | {"label": "x" * 20_000})
    answer = client.put(f"/v1/tablets/{uuid4()}", content=body)
    assert (answer.status_code, answer.json()) == (413, {"error": "too_large"})


@pytest.mark.parametrize("number", ["", "5"])
def test_two_enrolments_at_once_never_share_a_number(service: Service, number: str) -> None:
    robin = make_staff(service.database)
    ready, results = threading.Barrier(2), []

    def run() -> None:
        ready.wait(10)
        with sessions.write(service.database) as db:
            results.append(
                tablets.enrol_tablet(
                    db,
                    tablet_id=str(uuid4()),
                    label="Room",
                    team_id="north",
                    number=number,
                    by=viewer_of(robin),
                    now=START,
                )
            )

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    given = sorted(row.number for row in rows(service))
    made = [each for each in results if isinstance(each, Enrolled)]
    assert len(results) == 2
    assert given == sorted(each.number for each in made)
    assert given == ([5] if number else [1, 2])


def test_the_same_device_twice_at_once_has_one_seat(service: Service) -> None:
    robin, device = make_staff(service.database), str(uuid4())
    ready, results = threading.Barrier(2), []

    def run() -> None:
        ready.wait(10)
        with sessions.write(service.database) as db:
            results.append(
                tablets.enrol_tablet(
                    db,
                    tablet_id=device,
                    label="Room",
                    team_id="north",
                    number="",
                    by=viewer_of(robin),
                    now=START,
                )
            )

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [type(each) for each in results] == [Enrolled, Enrolled]
    [row] = rows(service)
    assert row.token_hash in {hash_token(each.token) for each in results}


def test_taking_out_of_use_is_written_down_once(
    client: TestClient, service: Service, robin: MadeStaff, clock: Clock
) -> None:
    made = make_tablet(service.database, robin)
    answer = client.post(
        f"/tablets/{made.id}/revoke", data={"reason": "stolen"}, follow_redirects=False
    )
    assert answer.headers["location"] == f"/tablets/{made.id}?done=revoked"
    clock.pass_time(minutes=5)
    client.post(f"/tablets/{made.id}/revoke", data={"reason": "replaced"})
    [row] = rows(service)
    kept = (row.revoked_at, row.revoked_by, row.revoke_reason)
    assert kept == (START, robin.id, "stolen")
    revoked = [entry for entry in happened(service.database) if entry[0] == "tablet_revoked"]
    assert revoked == [
        ("tablet_revoked", robin.id, made.id, {"number": 1, "reason": "stolen"}),
    ]


def test_without_a_reason_of_the_list_nothing_is_taken_out_of_use(
    client: TestClient, service: Service, robin: MadeStaff
) -> None:
    made = make_tablet(service.database, robin)
    for reason in ("", "sold", "lost "):
        answer = client.post(f"/tablets/{made.id}/revoke", data={"reason": reason})
        assert answer.status_code == 422
        assert "Choose why it is taken out of use" in answer.text
    assert rows(service)[0].revoked_at is None


# --- who may --------------------------------------------------------------------------------

MATRIX = {
    # role: (list, one, lost page, revoke, enrol page, enrol)
    Role.PRACTITIONER: (200, 200, 200, 303, 200, 200),
    Role.ADMINISTRATOR: (200, 200, 200, 303, 200, 200),
    Role.AUDITOR: (200, 200, 403, 403, 403, 403),
    Role.FRONT_DESK: (403, 403, 403, 403, 403, 403),
    Role.RESEARCHER: (403, 403, 403, 403, 403, 403),
    Role.APPROVER: (403, 403, 403, 403, 403, 403),
    Role.CONTENT_EDITOR: (403, 403, 403, 403, 403, 403),
    Role.REVIEWER_CLINICAL: (403, 403, 403, 403, 403, 403),
}


def test_each_role_gets_as_far_as_it_may(client: TestClient, service: Service) -> None:
    tablet = make_tablet(service.database, make_staff(service.database))
    lost = {"reason": "lost"}
    for role, expected in MATRIX.items():
        sign_in(client, make_staff(service.database, roles=(role,)))
        asked = (
            client.get("/tablets"),
            client.get(f"/tablets/{tablet.id}"),
            client.get(f"/tablets/{tablet.id}/lost"),
            client.post(f"/tablets/{tablet.id}/revoke", data=lost, follow_redirects=False),
            client.get("/tablets/enrol"),
            enrol(client),
        )
        assert tuple(answer.status_code for answer in asked) == expected, role
        assert ('href="/tablets"' in client.get("/home").text) == (expected[0] == 200)


def test_the_matrix_names_every_role_that_may_do_something_with_tablets() -> None:
    of_tablets = {
        Permission.TABLET_VIEW,
        Permission.TABLET_ENROL,
        Permission.TABLET_REVOKE,
    }
    assert {role for role in Role if PERMISSIONS[role] & of_tablets} <= set(MATRIX)


def test_nobody_signed_in_gets_nothing(client: TestClient, service: Service) -> None:
    tablet = make_tablet(service.database, make_staff(service.database))
    assert client.get("/tablets", follow_redirects=False).headers["location"].startswith("/sign-in")
    answer = enrol(client)
    assert (answer.status_code, answer.json()) == (401, {"error": "sign_in_needed"})
    assert client.post(f"/tablets/{tablet.id}/revoke", data={"reason": "lost"}).status_code == 401


def test_a_practitioner_sees_the_tablets_of_their_teams_and_no_others(
    client: TestClient, service: Service
) -> None:
    south = make_staff(service.database, teams=("south",))
    theirs = make_tablet(service.database, south, team="south", label="Southern room")
    robin = make_staff(service.database)
    make_tablet(service.database, robin, label="Northern room")
    sign_in(client, robin)
    page = client.get("/tablets").text
    assert "Northern room" in page
    assert "Southern room" not in page
    assert client.get(f"/tablets/{theirs.id}").status_code == 404
    assert client.get(f"/tablets/{theirs.id}/lost").status_code == 404
    revoke = client.post(f"/tablets/{theirs.id}/revoke", data={"reason": "lost"})
    assert revoke.status_code == 404
    assert enrol(client, theirs.id).status_code == 404
    assert all(row.revoked_at is None for row in rows(service))


def test_administrators_and_auditors_see_all_and_administrators_enrol_for_all(
    client: TestClient, service: Service
) -> None:
    south = make_staff(service.database, teams=("south",))
    make_tablet(service.database, south, team="south", label="Southern room")
    for role in (Role.AUDITOR, Role.ADMINISTRATOR):
        sign_in(client, make_staff(service.database, roles=(role,), teams=()))
        assert "Southern room" in client.get("/tablets").text
    assert enrol(client, team="south").json()["tablet"]["team"]["id"] == "south"


def test_a_login_that_came_back_by_pin_is_asked_for_the_password(
    client: TestClient, service: Service, robin: MadeStaff
) -> None:
    tablet = make_tablet(service.database, robin)
    with sessions.write(service.database) as db:
        db.exec(select(Login)).one().narrowed_to = str(uuid4())
    for path in ("/tablets", "/tablets/enrol", f"/tablets/{tablet.id}"):
        location = client.get(path, follow_redirects=False).headers["location"]
        assert location == f"/confirm?next={path}"
    answer = enrol(client)
    assert (answer.status_code, answer.json()) == (401, {"error": "confirmation_needed"})


def test_an_unknown_tablet_is_not_there(service: Service) -> None:
    robin = make_staff(service.database)
    with pytest.raises(NotFound), sessions.write(service.database) as db:
        tablets.revoke_tablet(
            db,
            tablet_id=str(uuid4()),
            reason=RevokeReason.LOST,
            by=viewer_of(robin),
            now=START + timedelta(days=1),
        )
