"""What people say before and after a course: kept without a name, shown in eights."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from uuid import uuid4

import pytest
from fixtures.service import START, Clock
from fixtures.staff import happened, make_staff, sign_in
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from starlette.testclient import TestClient

from app.db import sessions
from app.db.engine import Database
from app.db.queries.exports import ExportFilters
from app.db.tables import CourseRating
from app.domain.access import Role
from app.domain.course import UNSAID
from app.domain.dataset_rows import Project
from app.services import service_mode
from app.services.export_parts import write_course
from app.web import standing
from app.web.service import Service

FORM = {"role": "practitioner", "readiness": "1", "confidence": "2", "knowledge": "0"}


@pytest.fixture(autouse=True)
def asked(service: Service, database: Database) -> None:
    with sessions.write(database) as db:
        service_mode.set_setting(db, "course_ratings_on", True)
    standing.refresh(service)


def send(client: TestClient, occasion: str, **changes: str) -> str:
    data = {"id": str(uuid4()), "occasion": occasion} | FORM | changes
    answer = client.post("/course", data=data)
    assert answer.status_code == 200, answer.text
    found = re.search(r'course__code">([0-9A-Z ]+)<', answer.text)
    return found.group(1) if found else ""


def rows(database: Database) -> list[CourseRating]:
    with sessions.read(database) as db:
        return list(db.exec(select(CourseRating).order_by(col(CourseRating.occasion))).all())


def test_a_form_after_finds_its_form_before_by_the_code_and_nobody_is_named(
    client: TestClient, database: Database
) -> None:
    staff = make_staff(database, name="Robin Ashe")
    sign_in(client, staff)
    code = send(client, "before")
    typed = code.lower().replace(" ", "-").replace("0", "o").replace("1", "l")
    assert send(client, "after", code=typed, readiness="4", knowledge=str(UNSAID)) == ""
    after, before = rows(database)
    assert before.code is not None
    assert (after.pairs_with, after.code, after.knowledge) == (before.id, None, UNSAID)
    assert (before.environment, before.demo) == ("training", False)
    assert staff.id not in repr([after, before])
    kept = [event for event in happened(database) if event[0] == "course_rated"]
    assert kept == [("course_rated", "nobody", "course", {})] * 2


def test_sent_twice_it_is_kept_once_and_shows_the_same_code(
    client: TestClient, database: Database
) -> None:
    sign_in(client, make_staff(database))
    one = str(uuid4())
    assert send(client, "before", id=one) == send(client, "before", id=one) != ""
    assert [row.id for row in rows(database)] == [one]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"occasion": ""}, "Say whether this is before or after"),
        ({"readiness": "9"}, "Choose how ready you are"),
        ({"occasion": "after", "code": "ABCD EFGH"}, "No form before a course waits"),
        ({"occasion": "after", "code": "=HYPERLINK(1)"}, "No form before a course waits"),
    ],
)
def test_what_cannot_be_kept_is_drawn_again_with_what_was_typed(
    client: TestClient, database: Database, changes: dict[str, str], words: str
) -> None:
    sign_in(client, make_staff(database))
    data = {"id": str(uuid4()), "occasion": "before"} | FORM | changes
    answer = client.post("/course", data=data)
    assert answer.status_code == 422
    assert words in answer.text
    assert re.search(r'name="role" value="practitioner" checked', answer.text)
    assert rows(database) == []


def test_one_code_takes_one_form_after(client: TestClient, database: Database) -> None:
    sign_in(client, make_staff(database))
    code = send(client, "before")
    send(client, "after", code=code)
    data = {"id": str(uuid4()), "occasion": "after", "code": code} | FORM
    assert client.post("/course", data=data).status_code == 422
    assert len(rows(database)) == 2


def test_results_move_by_eight_and_the_file_says_the_same(
    client: TestClient, database: Database, clock: Clock
) -> None:
    sign_in(client, make_staff(database, roles=[Role.RESEARCHER], teams=[]))
    for n in range(8):
        code = send(client, "before", readiness=str(n % 2))
        send(client, "after", code=code, readiness="3")
    assert "Nothing can be compared yet" in client.get("/research/course").text
    clock.pass_time(days=1)
    sign_in(client, make_staff(database, roles=[Role.RESEARCHER], teams=[]))
    send(client, "before", readiness="4")
    page = client.get("/research/course").text
    assert "8 people said 0.5 on average before a course, and 8 said 3.0 after one" in page
    assert "Some forms wait for that." in page
    answer = client.get("/research/course.csv")
    lines = answer.text.splitlines()
    assert "mean,readiness,before,n=8,0.50" in lines
    assert "rating_given,readiness,before,0,redacted" in lines
    assert "pairs,readiness,,rose,10" in lines
    assert [kind for kind, *_ in happened(database)][-2:] == ["results_viewed", "results_taken"]


def test_it_is_nobodys_while_it_is_off_and_results_are_for_research(
    client: TestClient, database: Database, service: Service
) -> None:
    sign_in(client, make_staff(database))
    assert "/course" in client.get("/home").text
    assert client.get("/research/course").status_code == 403
    with sessions.write(database) as db:
        service_mode.set_setting(db, "course_ratings_on", False)
    standing.refresh(service)
    assert client.get("/course").status_code == 404
    assert client.post("/course", data=FORM).status_code == 404
    assert "/course" not in client.get("/home").text


def test_an_approved_project_gets_months_and_pseudonyms_of_eight_and_more(
    client: TestClient, database: Database, service: Service, tmp_path: Path
) -> None:
    sign_in(client, make_staff(database))
    for _ in range(7):
        send(client, "before")
    assert taken(database, service, tmp_path) == []
    code = send(client, "before", role="senior_leader")
    send(client, "after", code=code, confidence=str(UNSAID))
    found = taken(database, service, tmp_path)
    assert len(found) == 9
    assert {row["period"] for row in found} == {"2026-11"}
    assert {row["role"] for row in found} == {"practitioner", ""}
    (after,) = [row for row in found if row["occasion"] == "after"]
    assert after["rating_confidence"] == "-97"
    assert after["pair_ref"] in {row["form_ref"] for row in found if row["occasion"] == "before"}
    assert [row for row in rows(database) if row.id in repr(found)] == []


def taken(database: Database, service: Service, folder: Path) -> list[dict[str, str]]:
    filters = ExportFilters("effort-practice", START.date(), START.date())
    with sessions.read(database) as db:
        write_course(db, filters, Project(b"k" * 32), service.state, folder)
    return list(csv.DictReader(io.StringIO((folder / "course.csv").read_text(encoding="utf-8"))))


def test_no_row_stands_outside_the_scale(database: Database) -> None:
    row = CourseRating(
        id="r", given_on=START.date(), occasion="before", role="other", readiness=5,
        confidence=0, knowledge=0, environment="training", demo=False,
    )  # fmt: skip
    with pytest.raises(IntegrityError), sessions.write(database) as db:
        db.add(row)
