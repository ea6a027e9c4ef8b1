from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from fixtures.grids import copy_grids

from app.content.library import Library, ReleaseStatus
from app.content.release import GridRelease
from app.documents.grid_handout import (
    Code,
    GridHandout,
    PickNotPossible,
    build,
    densities,
    might_fit,
    pick,
)
from app.settings import ROOT


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> GridRelease:
    found = Library.load(copy_grids(tmp_path_factory.mktemp("handout") / "grids")).current("k7")
    assert found is not None
    return found


def made(release: GridRelease, picked: tuple[str, ...] = (), **changed: object) -> GridHandout:
    status = changed.get("status", ReleaseStatus.DRAFT_RELEASE)
    assert isinstance(status, ReleaseStatus)
    return build(
        release,
        voice="parent",
        picked=picked,
        density="snug",
        status=status,
        address="https://grids.example.nhs.uk/g/k7/1",
        code=Code(29, "M0 0h1"),
        review_is_due=False,
    )


def test_a_pick_keeps_the_order_of_the_grid(release: GridRelease) -> None:
    assert pick(release, ("one-to-one", "group")) == ("group", "one-to-one")
    assert pick(release, ()) == ()


@pytest.mark.parametrize(
    "wanted",
    [
        ("group",),
        ("group", "group"),
        ("group", "other"),
        ("what-helps-now", "short-practical", "group", "one-to-one", "family-sessions"),
    ],
)
def test_a_pick_that_cannot_be(release: GridRelease, wanted: tuple[str, ...]) -> None:
    with pytest.raises(PickNotPossible):
        pick(release, wanted)


def test_more_columns_start_less_generously() -> None:
    assert [densities(("a",) * count)[0] for count in (2, 3, 4)] == ["roomy", "easy", "snug"]
    assert densities(("a",) * 4)[-1] == "closest"


def test_a_picked_sheet_has_no_figures_and_says_what_it_leaves_out(release: GridRelease) -> None:
    page = made(release, ("group", "one-to-one"))
    assert (page.is_whole, page.left_out, page.note_lines) == (False, 4, 2)
    assert (page.figures, page.sources) == ((), ())
    assert [column.id for column in page.columns] == ["group", "one-to-one"]


def test_the_whole_grid_names_every_source_that_a_cell_points_to(release: GridRelease) -> None:
    page = made(release)
    named = {number for row in page.rows for cell in row.cells for number in cell.sources}
    listed = [source.number for source in page.sources]
    assert listed == list(range(1, len(release.sources) + 1))
    assert named <= set(listed)
    assert {title.title for title in page.sources} == {s.title for s in release.sources.values()}


def test_the_figures_are_those_of_the_screen(release: GridRelease) -> None:
    (block,) = made(release).figures
    counts = {figure.id: [arm.n for arm in figure.arms] for figure in block.figures}
    wanted = {
        name: [figure.with_arm.n, figure.without_arm.n]
        for name, figure in release.figures.items()
        if figure.without_arm
    }
    assert counts == wanted


def test_only_a_draft_is_called_a_draft(release: GridRelease) -> None:
    assert made(release).is_draft
    assert not made(release, status=ReleaseStatus.APPROVED).is_draft


def test_the_library_is_not_needed_to_build(release: GridRelease, tmp_path: Path) -> None:
    """The same release gives the same page, whatever folder it came from."""
    again = Library.load(copy_grids(tmp_path / "grids")).current("k7")
    assert again is not None
    assert made(again) == made(release)


@pytest.mark.parametrize(("density", "count"), [("snug", 3), ("whole-close", 4)])
def test_sources_stand_in_even_columns_and_in_order(
    release: GridRelease, density: str, count: int
) -> None:
    page = replace(made(release), density=density)
    assert len(page.source_columns) == count
    assert tuple(source for column in page.source_columns for source in column) == page.sources
    lengths = [sum(25 + len(source.title) for source in column) for column in page.source_columns]
    longest = max(25 + len(source.title) for source in page.sources)
    assert max(lengths) - min(lengths) <= 2 * longest


def test_a_paper_with_few_sources_has_empty_columns(release: GridRelease) -> None:
    few = replace(made(release), sources=made(release).sources[:1])
    assert few.source_columns == (few.sources, (), ())
    assert replace(few, sources=()).source_columns == ((), (), ())


def test_handouts_are_laid_out_without_flex_grid_and_columns() -> None:
    """The engine lays what stands in them out again and again: papers took four times as long."""
    styles = (ROOT / "static" / "css" / "handout.css").read_text(encoding="utf-8")
    assert re.findall(r"display: *(?:inline-)?(?:flex|grid)|[{ ]columns:", styles) == []


@pytest.mark.parametrize(
    ("density", "used", "more"),
    [
        ("closest", 1, None),
        ("tight", 87, "snug"),
        ("tight", 88, None),
        ("snug", 93, "easy"),
        ("snug", 94, None),
        ("easy", 95, "roomy"),
        ("roomy", 1, None),
    ],
)
def test_a_more_generous_setting_is_looked_at_only_where_it_might_fit(
    density: str, used: float, more: str | None
) -> None:
    assert might_fit(density, used, 100) == more
