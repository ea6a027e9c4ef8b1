"""Words become markup here and nowhere else, and only harmless markup."""

from __future__ import annotations

import pytest

from app.content.grid import AgeRange, Arm, Figure
from app.content.wording import UnknownFigureInWords, fill, to_html, to_inline, to_text


def _figure(kind: str = "pair") -> Figure:
    return Figure(
        id="x-01",
        kind="pair" if kind == "pair" else "difference",
        option="any",
        outcome="felt better",
        outcome_is="wanted",
        with_arm=Arm(40, None, None),
        without_arm=Arm(25 if kind == "pair" else None, None, None, "a list"),
        per=100,
        time_span="8 weeks",
        who="teenagers",
        ages=AgeRange(12, None),
        severity=(),
        certainty="low",
        source="S",
        mark="V1",
        option_forbidden=False,
        drawn_with=(),
        note="",
    )


def test_numbers_come_from_the_figure() -> None:
    figures = {"x-01": _figure()}
    words = "{{x-01.with}} of {{ x-01.per }}, not {{x-01.without}}: {{x-01.more}} more"
    assert fill(words, figures) == "40 of 100, not 25: 15 more"


def test_difference_has_no_counts_of_its_own() -> None:
    figures = {"x-01": _figure("difference")}
    assert fill("{{x-01.more}}", figures) == "40"
    with pytest.raises(UnknownFigureInWords):
        fill("{{x-01.with}}", figures)


def test_unknown_figure_is_an_error() -> None:
    with pytest.raises(UnknownFigureInWords):
        to_html("{{y.with}}", {})


@pytest.mark.parametrize(
    ("words", "html"),
    [
        ("one\n\ntwo", "<p>one</p>\n<p>two</p>\n"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"),
        ("**a** and *b*", "<p><strong>a</strong> and <em>b</em></p>\n"),
        ("<script>x</script>", "<p>&lt;script&gt;x&lt;/script&gt;</p>\n"),
        ("[a](javascript:x)", "<p>[a](javascript:x)</p>\n"),
        ("![a](https://x)", "<p>![a](https://x)</p>\n"),
        ('" & <', "<p>&quot; &amp; &lt;</p>\n"),
        ("# a", "<p># a</p>\n"),
        ("&lt;b&gt;", "<p>&amp;lt;b&amp;gt;</p>\n"),
    ],
)
def test_markdown_is_safe_markup(words: str, html: str) -> None:
    assert to_html(words, {}) == html


def test_face_has_no_paragraph_around_it() -> None:
    assert to_inline("a **b** <i>", {}) == "a <strong>b</strong> &lt;i&gt;"


def test_plain_text_has_no_marks() -> None:
    assert to_text("**One** {{x-01.with}}\n\n- two\n1. three", {"x-01": _figure()}) == (
        "One 40 two three"
    )


def test_ages_overlap_at_their_ends_and_open_ends_exclude_nobody() -> None:
    assert AgeRange(5, 12).overlaps(AgeRange(12, 18))
    assert not AgeRange(5, 11).overlaps(AgeRange(12, 18))
    assert AgeRange(None, None).overlaps(AgeRange(5, 6))
