"""Every kind of paper as a machine finds it: tags, language, fonts, alternative words, order."""

from __future__ import annotations

import io
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from fixtures.paper_kinds import KINDS
from fixtures.papers import Desk
from fixtures.pdfs import (
    check_paper,
    letters,
    links_of,
    pages_of,
    read_aloud,
    smallest_type,
    tags_of,
    text_out_of_order,
)
from pypdf import PdfReader, PdfWriter

from app.rendering.environment import Renderer
from app.rendering.page import Chrome, Page
from app.rendering.paper import Pdf
from app.settings import ROOT

FAMILY_KINDS = sorted(name for name, kind in KINDS.items() if kind.is_for_families)
NUMBERS = ("999", "111", "85258", "0800 1111", "116 123", "0800 068 4141")
COVER = "Fold along the line in the middle, with this side out."
BULLET = "\u2022"
#: What may be drawn and not read: lines around a page that are said once inside it as well.
AROUND = re.compile(
    r"(Waystogetsupport|Feelinglow-helpinsidetheNHS)?"
    r"(draft,awaitingclinicalreview·Practice\.Notforusewithrealfamilies)?"
    r"(Emergency999orA&E·.*08000684141\d/\d)?"
)


@dataclass(frozen=True)
class Made:
    """Every kind once, and the templates that were used for them."""

    papers: dict[str, Pdf]
    templates: frozenset[str]


@pytest.fixture(scope="module")
def made(desk: Desk) -> Made:
    used: set[str] = set()
    draw = Renderer.page

    def note(self: Renderer, page: Page, chrome: Chrome) -> str:
        used.add(page.template)
        return draw(self, page, chrome)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Renderer, "page", note)
        papers = {name: kind.make(desk) for name, kind in KINDS.items()}
    return Made(papers, frozenset(used))


def test_no_kind_of_paper_is_left_out(made: Made) -> None:
    """A new template of a sheet fails here until it is among the kinds."""
    sheets = {
        f"documents/{path.name}"
        for path in (ROOT / "templates" / "documents").glob("*.html")
        if "<!DOCTYPE" in path.read_text()
    }
    assert len(sheets) >= 7
    assert sheets - made.templates == set()


@pytest.mark.parametrize("kind", FAMILY_KINDS)
def test_every_page_that_a_family_holds_says_who_to_ring(made: Made, kind: str) -> None:
    for page in pages_of(made.papers[kind].body):
        if page.startswith(COVER):  # which says nothing, on purpose
            continue
        assert [number for number in NUMBERS if number not in page] == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_paper_is_whole_in_every_way_that_a_machine_can_tell(
    made: Made, kind: str, tmp_path: Path
) -> None:
    pdf = made.papers[kind]
    pages = PdfReader(io.BytesIO(pdf.body)).pages
    assert check_paper(pdf.body, tmp_path) == []
    assert (pdf.missing, pdf.pages) == ("", len(pages))
    assert 1 <= len(pages) <= KINDS[kind].most_pages
    sides = {tuple(round(float(side)) for side in page.mediabox[2:]) for page in pages}
    assert sides <= {(595, 842), (842, 595)}
    assert smallest_type(pdf.body) >= (10.99 if kind.startswith("profile") else 9.99)


@pytest.mark.parametrize("kind", KINDS)
def test_links_lead_to_the_service_or_to_a_number(made: Made, kind: str) -> None:
    """To the edition that the sheet shows, to a source, or to a place in the paper itself."""
    body = made.papers[kind].body
    for address in links_of(body):
        assert re.fullmatch(r"(https://[\w.-]+/\S*|tel:\d+|sms:\d+|#\S+)", address)
    if "sensitive" in kind:
        assert [each for each in links_of(body) if "grids.example" not in each] == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_screen_reader_meets_the_words_in_the_order_of_the_page(made: Made, kind: str) -> None:
    """The tree of tags as poppler reads it, against the words as poppler finds them on the page."""
    body = made.papers[kind].body
    written = letters("".join(pages_of(body))).replace(BULLET, "")
    at, unread = 0, []
    for piece in map(letters, read_aloud(body)):
        if piece == BULLET:
            continue
        found = written.find(piece, at)
        assert found >= 0, f"{piece} is read later than it stands"
        unread.append(written[at:found])
        at = found + len(piece)
    unread.append(written[at:])
    assert [words for words in unread if not AROUND.fullmatch(words)] == []


@pytest.mark.parametrize(("kind", "width"), [("whole grid", 105), ("picked ways", 112)])
def test_the_words_stand_in_the_order_in_which_they_are_seen(
    desk: Desk, made: Made, kind: str, width: int
) -> None:
    """The questions down the left edge of the sheets, as an eye meets them and as written."""
    pdf = made.papers[kind]
    strip = ["-layout", "-x", "0", "-y", "0", "-W", str(width), "-H", "600"]
    command = ["pdftotext", *strip, "-", "-"]
    seen = letters(subprocess.run(command, input=pdf.body, capture_output=True).stdout.decode())
    written = letters("".join(pages_of(pdf.body)))
    voice = "parent" if kind == "picked ways" else "young-person"
    questions = [letters(row.question) for row in desk.page("k7", voice).rows]
    assert [question for question in questions if question not in seen] == []
    assert sorted(questions, key=seen.find) == questions
    assert sorted(questions, key=written.find) == questions


def test_the_dots_are_filled_and_hollow_in_black_alone(made: Made, tmp_path: Path) -> None:
    """The sheet of figures in grey: black dots, rings around white, and paper between them."""
    pdf = made.papers["whole grid"]
    (tmp_path / "paper.pdf").write_bytes(pdf.body)
    subprocess.run(
        ["pdftoppm", "-gray", "-r", "96", "-f", "4", tmp_path / "paper.pdf", tmp_path / "grey"],
        check=True,
    )
    (picture,) = tmp_path.glob("grey*.pgm")
    width, pixels = _grey(picture.read_bytes())
    figure = [pixels[y * width + x] for y in range(95, 165) for x in range(30, 110)]
    assert min(figure) < 60
    assert max(figure) > 240
    assert 0.1 < sum(level < 128 for level in figure) / len(figure) < 0.6


def _grey(pgm: bytes) -> tuple[int, bytes]:
    _, size, _, pixels = pgm.split(b"\n", 3)
    return int(size.split()[0]), pixels


class TestTheCheckItself:
    """A check that cannot fail would say nothing: each of these papers has one fault."""

    def test_a_paper_without_tags_title_or_language(self, desk: Desk, tmp_path: Path) -> None:
        bare = PdfWriter()
        bare.add_blank_page(200, 200)
        into = io.BytesIO()
        bare.write(into)
        with pytest.raises(KeyError):
            check_paper(into.getvalue(), tmp_path)

    def test_a_figure_without_words_and_text_out_of_order(self, desk: Desk, tmp_path: Path) -> None:
        html = (
            '<!DOCTYPE html><html lang="en-GB"><title>t</title><body>'
            "<h1>one</h1><p>two</p><div style='position: relative; z-index: 2'><p>three</p></div>"
            '<p>four</p><ul><li>five</li></ul><svg viewBox="0 0 9 9" width="9" height="9"></svg>'
        )
        made = desk.run(desk.press.workers.render(html, kind="handout"))
        assert len(text_out_of_order(made.body)) == 1
        assert ("/Figure", None) in tags_of(made.body)
        assert check_paper(made.body, tmp_path) == [
            "a figure without words",
            "tags in another order than the words",
        ]
