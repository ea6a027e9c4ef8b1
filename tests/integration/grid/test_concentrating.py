"""What the grids on concentrating ask of their pages: words apart, a switch, good with bad."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from fixtures.grids import Shelf

from app.adapters.assets import Assets
from app.content.grid import VOICES
from app.settings import ROOT

TOGETHER = ["co-02", "co-03b", "co-04b", "co-05b"]
BUDGETS = "Money and breaks that some families can ask for"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """The grids as they are released in the repository."""
    folder = tmp_path_factory.mktemp("concentrating") / "grids"
    return Shelf(Path(shutil.copytree(ROOT / "grids", folder)), Assets(ROOT / "static"))


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def cell(html: str, row: str, option: str) -> str:
    """The markup of one cell. Figures hold tables of their own."""
    found = html.split(f'data-row="{row}"')[1].split('<tr class="og-row', maxsplit=1)[0]
    return found.split(f'data-option="{option}"')[1].split('<td class="og-cell')[0]


@pytest.mark.parametrize("voice", VOICES)
def test_the_good_and_the_bad_of_a_medicine_are_drawn_on_one_sheet(
    shelf: Shelf, voice: str
) -> None:
    html = shelf.get(f"/g/p3/1?voice={voice}").html
    drawn = {
        row: re.findall(r'data-figure="([^"]+)"', cell(html, row, "medicine"))
        for row in ("help", "hard")
    }

    assert drawn["help"] == TOGETHER
    assert sorted(drawn["hard"]) == TOGETHER
    sheet = text_of(cell(html, "help", "medicine"))
    assert "61 were much better" in sheet
    assert "15 were less hungry" in sheet
    assert "Reviewers disagree. One says very low. Another says medium to high." in sheet


def test_a_number_without_a_partner_is_not_called_good_and_bad(shelf: Shelf) -> None:
    html = shelf.get("/g/r8/1").html

    assert re.findall(r'data-figure="([^"]+)"', html) == ["co-18"]
    assert "good and bad side by side" not in html
    assert "nothing can go wrong" in text_of(cell(html, "hard", "daily-routines"))


@pytest.mark.parametrize("voice", VOICES)
def test_who_must_confirm_stands_on_the_face_of_every_medicine_column(
    shelf: Shelf, voice: str
) -> None:
    release = shelf.library.get("p3", 1)
    assert release is not None
    html = shelf.get(f"/g/p3/1?voice={voice}").html
    for option in release.grid.options:
        said = "A prescriber and a pharmacist have to confirm" in text_of(
            cell(html, "usually", option.id)
        )
        assert said is option.medicine


def test_a_row_for_one_voice_is_asked_in_that_voice_alone(shelf: Shelf) -> None:
    rows = {
        v: re.findall(r'data-row="([^"]+)"', shelf.get(f"/g/p3/1?voice={v}").html) for v in VOICES
    }

    assert ("me" in rows["young-person"], "long" in rows["young-person"]) == (True, False)
    assert ("me" in rows["parent"], "long" in rows["parent"]) == (False, True)


@pytest.mark.parametrize("public_id", ["p3", "r8"])
def test_what_comes_first_under_five_has_a_page_without_columns(
    shelf: Shelf, public_id: str
) -> None:
    page = shelf.get(f"/g/{public_id}/1?voice=parent").html
    apart = shelf.get(f"/g/{public_id}/1/apart?voice=parent")
    fragment = shelf.get(f"/g/{public_id}/1/fragment?voice=parent").html

    assert f'href="/g/{public_id}/1/apart?voice=parent">If your child is under 5</a>' in page
    assert "A course for parents comes first." not in page
    assert "A course for parents comes first." in apart.html
    assert "Draft, awaiting clinical review" in apart.html
    assert "<table" not in apart.html
    assert '<details class="og-apart"><summary>If your child is under 5' in fragment
    assert shelf.get("/g/k7/1/apart").status == 404


def test_personal_budgets_stand_at_the_end_where_a_service_switched_them_on(
    shelf: Shelf,
) -> None:
    paths = ("/g/r8/1", "/g/r8/1/fragment", "/g/r8/1?voice=parent")
    assert [BUDGETS in shelf.get(path).html for path in paths] == [False] * 3

    before, shelf.state = shelf.state, replace(shelf.state, personal_budgets_on=True)
    html = [shelf.get(path).html for path in paths]
    shelf.state = before
    assert [page.index(BUDGETS) > page.index("Things you may see for sale") for page in html] == [
        True
    ] * 3
    assert [BUDGETS in shelf.get(path).html for path in paths] == [False] * 3
