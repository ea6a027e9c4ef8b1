"""SURE after the first questions: where a study or the service says so, by the same way in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fixtures.capture import START, Tablet, hand_over
from fixtures.desk import Given, add
from fixtures.encounters import study_document
from fixtures.staff import make_staff, sign_in
from sqlmodel import select
from starlette.testclient import TestClient

from app.db import sessions
from app.db.engine import Database
from app.db.tables import DeskFlow, Encounter, Quarantined, Response
from app.domain.access import Role
from app.services import desk_counts, hand_over_plan, service_mode, studies, wording_packs
from app.services.tablet_config import team_config
from app.web.service import Service

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
YES = {"sure": 1, "understand": 1, "risk-benefit": 1, "encouragement": 1}


@pytest.fixture
def pack(database: Database) -> dict[str, str]:
    with sessions.write(database) as db:
        raw = (FIXTURES / "made-up-pack-sure.yaml").read_bytes()
        row = wording_packs.install_pack(db, raw=raw, name="p", by="staff-1", now=START)
        return {
            "id": row.instrument_id,
            "version": row.version,
            "wording_sha256": row.sha256,
            "language": row.language,
        }


@pytest.fixture
def tablet(service: Service, database: Database) -> Tablet:
    return hand_over(database, service.keyring)


def switch(database: Database, *, on: bool) -> None:
    with sessions.write(database) as db:
        service_mode.set_setting(db, "second_instrument_on", on)


def plan(database: Database) -> dict[str, Any]:
    with sessions.write(database) as db:
        encounter = db.exec(select(Encounter)).one()
        return hand_over_plan.appointment_plan(db, encounter, mode="training")


def test_it_is_asked_where_the_service_says_so_and_only_with_words(
    database: Database, tablet: Tablet
) -> None:
    assert plan(database)["second"] is None
    switch(database, on=True)
    assert plan(database)["second"] is None


def test_it_comes_after_the_first_and_never_in_its_place(
    database: Database, tablet: Tablet, pack: dict[str, str]
) -> None:
    assert plan(database)["second"] is None
    switch(database, on=True)
    found = plan(database)
    assert (found["instrument"]["id"], found["second"]["id"]) == ("effort-practice", "sure-4")
    assert found["second"]["scale"]["labels"] == ["Made-up no", "Made-up yes"]
    assert set(found["second"]["forms"]) == {"young_person", "parent_self"}
    assert found["occasions"] == ["after"]


def test_inside_a_study_the_study_says_so(
    database: Database, service: Service, tablet: Tablet, pack: dict[str, str]
) -> None:
    switch(database, on=True)
    team = tablet.header["team"]
    stretch = ("with_grid", START.date(), None)
    with sessions.write(database) as db:
        document = study_document(stretch, team=team)
        studies.install_study(db, document=document, by="system", now=START)
    assert plan(database)["second"] is None
    with sessions.write(database) as db:
        document = study_document(stretch, team=team, second_instrument="sure-4")
        studies.install_study(db, document=document, by="system", now=START)
        config = team_config(
            db, team_id=team, keyring=service.keyring, mode="training", grids=(),
            timezone="Europe/London", languages=("en",), counts=True, today=START.date(),
        )  # fmt: skip
    assert plan(database)["second"]["id"] == "sure-4"
    assert [stretch["second"] for stretch in config["calendar"]] == [True]
    assert [each["id"] for each in config["seconds"]] == ["sure-4"]
    assert "sure-4" not in {each["id"] for each in config["instruments"]}


def put(client: TestClient, tablet: Tablet, **changes: Any) -> int:
    sent = tablet.send(**changes)
    answer = client.put(
        f"/v1/responses/{sent.id}", content=sent.body, headers=sent.headers(tablet.token)
    )
    return answer.status_code


def test_it_arrives_sealed_with_a_receipt_like_every_set(
    client: TestClient, database: Database, tablet: Tablet, pack: dict[str, str]
) -> None:
    assert put(client, tablet, instrument=pack, items=YES) == 201
    assert put(client, tablet, instrument=pack, items=YES | {"sure": -97}) == 201
    with sessions.read(database) as db:
        kept = db.exec(select(Response).order_by(Response.seq)).all()
        assert [(row.instrument_id, row.items["sure"]) for row in kept] == [
            ("sure-4", 1),
            ("sure-4", -97),
        ]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"items": YES | {"sure": 2}}, "items.off_the_scale"),
        ({"items": {"sure": 1}}, "items.lacking"),
        ({"items": YES, "occasion": "before"}, "occasion.not_offered"),
        ({"items": YES, "respondent": "parent_proxy"}, "respondent.not_offered"),
    ],
)
def test_what_is_no_set_of_it_is_set_aside(
    client: TestClient,
    database: Database,
    tablet: Tablet,
    pack: dict[str, str],
    changes: dict[str, Any],
    reason: str,
) -> None:
    assert put(client, tablet, instrument=pack, **changes) == 202
    with sessions.read(database) as db:
        assert reason in db.exec(select(Quarantined.reasons)).one()


def test_on_the_desk_it_is_a_kind_of_its_own_and_counts_nobody_twice(
    client: TestClient, database: Database, service: Service
) -> None:
    first = add(database, [Given((9, 9, 9))] * 30)
    with sessions.read(database) as db:
        places = [db.get_one(Response, id_).encounter_id for id_ in first]
    changes = {"instrument_id": "sure-4"}
    values = [(1, 1, 1, n % 2) for n in range(30)]
    pairs = zip(values, places, strict=True)
    add(database, [Given(v, encounter_id=place, changes=changes) for v, place in pairs])
    desk_counts.count_answers(database, by="system", now=START)
    with sessions.read(database) as db:
        assert [flow.forms for flow in db.exec(select(DeskFlow)).all()] == [{"primary": 30}]
    sign_in(client, make_staff(database, roles=[Role.RESEARCHER], teams=[]))
    page = client.get("/research").text
    assert "Another measure than CollaboRATE" not in page
    words = "sure-4~1~abababab~en~live~"
    chosen = next(w for w in page.split('"') if w.startswith(words[:7]))
    sure = client.get("/research", params={"words": chosen}).text
    assert "Yes to all four questions, by team and phase" in sure
    assert "Another measure than CollaboRATE, and in none of its scores." in sure
    assert "<td>15 of 30</td>" in sure
    assert "exploratory" in sure
