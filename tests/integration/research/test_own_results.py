"""A practitioner's own results: their own alone, from 25 appointments on, in steps."""

from __future__ import annotations

from datetime import date

import pytest
from fixtures.desk import HIGH, LOW, Given, add
from fixtures.encounters import study_document
from fixtures.service import START
from fixtures.staff import MadeStaff, make_staff, sign_in
from sqlmodel import select
from starlette.testclient import TestClient

from app.db import sessions
from app.db.engine import Database
from app.db.tables import AuditEvent
from app.domain.access import Role
from app.services import studies
from app.services.own_results import shown_of
from app.services.tablet_config import opaque_practitioner
from app.web.service import Service


@pytest.fixture
def practitioner(client: TestClient, database: Database) -> MadeStaff:
    made = make_staff(database)
    sign_in(client, made)
    return made


def give(database: Database, opaque: str, count: int, top: int, **where: str) -> None:
    given = (Given(HIGH if at < top else LOW, practitioner=opaque) for at in range(count))
    add(database, given, **where)


@pytest.mark.parametrize(("count", "shown"), [(24, 0), (25, 25), (32, 25), (33, 33), (48, 41)])
def test_a_figure_moves_on_by_eight(count: int, shown: int) -> None:
    assert shown_of(count) == shown


def test_only_ones_own_answers_are_counted_from_25_on(
    client: TestClient, database: Database, service: Service, practitioner: MadeStaff
) -> None:
    opaque = opaque_practitioner(service.keyring, practitioner.id)
    give(database, opaque, 24, 24)
    give(database, "somebody-else", 60, 0)
    assert "Nothing to show yet" in client.get("/own-results").text
    give(database, opaque, 1, 0)
    page = client.get("/own-results").text
    assert "<td>25</td><td>96%</td>" in page
    give(database, opaque, 7, 0)
    assert "<td>25</td><td>96%</td>" in client.get("/own-results").text
    give(database, opaque, 1, 0)
    assert "<td>33</td><td>73%</td>" in client.get("/own-results").text
    with sessions.read(database) as db:
        events = db.exec(select(AuditEvent).where(AuditEvent.subject == "own_results")).all()
    assert [(event.kind, event.actor) for event in events] == [
        ("results_viewed", practitioner.id)
    ] * 4


def test_an_embargo_closes_them_and_others_have_none(
    client: TestClient, database: Database, service: Service, practitioner: MadeStaff
) -> None:
    document = study_document(("baseline", date(2026, 11, 1), None), embargo_until="2027-09-01")
    with sessions.write(database) as db:
        studies.install_study(db, document=document, by="system", now=START)
    give(
        database, opaque_practitioner(service.keyring, practitioner.id), 30, 10, study="winter-2026"
    )
    assert "Nothing to show yet" in client.get("/own-results").text
    sign_in(client, make_staff(database, roles=[Role.RESEARCHER], teams=[]))
    assert client.get("/own-results").status_code == 403
