"""What was agreed, on paper: one page, its words whole, its file no wiser than the page."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fixtures.capture import TEAM, hand_over
from fixtures.paper_kinds import AGREED, OWN
from fixtures.papers import TODAY, Desk
from fixtures.pdfs import (
    check_structure,
    facts_of,
    fonts_of,
    letters,
    pages_of,
    smallest_type,
    tags_of,
)
from fixtures.staff import make_staff, sign_in
from pypdf import PdfReader
from starlette.testclient import TestClient

from app.content.library import Library
from app.documents.decision_record import RecordUnreadable
from app.domain.access import Role
from app.services.decision_papers import DecisionOrder, NotTicked, make_paper, read_sheet
from app.services.print_desk import Paper
from app.settings import ROOT
from app.web.service import Service

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
GRID = {
    "public_id": "k7",
    "version": 1,
    "picked": ["group", "short-practical"],
    "shown": ["group", "one-to-one"],
}
HIDDEN = ("7K3QD2XA", "date_time", "sha256", "recorded_by")


@dataclass
class Sheets:
    """Makes sheets of the grids that are released."""

    desk: Desk
    library: Library

    def make(self, grid: Any = GRID, agreed: Any = AGREED, **more: Any) -> Paper:
        document = {"agreed": agreed, "grid": grid, **more}
        order = DecisionOrder(document, self.library, "https://grids.example.nhs.uk")
        sheet = read_sheet(order, made_on=TODAY)
        encounter = ("some-id", "7K3QD2XA")
        return self.desk.run(make_paper(self.desk.press, sheet=sheet, encounter=encounter, now=NOW))

    def sensitive(self) -> dict[str, Any]:
        release = next(each for each in self.library.releases.values() if each.grid.sensitive)
        ways = [option.id for option in release.grid.options][:2]
        return {"public_id": release.public_id, "version": release.number, "picked": ways}


@pytest.fixture(scope="module")
def sheets(desk: Desk) -> Sheets:
    return Sheets(desk, Library.load(ROOT / "grids"))


def enclosed(body: bytes) -> dict[str, Any]:
    (content,) = PdfReader(io.BytesIO(body)).attachments["decision.json"]
    found: dict[str, Any] = json.loads(content)
    return found


def test_a_full_sheet_is_one_page_in_reading_order(sheets: Sheets, tmp_path: Path) -> None:
    paper = sheets.make()
    (text,) = pages_of(paper.body)
    flat = letters(text)
    parts = [
        "For the family",
        "What happens now",
        "We decided today",
        "A group",
        "Said by: the young person, a parent or carer",
        "Sees it differently: another parent or carer",
        "Keeping it private",
        *OWN.values(),
        "22 February 2027",
        "See my friends once a week",
        "3 of 10",
        "Sends the letter this week",
        "Here today: the young person, a parent, the practitioner",
        "We decide this together: they understand this choice",
        "Parental responsibility: a parent",
        "We still need to ask: a social worker",
        "Help now",
        "116 123",
        "Brought in by the family: One-to-one talking therapy",
        "Put away: Short practical help",
        "edition 1",
        "https://grids.example.nhs.uk/g/k7/1?c=group,one-to-one",
    ]
    assert [part for part in parts if letters(part) not in flat] == []
    places = [flat.index(letters(part)) for part in parts]
    assert places == sorted(places)
    assert text.startswith("For the family")
    assert smallest_type(paper.body) >= 9.99
    assert len(paper.body) < 100_000
    check_structure(paper.body, tmp_path)
    facts = facts_of(paper.body)
    assert (facts["lang"], facts["title"], facts["marked"]) == ("en-GB", "What happens now", True)
    assert (facts["shows_title"], facts["author"]) == (True, None)
    assert all(fonts_of(paper.body).values())
    figures = [alt for kind, alt in tags_of(paper.body) if kind == "/Figure"]
    assert figures == ["A code that opens the same ways side by side on a phone"]


def test_the_file_inside_holds_what_the_sheet_shows_and_no_more(sheets: Sheets) -> None:
    paper = sheets.make()
    file = enclosed(paper.body)
    assert facts_of(paper.body)["attachments"] == ["decision.json"]
    assert file["decision"] == {
        "outcome": "decided",
        "options": ["group"],
        "decided_by": ["young_person.1", "parent.1"],
        "disagreed": ["parent.2"],
    }
    assert {key: file["plan"][key] for key in OWN} == OWN
    assert file["plan"]["goals"] == [{"words": "See my friends once a week", "rating": 3}]
    assert file["information_given"][0]["columns"] == ["group", "one-to-one"]
    assert [option["picked_by"] for option in file["options_discussed"]] == [
        "practitioner",
        "family",
        "practitioner",
    ]
    assert file["options_discussed"][2]["put_away"] is True
    assert [word for word in HIDDEN if word in json.dumps(file)] == []
    # The record system gets the same and what it cannot do without: time, code, hash.
    record = json.loads(paper.record)
    assert record["contact"]["date_time"] == "2026-11-23T09:30+00:00"
    assert record["contact"]["appointment_code"] == "7K3QD2XA"
    assert len(record["information_given"][0]["sha256"]) == 64
    assert record["plan"] == file["plan"]
    assert [word for word in HIDDEN if word.encode() in paper.body] == []


def test_the_note_says_the_same_in_plain_lines(sheets: Sheets) -> None:
    note = sheets.make(agreed=AGREED | {"better": 'Tea & <b>toast</b> with "Mum\'s" &amp;'}).note
    lines = note.splitlines()
    assert lines[0] == "Shared decision, 23 November 2026 (appointment 7K3QD2XA)"
    assert 'What better would look like: Tea & <b>toast</b> with "Mum\'s" &amp;' in lines
    assert "Consent still needed from: a social worker" in lines
    assert "Goal: See my friends once a week (3 of 10 today)" in lines
    assert all(lines)


def test_an_empty_sheet_is_a_page_to_write_on(sheets: Sheets) -> None:
    (text,) = pages_of(sheets.make(grid=None, agreed={}, copy_for="parent").body)
    assert text.startswith("For a parent or carer")
    assert [
        part for part in ("By when", "We look at it again on", "Help now") if part not in text
    ] == []


def test_not_today_closes_the_choice_and_never_the_numbers(sheets: Sheets) -> None:
    paper = sheets.make(agreed={"outcome": "not_today"})
    (text,) = pages_of(paper.body)
    assert "Not today, and that is fine" in text
    assert "By when" not in text
    assert "116 123" in text


def test_what_needs_two_pages_gets_two_and_every_word_is_there(sheets: Sheets) -> None:
    long = " ".join(f"word{number}" for number in range(40))[:200]
    agreed = AGREED | dict.fromkeys(OWN, long) | {"steps": [{"who": "parent", "what": long}] * 4}
    agreed |= {"goals": [{"words": long, "rating": None}] * 3}
    texts = pages_of(sheets.make(agreed=agreed).body)
    assert len(texts) == 2
    assert letters(" ".join(texts)).count(letters(long)) == 12


def test_a_grid_that_nobody_opened_was_not_looked_at(sheets: Sheets) -> None:
    paper = sheets.make(grid=GRID | {"shown": []})
    (text,) = pages_of(paper.body)
    assert "We did not look at the grid together today." in text
    assert "The grid was not looked at together." in paper.note
    file = enclosed(paper.body)
    assert (file["options_discussed"], file["information_given"]) == ([], [])


def test_words_are_printed_as_the_text_they_are(sheets: Sheets) -> None:
    hostile = "<img src=file:///etc/passwd><style>*{display:none}</style>{{ 7*7 }} שלום"
    paper = sheets.make(agreed=AGREED | {"better": hostile, "when": "Biscuit \u0378"})
    (text,) = pages_of(paper.body)
    assert letters("<style>*{display:none}</style>{{ 7*7 }}") in letters(text)
    assert "root:" not in text
    assert paper.missing == "\u0378"


class TestBehindANotice:
    def test_the_young_person_ticks_first(self, sheets: Sheets) -> None:
        with pytest.raises(NotTicked):
            sheets.make(grid=sheets.sensitive(), agreed={"outcome": "not_yet"})

    def test_no_own_words_and_the_first_help_is_always_there(self, sheets: Sheets) -> None:
        grid = sheets.sensitive()
        with pytest.raises(RecordUnreadable):
            sheets.make(grid=grid, agreed={"better": "x"}, ticked=True)
        for outcome in ("decided", "not_yet", "not_today"):
            paper = sheets.make(grid=grid, agreed={"outcome": outcome}, ticked=True)
            (text,) = pages_of(paper.body)
            assert "First, for everyone, whatever you choose" in text
            assert "Ways to get support" in text
            assert "116 123" in text
            assert "By when" not in text

    def test_title_name_and_cover_say_nothing(self, sheets: Sheets) -> None:
        paper = sheets.make(
            grid=sheets.sensitive(), agreed={"outcome": "not_yet"}, ticked=True, cover=True
        )
        cover, sheet = pages_of(paper.body)
        assert "Papers to keep" in cover
        assert letters(sheet).startswith(letters("For the family"))
        assert "harm" not in (cover + sheet.split("First, for everyone")[0]).lower()
        facts = facts_of(paper.body)
        assert facts["title"] == "What happens now"
        assert "harm" not in json.dumps(enclosed(paper.body)).lower()


@pytest.mark.parametrize(
    "order",
    [
        {"grid": {"public_id": "zz", "version": 1}},
        {"grid": {"public_id": "k7", "version": "1"}},
        {"grid": GRID | {"shown": ["somebody"]}},
        {"grid": GRID, "voice": "pirate"},
        {"copy_for": "school"},
        {"name": "Sam"},
        [],
    ],
)
def test_an_order_that_no_page_makes_is_refused(desk: Desk, order: Any) -> None:
    with pytest.raises(RecordUnreadable):
        read_sheet(DecisionOrder(order, desk.library, ""), made_on=TODAY)


def test_from_the_tablet_to_the_desk(client: TestClient, service: Service) -> None:
    tablet = hand_over(service.database, service.keyring)
    headers = {"Authorization": f"Bearer {tablet.token}"}
    address = "/v1/print-tickets/decision?way=desk"
    left = client.post(address, json={"agreed": AGREED, "grid": GRID}, headers=headers)
    assert left.status_code == 201
    said = {"agreed": AGREED | {"outcome": "perhaps"}}
    assert client.post(address, json=said, headers=headers).json() == {
        "error": "unreadable:outcome"
    }
    assert client.post(address, content=b"x" * 70_000, headers=headers).status_code == 413
    assert client.post(address, content=b"[", headers=headers).status_code == 422
    assert client.post(address, json={"agreed": AGREED}).status_code == 401
    sign_in(client, make_staff(service.database, teams=(TEAM,)))
    opened = client.post("/print-desk", data={"code": left.json()["code"]})
    assert "Shared decision, 23 November 2026 (appointment" in opened.text
    assert "decision-record" in opened.text


def test_the_front_desk_gets_the_paper_without_the_note(
    client: TestClient, service: Service
) -> None:
    tablet = hand_over(service.database, service.keyring)
    headers = {"Authorization": f"Bearer {tablet.token}"}
    sent = {"agreed": AGREED, "grid": GRID}
    left = client.post("/v1/print-tickets/decision?way=desk", json=sent, headers=headers)
    sign_in(client, make_staff(service.database, teams=(TEAM,), roles=(Role.FRONT_DESK,)))
    opened = client.post("/print-desk", data={"code": left.json()["code"]})
    assert opened.status_code == 200
    assert "Shared decision" not in opened.text
    assert "decision-record" not in opened.text


def test_a_grid_that_is_switched_off_is_not_printed(
    client: TestClient, service: Service, sheets: Sheets
) -> None:
    service.library = sheets.library
    tablet = hand_over(service.database, service.keyring)
    headers = {"Authorization": f"Bearer {tablet.token}"}
    sent = {"agreed": {"outcome": "not_yet"}, "grid": sheets.sensitive(), "ticked": True}
    answer = client.post("/v1/print-tickets/decision?way=desk", json=sent, headers=headers)
    assert (answer.status_code, answer.json()) == (422, {"error": "not_offered"})
