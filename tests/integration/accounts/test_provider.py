"""Signing in with an identity provider: who gets in, as what, and every way in which it fails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from fixtures.identity_provider import (
    CIS2,
    CIS2_PERSON,
    CIS2_USERINFO,
    ENTRA,
    ENTRA_PERSON,
    StubProvider,
    go_there,
    stub_provider,
    through,
)
from fixtures.service import Clock
from fixtures.staff import PASSWORD, MadeStaff, happened, make_staff, sign_in
from httpx2 import Response
from sqlmodel import select
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from app.db import sessions
from app.db.tables import Login, Staff, StaffIdentity, UsedOnce
from app.domain.access import STEP_UP_LASTS, Role
from app.main import build_service, create_app
from app.settings import Settings
from app.web.service import Service


@pytest.fixture
def stub(clock: Clock) -> Iterator[StubProvider]:
    with stub_provider(clock) as provider:
        yield provider


@pytest.fixture
def settings(database_url: str, tmp_path: Path, stub: StubProvider) -> Settings:
    given = stub.file(tmp_path, ENTRA)
    return Settings(
        database_url=database_url, var_dir=tmp_path / "var", look_again_seconds=60, **given
    )


@pytest.fixture
def admin(service: Service) -> MadeStaff:
    """Somebody with a password is there first."""
    return make_staff(service.database, roles=(Role.ADMINISTRATOR,), username="admin.first")


def people(service: Service) -> list[Staff]:
    with sessions.read(service.database) as db:
        identities = select(StaffIdentity.staff_id)
        return list(db.exec(select(Staff).where(Staff.id.in_(identities))).all())  # type: ignore[attr-defined]


def refused(service: Service) -> list[object]:
    return [row[3]["reason"] for row in happened(service.database) if row[0] == "login_refused"]


def said(client: TestClient, location: str) -> str:
    """The message of the page that a redirect leads to."""
    page = client.get(location)
    assert page.status_code == 200
    found = re.search(r'nhsuk-error-summary__body">(.*?)</div>', page.text, re.S)
    assert found, page.text
    return unescape(re.sub(r"<[^>]+>", " ", found[1])).strip()


def test_a_first_sign_in_makes_an_account_with_the_roles_of_the_file(
    client: TestClient, service: Service, stub: StubProvider, admin: MadeStaff
) -> None:
    stub.person = {**ENTRA_PERSON, "roles": ["Grids.Practitioner", "Somebody else's"]}
    assert through(client, stub, "/sign-in/provider?next=/encounters") == "/encounters"
    [person] = people(service)
    assert (person.display_name, person.roles, person.password_hash) == (
        "Ash Rowan",
        ["practitioner"],
        None,
    )
    kinds = [(kind, subject) for kind, _, subject, _ in happened(service.database)]
    assert kinds == [("staff_joined_by_provider", person.id), ("login_started", person.id)]
    assert client.get("/home").status_code == 200
    account = client.get("/account").text
    assert "With your organisation's sign-in" in unescape(account)
    assert "Change password" not in account


def test_the_number_that_the_provider_knows_somebody_by_is_not_stored(
    client: TestClient, service: Service, stub: StubProvider, admin: MadeStaff, settings: Settings
) -> None:
    through(client, stub)
    with sessions.read(service.database) as db:
        [identity] = db.exec(select(StaffIdentity)).all()
    known = [ENTRA_PERSON["oid"], ENTRA_PERSON["sub"]]
    assert not any(number in str(identity.model_dump()) for number in known)


def test_the_same_person_is_the_same_account_and_has_todays_roles(
    client: TestClient, service: Service, stub: StubProvider, admin: MadeStaff
) -> None:
    through(client, stub)
    stub.person = {**ENTRA_PERSON, "name": "Ash Birch", "roles": ["Grids.Researcher"]}
    assert through(client, stub) == "/home"
    [person] = people(service)
    assert (person.display_name, person.roles) == ("Ash Birch", ["researcher"])
    changed = [row for row in happened(service.database) if row[0] == "staff_roles_changed"]
    details = {"roles_before": "practitioner", "roles": "researcher"}
    assert changed == [("staff_roles_changed", "system", person.id, details)]
    with sessions.read(service.database) as db:
        logins = db.exec(select(Login).order_by(Login.created_at)).all()  # type: ignore[arg-type]
    assert sum(login.ended_at is None for login in logins) == 1


def test_a_role_taken_away_there_holds_at_the_next_sign_in(
    client: TestClient, service: Service, stub: StubProvider, admin: MadeStaff
) -> None:
    through(client, stub)
    stub.person = {**ENTRA_PERSON, "roles": []}
    location = through(client, stub)
    assert "nobody has given you a role" in said(client, location)
    assert [person.roles for person in people(service)] == [[]]
    assert client.get("/home", follow_redirects=False).headers["location"].startswith("/sign-in")


def test_nobody_becomes_researcher_and_approver_through_the_provider(
    client: TestClient, service: Service, stub: StubProvider, admin: MadeStaff
) -> None:
    groups = ["9d1c2f00-0000-4000-8000-00000000000a"]
    stub.person = {**ENTRA_PERSON, "roles": ["Grids.Researcher"], "groups": groups}
    location = through(client, stub)
    assert "both the researcher's and the approver's role" in said(client, location)
    assert people(service) == []
    assert refused(service) == ["provider_roles_clash"]


def test_an_administrator_cannot_change_what_the_provider_decides(
    client: TestClient, service: Service, stub: StubProvider, admin: MadeStaff
) -> None:
    through(client, stub)
    [person] = people(service)
    client.post("/sign-out")
    sign_in(client, admin)
    page = client.get(f"/staff/{person.id}").text
    assert "with the organisation" in page
    assert "Link for a new password" not in page
    answers = [
        client.post(f"/staff/{person.id}/roles", data={"roles": "administrator"}),
        client.post(f"/staff/{person.id}/reset", data={}),
    ]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert [entry.roles for entry in people(service)] == [["practitioner"]]


def test_a_switched_off_account_stays_out(
    client: TestClient, service: Service, stub: StubProvider, admin: MadeStaff, clock: Clock
) -> None:
    through(client, stub)
    with sessions.write(service.database) as db:
        db.get_one(Staff, people(service)[0].id).disabled_at = clock()
    assert "This account is switched off" in said(client, through(client, stub))


def test_the_first_account_has_a_password(
    client: TestClient, service: Service, stub: StubProvider
) -> None:
    assert "no first account yet" in said(client, through(client, stub))
    assert people(service) == []


#: What the provider does wrong -> the key in the audit log, and words of the message.
WRONGS = {
    "altered": ("provider_token", "could not be verified"),
    "symmetric": ("provider_token", "could not be verified"),
    "unsigned": ("provider_token", "could not be verified"),
    "denied": ("provider_stopped", "stopped before it was finished"),
    "token down": ("provider_unreachable", "does not answer at the moment"),
}


def test_what_breaks_a_rule_ends_in_a_plain_message(
    client: TestClient, service: Service, stub: StubProvider, admin: MadeStaff
) -> None:
    for rule, (_, words) in WRONGS.items():
        stub.breaks = rule
        assert words in said(client, through(client, stub)), rule
    assert refused(service) == [reason for reason, _ in WRONGS.values()]
    assert "__Host-login" not in client.cookies
    assert people(service) == []


#: What it signs -> the key. None takes a claim out.
SPOILT = {
    "iss": ("https://elsewhere.example", "provider_token"),
    "aud": ("another-client", "provider_token"),
    "nonce": ("another", "provider_token"),
    "oid": (None, "provider_token"),
    "exp": (1, "provider_expired"),
    "iat": (4_000_000_000, "provider_clock"),
    "tid": ("another", "provider_other_directory"),
    "acrs": ([], "provider_weak"),
    "hasgroups": (True, "provider_groups"),
}


def test_a_token_with_one_wrong_claim_opens_nothing(
    client: TestClient, service: Service, stub: StubProvider, admin: MadeStaff
) -> None:
    for claim, (value, reason) in SPOILT.items():
        stub.spoil = {claim: value}
        assert f"notice={reason}&" in through(client, stub), claim
    assert refused(service) == [reason for _, reason in SPOILT.values()]
    assert "__Host-login" not in client.cookies


def test_a_minute_between_the_clocks_is_forgiven_and_no_more(
    client: TestClient, service: Service, stub: StubProvider, admin: MadeStaff, clock: Clock
) -> None:
    stub.spoil = {"iat": int(clock().timestamp()) + 55}
    assert through(client, stub) == "/home"
    stub.spoil = {"exp": int(clock().timestamp()) - 65}
    assert "had run out" in said(
        TestClient(client.app, "https://testserver"), through(client, stub)
    )


def test_a_provider_that_does_not_answer_leaves_the_password(
    client: TestClient, service: Service, stub: StubProvider, admin: MadeStaff, clock: Clock
) -> None:
    for way in ("down", "page", "huge", "moved"):
        stub.breaks = way
        clock.pass_time(seconds=11)
        location = client.get("/sign-in/provider", follow_redirects=False).headers["location"]
        assert "does not answer at the moment" in said(client, location), way
    asked = len(stub.asked)
    client.get("/sign-in/provider")
    assert len(stub.asked) == asked, "a failure is remembered for ten seconds"
    assert refused(service) == ["provider_unreachable"] * 5
    sign_in(client, admin)


def test_a_provider_that_says_it_is_another_is_not_used(
    client: TestClient, service: Service, stub: StubProvider, admin: MadeStaff
) -> None:
    stub.breaks = "issuer"
    location = client.get("/sign-in/provider", follow_redirects=False).headers["location"]
    assert "another sign-in than the one" in said(client, location)
    assert refused(service) == ["provider_issuer"]


def test_what_it_published_is_kept_and_outlives_an_outage(
    client: TestClient, service: Service, stub: StubProvider, admin: MadeStaff, clock: Clock
) -> None:
    through(client, stub)
    through(client, stub)
    assert sum("openid-configuration" in path for path in stub.asked) == 1
    assert sum(path.endswith("/keys") for path in stub.asked) == 1
    clock.pass_time(hours=2)
    stub.breaks = "down"
    assert (
        client.get("/sign-in/provider", follow_redirects=False)
        .headers["location"]
        .startswith(stub.issuer)
    )
    clock.pass_time(hours=23)
    location = client.get("/sign-in/provider", follow_redirects=False).headers["location"]
    assert "provider_unreachable" in location


def test_new_keys_of_the_provider_are_looked_up(
    client: TestClient, service: Service, stub: StubProvider, admin: MadeStaff, clock: Clock
) -> None:
    through(client, stub)
    stub.kid = "second"
    clock.pass_time(seconds=11)
    assert through(client, stub) == "/home"


def test_an_answer_counts_once_and_for_the_browser_that_asked(
    client: TestClient, service: Service, stub: StubProvider, admin: MadeStaff
) -> None:
    way_back = go_there(client, stub)
    other = TestClient(client.app, "https://testserver")
    stolen = other.get(way_back, follow_redirects=False)
    assert "not begun in this browser" in said(other, stolen.headers["location"])
    note = client.cookies["__Host-away"]
    assert client.get(way_back, follow_redirects=False).headers["location"] == "/home"
    client.cookies.set("__Host-away", note, domain="testserver.local", path="/")
    again = client.get(way_back, follow_redirects=False).headers["location"]
    assert "provider_used" in again
    assert refused(service) == ["provider_state", "provider_used"]


def test_a_code_of_another_sign_in_is_refused_by_pkce(
    client: TestClient, service: Service, stub: StubProvider, admin: MadeStaff
) -> None:
    other = TestClient(client.app, "https://testserver")
    stolen = parse_qs(urlsplit(go_there(other, stub)).query)["code"][0]
    mine = parse_qs(urlsplit(go_there(client, stub)).query)["state"][0]
    answer = client.get(
        f"/sign-in/provider/back?code={stolen}&state={mine}", follow_redirects=False
    )
    assert "provider_refused" in answer.headers["location"]


def test_an_answer_that_names_another_issuer_is_refused(
    client: TestClient, service: Service, stub: StubProvider, admin: MadeStaff
) -> None:
    way_back = go_there(client, stub) + "&iss=https%3A%2F%2Felsewhere.example"
    location = client.get(way_back, follow_redirects=False).headers["location"]
    assert "another sign-in than the one" in said(client, location)
    assert not any(path.endswith("/token") for path in stub.asked)


def test_ten_minutes_away_is_too_long(
    client: TestClient, service: Service, stub: StubProvider, admin: MadeStaff, clock: Clock
) -> None:
    way_back = go_there(client, stub)
    clock.pass_time(minutes=11)
    location = client.get(way_back, follow_redirects=False).headers["location"]
    assert "provider_state" in location


def test_the_log_is_not_for_anybody_to_fill(
    client: TestClient, service: Service, stub: StubProvider, admin: MadeStaff
) -> None:
    for _ in range(40):
        answer = client.get("/sign-in/provider/back?state=x&code=y", follow_redirects=False)
    assert "wait=" in answer.headers["location"]
    assert "Please wait" in said(client, answer.headers["location"])
    assert len(refused(service)) == 31
    with sessions.read(service.database) as db:
        assert db.exec(select(UsedOnce)).all() == []
    sign_in(client, admin)


def test_what_needs_a_new_proof_asks_the_provider_for_one(
    client: TestClient, service: Service, stub: StubProvider, admin: MadeStaff, clock: Clock
) -> None:
    stub.person = {**ENTRA_PERSON, "roles": ["Grids.Researcher"]}
    through(client, stub)

    def press() -> Response:
        return client.post("/exports/none/download", follow_redirects=False)

    assert press().status_code == 404
    clock.pass_time(seconds=STEP_UP_LASTS.total_seconds() + 1)
    sent = press().headers["location"]
    assert sent == "/confirm?next=/exports/none"
    page = client.get(sent).text
    assert 'name="password"' not in page
    link = unescape(re.findall(r'href="(/confirm/provider[^"]*)"', page)[0])
    before = client.cookies["__Host-login"]
    stub.breaks = "no new proof"
    assert "did not ask you again" in said(client, through(client, stub, link))
    assert press().status_code == 303
    stub.breaks = ""
    assert through(client, stub, link) == "/exports/none"
    assert client.cookies["__Host-login"] != before
    assert press().status_code == 404
    assert refused(service) == ["provider_not_again"]
    assert happened(service.database)[-1][0] == "login_confirmed"


def test_somebody_else_cannot_prove_who_is_signed_in(
    client: TestClient, service: Service, stub: StubProvider, admin: MadeStaff
) -> None:
    through(client, stub)
    stub.person = {**ENTRA_PERSON, "oid": "another person", "name": "Kit Sorrel"}
    location = through(client, stub, "/confirm/provider?next=/encounters")
    assert "Somebody else signed in there" in said(client, location)
    assert len(people(service)) == 1


def test_a_second_proof_is_for_the_login_that_asked_for_it(
    client: TestClient, service: Service, stub: StubProvider, admin: MadeStaff
) -> None:
    through(client, stub)
    way_back = go_there(client, stub, "/confirm/provider")
    client.post("/sign-out")
    sign_in(client, admin)
    location = client.get(way_back, follow_redirects=False).headers["location"]
    assert "provider_state" in location


def test_signing_out_leaves_the_provider_too(
    client: TestClient, service: Service, stub: StubProvider, admin: MadeStaff
) -> None:
    through(client, stub)
    answer = client.post("/sign-out", follow_redirects=False)
    assert answer.headers["location"] == "/sign-in/provider/leaving"
    assert client.get("/home", follow_redirects=False).status_code == 303
    page = client.get("/sign-in/provider/leaving")
    assert page.headers["refresh"] == "0; url=/sign-in/provider/leave"
    target = client.get("/sign-in/provider/leave", follow_redirects=False).headers["location"]
    asked = parse_qs(urlsplit(target).query)
    assert target.startswith(f"{stub.issuer}/leave?")
    assert asked["post_logout_redirect_uri"] == ["https://testserver/sign-in/provider/left"]
    assert asked["id_token_hint"][0].count(".") == 2
    assert "__Host-provider" not in client.cookies
    assert "You are signed out." in client.get("/sign-in/provider/left").text
    sign_in(client, admin)
    assert (
        client.post("/sign-out", follow_redirects=False)
        .headers["location"]
        .endswith("notice=signed-out")
    )


def test_where_it_cannot_be_left_the_page_says_so(
    client: TestClient, service: Service, stub: StubProvider, admin: MadeStaff, clock: Clock
) -> None:
    through(client, stub)
    client.post("/sign-out", follow_redirects=False)
    stub.breaks = "down"
    clock.pass_time(hours=25)
    answer = client.get("/sign-in/provider/leave", follow_redirects=False)
    assert "sign out there too" in client.get(answer.headers["location"]).text


def test_no_page_of_a_family_and_no_policy_names_the_provider(
    client: TestClient, service: Service, stub: StubProvider, admin: MadeStaff
) -> None:
    through(client, stub)
    for path in ("/", "/help", "/privacy", "/sign-in", "/sign-in/provider/leaving", "/account"):
        answer = client.get(path)
        policy = answer.headers["content-security-policy"]
        assert "form-action 'self'" in policy
        assert "connect-src 'self'" in policy
        assert str(stub.port) not in policy + answer.text
        assert ("Valley NHS" in answer.text) == (path in {"/sign-in/provider/leaving"}), path


def test_logs_and_audit_hold_no_code_no_token_and_no_name(
    client: TestClient, service: Service, stub: StubProvider, admin: MadeStaff
) -> None:
    with capture_logs() as logs:
        way_back = go_there(client, stub)
        client.get(way_back)
        stub.breaks = "altered"
        through(client, stub)
    code = parse_qs(urlsplit(way_back).query)["code"][0]
    written = f"{logs}{happened(service.database)}"
    secrets = (code, "Ash Rowan", ENTRA_PERSON["oid"], ENTRA_PERSON["sub"], "eyJ", PASSWORD)
    assert [secret for secret in secrets if str(secret) in written] == []
    assert [entry["event"] for entry in logs] == ["provider_sign_in_stopped"]


def test_cis2_says_roles_of_the_chosen_post_at_the_sites_organisation(
    database_url: str, tmp_path: Path, stub: StubProvider, clock: Clock
) -> None:
    stub.person, stub.userinfo = CIS2_PERSON, CIS2_USERINFO
    given = stub.file(tmp_path, CIS2)
    made = build_service(
        Settings(database_url=database_url, var_dir=tmp_path / "var", **given), clock
    )
    make_staff(made.database, roles=(Role.ADMINISTRATOR,))
    with TestClient(create_app(made), base_url="https://testserver") as client:
        answer = client.get("/sign-in/provider", follow_redirects=False)
        assert "acr_values=AAL2_OR_AAL3_ANY" in answer.headers["location"]
        assert through(client, stub) == "/home"
        assert [(one.display_name, one.roles) for one in people(made)] == [
            ("Ash Rowan", ["practitioner"])
        ]
        stub.userinfo = {**CIS2_USERINFO, "sub": "somebody else"}
        assert "provider_token" in through(client, stub)
        stub.person = {**CIS2_PERSON, "authentication_assurance_level": "1"}
        stub.userinfo = CIS2_USERINFO
        assert "provider_weak" in through(client, stub)


def test_without_a_provider_there_is_no_trace_of_one(service: Service, clock: Clock) -> None:
    service.provider = None
    with TestClient(create_app(service), base_url="https://testserver") as client:
        assert "provider" not in client.get("/sign-in").text
        for path in ("/sign-in/provider", "/sign-in/provider/back", "/sign-in/provider/leave"):
            assert client.get(path, follow_redirects=False).status_code == 404
