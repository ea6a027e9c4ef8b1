"""At the review: the file of a family's sheet stands beside the same grid, and nothing is kept."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from fixtures.papers import TODAY, Desk
from pypdf import PdfWriter
from starlette.testclient import TestClient

from app.content.library import Library
from app.documents.decision_reading import MOST_BYTES, NotADecision, read_hoped
from app.documents.decision_sheet import FILE_NAME, write_record
from app.services.decision_papers import DecisionOrder, make_paper, read_sheet
from app.settings import ROOT
from app.web.service import Service

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
CANARY = "I sleep again like a dormouse"
AGREED: dict[str, Any] = {
    "outcome": "decided",
    "decided_by": ["young_person.1"],
    "chosen": ["group"],
    "people_present": ["young_person", "parent"],
    "shared": [{"card": "private", "people": ["young_person.1"]}],
    "better": f"{CANARY} <b>& \u05e9\u05dc\u05d5\u05dd</b>",
    "steps": [{"who": "practitioner", "what": "Sends the letter"}],
    "goals": [{"words": "See my friends", "rating": 3}],
    "review_on": "2027-02-22",
}
GRID = {"public_id": "k7", "version": 1, "picked": ["group"], "shown": ["group", "one-to-one"]}


def order(library: Library, grid: Any = GRID, agreed: Any = AGREED, **more: Any) -> DecisionOrder:
    document = {"agreed": agreed, "grid": grid, **more}
    return DecisionOrder(document, library, "https://grids.example.nhs.uk")


@pytest.fixture(scope="module")
def paper(desk: Desk) -> bytes:
    sheet = read_sheet(order(desk.library), made_on=TODAY)
    return desk.run(make_paper(desk.press, sheet=sheet, encounter=None, now=NOW)).body


def written(library: Library, **more: Any) -> dict[str, Any]:
    return write_record(read_sheet(order(library, **more), made_on=TODAY))


def as_file(document: Any) -> bytes:
    return json.dumps(document).encode()


def holding(body: bytes, name: str = FILE_NAME) -> bytes:
    writer, out = PdfWriter(), io.BytesIO()
    writer.add_blank_page(100, 100)
    writer.add_attachment(name, body)
    writer.write(out)
    return out.getvalue()


def send(client: TestClient, pdf: bytes) -> Any:
    return client.post("/again", files={"sheet": ("sheet.pdf", pdf, "application/pdf")})


def test_what_was_hoped_for_comes_back_whole(desk: Desk) -> None:
    sheet = read_sheet(order(desk.library), made_on=TODAY)
    hoped = read_hoped(as_file(write_record(sheet)), desk.library)
    assert hoped.record == sheet.record
    assert (hoped.made_on, hoped.release, hoped.voice) == (
        TODAY,
        desk.release("k7"),
        "young-person",
    )
    assert (hoped.shown, hoped.is_gone) == (("group", "one-to-one"), False)


def test_a_sheet_behind_a_notice_and_one_without_a_grid_come_back(desk: Desk) -> None:
    library = Library.load(ROOT / "grids")
    release = next(each for each in library.releases.values() if each.grid.sensitive)
    ways = [option.id for option in release.grid.options][:2]
    grid = {"public_id": release.public_id, "version": release.number, "shown": ways}
    document = written(library, grid=grid, agreed={"outcome": "not_yet"}, ticked=True)
    assert read_hoped(as_file(document), library).release == release
    document["plan"]["better"] = CANARY  # a sheet of ours never holds that
    with pytest.raises(NotADecision):
        read_hoped(as_file(document), library)
    alone = written(library, grid=None, agreed=AGREED | {"chosen": []})
    hoped = read_hoped(as_file(alone), library)
    assert (hoped.release, hoped.shown, hoped.is_gone) == (None, (), False)


def test_an_edition_that_is_not_here_leaves_the_names_of_the_file(desk: Desk) -> None:
    document = written(desk.library)
    hoped = read_hoped(as_file(document), Library({}, {}, ()))
    assert (hoped.is_gone, hoped.release, hoped.shown) == (True, None, ())
    assert hoped.names["group"] == "A group"


def _without(key: str) -> Callable[[dict[str, Any]], Any]:
    return lambda document: document.pop(key)


CHANGES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "no plan": _without("plan"),
    "no contact": _without("contact"),
    "another format": lambda d: d.update(format="fhir"),
    "a version that is text": lambda d: d.update(version="1"),
    "a voice that is none": lambda d: d["information_given"][0].update(voice="x"),
    "a grid that is a list": lambda d: d["information_given"][0].update(public_id=[]),
    "two grids": lambda d: d["information_given"].append({}),
    "columns that are text": lambda d: d["information_given"][0].update(columns="group"),
    "a chosen way of no grid": lambda d: d["decision"].update(options=["<script>"]),
    "a role of nobody": lambda d: d["participants"].append({"role": "spy"}),
    "more in the plan": lambda d: d["plan"].update(diagnosis="x"),
    "a long line": lambda d: d["plan"].update(better="x" * 201),
    "a rating of 11": lambda d: d["plan"]["goals"][0].update(rating=11),
    "a day that is none": lambda d: d["contact"].update(date="2026-02-30"),
    "participants that are none": lambda d: d.update(participants=7),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_is_not_as_we_write_it_is_refused(desk: Desk, change: str) -> None:
    document = written(desk.library)
    CHANGES[change](document)
    with pytest.raises(NotADecision) as why:
        read_hoped(as_file(document), desk.library)
    assert why.value.reason == "foreign"


NO_RECORDS = (b"", b"%PDF", b"[1]", b"\xff", b"[" * 5000, b" " * MOST_BYTES + b"{}")


@pytest.mark.parametrize("body", NO_RECORDS, ids=range(len(NO_RECORDS)))
def test_what_is_no_record_is_refused(desk: Desk, body: bytes) -> None:
    with pytest.raises(NotADecision):
        read_hoped(body, desk.library)


def test_a_later_version_is_told_apart(desk: Desk) -> None:
    document = written(desk.library) | {"version": 2}
    with pytest.raises(NotADecision) as why:
        read_hoped(as_file(document), desk.library)
    assert why.value.reason == "newer"


def test_the_page_lays_it_beside_the_same_ways_and_keeps_nothing(
    client: TestClient, service: Service, paper: bytes, tmp_path: Path
) -> None:
    assert client.get("/again").status_code == 200
    shown = send(client, paper)
    assert (shown.status_code, shown.headers["cache-control"]) == (200, "no-store")
    text = unescape(shown.text)
    assert f"{CANARY} <b>& \u05e9\u05dc\u05d5\u05dd</b>" in text
    assert "<b>&" not in shown.text
    assert 'href="/g/k7/1?c=group,one-to-one"' in shown.text
    assert 'data-fragment="/g/k7/1/fragment?voice=young-person"' in shown.text
    assert "22 February 2027" in text
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path for path in left if CANARY.encode() in path.read_bytes()] == []


def test_hostile_files_are_refused_plainly(client: TestClient, paper: bytes) -> None:
    foreign = [b"hello", b"%PDF-1.7\n1 0 obj <<", holding(b"{}"), holding(b"x", "profile.json")]
    for pdf in foreign:
        answer = send(client, pdf)
        assert answer.status_code == 422
        assert "not a sheet that was made here" in answer.text
    assert "No file was chosen" in client.post("/again", data={}).text
    assert "too big" in send(client, b"%PDF" + b"0" * (2 * 1024 * 1024)).text
    assert send(client, b"0" * (3 * 1024 * 1024)).status_code == 413
