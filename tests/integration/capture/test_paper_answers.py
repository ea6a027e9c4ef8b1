"""Answers on paper: typed in twice by somebody else, stored like every other set, never changed."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from fixtures.capture import TEAM, Tablet, hand_over
from fixtures.encounters import viewer_of
from fixtures.service import START
from fixtures.staff import happened, make_staff, sign_in
from sqlmodel import select
from starlette.testclient import TestClient

from app.adapters.keyring import Keyring
from app.db import sessions
from app.db.engine import Database
from app.db.queries import encounters as encounter_queries
from app.db.tables import DeviceSequence, Encounter, Erasure, Quarantined, Response
from app.domain import envelope
from app.domain.access import Role, Viewer
from app.domain.paper_answers import read_answers
from app.services import audit, erasures, paper_answers, paper_forms
from app.services.arrivals import open_set
from app.services.paper_answers import TypedTwice
from app.services.paper_forms import FormChoice, FoundForm
from app.web.service import Service

TICKED = {"item-welcome": "9", "item-pace": "3", "item-questions": "unreadable"}
MORE = {"seen_by_others": "yes", "helped_by": "interpreter"}


def sheet(
    database: Database, keyring: Keyring, encounter_id: str, by: Viewer, respondent: str
) -> FoundForm:
    """Print one and find it again, as it comes back."""
    with sessions.read(database) as db:
        encounter = encounter_queries.get(db, by, encounter_id)
        made = paper_forms.draw_form(
            db,
            encounter=encounter,
            choice=FormChoice(respondent, "after"),
            mode="training",
            keyring=keyring,
            made_on=START.date(),
        )
        found = paper_forms.find_form(
            db,
            code=made.slip.code,
            number=made.slip.number,
            mode="training",
            by=by,
            keyring=keyring,
        )
    assert isinstance(found, FoundForm)
    assert found.kind.respondent == respondent
    return found


def typed_twice(found: FoundForm, response_id: str, **typed: str) -> TypedTwice:
    instrument = found.shown.instrument
    answers = read_answers(
        TICKED | MORE | typed,
        item_ids=instrument.item_ids,
        scale=instrument.scale,
        occasion="after",
    )
    assert not isinstance(answers, dict)
    return TypedTwice(answers, response_id)


def store(
    database: Database, keyring: Keyring, found: FoundForm, twice: TypedTwice, by: Viewer
) -> str | None:
    with sessions.write(database) as db:
        return paper_answers.store_answers(
            db, found=found, twice=twice, by=by, keyring=keyring, now=START
        )


@pytest.fixture
def enterer(database: Database, tablet: Tablet) -> Viewer:
    roles = [Role.FRONT_DESK]
    return viewer_of(make_staff(database, roles=roles, teams=(TEAM,), username="desk"))


FIRST = "0b7c1c5e-2a51-4b5e-9d3c-6f0a3a1f9b01"
SECOND = "0b7c1c5e-2a51-4b5e-9d3c-6f0a3a1f9b02"


def test_a_sheet_becomes_an_answer_set_like_every_other(
    database: Database, keyring: Keyring, tablet: Tablet, enterer: Viewer
) -> None:
    """Row, sealed bytes, sequence and two links of the log; who typed it in is in the log alone."""
    ids = tablet.header["id"]
    found = sheet(database, keyring, ids, enterer, "parent_self")
    other = sheet(database, keyring, ids, enterer, "parent_self")
    assert store(database, keyring, found, typed_twice(found, FIRST), enterer) is None
    assert store(database, keyring, other, typed_twice(other, SECOND), enterer) is None
    with sessions.read(database) as db:
        rows = list(db.exec(select(Response).order_by(Response.seq)).all())
        numbers = [(each.device, each.seq) for each in db.exec(select(DeviceSequence)).all()]
        assert audit.verify(db) is None
        assert db.exec(select(Quarantined)).all() == []
    row = rows[0]
    assert (row.mode, row.state, row.respondent) == (
        "paper_entered_by_staff",
        "complete",
        "parent_self",
    )
    assert dict(row.items) == {"welcome": 9, "pace": 3, "questions": -93}
    assert (row.seen_by_others, row.helped_by, row.reason) == ("yes", ["interpreter"], None)
    assert (row.environment, row.late) == ("training", False)
    assert sorted(numbers) == [(row.device, 1), (row.device, 2)]
    document, made_at, faults = open_set(row.sealed, row.id, keyring)
    assert (document is not None, made_at, faults) == (True, START, ())
    assert document["encounter"] == tablet.header  # type: ignore[index]
    assert row.digest == envelope.digest(row.sealed)
    assert enterer.staff_id not in str(document)
    log = [(kind, actor) for kind, actor, _, _ in happened(database)][-4:]
    assert (
        log
        == [
            ("response_stored", row.device),
            ("paper_answers_entered", enterer.staff_id),
        ]
        * 2
    )


def test_a_sheet_is_stored_once_and_after_being_erased_once_more(
    database: Database, keyring: Keyring, tablet: Tablet, enterer: Viewer, tmp_path: Any
) -> None:
    found = sheet(database, keyring, tablet.header["id"], enterer, "young_person")
    twice = typed_twice(found, FIRST)
    assert [store(database, keyring, found, twice, enterer) for _ in range(2)] == [None, None]
    again = typed_twice(found, SECOND, **{"item-pace": "4"})
    assert store(database, keyring, found, again, enterer) == "already_entered"
    with sessions.read(database) as db:
        assert [row.id for row in db.exec(select(Response)).all()] == [FIRST]
    words = " ".join(paper_answers.take_out_words(keyring, found))
    asked = erasures.Asked(words, enterer, keyring)
    refused = erasures.erase_by_words(
        database, asked=asked, response_id=FIRST, folder=tmp_path, now=START
    )
    assert refused is None
    assert store(database, keyring, found, again, enterer) is None
    with sessions.read(database) as db:
        (row,) = db.exec(select(Response)).all()
        assert (row.id, row.items["pace"], row.seq) == (SECOND, 4, 2)
        assert [each.response_id for each in db.exec(select(Erasure)).all()] == [FIRST]


def test_nobody_types_in_what_was_ticked_about_them(
    database: Database, keyring: Keyring, tablet: Tablet, enterer: Viewer
) -> None:
    found = sheet(database, keyring, tablet.header["id"], enterer, "parent_proxy")
    own = replace(enterer, staff_id="staff-1", roles=frozenset({Role.PRACTITIONER}))
    twice = typed_twice(found, FIRST)
    assert store(database, keyring, found, twice, own) == "own_appointment"
    with sessions.write(database) as db:
        db.get_one(Encounter, tablet.header["id"]).state = "voided"
    assert store(database, keyring, found, twice, enterer) == "code_not_counted"
    with sessions.read(database) as db:
        assert db.exec(select(Response)).all() == []


@pytest.fixture
def at_desk(service: Service, client: TestClient) -> tuple[FoundForm, str]:
    """A sheet on the desk, somebody signed in there, and where it is typed in."""
    made = hand_over(service.database, service.keyring)
    staff = make_staff(service.database, roles=[Role.FRONT_DESK], teams=(TEAM,))
    sign_in(client, staff)
    viewer, encounter_id = viewer_of(staff), made.header["id"]
    found = sheet(service.database, service.keyring, encounter_id, viewer, "young_person")
    return found, f"/encounters/{found.kind.encounter_id}/paper-answers/{found.number}"


def test_the_desk_types_it_twice_and_a_difference_stores_nothing(
    client: TestClient, service: Service, at_desk: tuple[FoundForm, str]
) -> None:
    found, path = at_desk
    codes = {"code": found.code.lower(), "number": f"{found.number[:4]} {found.number[4:]}"}
    went = client.post("/paper-answers", data=codes, follow_redirects=False)
    assert (went.status_code, went.headers["location"]) == (303, path)
    assert client.get(path).status_code == 200
    second = client.post(path, data=TICKED)
    assert second.status_code == 200
    carried = str(re.search(r'name="carried" value="([^"]+)"', second.text)[1])  # type: ignore[index]
    assert "checked" not in re.sub(r'<input[^>]*value=""[^>]*>', "", second.text)
    other = TICKED | {"item-pace": "8", "carried": carried}
    differs = client.post(f"{path}/again", data=other)
    assert differs.status_code == 422
    assert "First time: 3. Second time: 8." in differs.text
    assert "Nothing was stored" in differs.text
    with sessions.read(service.database) as db:
        assert db.exec(select(Response)).all() == []
    same = TICKED | {"carried": carried}
    stored = client.post(f"{path}/again", data=same)
    assert (stored.status_code, "The sheet is stored" in stored.text) == (200, True)
    assert client.post(f"{path}/again", data=same).status_code == 200  # the button, pressed twice
    with sessions.read(service.database) as db:
        (row,) = db.exec(select(Response)).all()
    assert (row.mode, dict(row.items)["pace"]) == ("paper_entered_by_staff", 3)
    gone = client.get(path)
    assert gone.status_code == 409
    assert " ".join(paper_answers.take_out_words(service.keyring, found)) in gone.text


def test_what_is_wrong_is_said_and_what_is_strange_is_refused(
    client: TestClient, service: Service, at_desk: tuple[FoundForm, str]
) -> None:
    found, path = at_desk
    wrong = client.post(path, data=TICKED | {"item-pace": "10"})
    assert (wrong.status_code, wrong.text.count("Choose what is ticked")) == (422, 2)
    assert re.search(r'id="item-welcome-9"[^>]* checked', wrong.text)
    for carried in ("", "x", "A" * 60, "é" * 9, "A" * 20_000):
        again = client.post(f"{path}/again", data=TICKED | {"carried": carried})
        assert again.status_code == 422
        assert "begin again" in again.text
    for codes, href in (
        (("", ""), "code"),
        ((found.code, found.code), "number"),
        (("00000000", found.number), "code"),
        ((found.code, "<b>"), "number"),
    ):
        asked = client.post(
            "/paper-answers", data=dict(zip(("code", "number"), codes, strict=True))
        )
        assert (asked.status_code, f'href="#{href}"' in asked.text) == (422, True)
    assert client.get(path[:-1] + ("0" if path[-1] != "0" else "1")).status_code == 404


def test_another_team_and_other_roles_type_in_nothing(
    client: TestClient, service: Service, at_desk: tuple[FoundForm, str]
) -> None:
    found, path = at_desk
    codes = {"code": found.code, "number": found.number}
    client.cookies.clear()
    sign_in(client, make_staff(service.database, roles=[Role.FRONT_DESK], teams=("south",)))
    assert client.post("/paper-answers", data=codes).status_code == 422
    assert client.get(path).status_code == 404
    client.cookies.clear()
    sign_in(client, make_staff(service.database, roles=[Role.RESEARCHER], teams=(TEAM,)))
    assert client.get("/paper-answers").status_code == 403
    assert client.post(f"{path}/again", data=TICKED).status_code == 403
