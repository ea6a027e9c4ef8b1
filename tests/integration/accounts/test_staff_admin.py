"""Looking after accounts, over the real application."""

from __future__ import annotations

import re

import pytest
from fixtures.service import Clock
from fixtures.staff import PASSWORD, MadeStaff, happened, make_staff, sign_in
from sqlalchemy import event
from sqlmodel import select
from starlette.testclient import TestClient

from app.db import sessions
from app.db.tables import Login, Staff, TeamMember
from app.domain.access import Role
from app.web.service import Service


@pytest.fixture
def admin(client: TestClient, service: Service) -> MadeStaff:
    """An administrator who is signed in on ``client``."""
    roles = (Role.ADMINISTRATOR, Role.PRACTITIONER)
    made = make_staff(service.database, roles=roles, username="admin", name="Marigold Okafor")
    sign_in(client, made)
    return made


@pytest.fixture
def worker(service: Service) -> MadeStaff:
    return make_staff(service.database, username="robin.ashe", name="Robin Ashe")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/staff"),
        ("GET", "/staff/invite"),
        ("POST", "/staff/invite"),
        ("GET", "/staff/{id}"),
        ("POST", "/staff/{id}/roles"),
        ("POST", "/staff/{id}/teams"),
        ("POST", "/staff/{id}/disable"),
        ("POST", "/staff/{id}/enable"),
        ("POST", "/staff/{id}/reset"),
        ("POST", "/staff/{id}/sign-out"),
        ("GET", "/service"),
        ("POST", "/service/crisis-number"),
        ("POST", "/service/teams"),
        ("GET", "/service/teams/north"),
        ("POST", "/service/teams/north/rename"),
        ("POST", "/service/teams/north/close"),
    ],
)
def test_only_an_administrator_gets_in(
    client: TestClient, service: Service, worker: MadeStaff, method: str, path: str
) -> None:
    sign_in(client, worker)
    before = happened(service.database)
    answer = client.request(method, path.format(id=worker.id))
    assert answer.status_code == 403
    assert "This page is not part of your role" in answer.text
    assert happened(service.database) == before


def test_the_list_shows_everybody_in_a_fixed_number_of_queries(
    client: TestClient, service: Service, admin: MadeStaff
) -> None:
    few = count_queries(client, service, "/staff")
    for number in range(3):
        make_staff(service.database, name=f"Worker {number}", teams=("north", "south"))
    assert count_queries(client, service, "/staff") == few
    page = client.get("/staff").text
    names = re.findall(r'<a class="tap" href="/staff/[^"]+">([^<]+)</a>', page)
    assert names == ["Marigold Okafor", "Worker 0", "Worker 1", "Worker 2"]
    assert page.count("North, South") == 3


def test_an_invitation_shows_its_link_once_and_nothing_of_it_is_kept(
    client: TestClient, service: Service, admin: MadeStaff
) -> None:
    form = {
        "username": " Noor.Haddad ",
        "name": "Noor Haddad",
        "roles": ["researcher", "auditor", "emperor"],
        "teams": ["north", "no-such-team"],
    }
    answer = client.post("/staff/invite", data=form)
    assert answer.status_code == 200
    address = re.search(r"https://testserver(/join/[A-Za-z0-9_-]{43})", answer.text)
    assert address is not None
    with sessions.read(service.database) as db:
        made = db.exec(select(Staff).where(Staff.username == "noor.haddad")).one()
        teams = db.exec(select(TeamMember.team_id).where(TeamMember.staff_id == made.id)).all()
    assert (made.roles, made.password_hash, teams) == (["auditor", "researcher"], None, ["north"])
    assert address[1] not in client.get(f"/staff/{made.id}").text
    assert "No password yet" in client.get("/staff").text
    client.post("/sign-out")
    assert client.get(address[1]).status_code == 200
    trail = [(kind, actor, details) for kind, actor, _, details in happened(service.database)]
    assert trail[1:3] == [
        ("staff_teams_changed", admin.id, {"teams_before": "", "teams": "north"}),
        ("staff_invited", admin.id, {"roles": "auditor researcher"}),
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"username": "admin"}, "Somebody has this username already."),
        ({"username": "a"}, "Use 3 to 32 small letters"),
        ({"name": ""}, "Fill in the name that colleagues know"),
        ({"roles": []}, "Choose at least one role."),
        ({"roles": ["researcher", "approver"]}, "nobody approves the release of answers"),
    ],
)
def test_an_invitation_that_cannot_be_kept_makes_no_account(
    client: TestClient,
    service: Service,
    admin: MadeStaff,
    change: dict[str, object],
    words: str,
) -> None:
    form = {"username": "noor", "name": "Noor Haddad", "roles": ["researcher"]} | change
    answer = client.post("/staff/invite", data=form)
    assert answer.status_code == 422
    assert words in answer.text
    assert "There is a problem" in answer.text
    with sessions.read(service.database) as db:
        assert db.exec(select(Staff.username)).all() == ["admin"]


def test_roles_change_and_hold_from_the_next_request(
    client: TestClient, service: Service, admin: MadeStaff, worker: MadeStaff
) -> None:
    other = TestClient(client.app, base_url="https://testserver")
    sign_in(other, worker)
    assert other.get("/staff").status_code == 403
    roles = {"roles": ["administrator"]}
    answer = client.post(f"/staff/{worker.id}/roles", data=roles, follow_redirects=False)
    assert answer.headers["location"] == f"/staff/{worker.id}?done=roles"
    assert other.get("/staff").status_code == 200
    assert happened(service.database)[-1] == (
        "staff_roles_changed",
        admin.id,
        worker.id,
        {"roles_before": "practitioner", "roles": "administrator"},
    )


def test_researcher_and_approver_are_refused_together_and_stay_ticked(
    client: TestClient, service: Service, admin: MadeStaff, worker: MadeStaff
) -> None:
    roles = {"roles": ["researcher", "approver"]}
    answer = client.post(f"/staff/{worker.id}/roles", data=roles)
    assert answer.status_code == 422
    assert "One account cannot be both researcher and approver" in answer.text
    assert re.findall(r'value="(\w+)" checked', answer.text) == ["researcher", "approver", "north"]
    assert stored(service, worker).roles == ["practitioner"]


def test_the_last_administrator_stays_one(
    client: TestClient, service: Service, admin: MadeStaff, worker: MadeStaff
) -> None:
    roles = {"roles": ["practitioner"]}
    answer = client.post(f"/staff/{admin.id}/roles", data=roles)
    assert answer.status_code == 422
    assert "This is the last administrator who can sign in." in answer.text
    invited = {"username": "later", "name": "Later", "roles": ["administrator"]}
    client.post("/staff/invite", data=invited)
    assert client.post(f"/staff/{admin.id}/roles", data=roles).status_code == 422
    client.post(f"/staff/{worker.id}/roles", data={"roles": ["administrator"]})
    answer = client.post(f"/staff/{admin.id}/roles", data=roles, follow_redirects=False)
    assert answer.status_code == 303
    assert client.get("/staff").status_code == 403


@pytest.mark.parametrize("verb", ["disable", "reset"])
def test_nobody_switches_off_or_resets_their_own_account(
    client: TestClient, service: Service, admin: MadeStaff, verb: str
) -> None:
    make_staff(service.database, roles=(Role.ADMINISTRATOR,))
    answer = client.post(f"/staff/{admin.id}/{verb}")
    assert answer.status_code == 422
    assert "You cannot do this to your own account." in answer.text
    assert stored(service, admin).disabled_at is None
    assert stored(service, admin).password_hash is not None
    assert f"/staff/{admin.id}/{verb}" not in client.get(f"/staff/{admin.id}").text


def test_an_account_is_switched_off_at_once_and_on_again(
    client: TestClient, service: Service, admin: MadeStaff, worker: MadeStaff
) -> None:
    other = TestClient(client.app, base_url="https://testserver")
    sign_in(other, worker)
    client.post(f"/staff/{worker.id}/disable")
    assert other.get("/account").url.path == "/sign-in"
    assert "Switched off" in client.get("/staff").text
    refused = other.post("/sign-in", data={"username": worker.username, "password": PASSWORD})
    assert refused.status_code == 422
    client.post(f"/staff/{worker.id}/enable")
    assert other.get("/account").url.path == "/sign-in"
    sign_in(other, worker)
    kinds = [event[0] for event in happened(service.database)]
    assert kinds[2:] == [
        "logins_ended_everywhere",
        "staff_disabled",
        "login_refused",
        "staff_enabled",
        "login_started",
    ]


def test_a_reset_ends_password_and_logins_and_gives_a_link_for_a_new_one(
    client: TestClient, service: Service, admin: MadeStaff, clock: Clock
) -> None:
    careful = make_staff(service.database, username="careful", second_factor=True)
    other = TestClient(client.app, base_url="https://testserver")
    sign_in(other, careful, now=clock())
    answer = client.post(f"/staff/{careful.id}/reset")
    path = re.search(r"/join/[A-Za-z0-9_-]{43}", answer.text)
    assert path is not None
    assert "within 24 hours" in answer.text
    assert other.get("/account").url.path == "/sign-in"
    old = {"username": "careful", "password": PASSWORD}
    assert other.post("/sign-in", data=old).status_code == 422
    assert "Choose a new password" in other.get(path[0]).text
    new = {"username": "careful", "password": "quite another river stone"}
    other.post(path[0], data=new)
    asked = other.post("/sign-in", data=new, follow_redirects=False)
    assert asked.headers["location"].startswith("/sign-in/code")
    assert [event[0] for event in happened(service.database)][-4:] == [
        "logins_ended_everywhere",
        "staff_reset",
        "login_refused",
        "password_changed",
    ]


def test_a_reset_can_drop_the_second_factor_of_a_lost_phone(
    client: TestClient, service: Service, admin: MadeStaff
) -> None:
    careful = make_staff(service.database, second_factor=True)
    client.post(f"/staff/{careful.id}/reset", data={"drop_second_factor": "yes"})
    account = stored(service, careful)
    assert (account.totp_secret, account.totp_on_at, account.totp_last_step) == (None, None, None)
    assert ("second_factor_removed", admin.id, careful.id, {}) in happened(service.database)


def test_signing_somebody_out_leaves_the_account_as_it_is(
    client: TestClient, service: Service, admin: MadeStaff, worker: MadeStaff
) -> None:
    other = TestClient(client.app, base_url="https://testserver")
    sign_in(other, worker)
    client.post(f"/staff/{worker.id}/sign-out")
    assert other.get("/account").url.path == "/sign-in"
    assert client.get("/account").url.path == "/account"
    sign_in(other, worker)
    with sessions.read(service.database) as db:
        ended = db.exec(select(Login.ended_at).where(Login.staff_id == worker.id)).all()
    assert sorted(each is None for each in ended) == [False, True]


def test_teams_change_but_membership_of_a_closed_one_stays(
    client: TestClient, service: Service, admin: MadeStaff
) -> None:
    worker = make_staff(service.database, teams=("north", "east"))
    make_staff(service.database, teams=("south",))
    client.post("/service/teams/east/close")
    client.post(f"/staff/{worker.id}/teams", data={"teams": ["south", "nowhere"]})
    assert happened(service.database)[-1] == (
        "staff_teams_changed",
        admin.id,
        worker.id,
        {"teams_before": "east north", "teams": "east south"},
    )


def test_an_account_that_does_not_exist_is_not_found(client: TestClient, admin: MadeStaff) -> None:
    assert client.get("/staff/nobody").status_code == 404
    for verb in ("roles", "teams", "disable", "enable", "reset", "sign-out"):
        form = {"roles": ["auditor"]}
        assert client.post(f"/staff/nobody/{verb}", data=form).status_code == 404


def test_no_name_reaches_the_audit_log(
    client: TestClient, service: Service, admin: MadeStaff
) -> None:
    form = {"username": "noor.haddad", "name": "Noor Haddad", "roles": ["auditor"]}
    client.post("/staff/invite", data=form)
    client.post("/service/teams", data={"name": "Harbour Lane"})
    client.post("/service/teams/harbour-lane/rename", data={"name": "Quarry Road"})
    log = repr(happened(service.database))
    assert not re.search(r"(?i)noor|marigold|admin'|quarry", log)


def stored(service: Service, made: MadeStaff) -> Staff:
    with sessions.read(service.database) as db:
        return db.get_one(Staff, made.id)


def count_queries(client: TestClient, service: Service, path: str) -> int:
    statements: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(service.database.reader, "before_cursor_execute", note)
    assert client.get(path).status_code == 200
    event.remove(service.database.reader, "before_cursor_execute", note)
    return len(statements)
