"""One-time links: the first administrator, a colleague, a new password."""

from __future__ import annotations

import pytest
from fixtures.service import START, Clock
from fixtures.staff import PASSWORD, happened, make_staff
from sqlmodel import select
from starlette.testclient import TestClient

from app.adapters import passwords
from app.db import sessions
from app.db.engine import Database
from app.db.tables import Invitation, Staff, Team, TeamMember
from app.domain.access import Role
from app.services import invitations
from app.web.service import Service

FIRST = {
    "username": "Marigold",
    "name": "Marigold Okafor",
    "team_name": "North team",
    "password": PASSWORD,
}


def first_link(database: Database, clock: Clock) -> str | None:
    with sessions.write(database) as db:
        return invitations.first_link(db, now=clock())


def invite(service: Service, clock: Clock, **more: object) -> invitations.Invited:
    filled = {"username": "robin.ashe", "name": "Robin Ashe", "roles": {Role.AUDITOR}, **more}
    with sessions.write(service.database) as db:
        made = invitations.invite_staff(db, **filled, by="system", now=clock())  # type: ignore[arg-type]
    assert isinstance(made, invitations.Invited)
    return made


def test_the_first_account_can_do_the_whole_job_in_a_team_of_its_own(
    client: TestClient, service: Service, clock: Clock
) -> None:
    path = first_link(service.database, clock)
    assert path is not None
    page = client.get(path)
    assert page.status_code == 200
    assert 'value="First team"' in page.text
    answer = client.post(path, data=FIRST, follow_redirects=False)
    assert answer.headers["location"] == "/sign-in?notice=joined"
    with sessions.read(service.database) as db:
        staff, team = db.exec(select(Staff)).one(), db.exec(select(Team)).one()
        member = db.exec(select(TeamMember)).one()
        invitation = db.exec(select(Invitation)).one()
    assert (staff.username, staff.display_name) == ("marigold", "Marigold Okafor")
    assert staff.roles == ["administrator", "practitioner"]
    assert (team.id, team.name) == ("first-team", "North team")
    assert (member.team_id, member.staff_id) == (team.id, staff.id)
    assert passwords.verify_secret(PASSWORD, staff.password_hash)
    assert happened(service.database) == [
        ("staff_invited", "system", invitation.id, {"roles": "administrator practitioner"}),
        ("team_created", staff.id, "first-team", {}),
        (
            "staff_joined",
            staff.id,
            staff.id,
            {"invitation": invitation.id, "roles": "administrator practitioner"},
        ),
    ]


def test_a_second_start_makes_a_fresh_link_and_ends_the_one_before(
    client: TestClient, service: Service, clock: Clock
) -> None:
    old, new = first_link(service.database, clock), first_link(service.database, clock)
    assert old != new
    assert client.get(str(old)).status_code == 404
    assert client.post(str(old), data=FIRST).status_code == 404
    assert client.get(str(new)).status_code == 200


def test_there_is_no_first_link_once_somebody_works_here(
    client: TestClient, service: Service, clock: Clock
) -> None:
    path = first_link(service.database, clock)
    make_staff(service.database)
    assert first_link(service.database, clock) is None
    assert client.post(str(path), data=FIRST).status_code == 404
    with sessions.read(service.database) as db:
        assert len(db.exec(select(Staff)).all()) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"password": "short"}, "Use at least 12 characters."),
        ({"password": "x" * 129}, "Use at most 128 characters."),
        ({"password": "marigold okafor"}, "This password is too easy to guess."),
        ({"username": "no spaces here"}, "Use 3 to 32 small letters"),
        ({"name": " "}, "Fill in the name that colleagues know"),
    ],
)
def test_what_cannot_be_kept_is_asked_again_with_what_was_typed(
    client: TestClient, service: Service, clock: Clock, change: dict[str, str], words: str
) -> None:
    path = str(first_link(service.database, clock))
    answer = client.post(path, data=FIRST | change)
    assert answer.status_code == 422
    assert words in answer.text
    assert 'value="North team"' in answer.text
    assert FIRST["password"] not in answer.text
    assert client.post(path, data=FIRST, follow_redirects=False).status_code == 303


def test_an_invited_colleague_sees_who_they_are_here_and_chooses_a_password(
    client: TestClient, service: Service, clock: Clock
) -> None:
    made = invite(service, clock, roles={Role.AUDITOR, Role.REVIEWER_CLINICAL})
    page = client.get(made.path).text
    assert "This link is for Robin Ashe." in page
    assert "robin.ashe" in page
    assert page.index("Clinical reviewer") < page.index("Auditor")
    answer = client.post(
        made.path, data={"password": PASSWORD, "username": "other"}, follow_redirects=False
    )
    assert answer.headers["location"] == "/sign-in?notice=joined"
    with sessions.read(service.database) as db:
        staff = db.exec(select(Staff)).one()
    assert (staff.username, staff.roles) == ("robin.ashe", ["auditor", "reviewer_clinical"])
    entered = {"username": "robin.ashe", "password": PASSWORD}
    assert client.post("/sign-in", data=entered, follow_redirects=False).status_code == 303


def test_a_link_works_once(client: TestClient, service: Service, clock: Clock) -> None:
    made = invite(service, clock)
    client.post(made.path, data={"password": PASSWORD}, follow_redirects=False)
    second = client.post(made.path, data={"password": "another three quiet rivers"})
    assert second.status_code == 404
    assert "This link does not work any more" in second.text
    with sessions.read(service.database) as db:
        stored = db.exec(select(Staff.password_hash)).one()
    assert passwords.verify_secret(PASSWORD, stored)


@pytest.mark.parametrize(("days", "status"), [(6.99, 200), (7, 404)])
def test_an_invitation_lasts_seven_days(
    client: TestClient, service: Service, clock: Clock, days: float, status: int
) -> None:
    made = invite(service, clock)
    clock.pass_time(days=days)
    assert client.get(made.path).status_code == status


@pytest.mark.parametrize(("hours", "status"), [(23.9, 200), (24, 404)])
def test_a_first_link_lasts_a_day(
    client: TestClient, service: Service, clock: Clock, hours: float, status: int
) -> None:
    path = str(first_link(service.database, clock))
    clock.pass_time(hours=hours)
    assert client.get(path).status_code == status


def test_the_database_holds_no_token(client: TestClient, service: Service, clock: Clock) -> None:
    made = invite(service, clock)
    token = made.path.removeprefix("/join/")
    assert client.get(made.path).status_code == 200
    with sessions.read(service.database) as db:
        row = db.exec(select(Invitation)).one()
    assert len(token) == 43
    assert token not in repr(row)
    assert row.created_at == START


def test_an_invitation_that_ran_out_is_renewed_as_an_invitation(
    client: TestClient, service: Service, clock: Clock
) -> None:
    made = invite(service, clock)
    clock.pass_time(days=8)
    with sessions.write(service.database) as db:
        again = invitations.reset_staff(
            db, staff_id=made.staff_id, drop_second_factor=False, by="system", now=clock()
        )
    assert isinstance(again, invitations.Invited)
    clock.pass_time(days=6)
    client.post(again.path, data={"password": PASSWORD})
    kinds = [event[0] for event in happened(service.database)]
    assert kinds == ["staff_invited", "logins_ended_everywhere", "staff_invited", "staff_joined"]
