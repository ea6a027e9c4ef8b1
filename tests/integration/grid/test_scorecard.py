"""The public scorecard and the page of changes: generated, plain, and whole."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from fixtures.encounters import make_library
from fixtures.grids import INSIDE, RELEASED_ON, Shelf
from fixtures.reviews import next_edition, released

from app.content.changes import FamilyChange
from app.content.grid import VOICES
from app.content.release import GridRelease
from app.content.scorecard import criteria
from app.rendering.environment import Renderer
from app.settings import ROOT
from app.web.pages.scorecard import (
    VERDICTS,
    ChangesPage,
    ScorecardPage,
    edition_before,
)
from app.web.responses import chrome

K7 = released("k7")
WORD = {
    "met": "Met",
    "partly": "Partly met",
    "not_met": "Not met",
    "awaiting_a_person": "Awaiting a person",
    "not_applicable": "Does not apply",
}


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def rows_of(html: str) -> dict[str, tuple[str, str, str]]:
    """Each criterion's words, verdict and evidence by its id."""
    found = {}
    for row in re.findall(r'<tr><th scope="row">(.*?)</tr>', html, re.S):
        parts = row.split("</th>")[0], *re.findall(r"<td>(.*?)</td>", row, re.S)
        named = re.search(r'class="sc-id">([^<]+)', parts[0])
        if named and len(parts) == 3:
            words = text_of(parts[0].split('<span class="sc-id"')[0])
            found[named.group(1)] = (words, text_of(parts[1]), text_of(parts[2]))
    return found


@pytest.fixture
def page(shelf: Shelf) -> str:
    return shelf.get("/g/k7/1/scorecard").html


def test_every_criterion_has_words_a_verdict_and_evidence(page):
    rows = rows_of(page)
    assert list(rows) == [criterion.id for criterion in criteria()]
    for words, verdict, evidence in rows.values():
        assert words
        assert verdict in WORD.values()
        assert evidence


def test_it_says_what_the_release_itself_was_judged_to_be(shelf, page):
    release = shelf.library.get("k7", 1)
    card = ScorecardPage.of(release, "parent", shelf.library, RELEASED_ON).card
    judged = {row.id: WORD[row.verdict] for group in card.groups for row in group.rows}
    assert {name: verdict for name, (_, verdict, _) in rows_of(page).items()} == judged
    assert set(judged.values()) == set(WORD.values())


def test_totals_count_every_verdict_of_every_part(shelf, page):
    table = page.split('id="in-short"')[1].split("</table>")[0]
    counted = [
        [int(n) for n in re.findall(r'<td class="sc-n">(\d+)</td>', row)]
        for row in table.split("<tr>")[2:]
    ]
    by_group: dict[str, list[int]] = {}
    verdicts = {name: verdict for name, (_, verdict, _) in rows_of(page).items()}
    for criterion in criteria():
        line = by_group.setdefault(criterion.group, [0] * len(VERDICTS))
        line[[WORD[key] for key in VERDICTS].index(verdicts[criterion.id])] += 1
    assert counted == list(by_group.values())


def test_not_met_looks_as_met_does_and_the_lack_of_tests_stands_first(page):
    assert len(set(re.findall(r'<strong class="sc-verdict sc-verdict--([a-z_]+)">', page))) == 5
    assert len(set(re.findall(r"<(\w+) class=\"sc-verdict ", page))) == 1
    said = "Nobody has tested this grid with young people, parents or practitioners yet."
    assert page.index(said) < page.index('id="in-short"')
    rows = rows_of(page)
    for name in ("IP-K12", "IP-K16", "IP-K22", "EP-2", "EP-3"):
        assert rows[name][1:] == ("Not met", "This needs people, and it has not been done.")


def test_waiting_answers_and_our_own_drafts_are_counted_plainly(page):
    cells = K7.grid.cells
    waiting = sum(cell.state == "waiting" for cell in cells)
    ours = sum(cell.basis == "our_draft" and cell.state == "filled" for cell in cells)
    text = text_of(page)
    assert f"Our own draft, not yet checked by anybody {ours} " in text
    assert f"Waiting for a practitioner or a service to fill them {waiting} " in text
    assert waiting > 0
    assert ours > 0


def test_every_source_is_there_with_its_addresses(page):
    listed = unescape(page.split('class="sc-sources"')[1].split("</ol>")[0])
    for name in K7.grid.used_sources():
        source = K7.sources[name]
        assert source.title in listed
        for address in filter(None, (source.url, *source.also)):
            assert f'href="{address}" rel="noreferrer"' in listed


def test_reading_ages_and_balance_are_told_for_both_voices(page):
    for voice in VOICES:
        part = page.split(f'id="voice-{voice}"')[1].split("</section>")[0]
        assert part.count("<table") == 3
        for option in K7.grid.options:
            name = K7.words(voice).options[option.id].name
            assert unescape(part).count(f'<th scope="row">{name}</th>') >= 1


def test_approval_turns_what_awaited_a_person(shelf):
    shelf.mark(INSIDE, 1, "approved")
    shelf.open()
    rows = rows_of(shelf.get("/g/k7/1/scorecard").html)
    assert rows["IP-K14"][1] == rows["IP-K15"][1] == "Met"


def test_the_history_lists_every_edition_and_where_it_stands(shelf):
    shelf.edit(f"{INSIDE}/young-person.en.yaml", "there is help.", "there is more help.")
    shelf.release(INSIDE, "We said more about help.")
    shelf.mark(INSIDE, 1, "withdrawn")
    shelf.open()
    history = shelf.get("/g/k7/2/scorecard").html.split('class="sc-history"')[1]
    assert re.findall(r'<li value="(\d)"><a href="([^"]+)"', history) == [
        ("2", "/g/k7/2"),
        ("1", "/g/k7/1"),
    ]
    assert "Draft, awaiting review. We said more about help." in text_of(history)
    assert "Taken back. first" in text_of(history)
    assert shelf.get("/g/k7/1/scorecard").status == 200


def test_the_grid_page_leads_to_both_and_both_lead_back(shelf):
    foot = shelf.get("/g/k7/1?voice=parent").html.split('class="og-foot"')[1]
    for part in ("scorecard", "changes"):
        assert f'href="/g/k7/1/{part}?voice=parent"' in foot
        assert 'href="/g/k7/1?voice=parent"' in shelf.get(f"/g/k7/1/{part}?voice=parent").html


def test_changes_are_told_in_words_for_families(shelf):
    first = text_of(shelf.get("/g/k7/1/changes").html)
    assert "This is the first version, so there is nothing to compare it with." in first
    shelf.edit(f"{INSIDE}/parent.en.yaml", "face: ", "face: Now ")
    shelf.release(INSIDE, "One answer for parents is plainer.")
    shelf.open()
    mine = text_of(shelf.get("/g/k7/2/changes?voice=young-person").html)
    theirs = text_of(shelf.get("/g/k7/2/changes?voice=parent").html)
    assert "One answer for parents is plainer." in mine
    assert "Nothing that you would read changed since version 1." in mine
    assert re.search(r'Since version 1: .+: the answer to "[^"]+" changed\.', theirs)


ALL_CHANGES = (
    (FamilyChange("option_added", "Art group"), "A way of getting help is new: Art group."),
    (FamilyChange("option_removed", "Art group"), "A way of getting help is no longer here"),
    (FamilyChange("row_added", row="Who knows?"), "A question is new: Who knows?"),
    (FamilyChange("row_removed", row="Who knows?"), "A question is no longer here: Who knows?"),
    (FamilyChange("cell_changed", "Art", "When?"), 'Art: the answer to "When?" changed.'),
    (FamilyChange("figure_changed"), "A number changed, or how it is drawn."),
    (FamilyChange("band_changed"), "The words beside the ways of getting help changed."),
    (FamilyChange("review_changed"), "The dates changed"),
    (FamilyChange("sources_changed"), "The list of sources changed."),
)


@pytest.mark.parametrize(
    ("change", "words"), ALL_CHANGES, ids=lambda case: getattr(case, "what", "")
)
def test_every_kind_of_change_has_its_words(shelf, change, words):
    plain = {"is_sensitive": False, "awaits_own_words": False}
    page = ChangesPage("k7", 2, "Feeling low", "parent", RELEASED_ON, "", 1, (change,), **plain)
    html = shelf.renderer.page(page, chrome(shelf))
    assert words in unescape(html.split('class="sc-changes"')[1].split("</ul>")[0])


def test_the_edition_before_is_the_nearest_that_is_whole():
    third = replace(next_edition(K7), number=3)
    library = make_library(K7, third)
    assert edition_before(third, library) == K7
    assert edition_before(K7, library) is None


def test_a_grid_past_its_review_says_so_and_one_past_its_end_is_not_offered(shelf):
    release: GridRelease = shelf.library.get("k7", 1)
    review = release.grid.review
    due = "should have been looked at again by"
    for days, said in ((0, False), (1, True)):
        day = review.review_on + timedelta(days=days)
        shelf.moment = shelf.moment.replace(year=day.year, month=day.month, day=day.day)
        assert (due in shelf.get("/g/k7/1").html) is said
        assert (due in shelf.get("/g/k7/1/fragment").html) is said
    day = review.expires_on + timedelta(days=1)
    shelf.moment = shelf.moment.replace(year=day.year, month=day.month, day=day.day)
    assert 'data-grid-closed="expired"' in shelf.get("/g/k7/1/fragment").html
    assert "Out of date" in shelf.get("/g/k7/1/scorecard").html


def test_the_words_name_no_criterion_that_is_not_judged():
    renderer = Renderer(ROOT / "templates", lambda name: name)
    words = renderer.environment.get_template("pages/scorecard/words.html").module.criterion_words
    assert set(words) == {criterion.id for criterion in criteria()}
