"""Every kind of paper is read the quick way, and comes to the engine as by the long one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element

import pytest
import tinyhtml5
from fixtures.paper_kinds import fullest_form
from fixtures.papers import TODAY, Desk
from fixtures.pdfs import pages_of

from app.adapters.paper_source import FOR_EVERY_MARKER, FOR_FOOTNOTES, read_well_formed
from app.content.library import Library
from app.content.practitioner_prompts import read_prompts
from app.documents import blank_sheet, profile
from app.documents.crib_card import CribCard, prepare
from app.documents.profile_words import PROMPTS, Photo, ProfileWords
from app.rendering.page import Page
from app.services.decision_papers import DecisionOrder, read_sheet
from app.settings import ROOT

AWKWARD = 'Fish & chips <b>"now"</b> it\u2019s \u05e9\u05dc\u05d5\u05dd & co;\n&nbsp; &lt;'
SVG = "http://www.w3.org/2000/svg"
GRID = {"public_id": "k7", "version": 1, "picked": ["group"], "shown": ["group", "one-to-one"]}


def blank(desk: Desk) -> Page:
    return blank_sheet.build(("Fish & chips", ""), voice="parent", made_on=TODAY)


def form(desk: Desk) -> Page:
    return fullest_form()


def crib(desk: Desk) -> Page:
    prompts, _ = read_prompts(ROOT / "grids")
    assert prompts is not None
    return CribCard(prepare(desk.release("k7"), prompts), TODAY, "roomy")


def decision(desk: Desk) -> Page:
    agreed = {"outcome": "decided", "better": AWKWARD, "chosen": ["group"]}
    document = {"agreed": agreed, "grid": GRID}
    order = DecisionOrder(document, desk.library, "https://grids.example.nhs.uk")
    return read_sheet(order, made_on=TODAY)


def my_profile(desk: Desk) -> Page:
    photo = Photo(b"not looked at here", AWKWARD.replace("\n", " "))
    words = ProfileWords(
        name=AWKWARD, answers=dict.fromkeys(PROMPTS, AWKWARD), slot="photo", photo=photo
    )
    return profile.build(words, made_on=TODAY, heights=(100.0, 120.5, 99.0))


PAGES: dict[str, Callable[[Desk], Page]] = {
    "whole": lambda desk: desk.page("k7", "young-person"),
    "picked": lambda desk: desk.page("m4", "parent", desk.longest("m4", "parent", 4)),
    "blank sheet": blank,
    "blank form": form,
    "crib card": crib,
    "decision": decision,
    "profile": my_profile,
}


@pytest.mark.parametrize("kind", PAGES)
def test_a_page_is_the_same_by_both_ways(desk: Desk, kind: str) -> None:
    html = desk.press.renderer.page(PAGES[kind](desk), desk.press.chrome)
    quick = read_well_formed(html)
    assert quick is not None
    assert flat(quick) == flat(tinyhtml5.parse(html, namespace_html_elements=False))


def test_a_sensitive_page_is_the_same_by_both_ways(desk: Desk) -> None:
    """With its cover and its first page, of the grids as they stand in the repository."""
    own = Desk(desk.press, Library.load(ROOT / "grids"), desk.loop)
    found = next(entry for entry in PUBLIC if own.release(entry).grid.sensitive)
    html = desk.press.renderer.page(own.page(found, "young-person"), desk.press.chrome)
    quick = read_well_formed(html)
    assert quick is not None
    assert flat(quick) == flat(tinyhtml5.parse(html, namespace_html_elements=False))


PUBLIC = ("k7", "m4", "p3", "r8", "t5", "w2")


def test_what_is_not_well_formed_goes_the_long_way(desk: Desk) -> None:
    """A character that XML does not have, and a page that closes nothing."""
    for html in (
        '<!DOCTYPE html><html lang="en"><title>t</title><body><p>one\x0btwo</p></body></html>',
        '<!DOCTYPE html><html lang="en"><title>t</title><body><p>one<br>two',
    ):
        assert read_well_formed(html) is None
        made = desk.run(desk.press.workers.render(html, kind="handout"))
        assert "".join(pages_of(made.body)[0].split())[:6] in ("onetwo", "one\x0btw")


def test_the_rules_that_papers_leave_out_are_still_written_that_way() -> None:
    """Of the engine's own styles. A new engine that writes them in another way is slower only."""
    import weasyprint.css as engine

    sheet = (ROOT / engine.__file__).with_name("html5_ua.css").read_text("utf-8")
    begin = [line for line in sheet.splitlines() if line.startswith((*FOR_FOOTNOTES, "::marker"))]
    assert len(begin) == 6
    assert sum(line.startswith(FOR_EVERY_MARKER) for line in begin) == 1


def flat(root: Element) -> list[tuple[Any, ...]]:
    """Every element in order: what it is called, what it has, and the text around it.

    Only the white space around the head and the body is another one.
    """
    named = "{http://www.w3.org/2000/xmlns/}xmlns"
    return [
        (
            each.tag,
            sorted(set(each.attrib.items()) - {(named, SVG)}),
            *texts(each, next(root.iter("body"))),
        )
        for each in root.iter()
    ]


def texts(each: Element, body: Element) -> tuple[str, str]:
    text, tail = each.text or "", each.tail or ""
    if each.tag in ("html", "head", "body") or each is body[-1]:
        return text.strip(), tail.strip()
    return text, tail
