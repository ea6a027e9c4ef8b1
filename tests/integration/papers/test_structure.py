"""Every kind of paper as a machine finds it: tags, language, fonts, alternative words, order."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from fixtures.papers import TODAY, Desk
from fixtures.pdfs import check_paper, letters, pages_of, tags_of, text_out_of_order
from pypdf import PdfReader, PdfWriter

from app.content.practice import PRACTICE, practice_words
from app.content.practitioner_prompts import read_prompts
from app.documents.blank_form import Slip, build
from app.documents.crib_card import prepare
from app.rendering.paper import Pdf
from app.services.staff_papers import make_blank_form, make_blank_sheet, make_crib_card
from app.settings import ROOT

Make = Callable[[Desk], Pdf]


def whole(desk: Desk) -> Pdf:
    return desk.handout("k7", "young-person")


def picked(desk: Desk) -> Pdf:
    return desk.handout("k7", "parent", desk.longest("k7", "parent", 3))


def blank_sheet(desk: Desk) -> Pdf:
    heads = ("A group", "", "")
    making = make_blank_sheet(desk.press, heads=heads, voice="parent", made_on=TODAY)
    return desk.run(making)


def crib_card(desk: Desk) -> Pdf:
    prompts, _ = read_prompts(ROOT / "grids")
    assert prompts is not None
    prep = prepare(desk.release("k7"), prompts)
    return desk.run(make_crib_card(desk.press, prep=prep, made_on=TODAY))


def blank_form(desk: Desk) -> Pdf:
    """The fullest one: about the last appointment, for somebody else, with two more rows."""
    form = build(
        practice_words(),
        PRACTICE.scale,
        respondent="parent_proxy",
        occasion="before",
        slip=Slip("7K2M9QXD", "4F8ZC1T6", ("gravel", "pantry", "season", "whisker")),
        is_practice=True,
        made_on=TODAY,
    )
    return desk.run(make_blank_form(desk.press, form=form))


KINDS: dict[str, tuple[Make, int]] = {
    "whole": (whole, 4),
    "picked": (picked, 1),
    "blank sheet": (blank_sheet, 1),
    "crib card": (crib_card, 1),
    "blank form": (blank_form, 1),
}

#: The crib card is for practitioners and never handed over.
FAMILY_KINDS = sorted(KINDS.keys() - {"crib card"})
NUMBERS = ("999", "111", "85258", "0800 1111", "116 123", "0800 068 4141")


@pytest.mark.parametrize("kind", FAMILY_KINDS)
def test_every_page_that_a_family_holds_says_who_to_ring(desk: Desk, kind: str) -> None:
    make, _ = KINDS[kind]
    for page in pages_of(make(desk).body):
        said = " ".join(page.split())
        assert [number for number in NUMBERS if number not in said] == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_paper_is_whole_in_every_way_that_a_machine_can_tell(
    desk: Desk, kind: str, tmp_path: Path
) -> None:
    make, most_pages = KINDS[kind]
    pdf = make(desk)
    assert check_paper(pdf.body, tmp_path) == []
    assert (pdf.missing, pdf.pages <= most_pages) == ("", True)
    assert len(PdfReader(io.BytesIO(pdf.body)).pages) == pdf.pages


@pytest.mark.parametrize(("kind", "width"), [("whole", 105), ("picked", 112)])
def test_the_words_stand_in_the_order_in_which_they_are_seen(
    desk: Desk, kind: str, width: int
) -> None:
    """The questions down the left edge of the sheets, as an eye meets them and as written."""
    pdf = KINDS[kind][0](desk)
    strip = ["-layout", "-x", "0", "-y", "0", "-W", str(width), "-H", "600"]
    command = ["pdftotext", *strip, "-", "-"]
    seen = letters(subprocess.run(command, input=pdf.body, capture_output=True).stdout.decode())
    written = letters("".join(pages_of(pdf.body)))
    voice = "parent" if kind == "picked" else "young-person"
    questions = [letters(row.question) for row in desk.page("k7", voice).rows]
    assert [question for question in questions if question not in seen] == []
    assert sorted(questions, key=seen.find) == questions
    assert sorted(questions, key=written.find) == questions


def test_the_dots_are_filled_and_hollow_in_black_alone(desk: Desk, tmp_path: Path) -> None:
    """The sheet of figures in grey: black dots, rings around white, and paper between them."""
    pdf = whole(desk)
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
