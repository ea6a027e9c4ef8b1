"""The directory of this place, its notes on options and its feeds, pressed as a browser would."""

from __future__ import annotations

import html
import json
import re
import threading
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from fixtures.encounters import TODAY, make_draft, make_library, make_release, viewer_of
from fixtures.service import START
from fixtures.staff import MadeStaff, make_staff, sign_in
from sqlmodel import select
from starlette.testclient import TestClient

from app.db import sessions
from app.db.queries import local_offers as queries
from app.db.tables import AuditEvent, LocalOffer, OptionNote
from app.domain.access import Role
from app.domain.encounter import GridChoice
from app.domain.local_feed import MOST_BYTES, read_feed
from app.domain.local_offer import STALE_AFTER, UNDATED
from app.services import encounters, hand_over_plan, local_offers, tablet_config
from app.web.service import Service

SERVICE = {
    "id": "riverside",
    "name": "Riverside drop-in",
    "status": "active",
    "description": "A place to talk.",
    "minimum_age": 11,
    "application_process": "Walk in on Tuesdays.",
    "assured_date": "2026-11-01",
}


@pytest.fixture(autouse=True)
def _grids(service: Service) -> None:
    service.library = make_library(make_release("k7"), make_release("m4", setting="outside-nhs"))


@pytest.fixture
def robin(service: Service, client: TestClient) -> MadeStaff:
    made = make_staff(service.database, name="Robin Ashe")
    sign_in(client, made)
    return made


def filled(**changes: Any) -> dict[str, Any]:
    values = {
        "id": str(uuid4()),
        "name": "Riverside drop-in",
        "what": "A place to talk.",
        "age_from": "11",
        "age_to": "18",
        "how_to_get": "Walk in on Tuesdays.",
        "wait_weeks": "3",
        "checked_on": TODAY.isoformat(),
    }
    return {**values, **changes}


def add(client: TestClient, **changes: Any) -> str:
    form = filled(**changes)
    answer = client.post("/local", data=form, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/local?done=added")
    return str(form["id"])


def offers(service: Service) -> list[LocalOffer]:
    with sessions.read(service.database) as db:
        return list(db.exec(select(LocalOffer).order_by(LocalOffer.name)).all())


def events(service: Service, kind: str) -> list[tuple[str, dict[str, Any]]]:
    with sessions.read(service.database) as db:
        rows = db.exec(select(AuditEvent).order_by(AuditEvent.seq)).all()  # type: ignore[arg-type]
    return [(r.subject, json.loads(r.entry)["details"]) for r in rows if r.kind == kind]


def faults_of(answer: Any) -> list[str]:
    assert answer.status_code == 422
    summary = answer.text.split("nhsuk-error-summary__list")[1].split("</ul>")[0]
    return re.findall(r'href="#([a-z0-9_-]+)"', summary)


def test_an_entry_is_added_changed_and_taken_out(client, service, robin):
    made = add(client)
    text = client.get("/local?done=added").text
    for said in ("Riverside drop-in", "Ages 11 to 18", "About 3 weeks", "by Robin Ashe"):
        assert said in text
    client.post(f"/local/{made}", data=filled(id=made, wait_weeks="", age_to=""))
    [row] = offers(service)
    assert (row.wait_weeks, row.age_from, row.age_to) == (None, 11, None)
    client.post(f"/local/{made}/retire")
    assert "Riverside" not in client.get("/local").text
    assert client.get(f"/local/{made}").status_code == 404
    assert [d["change"] for _, d in events(service, "local_offer_changed")] == [
        "added",
        "changed",
        "retired",
    ]


def test_two_presses_add_one_entry(client, service, robin):
    made = add(client)
    add(client, id=made)
    assert [row.id for row in offers(service)] == [made]


def test_what_cannot_be_kept_is_said_at_its_field_and_the_rest_stays(client, service, robin):
    answer = client.post(
        "/local",
        data=filled(
            name="",
            what="x" * 601,
            age_from="12",
            age_to="11",
            wait_weeks="soon",
            checked_on="2026-11-24",
            how_to_get="Ring <b>us</b>",
        ),
    )
    assert faults_of(answer) == ["name", "what", "age_to", "wait_weeks", "checked_on"]
    assert "Ring &lt;b&gt;us&lt;/b&gt;" in answer.text
    assert offers(service) == []


def test_an_old_entry_is_flagged_until_somebody_says_that_it_is_right(client, service, robin):
    made = add(client, checked_on=(TODAY - STALE_AFTER - timedelta(days=1)).isoformat())
    assert "1 entry was last checked over 90 days ago" in client.get("/local").text
    client.post(f"/local/{made}/checked")
    assert "Wants a look" not in client.get("/local").text
    assert offers(service)[0].checked_on == TODAY


@pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.RESEARCHER, Role.AUDITOR])
def test_other_roles_are_kept_out(client, service, role):
    sign_in(client, make_staff(service.database, roles=(role,)))
    assert client.get("/local").status_code == 403
    assert client.post("/local", data=filled()).status_code == 403


def keep_note(client: TestClient, option: str = "group", **fields: str) -> Any:
    data = {"team": "", "place": "here", "weeks": "", "offer": "", **fields}
    return client.post(f"/local/notes/k7/{option}", data=data, follow_redirects=False)


def test_a_team_stands_before_the_service(client, service, robin):
    made = add(client)
    assert keep_note(client, place="not_here").status_code == 303
    keep_note(client, team="north", place="here", offer=made)
    keep_note(client, "family", place="elsewhere", weeks="12")
    with sessions.read(service.database) as db:
        north = local_offers.about_here(db, public_id="k7", team_id="north", today=TODAY)
        south = local_offers.about_here(db, public_id="k7", team_id="south", today=TODAY)
    assert north["group"] == {
        "place": "here",
        "weeks": 3,
        "name": "Riverside drop-in",
        "how": "Walk in on Tuesdays.",
        "checked_on": TODAY.isoformat(),
        "stale": False,
    }
    assert south["group"]["place"] == "not_here"
    assert north["family"] == south["family"]
    assert (north["family"]["weeks"], north["family"]["name"]) == (12, "")


def test_a_note_is_no_younger_than_the_entry_behind_it(client, service, robin):
    long_ago = (TODAY - STALE_AFTER - timedelta(days=9)).isoformat()
    keep_note(client, offer=add(client, checked_on=long_ago))
    with sessions.read(service.database) as db:
        told = local_offers.about_here(db, public_id="k7", team_id="north", today=TODAY)["group"]
    assert (told["checked_on"], told["stale"]) == (long_ago, True)
    client.post(f"/local/{offers(service)[0].id}/retire")
    with sessions.read(service.database) as db:
        told = local_offers.about_here(db, public_id="k7", team_id="north", today=TODAY)["group"]
    assert (told["name"], told["checked_on"], told["stale"]) == ("", TODAY.isoformat(), False)


def test_a_note_can_be_taken_back(client, service, robin):
    keep_note(client)
    keep_note(client, place="")
    keep_note(client, place="")
    with sessions.read(service.database) as db:
        assert db.exec(select(OptionNote)).all() == []
    details = [d for _, d in events(service, "option_note_changed")]
    assert [d["place"] for d in details] == ["here", "none"]


def test_a_note_that_cannot_be_kept_keeps_what_was_typed(client, service, robin):
    answer = keep_note(client, weeks="ten", offer="gone")
    assert faults_of(answer) == ["weeks-group", "offer-group"]
    assert 'value="ten"' in answer.text
    assert keep_note(client, "no-such-option").status_code == 404
    assert keep_note(client, team="south").status_code == 404
    assert client.get("/local/notes/k7?team=south").status_code == 404
    assert client.get("/local/notes/zz").status_code == 404


def send(client: TestClient, raw: bytes, name: str = "feed.json") -> Any:
    return client.post("/local/feed", files={"file": (name, raw, "application/json")})


def feed(*services: Any) -> bytes:
    return json.dumps({"contents": list(services)}).encode()


def hidden(text: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([a-z0-9_]+)" value="([^"]*)"', text)
    return {key: html.unescape(value) for key, value in found}


def take(client: TestClient, fields: dict[str, str]) -> Any:
    sent = {key: (None, value) for key, value in fields.items()}
    return client.post("/local/feed/take", files=sent, follow_redirects=False)


def test_a_feed_is_looked_at_then_taken_and_again_changes_nothing(client, service, robin):
    raw = feed(SERVICE, {"name": "No id", "status": "active"}, {**SERVICE, "id": "b", "name": "B"})
    looked = send(client, raw, "north ward \u2013 page 1.json")
    assert looked.status_code == 200
    assert "Number 2, <strong>No id</strong>: it has no usable id." in looked.text
    assert offers(service) == []
    answer = take(client, hidden(looked.text))
    assert answer.headers["location"] == "/local?done=taken"
    assert [(o.source_ref, o.name) for o in offers(service)] == [
        ("b", "B"),
        ("riverside", "Riverside drop-in"),
    ]
    details = {"sha256": local_offers.file_sha256(raw), "added": 2, "changed": 0, "refused": 1}
    assert events(service, "local_offers_imported") == [("north ward ? page 1.json", details)]
    again = send(client, raw).text
    assert "There is nothing to take" in again
    take(client, hidden(looked.text))
    assert len(offers(service)) == 2


def test_a_feed_keeps_what_only_people_here_know(client, service, robin):
    take(client, hidden(send(client, feed(SERVICE)).text))
    [row] = offers(service)
    client.post(f"/local/{row.id}", data=filled(id=row.id, name="Riverside", wait_weeks="5"))
    take(client, hidden(send(client, feed({**SERVICE, "description": "New words."})).text))
    [row] = offers(service)
    assert (row.name, row.what, row.wait_weeks) == ("Riverside drop-in", "New words.", 5)
    assert row.checked_on == TODAY
    take(client, hidden(send(client, feed({**SERVICE, "status": "defunct"})).text))
    assert offers(service)[0].retired_at is not None
    assert "There is nothing to take" in send(client, feed(SERVICE)).text


def test_what_was_not_looked_at_is_not_taken(client, service, robin):
    fields = hidden(send(client, feed(SERVICE)).text)
    for change in (
        {"kept": feed({**SERVICE, "name": "Other"}).decode()},
        {"refused": "0x"},
        {"seal": "é"},
    ):
        answer = take(client, {**fields, **change})
        assert faults_of(answer) == ["file"]
    assert take(client, {}).status_code == 422
    assert offers(service) == []


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "Choose the file of the feed"),
        (b"<html>", "not readable as JSON"),
        (b"[" * 500_000, "not readable as JSON"),
        (b'{"a": 1}', "There are no services in that file"),
        (b" " * (MOST_BYTES + 1), "That file is over 4 megabytes"),
        (b" " * 100_000_000, "That file is over 4 megabytes"),
    ],
    ids=["none", "page", "deep", "other", "over", "huge"],
)
def test_a_file_that_is_no_feed_is_refused_plainly(client, robin, raw, said):
    answer = send(client, raw)
    assert faults_of(answer) == ["file"]
    assert said in answer.text


def test_words_of_a_feed_are_words_on_the_page(client, service, robin):
    wild = {**SERVICE, "name": "A &lt;script&gt;x()&lt;/script&gt;", "id": "<b>"}
    take(client, hidden(send(client, feed(wild)).text))
    text = client.get("/local").text
    assert "A &lt;script&gt;x()&lt;/script&gt;" in text
    assert "<script>x()" not in text


def test_an_undated_entry_says_so_and_is_flagged(client, service, robin):
    bare = {key: value for key, value in SERVICE.items() if key != "assured_date"}
    take(client, hidden(send(client, feed(bare)).text))
    assert offers(service)[0].checked_on == UNDATED
    text = client.get("/local").text
    assert "Nobody has said when this was checked" in text
    assert "Wants a look" in text
    keep_note(client, offer=offers(service)[0].id)
    with sessions.read(service.database) as db:
        note = queries.notes_about(db, public_id="k7", team_id="north")["group"]
    told = local_offers.told(note, TODAY)
    assert (told["checked_on"], told["stale"]) == (None, True)


def test_two_take_the_same_feed_at_once(service):
    by = viewer_of(make_staff(service.database))
    found = read_feed(feed(SERVICE, {**SERVICE, "id": "b"}), today=TODAY)
    barrier = threading.Barrier(2)
    outcomes: list[int] = []

    def go() -> None:
        barrier.wait()
        with sessions.write(service.database) as db:
            outcome = local_offers.take_feed(
                db, feed=found, file_name="f", sha256="0" * 64, refused=0, by=by, now=START
            )
            outcomes.append(len(outcome.added))

    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [0, 2]
    assert len(offers(service)) == 2


def test_a_family_hears_of_here_in_the_plan_and_tablets_in_their_configuration(
    client, service, robin
):
    keep_note(client, team="north", place="elsewhere", weeks="8")
    with sessions.write(service.database) as db:
        draft = make_draft(grid=GridChoice("k7", 1, "ab" * 32, ()))
        row = encounters.open_encounter(db, draft=draft, by=viewer_of(robin), now=START)
        plan = hand_over_plan.appointment_plan(db, row, mode="training")
        config = tablet_config.team_config(
            db,
            team_id="north",
            keyring=service.keyring,
            mode="training",
            timezone="Europe/London",
            grids=[{"public_id": "k7"}, {"public_id": "m4"}],
            languages=(),
            counts=True,
            today=TODAY,
        )
    told = {"place": "elsewhere", "weeks": 8, "name": "", "how": ""}
    told |= {"checked_on": TODAY.isoformat(), "stale": False}
    assert plan["local"] == {"group": told}
    assert [grid["local"] for grid in config["grids"]] == [{"group": told}, {}]
    assert robin.id not in json.dumps([plan["local"], config["grids"]])


def test_a_plan_without_a_grid_says_nothing_of_here(service):
    made = make_staff(service.database)
    with sessions.write(service.database) as db:
        draft = make_draft(grid=None)
        row = encounters.open_encounter(db, draft=draft, by=viewer_of(made), now=START)
        assert hand_over_plan.appointment_plan(db, row, mode="training")["local"] == {}
