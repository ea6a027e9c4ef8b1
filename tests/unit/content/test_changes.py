"""What changed between two editions, for families and word by word for staff."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from app.content.changes import Changes, FamilyChange, compare
from app.content.release import GridRelease, release_grid, thaw

_DAY = date(2026, 11, 22)


def _edition(good: Any) -> GridRelease:
    root = good.write()
    line = release_grid(root, "made-up", note="Again", today=_DAY)
    return thaw((root / f"_released/made-up/{line.number}.json").read_bytes())


@pytest.fixture
def changed(good: Any) -> Callable[[Callable[[Any], object]], Changes]:
    """Releases the good grid, changes it, releases it again and compares the two."""

    def after(mutate: Callable[[Any], object]) -> Changes:
        old = _edition(good)
        mutate(good)
        return compare(old, _edition(good), "young-person")

    return after


def test_edition_equals_itself(good: Any) -> None:
    edition = _edition(good)
    changes = compare(edition, edition, "parent")
    assert (changes.for_families, changes.texts, changes.cells, changes.figures) == ((), (), (), ())


def test_text_is_told_word_by_word(changed: Any) -> None:
    changes = changed(
        lambda g: g.say("They ask how you sleep and what you like to do. You can go.")
    )
    (text,) = changes.texts
    assert (text.voice, text.place) == ("young-person", ("cells", "what", "talk", "more"))
    assert text.steps() == (
        ("same", "They ask how you"),
        ("removed", "feel"),
        ("added", "sleep"),
        ("same", "and what you like to do. You"),
        ("removed", "say as much as you want."),
        ("added", "can go."),
    )
    assert changes.for_families == (FamilyChange("cell_changed", "talk", "What is it?"),)


def test_change_of_the_other_voice_is_for_staff_alone(changed: Any) -> None:
    def mutate(good: Any) -> None:
        good.parent["cells"]["what"]["talk"]["face"] = "You meet someone and talk."

    changes = changed(mutate)
    assert [text.voice for text in changes.texts] == ["parent"]
    assert changes.for_families == ()


def test_change_of_evidence_is_told(changed: Any) -> None:
    changes = changed(lambda g: g.cell("help", "stay").update(strength="some"))
    (cell,) = changes.cells
    assert (cell.row, cell.option) == ("help", "stay")
    assert (dict(cell.before), dict(cell.after)) == ({"strength": "weak"}, {"strength": "some"})
    assert [change.what for change in changes.for_families] == ["cell_changed"]


def test_new_figure_changes_the_number_in_the_words(changed: Any) -> None:
    changes = changed(lambda g: g.evidence["figures"][0]["with"].update(n=42))
    assert changes.figures == ("x-01",)
    assert {text.place[-1] for text in changes.texts} == {"more"}
    assert FamilyChange("figure_changed") in changes.for_families


def _drop_column(good: Any) -> None:
    good.grid["options"] = [o for o in good.grid["options"] if o["id"] != "tablet"]
    good.grid["cells"] = [c for c in good.grid["cells"] if c["option"] != "tablet"]
    for words in (good.young, good.parent):
        del words["options"]["tablet"]
        for cells in words["cells"].values():
            del cells["tablet"]


def test_column_that_went_is_named_by_its_old_name(changed: Any) -> None:
    changes = changed(_drop_column)
    assert changes.for_families == (FamilyChange("option_removed", "tablet"),)
    assert all(text.after is None for text in changes.texts)


def test_dates_bands_and_sources_are_told(changed: Any) -> None:
    def mutate(good: Any) -> None:
        good.grid["review"]["review_on"] = "2027-05-01"
        good.young["bands"]["safety"]["title"] = "This can wait a while"
        good.cell("sure", "talk")["sources"] = ["SRC-2"]
        for cell in good.grid["cells"]:
            cell["sources"] = ["SRC-1"] if cell["sources"] else []
        good.grid["bands"][0]["sources"] = ["SRC-1"]

    changes = changed(mutate)
    told = {change.what for change in changes.for_families}
    assert {"review_changed", "band_changed", "sources_changed"} <= told
    assert (changes.sources_added, changes.sources_removed) == ((), ("SRC-2",))
