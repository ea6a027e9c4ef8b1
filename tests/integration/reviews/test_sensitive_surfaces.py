"""The grids on self-harm as they are released: every surface on which a family meets them."""

from __future__ import annotations

import re
from html import unescape
from io import BytesIO
from pathlib import Path

import pytest
from fixtures.reviews import NEUTRAL, TELLING, checked, released, stock
from fixtures.service import START
from pypdf import PdfReader
from starlette.testclient import TestClient

from app.content.grid import VOICES
from app.content.terms import in_terms
from app.services import approvals, crisis_number, switches
from app.services.switches import Switch
from app.settings import Settings
from app.web import standing
from app.web.pages.offered import counted_grids
from app.web.service import Service

IDS = ("t5", "w2")
NUMBER = "01632 960 999"
ORDER = ("999", "111", NUMBER, "85258", "0800 1111", "116 123", "0800 068 4141")
FIRST_DRAFT = "These words are a first draft."
GRIDS = [released(name) for name in (*IDS, "k7", "m4")]
EACH = pytest.mark.parametrize(("grid", "voice"), [(g, v) for g in IDS for v in VOICES])


@pytest.fixture
def settings(sqlite_url: str, tmp_path: Path) -> Settings:
    """One kind of database: pages of grids ask it nothing."""
    return Settings(database_url=sqlite_url, var_dir=tmp_path / "var")


@pytest.fixture
def lit(service: Service, client: TestClient) -> TestClient:
    """A service that has switched these grids on and has a local number."""
    stock(service, *GRIDS)
    crisis_number.set_crisis_number(service.database, number=NUMBER, by="system", now=START)
    switches.turn(service.database, Switch.SENSITIVE_GRIDS, on=True, by="system", now=START)
    standing.refresh(service)
    return client


def words_of(html: str) -> str:
    body = re.sub(r"<(script|style|head)\b.*?</\1>", " ", html, flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def in_order(text: str) -> bool:
    places = [text.find(number) for number in ORDER]
    return -1 not in places and places == sorted(places)


def surfaces(client: TestClient, grid: str, voice: str) -> dict[str, str]:
    """Each page as text."""
    return {
        part: words_of(client.get(f"/g/{grid}/1{part}?voice={voice}").text)
        for part in ("", "/fragment", "/changes", "/paper")
    }


@pytest.mark.parametrize("grid", IDS)
def test_off_or_without_a_local_number_it_is_as_if_it_were_not_there(grid, client, service):
    stock(service, *GRIDS)
    nothing = client.get("/g/zz/1").text
    paths = [f"/g/{grid}", *(f"/g/{grid}/1{p}" for p in ("", "/fragment", "/changes", "/paper"))]
    for is_on in (False, True):
        switched = {"on": is_on, "by": "system", "now": START}
        switches.turn(service.database, Switch.SENSITIVE_GRIDS, **switched)
        standing.refresh(service)
        for path in (*paths, f"/g/{grid}/1/handout.pdf?tick=yes"):
            answer = client.get(path)
            assert (answer.status_code, answer.text == nothing) == (404, True), path


def test_nobody_keeps_them_on_a_phone(lit):
    kept = {grid: lit.get(f"/g/{grid}/1/keep.json") for grid in (*IDS, "k7")}
    assert {grid: answer.status_code for grid, answer in kept.items()} == {
        "t5": 404,
        "w2": 404,
        "k7": 200,
    }
    assert kept["k7"].json()["keeps"] == "k7/1"
    assert [lit.get(f"/g/{grid}/1").text.count("data-keep") for grid in IDS] == [0, 0]


def test_what_is_opened_of_them_is_never_counted(lit, service):
    assert {"k7", "m4"} == counted_grids(service.library, service.state)


@EACH
def test_no_count_rate_or_picture_of_numbers_reaches_a_family(lit, grid, voice):
    assert dict(released(grid).figures) == {}
    for part in ("", "/fragment"):
        html = lit.get(f"/g/{grid}/1{part}?voice={voice}").text
        assert html.count("There are no counts of other people on this page, on purpose.") == 1
        assert "We found no number" not in html
        assert ('class="dots' in html, "data-figures" in html) == (False, False)
    # What is left out has digits of its own: where a source is kept, reading ages, days.
    kept = sorted((s.identifier or "" for s in released(grid).sources.values()), key=len)
    other = re.compile(
        "|".join(
            [
                *map(re.escape, reversed(kept)),
                r"Between [\d.]+ and [\d.]+,",
                r"Version \d+ of \d+ \w+",
            ]
        )
    )
    for name, text in surfaces(lit, grid, voice).items():
        said = other.sub("", text)
        assert list(in_terms("SM-W20 sensitive", said)) == [], name
        assert re.search(r"\d\s*%|\b\d+ (?:in|of|out of) (?:every )?\d+\b", said) is None, name


@EACH
def test_sources_are_named_and_lead_nowhere(lit, grid, voice):
    addresses = {a for s in released(grid).sources.values() for a in (s.url, *s.also) if a}
    for part in ("", "/fragment", "/changes", "/paper"):
        html = lit.get(f"/g/{grid}/1{part}?voice={voice}").text
        linked = {unescape(a) for a in re.findall(r'href="([^"]*)"', html)}
        assert linked & addresses == set()
        assert {a for a in linked if a.startswith("http")} <= {"https://www.bbc.co.uk/weather"}
    page = words_of(lit.get(f"/g/{grid}/1?voice={voice}").text)
    titles = [" ".join(s.title.split()) for s in released(grid).sources.values()]
    assert [title for title in titles if title not in page] == []
    card = lit.get(f"/g/{grid}/1/scorecard?voice={voice}").text
    assert addresses <= {unescape(a) for a in re.findall(r'href="([^"]*)"', card)}


@EACH
def test_every_surface_says_whose_words_these_are_not(lit, grid, voice):
    found = surfaces(lit, grid, voice)
    assert [name for name in ("", "/fragment", "/changes") if FIRST_DRAFT not in found[name]] == []
    card = words_of(lit.get(f"/g/{grid}/1/scorecard?voice={voice}").text)
    row = card.split("SM-F9", 1)[1]
    assert row.strip().startswith("Not met")


@pytest.mark.parametrize("grid", IDS)
def test_nobody_can_approve_it_until_the_words_are_somebodys(lit, service, grid):
    block = approvals.find_block(
        released(grid),
        library=service.library,
        contacts=checked(service.contacts),
        today=START.date(),
    )
    assert block == "words_not_owned"


@EACH
def test_help_stands_in_one_order(lit, grid, voice):
    page = lit.get(f"/g/{grid}/1?voice={voice}").text
    assert in_order(words_of(page.split('id="help-now"')[1]))
    text = words_of(page)
    call = text.split("You know who to call tonight.")[1]
    assert call.index("999") < call.index("111") < call.index("crisis line")
    end = words_of(page.split('class="og-ending"')[1])
    assert end.index("999") < end.index("111") < end.index(NUMBER)


@EACH
def test_it_names_no_days_that_no_source_gives(lit, grid, voice):
    page = words_of(lit.get(f"/g/{grid}/1?voice={voice}").text)
    assert "Look again together, on a date that you agree" in page
    assert re.search(r"within \d+ days", page) is None


@pytest.mark.parametrize("grid", IDS)
def test_it_leads_to_the_grid_on_low_mood(lit, grid):
    other = {"t5": "k7", "w2": "m4"}[grid]
    assert f'href="/g/{other}?voice=parent"' in lit.get(f"/g/{grid}/1?voice=parent").text
    assert f'href="/g/{other}' not in lit.get(f"/g/{grid}/1/fragment?voice=parent").text


@pytest.mark.parametrize("part", ["", "/changes", "/scorecard", "/paper"])
def test_the_way_out_is_a_plain_link_early_on_every_page_and_not_on_a_tablet(lit, part):
    html = lit.get(f"/g/t5/1{part}").text
    links = re.findall(r"<a\b[^>]*>", html.split("<body", 1)[1])
    assert next(at for at, link in enumerate(links) if "data-leave " in link) <= 2
    assert 'href="https://www.bbc.co.uk/weather" rel="noreferrer" data-leave' in html
    assert "data-leave" not in lit.get("/g/t5/1/fragment").text
    assert "data-leave" not in lit.get("/appointment").text
    assert "data-leave" not in lit.get(f"/g/k7/1{'' if part == '/paper' else part}").text


def test_the_page_on_leaving_says_what_it_does_not_do_and_the_neutral_one_says_nothing(lit):
    leaving = words_of(lit.get("/leaving").text)
    assert "It does not wipe the history of your browser." in leaving
    assert "www.bbc.co.uk" in leaving
    closed = lit.get("/leave")
    assert closed.headers["cache-control"] == "no-cache"
    assert [t for t in (*TELLING, "grid", "support") if t in words_of(closed.text).lower()] == []
    assert "<title>Page closed</title>" in closed.text


@EACH
def test_paper_needs_the_young_persons_own_tick(lit, grid, voice):
    path = f"/g/{grid}/1/handout.pdf?voice={voice}"
    sent = lit.get(f"{path}&c=a,b", follow_redirects=False)
    assert sent.status_code == 303
    assert sent.headers["location"] == f"/g/{grid}/1/paper?voice={voice}&c=a%2Cb"
    missed = lit.get(f"{path}&asked=yes")
    assert missed.status_code == 422
    assert "Only the young person can say yes to paper." in missed.text
    assert lit.get("/g/k7/1/paper").status_code == 404


@pytest.mark.parametrize(("grid", "voice"), [("t5", "young-person"), ("w2", "parent")])
def test_the_paper_begins_with_who_to_call_and_its_cover_says_nothing(lit, grid, voice):
    some = ",".join(option.id for option in released(grid).grid.options[:2])
    for pick, most in (("", 6), (f"&c={some}", 3)):
        path = f"/g/{grid}/1/handout.pdf?voice={voice}&tick=yes{pick}"
        plain = PdfReader(BytesIO(lit.get(path).content))
        answer = lit.get(f"{path}&cover=yes")
        paper = PdfReader(BytesIO(answer.content))
        assert len(plain.pages) < most
        assert len(paper.pages) <= most
        cover, first = (page.extract_text() for page in paper.pages[:2])
        assert [t for t in (*TELLING, "help", "support", "draft") if t in cover.lower()] == []
        assert "Papers to keep" in cover
        assert first.index("who to call tonight") < first.index("First, for everyone")
        assert "Somebody I can call first" in first
        assert "Before you read" not in first
        assert answer.headers["content-disposition"] == f"inline; filename=grid-{grid}-1.pdf"
        told = f"{dict(paper.metadata or {})}".lower()
        assert [t for t in TELLING if t in told] == []
        assert answer.headers["cache-control"] == "no-store"
        assert NEUTRAL in first
        words = [" ".join(page.extract_text().split()) for page in paper.pages]
        assert FIRST_DRAFT in words[1]
        feet = [text.rsplit("Emergency", 1)[1] for text in words[1:]]
        assert [foot for foot in feet if not in_order(foot)] == []
        assert list(in_terms("SM-W20 sensitive", " ".join(words))) == []


@EACH
def test_no_title_and_no_manifest_tells_the_topic(lit, grid, voice):
    for part in ("", "/changes", "/scorecard", "/paper"):
        html = lit.get(f"/g/{grid}/1{part}?voice={voice}").text
        title = html.split("<title>")[1].split("</title>")[0]
        assert [t for t in TELLING if t in title.lower()] == []
    manifest = lit.get("/static/app.webmanifest").text.lower()
    assert [t for t in TELLING if t in manifest] == []
