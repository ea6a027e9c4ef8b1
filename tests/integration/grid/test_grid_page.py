"""What a grid's page says: everything, in order, alike for every option, and nothing twice."""

from __future__ import annotations

import re
from html import unescape

import pytest
from fixtures.grids import INSIDE, RELEASED_ON, Shelf

from app.content.grid import VOICES
from app.content.library import Library
from app.content.release import GridRelease
from app.settings import ROOT
from app.web.pages.grid import GridFragment, GridPage
from app.web.responses import chrome

CELL = re.compile(r'<td class="og-cell[^"]*" data-option="([^"]+)"')
IDS = re.compile(r'\sid="([^"]+)"')


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def rows_of(html: str) -> list[tuple[str, str]]:
    """Each row's id and markup. Figures in the sheets hold tables of their own."""
    grid = html.split('<ul class="og-key"', maxsplit=1)[0]
    rows = grid.split('<tr class="og-row')[1:]
    return [(re.findall(r'data-row="([^"]+)"', row)[0], row) for row in rows]


def cells_of(row: str) -> list[str]:
    return row.split('<td class="og-cell')[1:]


def inside(shelf: Shelf) -> GridRelease:
    release = shelf.library.current("k7")
    assert release is not None
    return release


@pytest.mark.parametrize("address", ["/g/k7/1", "/g/k7/1/fragment", "/g/m4/1"])
@pytest.mark.parametrize("voice", VOICES)
def test_every_question_and_option_once_and_in_the_order_of_the_grid(
    shelf: Shelf, address: str, voice: str
) -> None:
    release = shelf.library.get(address.split("/")[2], 1)
    assert release is not None
    html = shelf.get(f"{address}?voice={voice}").html

    rows = rows_of(html)
    options = [option.id for option in release.grid.options]
    assert [row for row, _ in rows] == ["usually", *(r.id for r in release.grid.rows_for(voice))]
    assert [CELL.findall(cells) for _, cells in rows] == [options] * len(rows)


def test_every_word_of_the_grid_is_on_its_page(shelf: Shelf) -> None:
    release = inside(shelf)
    words = release.words("young-person")
    text = text_of(shelf.get("/g/k7").html)

    for said in (words.title, words.decision, words.problem, *words.about.values()):
        assert said in text
    for option in words.options.values():
        assert {part for part in (option.name, option.usually_for) if part not in text} == set()
    for row in words.rows.values():
        assert row.question in text
        assert row.ask in text


@pytest.mark.parametrize("voice", VOICES)
def test_every_cell_says_what_it_rests_on_and_has_a_sheet(shelf: Shelf, voice: str) -> None:
    html = shelf.get(f"/g/k7/1?voice={voice}").html
    cells = [cell for name, row in rows_of(html) if name != "usually" for cell in cells_of(row)]

    assert len(cells) == len(inside(shelf).grid.cells)
    for cell in cells:
        basis = re.search(r'class="og-cell__basis">(.*?)</p>', cell, re.S)
        assert basis is not None
        assert text_of(basis.group(1)) != ""
        assert cell.count("data-more>") == cell.count("data-detail>") == 1


def test_faces_hold_no_picture_and_no_option_is_set_apart(shelf: Shelf) -> None:
    html = shelf.get("/g/k7/1").html

    for name, row in rows_of(html):
        faces = [re.sub(r"<details.*</details>", "", cell, flags=re.S) for cell in cells_of(row)]
        assert [face for face in faces if "<svg" in face or "<img" in face] == []
        # What may differ is the state alone; an option never has a class of its own.
        classes = set(re.findall(r'<td class="og-cell og-cell--([^"]*)"', row))
        assert classes <= ({"usually"} if name == "usually" else {"filled", "unknown", "waiting"})
        assert len(re.findall(r'<td class="og-cell og-cell--', row)) == len(faces)


@pytest.mark.parametrize("voice", VOICES)
def test_words_dots_and_table_say_the_same_numbers(shelf: Shelf, voice: str) -> None:
    release = inside(shelf)
    html = shelf.get(f"/g/k7/1?voice={voice}").html
    figures = re.findall(r'<div class="fig" data-figure="([^"]+)">(.*?)</dl>', html, re.S)

    assert {name for name, _ in figures} == set(release.figures)
    for name, drawn in figures:
        parts = release.figures[name].parts()
        wanted = [parts[key] for key in ("with", "with_rest", "without", "without_rest")]
        assert dots_in(drawn) == words_in(drawn) == table_in(drawn) == wanted
        assert drawn.count(f"That is {parts['more']} ") == 3


def dots_in(drawn: str) -> list[int]:
    counted = []
    for full, holes in re.findall(r'dots__all" d="([^"]+)".*?dots__hole" d="([^"]+)"', drawn, re.S):
        counted += [dots(full) - dots(holes), dots(holes)]
    titles = re.findall(r"<title>(\d+) of \d+ dots are full: .*?\. (\d+) are rings", drawn)
    assert [int(n) for pair in titles for n in pair] == counted
    return counted


def dots(path: str) -> int:
    runs = re.findall(r"M(\d+) \d+H(\d+)\.5", path)
    return sum((int(right) - int(left)) // 10 + 1 for left, right in runs)


def words_in(drawn: str) -> list[int]:
    listed = re.search(r'class="fig__words".*?<ul>(.*?)</ul>', drawn, re.S)
    assert listed is not None
    found = re.findall(r": (\d+) [a-z ]+, (\d+) [a-z ]+\.", text_of(listed.group(1)))
    return [int(n) for pair in found for n in pair]


def table_in(drawn: str) -> list[int]:
    body = re.search(r"<tbody>(.*?)</tbody>", drawn, re.S)
    assert body is not None
    did, did_not = (
        [int(n) for n in re.findall(r"<td>(\d+)</td>", row)]
        for row in body.group(1).split("</tr>")[:2]
    )
    return [did[0], did_not[0], did[1], did_not[1]]


def test_every_drawn_figure_has_words_for_families(shelf: Shelf) -> None:
    for address in ("/g/k7/1", "/g/m4/1"):
        for voice in VOICES:
            assert "data-own-words" not in shelf.get(f"{address}?voice={voice}").html


def test_where_nothing_is_drawn_the_sheet_says_so(shelf: Shelf) -> None:
    release = inside(shelf)
    html = shelf.get("/g/k7/1").html
    drawn = {(c.row, c.option) for c in release.grid.cells if c.figures}
    asked = {(c.row, c.option) for c in release.grid.cells if c.row in ("help", "hard")}

    assert html.count('class="og-nonumber"') == len(asked - drawn)
    assert html.count("The numbers for this way are under") == 1


def test_links_lead_away_only_from_the_list_of_sources(shelf: Shelf) -> None:
    html = shelf.get("/g/k7/1").html
    sources = re.search(r'<ol class="og-sources">(.*?)</ol>', html, re.S)
    assert sources is not None
    away = re.findall(r'<a [^>]*href="https?:[^>]*>', html)

    assert away == re.findall(r"<a [^>]*>", sources.group(1))
    assert len(away) > len(shelf.library.get("k7", 1).grid.bands)  # type: ignore[union-attr]
    assert [tag for tag in away if 'rel="noreferrer"' not in tag] == []


@pytest.mark.parametrize("voice", VOICES)
def test_the_fragment_is_the_grid_alone_and_leads_nowhere(shelf: Shelf, voice: str) -> None:
    page = shelf.get(f"/g/k7/1?voice={voice}").html
    fragment = shelf.get(f"/g/k7/1/fragment?voice={voice}").html

    assert fragment.lstrip().startswith("<section ")
    assert fragment.rstrip().endswith("</section>")
    assert {a for a in re.findall(r'href="([^"]*)"', fragment) if not a.startswith("#")} == set()
    assert rows_of(fragment) == rows_of(page)
    assert fragment.count("<dialog") == 1


def test_ids_are_used_once_even_where_both_voices_meet(shelf: Shelf) -> None:
    both = [i for v in VOICES for i in IDS.findall(shelf.get(f"/g/k7/1/fragment?voice={v}").html)]
    page = IDS.findall(shelf.get("/g/k7/1").html)

    assert len(both) == len(set(both))
    assert len(page) == len(set(page))


def test_every_word_link_has_its_meaning(shelf: Shelf) -> None:
    for voice in VOICES:
        html = shelf.get(f"/g/k7/1/fragment?voice={voice}").html
        linked = set(re.findall(r'class="og-word" href="#([^"]+)"', html))
        assert linked
        assert linked <= set(IDS.findall(html))


def test_the_tab_says_the_public_id_and_not_the_difficulty(shelf: Shelf) -> None:
    title = re.search(r"<title>(.*?)</title>", shelf.get("/g/k7/1").html)

    assert title is not None
    assert title.group(1) == "Grid k7 - Comparison grids"


def test_a_draft_says_so_once_and_an_approved_edition_does_not(shelf: Shelf) -> None:
    assert shelf.get("/g/k7/1").html.count("Draft, awaiting clinical review") == 1
    assert shelf.get("/g/k7/1/fragment").html.count("Draft, awaiting clinical review") == 1

    shelf.mark(INSIDE, 1, "approved")
    shelf.open()
    assert shelf.get("/g/k7/1").html.count("Draft, awaiting clinical review") == 0


def test_the_other_half_of_the_pair_is_one_tap_away(shelf: Shelf) -> None:
    assert 'href="/g/m4?voice=parent"' in shelf.get("/g/k7/1?voice=parent").html
    assert 'href="/g/k7?voice=young-person"' in shelf.get("/g/m4/1").html


def test_the_same_release_voice_and_day_give_the_same_page(shelf: Shelf) -> None:
    release = inside(shelf)
    one = GridPage.of(release, "parent", shelf.library, RELEASED_ON)

    assert one == GridPage.of(release, "parent", shelf.library, RELEASED_ON)
    with pytest.raises(KeyError):
        GridPage.of(release, "easy-read", shelf.library, RELEASED_ON)


def test_a_band_and_an_option_of_another_kind_are_shown_with_what_they_are(shelf: Shelf) -> None:
    shelf.edit(f"{INSIDE}/grid.yaml", "place: before", "place: after")
    shelf.release(INSIDE, "band moved")
    shelf.open()
    html = shelf.get("/g/k7/2").html

    assert html.index("og-band--after") > html.index("</table>")


def test_a_band_says_what_is_open_in_it_and_leads_to_another_grid(shelf: Shelf) -> None:
    shelf.edit(f"{INSIDE}/grid.yaml", "kind: first_for_everyone", "kind: alongside")
    shelf.edit(f"{INSIDE}/grid.yaml", "place: before", "place: before, waiting: local, link: m4")
    shelf.release(INSIDE, "a band that is open and leads on")
    shelf.open()
    other = shelf.library.current("m4")
    assert other is not None
    link = f'<a href="/g/m4?voice=parent">{other.words("parent").title}</a>'

    for path, leads_on in (("/g/k7/2", True), ("/g/k7/2/fragment", False)):
        html = shelf.get(f"{path}?voice=parent").html
        band = html.split('class="og-band"')[1].split("</header>")[0]
        assert text_of(band).count("Your practitioner will fill this in") == 1
        assert (link in band) is leads_on


def test_every_released_grid_of_the_repository_is_drawn(shelf: Shelf) -> None:
    library = Library.load(ROOT / "grids")

    assert library.problems == ()
    for release in library.releases.values():
        for voice in VOICES:
            page = GridFragment.of(release, voice, library, RELEASED_ON)
            html = shelf.renderer.page(page, chrome(shelf))  # type: ignore[arg-type]
            assert len(rows_of(html)) == len(release.grid.rows_for(voice)) + 1
