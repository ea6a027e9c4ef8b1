"""Link cards: made, printed, shown again, ended, and what leaves of them."""

from __future__ import annotations

import io
import logging
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fixtures.capture import encounter_row, header_for
from fixtures.encounters import study_document
from fixtures.pdfs import check_paper
from fixtures.service import START, Clock
from fixtures.staff import MadeStaff, happened, make_staff, sign_in
from httpx2 import Response as HttpResponse
from pypdf import PdfReader
from sqlmodel import select
from starlette.testclient import TestClient

from app.db import sessions
from app.db.queries import export_rows
from app.db.queries.exports import ExportFilters
from app.db.tables import AuditEvent, LinkCard, LinkVisit, Response
from app.domain.access import Role
from app.domain.dataset_rows import Project
from app.domain.keeping import ErasureReason
from app.domain.link_card import CODE_LETTERS, in_groups, new_card_code, read_card_code
from app.services import erasures, studies
from app.services.retention import Folders, enforce_retention
from app.web.service import Service

TEAM = "north"
FILTERS = ExportFilters("effort-practice", date(2026, 1, 1), date(2030, 1, 1), ())
GROUPED = re.compile(r'class="lc-grouped">([0-9A-Z-]{14})<')


@pytest.fixture
def worker(service: Service, client: TestClient) -> MadeStaff:
    made = make_staff(service.database, teams=[TEAM, "south"])
    for team, study in ((TEAM, "winter-2026"), ("south", "south-2026")):
        document = study_document(("with_grid", date(2026, 1, 1), None), team=team, id=study)
        with sessions.write(service.database) as db:
            studies.install_study(db, document=document, by="system", now=START)
    sign_in(client, made)
    return made


def meet(service: Service, *, study: str | None = "winter-2026", days: int = 0) -> str:
    """An appointment some days after the first, with one answer set; return its id."""
    team = "south" if study == "south-2026" else TEAM
    on = START.date() + timedelta(days=days)
    header = header_for(str(uuid4()), team=team, encounter_on=on.isoformat())
    with sessions.write(service.database) as db:
        db.add(encounter_row(header, study_id=study))
        db.flush()
        db.add(answer_row(header["id"]))
    return str(header["id"])


def answer_row(encounter_id: str) -> Response:
    return Response(
        id=str(uuid4()), encounter_id=encounter_id, device="d", seq=1, digest="", sealed=b"",
        receipt="{}", state="complete", instrument_id="effort-practice", instrument_version="1",
        wording_sha256="ab" * 32, language="en", occasion="after", respondent="young_person",
        mode="tablet_handed_over", helped_by=[], items={"welcome": 1}, environment="training",
        demo=False, made_at=START, received_at=START,
    )  # fmt: skip


def post(client: TestClient, encounter_id: str, way: str = "", **form: str) -> HttpResponse:
    address = f"/encounters/{encounter_id}/link-card{way}"
    return client.post(address, data=form, follow_redirects=False)


def make(client: TestClient, encounter_id: str) -> str:
    answer = post(client, encounter_id)
    assert answer.status_code == 200
    [code] = set(GROUPED.findall(answer.text))
    return str(code)


def stored(service: Service, model: Any) -> list[Any]:
    with sessions.read(service.database) as db:
        return list(db.exec(select(model)).all())


def links(service: Service, key: bytes = b"k" * 32) -> list[tuple[str, str | None, bool | None]]:
    """Return what an export would hold: appointment, pseudonym of the card, the flag."""
    project = Project(key)
    with sessions.read(service.database) as db:
        rows = [row for page in export_rows.iterate_rows(db, FILTERS) for row in page]
    return [
        (r.encounter_id, project.reference("card", r.card_id) if r.card_id else None, r.same_day)
        for r in rows
    ]


@pytest.mark.parametrize("number", [0, 1, 2**59 + 12345, 2**60 - 1])
def test_a_code_is_read_as_people_write_it(number: int) -> None:
    code = new_card_code(number)
    spoken = in_groups(code).lower().replace("0", "o").replace("1", "l")
    assert len(code) == CODE_LETTERS
    assert read_card_code(f"  {spoken} ") == read_card_code(in_groups(code)) == code
    assert read_card_code(code[:-1]) is None
    assert read_card_code(code[:-1] + "U") is None


@pytest.mark.parametrize("number", [-1, 2**60])
def test_only_sixty_bits_make_a_code(number: int) -> None:
    with pytest.raises(ValueError, match="60 bits"):
        new_card_code(number)


def test_two_visits_are_joined_in_a_project_and_two_projects_are_not(
    client: TestClient, service: Service, worker: MadeStaff, caplog: pytest.LogCaptureFixture
) -> None:
    first, second, other = meet(service), meet(service, days=7), meet(service, days=7)
    with caplog.at_level(logging.DEBUG):
        code = make(client, first)
        assert post(client, second, "/shown", code=code.lower()).status_code == 303
    found = {encounter: link for encounter, link, _ in links(service)}
    assert found[first] == found[second] is not None
    assert found[other] is None
    elsewhere = {link for _, link, _ in links(service, b"z" * 32) if link}
    assert elsewhere.isdisjoint(found.values())
    assert "shown at 2 appointments" in client.get(f"/encounters/{second}/link-card").text
    plain = code.replace("-", "")
    entries = b"".join(event.entry for event in stored(service, AuditEvent))
    rows = repr([card.model_dump() for card in stored(service, LinkCard)])
    for held in (entries.decode(), rows, caplog.text):
        assert code not in held
        assert plain not in held
    told = [kind for kind, _, _, _ in happened(service.database) if kind.startswith("link_card")]
    assert told == ["link_card_made", "link_card_shown", "link_card_shown"]


def test_the_same_day_is_asked_about_and_flagged(
    client: TestClient, service: Service, worker: MadeStaff
) -> None:
    first, again = meet(service), meet(service)
    code = make(client, first)
    asked = post(client, again, "/shown", code=code)
    assert asked.status_code == 422
    assert "was shown on this day already" in asked.text
    assert code in asked.text
    assert post(client, again, "/shown", code=code, another="yes").status_code == 303
    assert {(e, flag) for e, _, flag in links(service)} == {(first, False), (again, True)}


def test_what_is_refused_says_why(client: TestClient, service: Service, worker: MadeStaff) -> None:
    first, second, third = meet(service), meet(service, days=1), meet(service, days=2)
    south, nowhere = meet(service, study="south-2026"), meet(service, study=None)
    code = make(client, first)

    def said(encounter: str, typed: str) -> str:
        answer = post(client, encounter, "/shown", code=typed)
        assert answer.status_code == 422
        return answer.text

    assert "A code has 12 letters" in said(second, "ABC")
    assert "No card here has this code" in said(second, "0000-0000-0000")
    assert "from another study" in said(south, code)
    assert "in no study" in said(nowhere, code)
    assert "A card was noted here already" in said(first, code)
    assert post(client, first, "/void").status_code == 422
    assert post(client, first, "/void", reason="lost").status_code == 303
    assert "works no more" in said(third, code)
    for _ in range(12):
        last = post(client, second, "/shown", code="0000-0000-0000")
    assert "Too many codes were wrong" in last.text


@pytest.mark.parametrize(
    ("reason", "visits"), [("lost", 2), ("misprinted", 2), ("not_wanted", 0), ("wrong_family", 0)]
)
def test_what_ends_a_card_decides_whether_visits_stay_joined(
    client: TestClient, service: Service, worker: MadeStaff, reason: str, visits: int
) -> None:
    first, second = meet(service), meet(service, days=3)
    code = make(client, first)
    post(client, second, "/shown", code=code)
    assert post(client, second, "/void", reason=reason).status_code == 303
    assert len(stored(service, LinkVisit)) == visits
    assert [card.void_reason for card in stored(service, LinkCard)] == [reason]


def test_a_card_taken_off_can_be_noted_again(
    client: TestClient, service: Service, worker: MadeStaff
) -> None:
    first = meet(service)
    code = make(client, first)
    assert post(client, first, "/off").status_code == 303
    assert stored(service, LinkVisit) == []
    assert post(client, first, "/shown", code=code).status_code == 303


def test_another_team_and_other_roles_see_no_card(
    client: TestClient, service: Service, worker: MadeStaff
) -> None:
    first = meet(service)
    for roles, teams, status in (
        ([Role.PRACTITIONER], ["west"], 404),
        ([Role.RESEARCHER], [], 403),
    ):
        sign_in(client, make_staff(service.database, roles=roles, teams=teams))
        assert client.get(f"/encounters/{first}/link-card").status_code == status
        assert post(client, first).status_code == status
    assert stored(service, LinkCard) == []


def test_the_paper_holds_the_code_and_who_to_ring_and_is_well_made(
    client: TestClient, service: Service, worker: MadeStaff, tmp_path: Path
) -> None:
    code = make(client, meet(service))
    answer = client.post("/link-card.pdf", data={"code": code})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert check_paper(answer.content, tmp_path) == []
    reader = PdfReader(io.BytesIO(answer.content))
    text = reader.pages[0].extract_text()
    assert len(reader.pages) == 1
    assert code in text
    assert "999" in text
    assert "Nobody can look it up" in text
    assert client.post("/link-card.pdf", data={"code": "no"}).status_code == 422


def test_a_visit_goes_with_its_last_answers_and_a_card_two_years_after_its_last(
    client: TestClient, service: Service, worker: MadeStaff, clock: Clock, tmp_path: Path
) -> None:
    first = meet(service)
    make(client, first)
    [answers] = stored(service, Response)
    with sessions.write(service.database) as db:
        reason = ErasureReason.WITHDRAWN
        erasures.erase_sets(db, [answers.id], reason=reason, actor="s", now=clock())
    assert stored(service, LinkVisit) == []
    folders, zone = Folders.under(tmp_path), service.settings.timezone
    for days, cards in ((729, 1), (731, 0)):
        now = START + timedelta(days=days)
        enforce_retention(service.database, folders=folders, zone=zone, now=now)
        assert len(stored(service, LinkCard)) == cards
