from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.documents.profile import TALL_PIXELS, build, direction_of, share_rows, too_long
from app.documents.profile_words import PROMPTS, ProfileWords
from app.rendering.paper import Line, Measured, MeasuredBox

LINE, HEAD, AROUND, SHEET = 20.0, 30.0, 100.0, 1000.0
DAY = date(2026, 11, 23)
ROWS = ProfileWords("", {}).rows


def measured(lines: dict[str, int]) -> Measured:
    """A sheet of 1,000 pixels, 100 of them around the rows; a box has a head and its lines."""
    boxes = {
        prompt: MeasuredBox(
            HEAD + LINE * lines.get(prompt, 0),
            tuple(Line(f"{prompt}{at:04d}", LINE) for at in range(lines.get(prompt, 0))),
        )
        for prompt in PROMPTS
    }
    rows = [PROMPTS[at : at + 2] for at in range(0, 6, 2)]
    needs = sum(max(boxes[prompt].height for prompt in row) for row in rows)
    return Measured(1, SHEET + TALL_PIXELS, needs + AROUND, boxes)


def answers(lines: dict[str, int]) -> ProfileWords:
    said = {
        prompt: "\n".join(f"{prompt}{at:04d}" for at in range(count))
        for prompt, count in lines.items()
    }
    return ProfileWords("", said)


def test_short_answers_share_the_sheet_evenly() -> None:
    heights = share_rows(measured({"people": 3, "miss": 1}), ROWS)
    assert len(set(heights)) == 1
    assert sum(heights) == pytest.approx(SHEET - AROUND, abs=1)


def test_a_long_answer_takes_room_and_the_others_stay_equal() -> None:
    heights = share_rows(measured({"days": 25}), ROWS)
    assert heights[0] == HEAD + 25 * LINE
    assert heights[1] == heights[2] == pytest.approx((SHEET - AROUND - heights[0]) / 2, abs=1)


def test_what_cannot_fit_gets_no_heights() -> None:
    assert share_rows(measured({"people": 20, "miss": 20, "admired": 20}), ROWS) == ()


def test_words_over_are_the_lines_beyond_the_share() -> None:
    lines = {"people": 30, "days": 5, "upsets": 30, "admired": 2}
    found = too_long(answers(lines), measured(lines))
    assert not found.fits
    assert [box.prompt for box in found.over] == ["people", "upsets"]
    people = found.boxes[0]
    kept = 30 - people.lines_over
    assert people.words_over.splitlines()[0] == f"people{kept:04d}"
    assert people.words_over.splitlines()[-1] == "people0029"
    assert people.percent == round(100 * 30 / kept)


def test_a_short_box_beside_a_very_long_one_is_not_called_full() -> None:
    lines = {"people": 90, "miss": 1}
    found = {box.prompt: box.percent for box in too_long(answers(lines), measured(lines)).boxes}
    assert found["miss"] < 15


@given(st.dictionaries(st.sampled_from(PROMPTS), st.integers(0, 60)))
def test_either_everything_fits_or_a_box_is_named_and_the_rest_would_fit(
    lines: dict[str, int],
) -> None:
    found = too_long(answers(lines), measured(lines))
    assert found.fits == bool(share_rows(measured(lines), ROWS))
    over = {box.prompt: box.lines_over for box in found.over}
    kept = {prompt: count - over.get(prompt, 0) for prompt, count in lines.items()}
    assert share_rows(measured(kept), ROWS)


@pytest.mark.parametrize(
    ("text", "direction"),
    [("Sam", "ltr"), ("שלום Sam", "rtl"), ("12 مرحبا", "rtl"), ("", "ltr"), ("(3)", "ltr")],
)
def test_a_line_runs_the_way_of_its_first_strong_letter(text: str, direction: str) -> None:
    assert direction_of(text) == direction


def test_the_sheet_keeps_the_writers_lines_and_turns_with_the_paper() -> None:
    words = ProfileWords("Sam", {"days": "one\n\n  two "}, "landscape")
    page = build(words, made_on=DAY)
    assert [[box.prompt for box in row] for row in page.rows] == [
        ["people", "days", "upsets"],
        ["miss", "belongings", "admired"],
    ]
    assert [paragraph.text for paragraph in page.rows[0][1].paragraphs] == ["one", "two"]
    assert page.layout == "even"
    assert build(words, made_on=DAY, heights=(10, 20)).layout == "shared"
