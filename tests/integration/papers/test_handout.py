"""The grid on paper: what it says, how long it is, and what a machine finds in it."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import segno
from fixtures.papers import ADDRESS, Desk
from fixtures.pdfs import (
    check_structure,
    facts_of,
    fonts_of,
    letters,
    pages_of,
    smallest_type,
    tags_of,
)
from fixtures.service import Clock
from starlette.testclient import TestClient

from app.adapters.qr_code import draw_code
from app.content.grid import VOICES
from app.content.wording import to_text
from app.documents.grid_handout import Code
from app.services.papers import take_handout
from app.web.service import Service

GRIDS = ("k7", "m4")
LONGER = ("p3", "r8")
HELP = (
    "999 or A&E",
    "mental health option 111",
    "ask your team",
    "text SHOUT to 85258",
    "0800 1111",
    "116 123",
    "0800 068 4141",
)
EACH = pytest.mark.parametrize(
    ("public_id", "voice"), [(grid, voice) for grid in GRIDS for voice in VOICES]
)
# Papers are slow to make: grids with more questions are asked only what they could break.
EVERY = pytest.mark.parametrize(
    ("public_id", "voice"), [(grid, voice) for grid in (*GRIDS, *LONGER) for voice in VOICES]
)


def faces(desk: Desk, public_id: str, voice: str, option: str) -> list[tuple[str, str]]:
    release = desk.release(public_id)
    words = release.words(voice)
    return [
        (row.id, to_text(words.cell(row.id, option).face, release.figures))
        for row in release.grid.rows_for(voice)
    ]


@EACH
@pytest.mark.parametrize("count", [2, 3, 4])
def test_a_picked_sheet_is_one_page(desk: Desk, public_id: str, voice: str, count: int) -> None:
    picked = desk.longest(public_id, voice, count)
    pdf = desk.handout(public_id, voice, picked)
    (text,) = pages_of(pdf.body)
    said = [face for option in picked for _, face in faces(desk, public_id, voice, option)]
    assert [face for face in said if letters(face) not in letters(text)] == []
    assert [number for number in HELP if number not in text] == []
    assert "Questions I want to ask, and notes" in text


@EVERY
def test_the_whole_grid_is_three_pages_and_its_sources(
    desk: Desk, public_id: str, voice: str
) -> None:
    pdf = desk.handout(public_id, voice)
    texts = pages_of(pdf.body)
    assert len(texts) <= 4
    assert len(pdf.body) < 100_000
    with_grid = [page for page in texts if "Your questions" in page]
    assert len(with_grid) <= 3
    assert all(number in page for page in texts for number in HELP)
    sources = [source.title for source in desk.release(public_id).sources.values()]
    last = letters(texts[-1])
    assert [title for title in sources if letters(title) not in last] == []


@EACH
def test_no_row_is_split_and_every_page_repeats_the_heads(
    desk: Desk, public_id: str, voice: str
) -> None:
    release, words = desk.release(public_id), desk.release(public_id).words(voice)
    texts = pages_of(desk.handout(public_id, voice).body)
    pages_of_row: dict[str, set[int]] = {}
    for option in release.grid.options:
        for row, face in faces(desk, public_id, voice, option.id):
            found = [at for at, text in enumerate(texts) if letters(face) in letters(text)]
            assert found, (row, option.id)
            pages_of_row.setdefault(row, set()).update(found)
    assert {row: pages for row, pages in pages_of_row.items() if len(pages) != 1} == {}
    for at in set().union(*pages_of_row.values()):
        names = [words.options[option.id].name for option in release.grid.options]
        assert [name for name in names if letters(name) not in letters(texts[at])] == []


@EVERY
def test_four_long_columns_fit_one_page_in_ten_points_or_more(
    desk: Desk, public_id: str, voice: str
) -> None:
    four = desk.longest(public_id, voice, 4)
    assert desk.handout(public_id, voice, four).pages == 1
    assert smallest_type(desk.handout(public_id, voice).body) >= 9.99
    assert smallest_type(desk.handout(public_id, voice, four).body) >= 9.99


@EACH
def test_a_screen_reader_and_a_checker_find_what_they_need(
    desk: Desk, public_id: str, voice: str, tmp_path: Path
) -> None:
    body = desk.handout(public_id, voice).body
    facts = facts_of(body)
    assert facts == {
        "lang": "en-GB",
        "title": f"Comparison grid {public_id}, edition 1",
        "marked": True,
        "shows_title": True,
        "author": None,
        "attachments": [],
    }
    tags = tags_of(body)
    figures = [alt for kind, alt in tags if kind == "/Figure"]
    drawn = desk.release(public_id).figures
    assert len(figures) == 1 + 2 * len(drawn)
    assert all(alt and len(alt) > 20 for alt in figures)
    kinds = {kind for kind, _ in tags}
    assert {"/H1", "/H2", "/Table", "/TH", "/TD", "/Figure", "/P", "/L"} <= kinds
    fonts = fonts_of(body)
    assert fonts
    assert all(fonts.values())
    assert any("Atkinson" in name for name in fonts)
    assert "No syntax or stream encoding errors found" in check_structure(body, tmp_path)


def test_reading_order_is_title_help_for_safety_then_row_by_row(desk: Desk) -> None:
    release = desk.release("k7")
    words = release.words("young-person")
    text = letters("".join(pages_of(desk.handout("k7", "young-person").body)))
    first = faces(desk, "k7", "young-person", release.grid.options[0].id)
    second = faces(desk, "k7", "young-person", release.grid.options[1].id)
    order = [words.decision, words.bands["safety-first"].title, first[0][1], second[0][1]]
    places = [text.index(letters(part)) for part in [*order, first[1][1], second[1][1]]]
    assert places == sorted(places)


@pytest.mark.parametrize("voice", VOICES)
def test_the_page_behind_the_paper_holds_the_words_of_the_release(desk: Desk, voice: str) -> None:
    release = desk.release("k7")
    page = desk.page("k7", voice)
    wanted = {option.id: faces(desk, "k7", voice, option.id) for option in release.grid.options}
    shown = {
        option.id: [(row.id, row.cells[at].face) for row in page.rows]
        for at, option in enumerate(release.grid.options)
    }
    assert shown == wanted
    html = desk.press.renderer.page(page, desk.press.chrome)
    assert html.count('class="grid__cell') == len(page.rows) * len(page.columns)


def test_every_option_has_the_same_room(desk: Desk) -> None:
    picked = desk.longest("k7", "parent", 3)
    html = desk.press.renderer.page(desk.page("k7", "parent", picked), desk.press.chrome)
    assert html.count('class="grid__head" scope="col"') == 3
    assert 'style="width' not in html


class TestByAddress:
    def test_it_comes_with_a_neutral_name_and_an_unchanged_one_is_not_sent_again(
        self, client: TestClient
    ) -> None:
        first = client.get("/g/k7/1/handout.pdf?voice=parent&c=group,one-to-one")
        assert first.status_code == 200
        assert first.headers["content-type"] == "application/pdf"
        assert first.headers["content-disposition"] == "inline; filename=grid-k7-1.pdf"
        again = client.get(
            "/g/k7/1/handout.pdf?voice=parent&c=one-to-one,group",
            headers={"If-None-Match": first.headers["etag"]},
        )
        assert (again.status_code, again.content) == (304, b"")
        (text,) = pages_of(first.content)
        assert "Draft, awaiting clinical review" in text
        assert "Practice. Not for use with real families" in text
        assert "https://testserver/g/k7/1" in text.replace(" ", "")

    def test_twenty_at_once_are_one_paper(self, client: TestClient, service: Service) -> None:
        def fetch(_: int) -> bytes:
            answer = client.get("/g/m4/1/handout.pdf")
            assert answer.status_code == 200
            return answer.content

        with ThreadPoolExecutor(20) as readers:
            bodies = set(readers.map(fetch, range(20)))
        assert len(bodies) == 1
        assert len(service.papers.shelf) == 1

    @pytest.mark.parametrize(
        "address",
        [
            "/g/k7/1/handout.pdf?c=group",
            "/g/k7/1/handout.pdf?c=group,no-such-option",
            "/g/k7/1/handout.pdf?c=what-helps-now,short-practical,group,one-to-one,family-sessions",
            "/g/k7/1/handout.pdf?voice=grandparent",
            "/g/k7/9/handout.pdf",
            "/g/k7/x/handout.pdf",
            "/g/../1/handout.pdf",
        ],
    )
    def test_what_is_not_there_is_said_plainly(self, client: TestClient, address: str) -> None:
        answer = client.get(address)
        assert answer.status_code == 404
        assert "We cannot find that page" in answer.text

    def test_an_edition_past_its_end_leads_to_its_notice(
        self, client: TestClient, clock: Clock
    ) -> None:
        clock.moment = datetime(2028, 1, 1, tzinfo=UTC)
        answer = client.get("/g/k7/1/handout.pdf", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/g/k7/1")


def test_the_code_on_the_sheet_leads_to_that_very_edition(desk: Desk) -> None:
    size, path = draw_code(ADDRESS.format("k7", 1))
    drawn = {
        (int(x) - 4 + step, int(y) - 4)
        for x, y, length in re.findall(r"M(\d+) (\d+)\.5h(\d+)", path)
        for step in range(int(length))
    }
    matrix = segno.make("https://grids.example.nhs.uk/g/k7/1", error="m", micro=False).matrix
    assert drawn == {(x, y) for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark}
    assert size == len(matrix) + 8
    page = replace(desk.page("k7", "parent"), code=Code(size, path))
    html = desk.press.renderer.page(page, desk.press.chrome)
    assert (
        f'viewBox="0 0 {size} {size}"><title>A code that opens this very edition on a phone' in html
    )
    assert path in html


@EACH
def test_a_paper_past_its_day_of_review_says_so_and_still_fits(
    desk: Desk, public_id: str, voice: str
) -> None:
    picked = desk.longest(public_id, voice, 4)
    for wanted, pages in ((picked, 1), ((), None)):
        order = desk.order(public_id, voice, wanted)
        on_time = desk.run(take_handout(desk.press, order=order)).pdf
        late = desk.run(take_handout(desk.press, order=replace(order, review_is_due=True))).pdf
        said = letters("review overdue since 22 May 2027.")
        says = [said in letters("".join(pages_of(pdf.body))) for pdf in (on_time, late)]
        assert says == [False, True]
        assert pages is None or late.pages == pages
