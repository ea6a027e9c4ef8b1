"""The generator behind the bench makes grids that pass, in every language it names."""

from __future__ import annotations

from pathlib import Path

from app.content.check import check_grids
from app.content.parse import list_slugs, parse_draft
from bench.content_check import GRIDS, SLUG, measure
from bench.content_generator import LANGUAGES, generate


def test_generated_grids_pass_in_every_language(tmp_path: Path) -> None:
    root = generate(GRIDS, SLUG, tmp_path / "grids", grids=2)
    reports = check_grids(root)
    assert [(report.slug, report.findings) for report in reports] == [
        ("grid-0", ()),
        ("grid-1", ()),
    ]
    assert list_slugs(root) == ("grid-0", "grid-1")
    draft = parse_draft(root, "grid-1").draft
    assert draft is not None
    assert {language for _, language in draft.voices} == set(LANGUAGES)
    assert len(draft.voices) == 2 * len(LANGUAGES) == 16


def test_figure_of_the_bench_names_its_floor() -> None:
    (figure,) = measure(grids=1, rounds=1)
    assert {"name", "value", "unit", "floor", "ratio", "method"} == set(figure)
    assert figure["name"] == "content.check"
    assert 0 < figure["floor"] < figure["value"]
