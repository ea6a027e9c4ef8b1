"""Taking a release back: at once, for a reason that families are told, and for good."""

from __future__ import annotations

from uuid import uuid4

import pytest
from fixtures.encounters import make_draft, viewer_of
from fixtures.reviews import next_edition, released, stock, withdraw
from fixtures.service import START
from fixtures.staff import MadeStaff, happened, make_staff, sign_in
from sqlmodel import col, select
from starlette.testclient import TestClient
from typer.testing import CliRunner

from app.cli.commands import app as command
from app.content.library import ReleaseStatus
from app.db import sessions
from app.db.queries import approvals as queries
from app.db.tables import Encounter, Response
from app.domain.access import Role
from app.domain.approval import WithdrawalReason
from app.domain.encounter import GridChoice
from app.services import approvals, encounters
from app.settings import read_settings
from app.web import standing
from app.web.service import Service

K7, M4 = released("k7"), released("m4")
SECOND = next_edition(K7)
PICKED = ("what-helps-now", "one-to-one")


@pytest.fixture(autouse=True)
def _ready(service: Service, client: TestClient) -> None:
    stock(service, K7, SECOND, M4)


@pytest.fixture
def administrator(service: Service, client: TestClient) -> MadeStaff:
    made = make_staff(service.database, roles=[Role.ADMINISTRATOR], teams=())
    sign_in(client, made)
    return made


def opened_with(service: Service, version: int) -> str:
    by = viewer_of(make_staff(service.database))
    grid = GridChoice("k7", version, "ab" * 32, PICKED)
    with sessions.write(service.database) as db:
        return encounters.open_encounter(db, draft=make_draft(grid=grid), by=by, now=START).code


def test_it_says_so_and_why_at_once_and_the_one_before_is_in_use(client, service, administrator):
    assert 'data-version="2"' in client.get("/g/k7").text
    answer = withdraw(client, SECOND, "fact_wrong")
    assert answer.headers["location"] == "/grids/k7/2?done=withdrawn"
    for path in ("/g/k7/2", "/g/k7/2?voice=parent", "/g/k7/2/fragment"):
        closed = client.get(path).text
        assert 'data-grid-closed="withdrawn"' in closed
        assert "A fact in it was wrong." in closed
        assert "og-table" not in closed
    assert 'data-version="1"' in client.get("/g/k7").text
    assert "/g/k7/2" not in client.get("/").text
    paper = client.get("/g/k7/2/handout.pdf", follow_redirects=False)
    assert (paper.status_code, paper.headers["location"]) == (303, "/g/k7/2")


@pytest.mark.parametrize("reason", list(WithdrawalReason))
def test_families_are_told_every_reason_in_words(client, service, administrator, reason):
    withdraw(client, K7, reason.value)
    text = client.get("/g/k7/1").text
    assert "Something in it was not right." not in text
    assert reason.value not in text.split("<main")[1]


def test_it_is_audited_once_and_holds(client, service, administrator):
    withdraw(client, K7, "unsafe_words")
    withdraw(client, K7, "not_clear")
    told = [row for row in happened(service.database) if row[0] == "grid_withdrawn"]
    details = {"grid": "k7", "version": 1, "reason": "unsafe_words"}
    assert told == [("grid_withdrawn", administrator.id, K7.sha256, details)]
    assert service.standing.withdrawn == {K7.sha256: WithdrawalReason.UNSAFE_WORDS}
    assert "Words in it are not safe" in client.get("/grids/k7/1").text
    assert "Take it back" not in client.get("/grids/k7/1").text


@pytest.mark.parametrize("reason", ["", "because", "FACT_WRONG"])
def test_a_reason_from_the_list_is_needed(client, service, administrator, reason):
    refused = withdraw(client, K7, reason)
    assert refused.status_code == 422
    assert "Choose why it is taken back." in refused.text
    assert service.library.status(K7, START.date()) == ReleaseStatus.DRAFT_RELEASE


def test_only_an_administrator_takes_back(client, service):
    for role in set(Role) - {Role.ADMINISTRATOR}:
        sign_in(client, make_staff(service.database, roles=[role], teams=()))
        assert withdraw(client, K7, "fact_wrong").status_code == 403
    assert service.standing.withdrawn == {}


def test_an_approved_release_can_be_taken_back_and_stays_so(service):
    with sessions.write(service.database) as db:
        reason = WithdrawalReason.EVIDENCE_CHANGED
        first = approvals.withdraw_release(db, release=K7, reason=reason, by="system", now=START)
        again = approvals.withdraw_release(db, release=K7, reason=reason, by="system", now=START)
    assert (first, again) == (True, False)
    approved = queries.Standing({K7.sha256: frozenset(approvals.ApprovalKind)}, {K7.sha256: reason})
    stands = approvals.with_standing(service.library, approved)
    assert stands.status(K7, START.date()) == ReleaseStatus.WITHDRAWN


def test_the_codes_of_who_was_shown_it_come_by_version(service):
    first, second, third = (opened_with(service, version) for version in (1, 2, 1))
    with sessions.write(service.database) as db:
        found = db.exec(select(Encounter).where(col(Encounter.code).in_([first, third]))).all()
        for row in found:
            row.state = "voided" if row.code == third else row.state
        shown_another = next(row for row in found if row.code == first)
        db.add(answers(shown_another, grid_version=2))
    with sessions.read(service.database) as db:
        shown = queries.list_shown(db, "k7")
        assert queries.list_shown(db, "m4") == ()
    assert shown == (
        queries.ShownIn(1, tuple(sorted([first, third]))),
        queries.ShownIn(2, tuple(sorted([first, second]))),
    )


def answers(row: Encounter, *, grid_version: int) -> Response:
    """An answer set that names another version than its appointment was opened with."""
    words = dict.fromkeys(
        ["instrument_id", "instrument_version", "wording_sha256", "occasion", "respondent", "mode"],
        "made-up",
    )
    return Response(
        id=str(uuid4()),
        encounter_id=row.id,
        device=str(uuid4()),
        seq=1,
        digest="",
        sealed=b"",
        receipt="",
        state="complete",
        language="en",
        helped_by=[],
        items={},
        grid_public_id="k7",
        grid_version=grid_version,
        grid_sha256=SECOND.sha256,
        environment="training",
        demo=False,
        made_at=START,
        received_at=START,
        **words,
    )


def test_the_command_takes_back_and_the_running_service_follows(
    client, service, settings, monkeypatch
):
    code = opened_with(service, 1)
    watch = standing.Watch(service)
    read_settings.cache_clear()
    monkeypatch.setenv("DATABASE_URL", settings.database)
    monkeypatch.setenv("VAR_DIR", str(settings.var_dir))
    try:
        ran = CliRunner().invoke(command, ["withdraw", "k7", "--reason", "not_fair"])
        again = CliRunner().invoke(command, ["withdraw", "k7", "--reason", "not_fair"])
        unknown = CliRunner().invoke(command, ["withdraw", "zz", "--reason", "not_fair"])
        odd = CliRunner().invoke(command, ["withdraw", "k7", "--reason", "whatever"])
    finally:
        read_settings.cache_clear()

    assert ran.exit_code == 0, ran.output
    assert "k7 version 1: taken back" in ran.output
    assert "Version 1 was shown in 1 appointments. Their codes:" in ran.output
    assert f"{code[:4]} {code[4:]}" in ran.output
    assert "k7 version 1: was taken back before" in again.output
    assert f"{code[:4]} {code[4:]}" in again.output
    assert (unknown.exit_code, odd.exit_code) == (1, 2)
    assert [row for row in happened(service.database) if row[0] == "grid_withdrawn"] == [
        ("grid_withdrawn", "system", K7.sha256, {"grid": "k7", "version": 1, "reason": "not_fair"})
    ]

    assert "og-table" in client.get("/g/k7/1").text
    watch.look()
    assert "It was not fair to every way of getting help." in client.get("/g/k7/1").text


def test_the_watch_leaves_alone_what_did_not_change(service):
    watch = standing.Watch(service)
    before = service.library
    watch.look()
    assert service.library is before
