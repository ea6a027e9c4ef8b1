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
from app.content.passages import passages
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


@pytest.mark.parametrize("slug", SLUGS)
def test_bands_link_to_grids_that_are_there(slug: str) -> None:
    ids = {_draft(name).grid.public_id for name in SLUGS}
    assert {band.link for band in _draft(slug).grid.bands if band.link} <= ids


@pytest.mark.parametrize("slug", SLUGS)
def test_nothing_waits_and_nothing_is_our_guess_in_safety_and_help(slug: str) -> None:
    grid = _draft(slug).grid
    guarded = {"help", "hard", "stop", "home"}
    cells = [cell for cell in grid.cells if cell.row in guarded]
    assert [c for c in cells if c.state == "waiting" or c.basis == "our_draft"] == []


def test_grids_on_self_harm_are_off_draw_nothing_and_tell_nothing_in_their_names() -> None:
    sensitive = [_draft(slug) for slug in SLUGS if "harm" in slug]
    for draft in sensitive:
        assert draft.grid.off_until_switched_on
        assert draft.grid.used_figures() == ()
        assert all("harm" not in str(words.print_title) for words in draft.voices.values())
    assert len(sensitive) == 2


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
