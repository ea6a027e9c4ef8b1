"""The table for commissioners: what families looked at and cannot have here."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

from fixtures.desk import HIGH, Given, add
from fixtures.service import START
from fixtures.staff import make_staff, sign_in
from sqlmodel import select
from starlette.testclient import TestClient

from app.db import sessions
from app.db.engine import Database
from app.db.tables import AuditEvent, Encounter, Exposure, OptionNote, Response
from app.domain.access import Role

SUMMER = date(2026, 8, 3)


def look(database: Database, count: int, shown: list[str], **changes: object) -> None:
    """So many appointments of the summer in which these options were on the screen."""
    ids = add(database, [Given(HIGH)] * count)
    with sessions.write(database) as db:
        for id_ in ids:
            encounter = db.get_one(Encounter, db.get_one(Response, id_).encounter_id)
            encounter.encounter_on = SUMMER
            encounter.state = str(changes.get("state", "closed"))
            db.add(
                Exposure(
                    id=str(uuid4()), encounter_id=encounter.id, device="d", digest="",
                    receipt="{}", grid_public_id="k7", grid_version=1, grid_sha256="cd" * 32,
                    picked=[], shown=shown, opened={}, minutes_band=changes.get("band", "2_to_5"),
                    environment="training", demo=False, received_at=START,
                )
            )  # fmt: skip


def note(database: Database, option: str, place: str, weeks: int | None = None) -> None:
    with sessions.write(database) as db:
        db.add(
            OptionNote(
                public_id="k7", option_id=option, place=place, wait_weeks=weeks,
                checked_on=SUMMER, checked_by="staff-1",
            )
        )  # fmt: skip


def test_the_table_is_rounded_on_the_page_and_in_the_file(
    client: TestClient, database: Database
) -> None:
    note(database, "group", "not_here")
    note(database, "one-to-one", "here", 18)
    note(database, "family-sessions", "elsewhere")
    look(database, 22, ["group", "one-to-one"])
    look(database, 11, ["group", "one-to-one", "family-sessions"])
    look(database, 3, ["one-to-one", "family-sessions"])
    look(database, 20, ["group"], state="voided")
    look(database, 20, ["group"], band=None)
    sign_in(client, make_staff(database, roles=[Role.RESEARCHER], teams=[]))
    page = client.get("/research/not-here")
    assert page.status_code == 200
    assert "1 July 2026 to 30 September 2026" in page.text
    assert "<td>Here, with a wait, 18 weeks</td><td>35 of 35</td>" in page.text
    assert '<td>Not offered here</td><td><span class="quiet">left out</span>' in page.text
    answer = client.get("/research/not-here.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    header, *lines = answer.text.splitlines()
    assert header.startswith("quarter_from,grid,grid_name,option,option_name,noted_today,")
    assert [(line.split(",")[3], line.split(",")[-4:]) for line in lines] == [
        ("family-sessions", ["elsewhere", "", "15", "35"]),
        ("group", ["not_here", "", "redacted", "redacted"]),
        ("one-to-one", ["wait", "18", "35", "35"]),
    ]
    with sessions.read(database) as db:
        query = select(AuditEvent.kind).where(AuditEvent.subject == "not_offered_here")
        assert db.exec(query.order_by(AuditEvent.seq)).all() == ["results_viewed", "results_taken"]


def test_without_notes_there_is_nothing_and_others_do_not_see_it(
    client: TestClient, database: Database
) -> None:
    look(database, 10, ["group"])
    sign_in(client, make_staff(database, roles=[Role.RESEARCHER], teams=[]))
    assert "Nothing to show yet" in client.get("/research/not-here").text
    sign_in(client, make_staff(database))
    assert client.get("/research/not-here").status_code == 403
    assert client.get("/research/not-here.csv").status_code == 403
