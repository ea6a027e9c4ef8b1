"""A release is a draft until two people approved that very hash, here, with their passwords."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from fixtures.encounters import viewer_of
from fixtures.reviews import (
    approve,
    checked,
    library_of,
    next_edition,
    released,
    sensitive,
    stock,
)
from fixtures.service import START
from fixtures.staff import MadeStaff, happened, make_staff, sign_in
from sqlalchemy.exc import IntegrityError
from sqlmodel import select
from starlette.testclient import TestClient

from app.content.grid import WordsTakenOver
from app.content.library import ReleaseStatus
from app.content.ownership import OWNERS, words_hash
from app.db import sessions
from app.db.queries.approvals import Standing
from app.db.tables import Approval
from app.domain.access import Role
from app.domain.approval import ApprovalKind
from app.main import build_service
from app.services import approvals
from app.services.proofs import Claim, weigh
from app.web.service import Service

K7, M4 = released("k7"), released("m4")
DRAFT = "Draft, awaiting clinical review"
DRAFTS = "Draft: awaiting clinical review."
TODAY = START.date()


@pytest.fixture(autouse=True)
def _ready(service: Service, client: TestClient) -> None:
    """Both low-mood grids out, and help lines that somebody has just tried."""
    service.contacts = checked(service.contacts)
    stock(service, K7, M4)


@pytest.fixture
def clinician(service: Service) -> MadeStaff:
    return make_staff(service.database, roles=[Role.REVIEWER_CLINICAL], teams=(), name="Cam Ode")


@pytest.fixture
def expert(service: Service) -> MadeStaff:
    roles = [Role.REVIEWER_LIVED_EXPERIENCE]
    return make_staff(service.database, roles=roles, teams=(), name="Lee Vale")


def kept(service: Service) -> list[tuple[str, str, str]]:
    with sessions.read(service.database) as db:
        rows = db.exec(select(Approval).order_by(Approval.kind)).all()
    return [(row.release_sha256, row.kind, row.staff_id) for row in rows]


def both(client: TestClient, clinician: MadeStaff, expert: MadeStaff) -> None:
    sign_in(client, clinician)
    assert approve(client, K7, "clinical").status_code == 303
    sign_in(client, expert)
    assert approve(client, K7, "lived_experience").status_code == 303


def status_of(client: TestClient, public_id: str) -> str:
    row = client.get("/grids").text.split(f'href="/grids/{public_id}/1"')[0]
    return row.rsplit('class="state state--', 1)[1].split('"')[0]


def test_two_people_make_it_approved_everywhere(client, service, clinician, expert):
    sign_in(client, clinician)
    assert DRAFT in client.get("/g/k7/1").text
    answer = approve(client, K7, "clinical")
    assert answer.headers["location"] == "/grids/k7/1?done=approved"
    assert "Cam Ode" in client.get("/grids/k7/1?done=approved").text
    assert DRAFT in client.get("/g/k7/1").text
    assert status_of(client, "k7") == "draft_release"

    sign_in(client, expert)
    approve(client, K7, "lived_experience")
    for path in ("/g/k7", "/g/k7/1", "/g/k7/1?voice=parent", "/g/k7/1/fragment"):
        assert DRAFT not in client.get(path).text
    assert status_of(client, "k7") == "approved"
    assert status_of(client, "m4") == "draft_release"
    assert DRAFT in client.get("/g/m4/1").text
    assert "Approved by both reviewers" in client.get("/g/k7/1/scorecard").text
    assert service.library.status(K7, TODAY) == ReleaseStatus.APPROVED


def test_both_approvals_are_audited_with_what_they_are_over(client, service, clinician, expert):
    both(client, clinician, expert)
    told = [row for row in happened(service.database) if row[0] == "grid_approved"]
    details = [
        {"grid": "k7", "version": 1, "kind": kind} for kind in ("clinical", "lived_experience")
    ]
    assert told == [
        ("grid_approved", clinician.id, K7.sha256, details[0]),
        ("grid_approved", expert.id, K7.sha256, details[1]),
    ]


def test_it_stays_approved_after_a_restart(client, service, settings, clinician, expert):
    both(client, clinician, expert)
    again = build_service(settings, service.clock)
    assert again.library.status(K7, TODAY) == ReleaseStatus.APPROVED
    assert again.library.status(M4, TODAY) == ReleaseStatus.DRAFT_RELEASE
    again.database.dispose()


def test_no_person_gives_both_although_they_may_hold_both_roles(client, service, expert):
    roles = [Role.REVIEWER_CLINICAL, Role.REVIEWER_LIVED_EXPERIENCE]
    one = make_staff(service.database, roles=roles, teams=())
    sign_in(client, one)
    page = client.get("/grids/k7/1").text
    assert (page.count('name="kind" value="clinical"'), page.count('value="lived_experience"')) == (
        1,
        1,
    )
    assert approve(client, K7, "clinical").status_code == 303
    assert 'name="kind"' not in client.get("/grids/k7/1").text
    refused = approve(client, K7, "lived_experience")
    assert refused.status_code == 422
    assert "A second person has to give this one." in refused.text
    assert kept(service) == [(K7.sha256, "clinical", one.id)]


def test_the_database_refuses_what_the_service_would(service, clinician, expert):
    def row(kind: str, by: MadeStaff) -> Approval:
        return Approval(release_sha256=K7.sha256, kind=kind, staff_id=by.id, at=START)

    for pair in (
        [row("clinical", clinician), row("clinical", expert)],
        [row("clinical", clinician), row("lived_experience", clinician)],
        [row("friendly", clinician)],
    ):
        with pytest.raises(IntegrityError), sessions.write(service.database) as db:
            db.add_all(pair)
    assert kept(service) == []


def test_a_second_word_of_the_same_kind_changes_nothing(client, service, clinician):
    other = make_staff(service.database, roles=[Role.REVIEWER_CLINICAL], teams=())
    sign_in(client, clinician)
    approve(client, K7, "clinical")
    sign_in(client, other)
    refused = approve(client, K7, "clinical")
    assert (refused.status_code, kept(service)) == (422, [(K7.sha256, "clinical", clinician.id)])
    assert "This approval has been given already." in refused.text


def test_only_the_kind_that_the_role_answers_for(client, service, clinician, expert):
    sign_in(client, expert)
    assert approve(client, K7, "clinical").status_code == 403
    assert approve(client, K7, "friendly").status_code == 404
    for role in (Role.ADMINISTRATOR, Role.CONTENT_EDITOR, Role.PRACTITIONER, Role.APPROVER):
        sign_in(client, make_staff(service.database, roles=[role]))
        assert approve(client, K7, "clinical").status_code == 403
    assert kept(service) == []


def test_a_wrong_password_keeps_nothing_and_is_counted(client, service, clinician):
    sign_in(client, clinician)
    refused = approve(client, K7, "clinical", password="not this one")
    assert refused.status_code == 422
    assert "That password is not right." in refused.text
    assert "not this one" not in refused.text
    assert kept(service) == []
    assert happened(service.database)[-1][0] == "login_refused"


def test_nothing_is_approved_but_what_was_read(client, service, clinician):
    sign_in(client, clinician)
    assert approve(client, K7, "clinical", sha256=M4.sha256).status_code == 404
    assert approve(client, replace(K7, number=9), "clinical").status_code == 404
    assert kept(service) == []


def test_a_changed_word_needs_both_again(client, service, clinician, expert):
    both(client, clinician, expert)
    second = next_edition(K7)
    stock(service, K7, second, M4)
    assert service.library.status(K7, TODAY) == ReleaseStatus.APPROVED
    assert service.library.status(second, TODAY) == ReleaseStatus.DRAFT_RELEASE
    assert DRAFT in client.get("/g/k7/2").text


def test_training_offers_the_draft_and_live_the_approved_one_before_it(
    client, service, clinician, expert
):
    both(client, clinician, expert)
    stock(service, K7, next_edition(K7), M4)
    assert 'data-version="2"' in client.get("/g/k7").text
    assert 'href="/g/k7/2"' in client.get("/").text

    service.state = replace(service.state, mode="live")
    assert 'data-version="1"' in client.get("/g/k7").text
    assert "There is a newer version" not in client.get("/g/k7/1").text
    front = client.get("/").text
    assert ('href="/g/k7/1"' in front, "/g/m4" in front, DRAFTS in front) == (True, False, False)


def test_a_word_in_a_file_is_no_approval_but_a_withdrawal_in_it_holds():
    sent_out = library_of(K7, M4, **{K7.sha256: "approved", M4.sha256: "withdrawn"})
    stands = approvals.with_standing(sent_out, Standing())
    assert stands.status(K7, TODAY) == ReleaseStatus.DRAFT_RELEASE
    assert stands.status(M4, TODAY) == ReleaseStatus.WITHDRAWN
    one = Standing({K7.sha256: frozenset({ApprovalKind.CLINICAL})})
    assert approvals.with_standing(sent_out, one).status(K7, TODAY) == ReleaseStatus.DRAFT_RELEASE
    two = Standing({K7.sha256: frozenset(ApprovalKind)})
    assert approvals.with_standing(sent_out, two).status(K7, TODAY) == ReleaseStatus.APPROVED


@pytest.mark.parametrize("days", [None, -1, 32])
def test_help_lines_that_nobody_tried_lately_block_it(client, service, clinician, days):
    on = None if days is None else TODAY - timedelta(days=days)
    first, *rest = service.contacts.contacts
    service.contacts = replace(service.contacts, contacts=(replace(first, checked_on=on), *rest))
    sign_in(client, clinician)
    words = "Not every help line was checked within the last month."
    page = client.get("/grids/k7/1").text
    assert (words in page, 'name="kind"' in page) == (True, False)
    assert approve(client, K7, "clinical").status_code == 422
    assert kept(service) == []


def test_the_service_s_own_line_has_no_day_to_be_checked_on(service):
    local = next(c for c in service.contacts.contacts if not c.number)
    others = tuple(c for c in service.contacts.contacts if c.number)
    contacts = replace(service.contacts, contacts=(replace(local, checked_on=None), *others))
    block = approvals.find_block(K7, library=service.library, contacts=contacts, today=TODAY)
    assert block is None


def test_an_answer_that_waits_for_a_clinician_blocks_it(service):
    cell = replace(K7.grid.cells[0], state="waiting", reason="clinician")
    waits = replace(K7, grid=replace(K7.grid, cells=(cell, *K7.grid.cells[1:])))
    ask = {"library": service.library, "contacts": service.contacts}
    assert approvals.find_block(waits, **ask, today=TODAY) == "cells_waiting"
    after = K7.grid.review.expires_on + timedelta(days=1)
    assert approvals.find_block(K7, **ask, today=after) == "release_closed"


def test_words_on_a_sensitive_topic_that_nobody_made_their_own_block_it(client, service, clinician):
    stock(service, sensitive(K7))
    given = {"library": service.library, "contacts": service.contacts, "today": TODAY}
    release = sensitive(K7)
    assert approvals.find_block(release, **given) == "words_not_owned"
    sign_in(client, clinician)
    assert "Approve the version in which they have." in client.get("/grids/t5/1").text
    assert approve(client, release, "clinical").status_code == 422
    assert kept(service) == []

    taken = WordsTakenOver(OWNERS, TODAY, words_hash(release.voices.values()))
    owned = replace(release, grid=replace(release.grid, words_taken_over=taken))
    assert approvals.find_block(owned, **given) is None


def test_a_release_that_was_taken_back_meanwhile_is_not_approved(service, clinician):
    with sessions.write(service.database) as db:
        reason = approvals.WithdrawalReason.FACT_WRONG
        approvals.withdraw_release(db, release=K7, reason=reason, by="system", now=START)
    claim = Claim(clinician.username, clinician.password, "")
    proof = weigh(service.database, claim, keyring=service.keyring, now=START)
    draft = approvals.ApprovalDraft(K7, ApprovalKind.CLINICAL, proof)
    refused = approvals.approve_release(
        service.database, draft=draft, blocked_by=None, by=viewer_of(clinician), now=START
    )
    assert refused is not None
    assert refused.faults == {"approval": "release_closed"}
    assert kept(service) == []


def test_the_review_page_has_every_word_of_both_voices(client, service, clinician):
    sign_in(client, clinician)
    text = unescape(client.get("/grids/k7/1").text)
    for voice in K7.voices.values():
        assert voice.decision in text
        for row in voice.rows.values():
            assert row.question in text
        for cells in voice.cells.values():
            assert [
                c.face for c in cells.values() if "{{" not in c.face and c.face not in text
            ] == []
    assert "This is the first version." in text


def test_the_review_page_shows_what_changed_word_by_word(client, service, clinician):
    stock(service, K7, next_edition(K7), M4)
    sign_in(client, clinician)
    text = client.get("/grids/k7/2").text
    changes = text.split('id="changes"')[1].split("</section>")[0]
    assert changes.count('<div class="rv-change">') == 1
    assert "For me, problem" in changes
    assert "<ins>Other words.</ins>" in changes
    assert "<del>" in changes


def test_who_may_look(client, service):
    sign_in(client, make_staff(service.database, roles=[Role.PRACTITIONER]))
    assert client.get("/grids/k7/1").status_code == 403
    assert "/grids/k7/1" not in client.get("/grids").text
    for role in (Role.CONTENT_EDITOR, Role.AUDITOR, Role.ADMINISTRATOR):
        sign_in(client, make_staff(service.database, roles=[role], teams=()))
        page = client.get("/grids/k7/1")
        assert (page.status_code, 'name="kind"' in page.text) == (200, False)
        assert client.get("/grids/k7/9").status_code == 404
