"""Consent on its way: sealed with the answers, stored, counted, and what leaves without it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from fixtures.capture import TEAM, Tablet, hand_over
from fixtures.consent import ABOUT, ADULT_MODEL, NOTICE, consent, install_asking
from fixtures.research_rows import make_schema
from fixtures.service import START, Clock
from sqlmodel import select
from starlette.testclient import TestClient

from app.db import sessions
from app.db.engine import Database
from app.db.queries import export_rows
from app.db.queries.exports import ExportFilters
from app.db.tables import DeskFlow, Encounter, Quarantined, Response
from app.domain.dataset import ItemShape, names
from app.domain.dataset_rows import Project, wide_pages
from app.domain.uniqueness import Coarsening
from app.services import desk_counts, hand_over_plan, studies, tablet_config
from app.web.service import Service

MODEL = "opt_in_young_person"
FIRST = date(2026, 11, 1)
DECLINED = {"items": {"welcome": -94, "pace": -94, "questions": -94}, "reason": "declined"}
FILTERS = ExportFilters("effort-practice", FIRST, date(2026, 12, 31), ())


def install(service: Service, model: str = MODEL, **changes: Any) -> str:
    how = {"team": TEAM, "first_on": FIRST, "now": START}
    return install_asking(service.database, model, **how, **changes)


def send(client: TestClient, tablet: Tablet, said: Mapping[str, Any] | None, **changes: Any) -> int:
    form = {} if said is None else {"format": 2, "consent": said}
    sent = tablet.send(**form, **changes)
    headers = sent.headers(tablet.token)
    return client.put(f"/v1/responses/{sent.id}", content=sent.body, headers=headers).status_code


def in_study(service: Service) -> Tablet:
    return hand_over(service.database, service.keyring, study_id="winter-2026")


def stored(database: Database) -> list[tuple[Any, ...]]:
    with sessions.read(database) as db:
        rows = db.exec(select(Response).order_by(Response.seq)).all()
    return [(row.consent_model, row.consent, row.consent_adult, row.consented) for row in rows]


def leaving(database: Database) -> list[dict[str, Any]]:
    """Return what an export would hold, by the names of its columns."""
    items = tuple(ItemShape(name, i, name) for i, name in enumerate(("welcome", "pace"), 1))
    schema = make_schema(items=items)
    with sessions.read(database) as db:
        assert export_rows.count_rows(db, FILTERS).responses == sum(
            len(page) for page in export_rows.iterate_rows(db, FILTERS)
        )
        pages = export_rows.iterate_rows(db, FILTERS)
        tables = wide_pages(pages, schema, Project(b"k" * 32), {}, Coarsening())
        table = [row for page in tables for row in page]
    return [dict(zip(names(schema.wide), row, strict=True)) for row in table]


def test_what_was_said_is_stored_with_the_words_and_only_a_yes_leaves(
    client: TestClient, service: Service
) -> None:
    sha256 = install(service)
    tablet = in_study(service)
    assert send(client, tablet, consent(MODEL, sha256, "given")) == 201
    assert send(client, tablet, consent(MODEL, sha256, "refused"), **DECLINED) == 201
    assert send(client, tablet, None) == 201  # an old tablet, or paper: kept, and used for nothing
    assert stored(service.database) == [
        (MODEL, "given", None, True),
        (MODEL, "refused", None, False),
        (None, None, None, False),
    ]
    [row] = leaving(service.database)
    told = ("consent_model", "consent", "consent_adult", "consent_text_sha256", "notice_sha256")
    assert [row[name] for name in told] == [MODEL, "given", None, sha256, NOTICE]


def test_below_sixteen_an_adult_has_to_have_agreed_as_well(
    client: TestClient, service: Service
) -> None:
    sha256, tablet = install(service, ADULT_MODEL), in_study(service)
    for adult in ("given", None):
        assert send(client, tablet, consent(ADULT_MODEL, sha256, "given", adult)) == 201
    for adult in ("refused", "not_there"):
        said = consent(ADULT_MODEL, sha256, None, adult)
        assert send(client, tablet, said, **DECLINED) == 201
    assert [row[3] for row in stored(service.database)] == [True, False, False, False]
    assert [row["consent_adult"] for row in leaving(service.database)] == ["given"]


@pytest.mark.parametrize(
    ("value", "text", "reason"),
    [
        ("given", "aa" * 32, "consent_words_unknown"),
        ("refused", None, "consent.contradicts_answers"),
        ("no_objection", None, "consent.silence_is_no_consent"),
    ],
)
def test_what_cannot_be_is_set_aside_and_not_lost(
    client: TestClient, service: Service, value: str, text: str | None, reason: str
) -> None:
    sha256, tablet = install(service), in_study(service)
    assert send(client, tablet, consent(MODEL, text or sha256, value)) == 202
    with sessions.read(service.database) as db:
        assert [row.reasons for row in db.exec(select(Quarantined)).all()] == [[reason]]
    assert leaving(service.database) == []


def test_a_set_that_comes_before_its_appointment_is_judged_by_the_study_of_its_day(
    client: TestClient, service: Service
) -> None:
    sha256 = install(service)
    tablet = hand_over(service.database, service.keyring)
    with sessions.write(service.database) as db:
        db.get_one(Encounter, tablet.header["id"]).study_id = "winter-2026"
    assert send(client, tablet, consent(MODEL, sha256, "given")) == 201
    assert [row[3] for row in stored(service.database)] == [True]


def test_the_flow_counts_who_said_no_and_results_count_a_yes_alone(
    client: TestClient, service: Service, clock: Clock
) -> None:
    sha256, tablet = install(service, ADULT_MODEL), in_study(service)
    given = consent(ADULT_MODEL, sha256, "given", "given")
    said = {
        "declined": consent(ADULT_MODEL, sha256, None),
        "consent_refused": consent(ADULT_MODEL, sha256, "refused", "given"),
        "adult_refused": consent(ADULT_MODEL, sha256, None, "refused"),
        "no_adult": consent(ADULT_MODEL, sha256, None, "not_there"),
    }
    whole = {"items": {"welcome": 9, "pace": 7, "questions": 5}}
    for each in said.values():
        assert send(client, tablet, each, **DECLINED) == 201
    assert send(client, tablet, given, **whole) == 201
    assert send(client, tablet, None, **whole) == 201
    desk_counts.count_answers(service.database, by="system", now=clock())
    with sessions.read(service.database) as db:
        [flow] = db.exec(select(DeskFlow)).all()
    assert flow.forms == {**dict.fromkeys(said, 1), "primary": 1, "no_consent": 1}


def test_a_plan_and_a_tablet_hold_the_words_that_the_study_was_installed_with(
    service: Service,
) -> None:
    sha256, tablet = install(service, ADULT_MODEL, alone_from=14), in_study(service)
    with sessions.read(service.database) as db:
        row = db.get_one(Encounter, tablet.header["id"])
        plan = hand_over_plan.appointment_plan(db, row, mode="training")
        config = tablet_config.team_config(
            db, team_id=TEAM, keyring=service.keyring, mode="training", timezone="Europe/London",
            grids=(), languages=("en",), counts=False, today=START.date(),
        )  # fmt: skip
    asked = plan["consent"]
    assert (asked["text_sha256"], asked["asks"], asked["alone_from"]) == (sha256, True, 14)
    assert asked["words"]["adult"]["body"][0] == ABOUT
    assert "Below 14" in asked["words"]["adult"]["body"][1]
    assert config["calendar"][0]["consent"] == asked


def test_in_a_language_without_words_nobody_is_asked(service: Service) -> None:
    install(service)
    tablet = in_study(service)
    with sessions.write(service.database) as db:
        row = db.get_one(Encounter, tablet.header["id"])
        row.language = "cy"
        assert hand_over_plan.appointment_plan(db, row, mode="training")["instrument"] is None


def test_words_about_a_study_may_be_amended_and_the_old_ones_stay_known(
    client: TestClient, service: Service
) -> None:
    first, tablet = install(service), in_study(service)
    assert send(client, tablet, consent(MODEL, first, "given")) == 201
    with sessions.write(service.database) as db:
        document = dict(studies.phase_for(db, team_id=TEAM, on=START.date()).document.as_json())
        document["about"] = "We look at how families choose. Ada leads it."
        studies.amend_study(
            db, document=document, reason="Families asked for shorter words.", by="system",
            today=START.date(), now=START.replace(hour=10),
        )  # fmt: skip
    with sessions.read(service.database) as db:
        row = db.get_one(Encounter, tablet.header["id"])
        second = hand_over_plan.appointment_plan(db, row, mode="training")["consent"]
    assert second["text_sha256"] != first
    assert send(client, tablet, consent(MODEL, first, "given")) == 201
    assert send(client, tablet, consent(MODEL, second["text_sha256"], "given")) == 201
    assert [row[3] for row in stored(service.database)] == [True, True, True]
