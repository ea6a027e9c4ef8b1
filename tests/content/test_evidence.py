"""The evidence tables: sound in themselves, and equal to the dossiers where those are at hand."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import Final

import pytest

from app.content.grid import Evidence, Figure
from app.content.parse_evidence import read_evidence
from app.content.tree import read_tree

GRIDS: Final = Path(__file__).resolve().parents[2] / "grids"
DOSSIERS: Final = GRIDS.parents[1] / "shared" / "evidence"
TOPICS: Final = sorted(path.stem for path in (GRIDS / "_evidence").glob("*.yaml"))
# Beside the checkout only on machines where the dossiers are kept; the other tests stand alone.
AT_HAND: Final = [topic for topic in TOPICS if (DOSSIERS / f"{topic}.md").is_file()]


def _evidence(topic: str) -> Evidence:
    tree, findings = read_tree(GRIDS / "_evidence" / f"{topic}.yaml", GRIDS)
    assert findings == []
    assert tree is not None
    evidence, reader = read_evidence(tree, topic)
    assert [str(finding) for finding in reader.findings] == []
    return evidence


def _figures(topics: list[str]) -> list[tuple[str, str]]:
    return [(topic, name) for topic in topics for name in _evidence(topic).figures]


def test_low_mood_is_there_with_all_figures() -> None:
    numbers = ("01", "02", "03a", "03b", "03c", "04", "05", "06a", "06b", "07", "08", "09a")
    wanted = [f"lm-{number}" for number in (*numbers, "09b", "09c", "10")]
    assert list(_evidence("low-mood").figures) == wanted


@pytest.mark.parametrize("topic", TOPICS)
def test_sources_are_whole(topic: str) -> None:
    for source in _evidence(topic).sources.values():
        assert source.supports, source.id
        assert source.year is None or 1980 <= source.year <= 2026, source.id
        assert source.identifier or source.url, source.id


@pytest.mark.parametrize("topic", TOPICS)
def test_no_working_mark_came_along(topic: str) -> None:
    text = (GRIDS / "_evidence" / f"{topic}.yaml").read_text(encoding="utf-8")
    assert re.findall(r"UNVERIFIED|\[(?:V1|V2|J|CALC)", text) == []


@pytest.mark.parametrize(("topic", "name"), _figures(TOPICS))
def test_figure_is_sound(topic: str, name: str) -> None:
    evidence = _evidence(topic)
    figure = evidence.figures[name]
    assert figure.source in evidence.sources
    assert figure.who
    assert figure.time_span
    assert figure.certainty
    assert all(0 <= number <= figure.per for number in figure.parts().values())
    assert (figure.comparator is None) == (figure.kind == "single")
    # Bounds and partners that only a wrong table could break.
    for partner in figure.drawn_with:
        assert partner in evidence.figures
        assert partner != figure.id


@pytest.mark.parametrize("name", ["lm-05", "lm-06a", "lm-06b", "lm-07", "lm-09b"])
def test_second_hand_figures_are_marked(name: str) -> None:
    assert _evidence("low-mood").figures[name].mark == "V2"


@pytest.mark.parametrize("name", ["co-14", "co-17"])
def test_under_five_is_no_column_of_the_grids_on_concentrating(name: str) -> None:
    figure = _evidence("concentrating").figures[name]
    assert figure.option_forbidden
    assert figure.ages.to_age in (3, 5)


def test_no_source_on_self_harm_carries_a_rate_to_families() -> None:
    texts = [source.supports for source in _evidence("self-harm").sources.values()]
    assert [text for text in texts if re.search(r"\d+ ?(?:%|of \d|in \d|v \d)|\d\.\d", text)] == []


def test_exactly_one_low_mood_arm_is_no_option_of_its_own() -> None:
    figures = _evidence("low-mood").figures.values()
    assert [figure.id for figure in figures if figure.option_forbidden] == ["lm-03b"]


def test_medicine_benefit_is_never_drawn_without_its_harm() -> None:
    figures = _evidence("low-mood").figures
    for name in ("lm-03a", "lm-03b", "lm-04", "lm-10"):
        assert "lm-05" in figures[name].drawn_with


def _table_rows(topic: str) -> dict[str, list[str]]:
    """The dossier's figure rows by id."""
    text = (DOSSIERS / f"{topic}.md").read_text(encoding="utf-8")
    rows = [line.strip("| \n").split(" | ") for line in text.splitlines() if line[:1] == "|"]
    return {row[0].strip(): row for row in rows if re.fullmatch(r"[a-z]{2}-\d\d[a-z]?", row[0])}


def _leading_shares(text: str, per: str) -> list[Fraction]:
    """`39 (34-45)` of 100 as shares of all; `about 24 **more**` by its number; words as []."""
    found = re.match(r"(?:about )?([\d.]+)(?: more)?(?: \((\d+)-(\d+)\))?", text.strip())
    return [Fraction(number) / int(per) for number in found.groups() if number] if found else []


def _held(figure: Figure, part: str) -> list[Fraction]:
    arm = figure.with_arm if part == "with" else figure.without_arm
    numbers = (arm.n, arm.low, arm.high) if arm else ()
    return [Fraction(number, figure.per) for number in numbers if number is not None]


def _source_ids(topic: str) -> set[str]:
    """First cells of the source tables; `A / B` and `A, B` name two sources."""
    text = (DOSSIERS / f"{topic}.md").read_text(encoding="utf-8")
    tables = text.split("\n## 1. Sources")[1].split("\n## 2.")[0]
    name = r"[A-Z][A-Za-z0-9.-]+"
    cells = re.findall(rf"^\| ({name}(?:(?:, | / ){name})*) \|", tables, re.M)
    return {found for cell in cells for found in re.split(", | / ", cell)} - {"Id", "ID"}


if AT_HAND:

    class TestAgainstTheDossiers:
        """Defined only where there is something to compare with, so that nothing is skipped."""

        @pytest.mark.parametrize(("topic", "name"), _figures(AT_HAND))
        def test_figure_equals_the_dossier(self, topic: str, name: str) -> None:
            figure = _evidence(topic).figures[name]
            row = _table_rows(topic)[name]
            assert _held(figure, "with") == _leading_shares(row[3], row[5])
            assert _held(figure, "without") == _leading_shares(row[4], row[5])
            assert (figure.source, figure.mark) == (row[9], row[10])

        @pytest.mark.parametrize("topic", AT_HAND)
        def test_no_figure_of_the_dossier_is_left_out(self, topic: str) -> None:
            assert set(_table_rows(topic)) == set(_evidence(topic).figures)

        @pytest.mark.parametrize("topic", AT_HAND)
        def test_no_source_of_the_dossier_is_left_out(self, topic: str) -> None:
            assert _source_ids(topic) == set(_evidence(topic).sources)
