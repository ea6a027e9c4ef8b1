"""Triage, the pages of the groups, the prep view, its papers, and looking together."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from fixtures.encounters import (
    TODAY,
    make_draft,
    make_library,
    make_release,
    study_document,
    viewer_of,
)
from fixtures.service import START
from fixtures.staff import MadeStaff, make_staff, sign_in
from pypdf import PdfReader
from starlette.testclient import TestClient

from app.content.group_pages import read_groups
from app.content.library import Library
from app.content.practitioner_prompts import all_texts, read_prompts
from app.content.shared_words import read_sources
from app.db import sessions
from app.domain.access import Role
from app.domain.encounter import GridChoice
from app.domain.local_offer import OfferPlace
from app.domain.vocabulary import NeedGroup
from app.services import encounters, local_offers, studies
from app.settings import ROOT
from app.web.pages.encounters import LookTogether
from app.web.service import Service

GRIDS = ROOT / "grids"
GROUPS = read_groups(GRIDS)[0]


@pytest.fixture
def robin(service: Service, client: TestClient) -> MadeStaff:
    made = make_staff(service.database, name="Robin Ashe")
    sign_in(client, made)
    return made


def open_one(service: Service, staff: MadeStaff, **changes: Any) -> str:
    with sessions.write(service.database) as db:
        draft = make_draft(**changes)
        return encounters.open_encounter(db, draft=draft, by=viewer_of(staff), now=START).id


def with_grid(service: Service, staff: MadeStaff, picked: tuple[str, ...]) -> str:
    release = service.library.current("k7")
    assert release is not None
    grid = GridChoice("k7", release.number, release.sha256, picked)
    return open_one(service, staff, grid=grid)


def words_of(pdf: bytes) -> tuple[int, str]:
    reader = PdfReader(io.BytesIO(pdf))
    text = "\n".join(page.extract_text() for page in reader.pages)
    return len(reader.pages), re.sub(r"\s+", " ", text)


def squeezed(text: str) -> str:
    """A text without the spaces that lines of a table tear apart."""
    return re.sub(r"\s+", "", text)


# --- home and triage ------------------------------------------------------------------------


def test_home_leads_to_each_topic_by_its_public_id(client, service, robin):
    service.library = make_library(make_release("k7"), make_release("m4", setting="outside-nhs"))
    found = re.findall(r'<a class="tile" href="([^"]+)">([^<]+)</a>', client.get("/home").text)
    assert found == [("/triage?topic=k7", "Feeling low"), ("/triage?topic=", "None of these")]


def test_in_baseline_weeks_home_names_no_topic(client, service, robin):
    with sessions.write(service.database) as db:
        document = study_document(("baseline", TODAY - timedelta(days=9), None))
        studies.install_study(db, document=document, by="system", now=START)
    text = client.get("/home").text
    assert "/triage?topic=" not in text
    assert 'class="door door--first" href="/triage"' in text


def test_what_tells_the_last_two_groups_apart_stands_there_with_its_sources(client, robin):
    text = client.get("/triage").text
    for group in ("more_help", "risk_support"):
        assert GROUPS[group].staff in text
    sources = read_sources(GRIDS)[0]
    assert sources["THRIVE-PRINCIPLES"].title in text


def test_none_of_these_goes_on_without_a_grid(client, service, robin):
    service.library = make_library(make_release("k7"))
    text = client.get("/triage?topic=&group=risk_support").text
    assert 'href="/sheet"' in text
    assert text.count('href="/groups/risk_support"') == 2
    assert "Open the appointment without one" in text
    every = client.get("/triage?topic=").text
    assert [g for g in GROUPS if f'href="/groups/{g}"' in every] == list(GROUPS)


def note(service: Service, by: MadeStaff, *, team: str, place: OfferPlace, weeks: int) -> None:
    with sessions.write(service.database) as db:
        local_offers.set_note(
            db,
            public_id="k7",
            option_id="group",
            team_id=team,
            place=place,
            wait_weeks=weeks,
            offer_id=None,
            today=TODAY,
            by=viewer_of(by),
            now=START,
        )


def test_what_is_offered_here_stands_beside_options_and_says_that_it_is_about_here(
    client, service, robin
):
    service.library = make_library(make_release("k7"))
    note(service, robin, team="", place=OfferPlace.NOT_HERE, weeks=1)
    note(service, robin, team="north", place=OfferPlace.HERE, weeks=6)
    text = client.get("/triage?topic=k7").text
    said = re.sub(r"<[^>]+>", "", text)
    assert "About here: Offered here, about 6 weeks." in said
    assert said.count("About here:") == 1
    page = client.get(f"/encounters/{with_grid(service, robin, ('group', 'family'))}").text
    assert "About here: Offered here, about 6 weeks." in re.sub(r"<[^>]+>", "", page)


# --- the pages of the groups ------------------------------------------------------------------


@pytest.mark.parametrize("group", list(NeedGroup))
def test_every_group_has_a_page_that_is_no_empty_list(client, service, group):
    service.library = make_library()
    text = client.get(f"/groups/{group.value}").text
    words = GROUPS[group.value]
    for said in (words.name, words.line, *words.means, *words.next, *words.ask):
        assert said.replace('"', "&#34;") in text
    assert 'id="help-now"' in text
    assert not words.staff or words.staff not in text
    assert text.count('<a class="card') == 2


def test_the_grids_of_a_group_are_named_there(client, service):
    both, other = make_release("k7"), make_release("m4", need_groups=("more_help",))
    service.library = make_library(both, other)
    found = [
        re.findall(r'<a class="card" href="([^"]+)"', client.get(f"/groups/{group}").text)
        for group in ("help", "more_help", "thriving")
    ]
    assert found == [["/g/k7/1"], ["/g/m4/1"], []]


def test_only_risk_support_opens_a_shared_plan_and_can_be_left_at_once(client):
    pages = {group: client.get(f"/groups/{group}").text for group in GROUPS}
    assert [group for group, text in pages.items() if "The shared plan" in text] == ["risk_support"]
    assert [group for group, text in pages.items() if "data-leave-bar" in text] == ["risk_support"]


def test_another_group_is_not_there(client):
    assert client.get("/groups/sources").status_code == 404
    assert client.get("/groups/..%2f_prompts%2fpractitioner").status_code == 404


# --- prep, crib card, blank sheet -------------------------------------------------------------


@pytest.fixture
def real_grids(service: Service) -> None:
    service.library = Library.load(GRIDS)


def prompts() -> set[str]:
    found, _ = read_prompts(GRIDS)
    assert found is not None
    return set(all_texts(found))


@pytest.mark.usefixtures("real_grids")
def test_the_prep_view_opens_every_row_of_the_grid(client, service, robin):
    encounter = with_grid(service, robin, ("group", "one-to-one"))
    text = client.get(f"/encounters/{encounter}/prep").text
    release = service.library.current("k7")
    rows = release.grid.rows_for("young-person")
    assert text.count('<li class="prep__row">') == len(rows)
    for row in rows:
        assert release.words("young-person").rows[row.id].ask in text
    assert "Nobody knows, for: A group." in re.sub(r"\s+", " ", text)
    assert "A group; One-to-one talking therapy" in text


def test_there_are_no_prompts_in_baseline_weeks_nor_for_other_teams(client, service, robin):
    stranger = make_staff(service.database, teams=("south",))
    theirs = open_one(service, stranger, team="south")
    assert client.get(f"/encounters/{theirs}/prep").status_code == 404
    assert client.get(f"/encounters/{theirs}/crib-card.pdf").status_code == 404
    with sessions.write(service.database) as db:
        document = study_document(("baseline", TODAY - timedelta(days=9), None))
        studies.install_study(db, document=document, by="system", now=START)
    ours = open_one(service, robin)
    assert client.get(f"/encounters/{ours}/prep").status_code == 404
    assert f"/encounters/{ours}/prep" not in client.get(f"/encounters/{ours}").text


@pytest.mark.usefixtures("real_grids")
def test_no_prompt_of_practitioners_is_on_a_surface_of_families(client, service):
    surfaces = ["/", "/help", "/about", "/appointment", "/tablet", "/profile"]
    surfaces += [f"/groups/{group}" for group in GROUPS]
    for release in service.library.list_current():
        for voice in ("young-person", "parent"):
            for part in ("", "/fragment", "/scorecard"):
                surfaces.append(f"/g/{release.public_id}/{release.number}{part}?voice={voice}")
    for surface in surfaces:
        text = client.get(surface).text
        assert [said for said in prompts() if said in text] == [], surface


@pytest.mark.usefixtures("real_grids")
def test_papers_of_staff_are_one_page_each(client, service, robin):
    encounter = with_grid(service, robin, ("group", "one-to-one"))
    card = client.get(f"/encounters/{encounter}/crib-card.pdf")
    assert card.headers["cache-control"] == "no-store"
    pages, text = words_of(card.content)
    assert pages == 1
    found, _ = read_prompts(GRIDS)
    sensitive = {prompt.words for prompt in found.sensitive}
    left_out = {said for said in prompts() if squeezed(said) not in squeezed(text)}
    assert left_out == sensitive | {found.rows["extra"].open, found.rows["extra"].check}
    assert "Robin" not in text
    sheet = client.post(
        "/sheet",
        data={"voice": "parent", "columns": "4", "head-1": "Drop-in at the <b>library</b>"},
    )
    assert sheet.headers["cache-control"] == "no-store"
    pages, text = words_of(sheet.content)
    assert pages == 1
    for said in ("Drop-in at the <b>library</b>", "What are the downsides?", "Help now", "85258"):
        assert squeezed(said) in squeezed(text)


def test_a_sheet_that_cannot_be_printed_says_why(client, robin):
    answer = client.post("/sheet", data={"columns": "2", "head-2": "x" * 61, "head-4": "here"})
    assert answer.status_code == 422
    assert re.findall(r'href="#(head-\d)"', answer.text) == ["head-2", "head-4"]
    assert 'value="here"' in answer.text


def test_others_cannot_print_for_practitioners(client, service):
    sign_in(client, make_staff(service.database, roles=(Role.RESEARCHER,)))
    assert client.get("/sheet").status_code == 403


# --- look together ----------------------------------------------------------------------------


@pytest.mark.usefixtures("real_grids")
def test_the_link_holds_grid_version_and_columns_and_nothing_else(client, service, robin):
    picked = with_grid(service, robin, ("group", "one-to-one"))
    number = service.library.current("k7").number
    text = client.get(f"/encounters/{picked}").text
    address = f"https://testserver/g/k7/{number}?c=group,one-to-one"
    assert f'<a href="{address}"' in text
    assert 'class="together__code"' in text
    assert client.get(address).status_code == 200
    whole = with_grid(service, robin, ())
    assert f'<a href="https://testserver/g/k7/{number}"' in client.get(f"/encounters/{whole}").text


@pytest.mark.parametrize(
    ("address", "only_here"),
    [
        ("http://127.0.0.1:8000/g/k7/1", True),
        ("http://localhost/g/k7/1", True),
        ("http://[::1]:8000/g/k7/1", True),
        ("https://grids.example.nhs.uk/g/k7/1", False),
    ],
)
def test_a_link_that_only_this_machine_can_open_says_so(address, only_here):
    assert LookTogether(address, 1, "").only_here is only_here


def test_without_a_grid_there_is_nothing_to_look_at(client, service, robin):
    encounter = open_one(service, robin, grid=None, topic=None)
    text = client.get(f"/encounters/{encounter}").text
    assert "Look together" not in text
    assert 'href="/sheet"' in text
