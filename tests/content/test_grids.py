"""Every real grid passes the gate, renders in every voice, and is released as it stands."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

import pytest

from app.content.check import check_grid
from app.content.library import Library
from app.content.parse import Draft, list_slugs, parse_draft
from app.content.rule import passages
from app.content.wording import placeholders, to_html, to_inline

GRIDS: Final = Path(__file__).resolve().parents[2] / "grids"
SLUGS: Final = list_slugs(GRIDS)
_HARMLESS: Final = re.compile(r"</?(?:p|ul|ol|li|strong|em)>|<ol start=\"\d+\">")


def _draft(slug: str) -> Draft:
    parsed = parse_draft(GRIDS, slug)
    assert parsed.draft is not None, parsed.findings
    return parsed.draft


@pytest.mark.parametrize("slug", SLUGS)
def test_grid_passes_the_gate(slug: str) -> None:
    assert [str(finding) for finding in check_grid(GRIDS, slug).findings] == []


@pytest.mark.parametrize("slug", SLUGS)
def test_every_text_becomes_harmless_markup(slug: str) -> None:
    draft = _draft(slug)
    for passage in passages(draft):
        html = to_html(passage.text, draft.evidence.figures)
        assert "<" not in _HARMLESS.sub("", html), passage.path
        assert "{{" not in to_inline(passage.text, draft.evidence.figures), passage.path


@pytest.mark.parametrize("slug", SLUGS)
def test_every_figure_in_words_is_in_the_evidence(slug: str) -> None:
    draft = _draft(slug)
    named = {name for passage in passages(draft) for name, _ in placeholders(passage.text)}
    assert named <= set(draft.grid.used_figures()) <= set(draft.evidence.figures)
    assert {draft.evidence.figures[name].mark for name in draft.grid.used_figures()} <= {"V1"}


@pytest.mark.parametrize("slug", SLUGS)
def test_pair_names_this_grid_back(slug: str) -> None:
    grid = _draft(slug).grid
    assert grid.pair in SLUGS
    assert _draft(str(grid.pair)).grid.pair == slug
    assert {grid.setting, _draft(str(grid.pair)).grid.setting} == {"inside-nhs", "outside-nhs"}


def test_public_ids_are_meaningless_and_unlike() -> None:
    ids = [_draft(slug).grid.public_id for slug in SLUGS]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z][0-9]", name) for name in ids)


def test_every_release_is_whole() -> None:
    assert Library.load(GRIDS).problems == ()


def test_release_folder_holds_only_what_the_press_wrote() -> None:
    for path in (GRIDS / "_released").rglob("*.json"):
        raw = path.read_bytes()
        text = json.dumps(
            json.loads(raw), ensure_ascii=False, sort_keys=True, separators=(",", ":")
        )
        assert raw == text.encode("utf-8")
