"""Cells as scores, lines and drawings; no database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.domain.desk import Answer, Before, CellCount, CellKey, Kind, Tally, compare
from app.domain.disclosure import Shown, Tier
from app.domain.results import for_leaving, in_order, over_time, read_change, score
from app.rendering.charts import draw_bars, draw_shares, draw_time, full_height

KIND = Kind(
    "s", "young_person", "after", "own_phone", "collaborate-0-9", "1", "a", "en", "live", False
)
BEGAN = datetime(2026, 11, 1, tzinfo=UTC)


def cell(team: str = "north", phase: str = "baseline") -> CellKey:
    return CellKey(KIND, team, phase)


def answer(
    number: int, *, top: bool, key: CellKey | None = None, practitioner: str = "p"
) -> Answer:
    values = (9, 9, 9) if top else (9, 9, 0)
    at = BEGAN + timedelta(seconds=number)
    return Answer(key or cell(), at, str(number), str(number), practitioner, values)


def counts(n: int, top: int, groups: list[int] | None = None) -> dict[str, Any]:
    sums = [0] * 28
    sums[27], sums[18] = top, n - top
    total = 27 * top + 18 * (n - top)
    return {
        "complete": n, "appointments": n, "top": top, "total": total,
        "sums": sums, "groups": groups or [], "effect": 2.0,
    }  # fmt: skip


def test_a_shown_cell_waits_for_eight() -> None:
    first = CellCount(9, None)
    for number in range(30):
        first.add(answer(number, top=number < 10))
    shown = first.finish(3)
    assert shown is not None
    assert (shown["complete"], shown["top"], shown["groups"]) == (30, 10, [10])
    assert first.through == (BEGAN + timedelta(seconds=29), "29")
    for more, complete in ((7, 30), (8, 38)):
        later = CellCount(9, Before(shown, first.through))
        for number in range(30 + more):
            later.add(answer(number, top=number < 10))
        found = later.finish(3)
        assert found is not None
        assert (found["complete"], later.stepped) == (complete, more == 8)


def test_a_cell_that_loses_its_answers_is_closed() -> None:
    shown = counts(30, 10)
    later = CellCount(9, Before(shown, (BEGAN + timedelta(seconds=29), "29")))
    for number in range(24):
        later.add(answer(number, top=True))
    assert later.finish(3) is None


def tally(key: CellKey, n: int, top: int, practitioners: int) -> Tally:
    made = Tally(9)
    for number in range(n):
        own = f"p-{number % practitioners}"
        made.add(answer(number, top=number < top, key=key, practitioner=own))
    return made


@pytest.mark.parametrize(("practitioners", "modelled"), [(9, False), (10, True)])
def test_ten_practitioners_make_a_model(practitioners: int, modelled: bool) -> None:
    keys = cell(), cell(phase="with_grid")
    found = compare([(keys[0], tally(keys[0], 60, 20, practitioners)),
                     (keys[1], tally(keys[1], 60, 30, practitioners))])  # fmt: skip
    change = read_change(found, Tier.INSIDE)
    assert change is not None
    assert (change.modelled, change.clusters) == (modelled, practitioners)
    assert (change.first, change.second) == ((20, 60), (30, 60))
    assert change.fair.value == pytest.approx(1 / 6, abs=1e-6)
    leaving = read_change(found, Tier.LEAVING)
    assert leaving is not None
    assert (leaving.first, leaving.second) == ((20, 60), (30, 60))


def test_one_phase_alone_is_not_compared() -> None:
    assert compare([(cell(), tally(cell(), 60, 20, 3))]) is None
    assert read_change(None, Tier.INSIDE) is None


def test_a_small_share_does_not_leave_in_a_comparison() -> None:
    keys = cell(), cell(phase="with_grid")
    found = compare([(keys[0], tally(keys[0], 60, 3, 3)), (keys[1], tally(keys[1], 60, 30, 3))])
    assert read_change(found, Tier.LEAVING) is None


def test_a_score_has_its_intervals_and_mean() -> None:
    found = score("north", "baseline", counts(60, 30), 3)
    assert (found.shown, found.share, found.mean) == (Shown.NOT_FOR_RANKING, 0.5, 7.5)
    assert found.plain is not None
    assert found.widened is not None
    assert found.widened.low < found.plain.low < 0.5 < found.plain.high < found.widened.high
    assert score("north", "baseline", None, 3).shown is Shown.NOTHING
    assert for_leaving(score("north", "baseline", counts(60, 5), 3)).share is None


def test_phases_come_in_the_order_of_a_study() -> None:
    names = ("with_grid", "sustain", "baseline", "training")
    found = in_order(score("north", name, None, 3) for name in names)
    assert [s.phase for s in found] == ["baseline", "training", "with_grid", "sustain"]


def test_many_groups_are_put_together_and_never_across_phases() -> None:
    scores = [
        score("north", "baseline", counts(900, 450, [10] * 27), 3),
        score("north", "with_grid", counts(300, 150, [20] * 11), 3),
    ]
    (line,) = over_time(scores)
    assert (line.size, len(line.phases)) == (50, 13 + 5)
    assert {point.value for point in line.xmr.points[:13]} == {0.4}
    assert {point.value for point in line.xmr.points[13:]} == {0.8}
    assert over_time([score("north", "baseline", counts(30, 10, [9]), 3)]) == ()


def test_a_line_is_kept_until_a_count_moves_it() -> None:
    before = [score("north", "baseline", counts(50, 25, [10, 15]), 3)]
    after = [score("north", "baseline", counts(50, 25, [10, 16]), 3)]
    (line,), (again,), (moved,) = over_time(before), over_time(list(before)), over_time(after)
    assert line is again
    assert [point.value for point in moved.xmr.points] == [0.4, 0.64]


def test_drawings_keep_to_their_scale() -> None:
    scores = [score("north", "baseline", counts(60, 60), 3), score("north", "training", None, 3)]
    chart = draw_shares(scores)
    full, empty = chart.rows
    assert full.x == chart.ticks[-1].at
    assert full.widened is not None
    assert full.widened[1] <= chart.ticks[-1].at
    assert empty.x is None
    (line,) = over_time([score("n", "baseline", counts(60, 25, [25, 0]), 3)])
    drawn = draw_time(line.xmr, line.phases)
    assert [(dot.y, dot.percent) for dot in drawn.dots] == [
        (drawn.ticks[-1].at, 100),
        (drawn.ticks[0].at, 0),
    ]


def test_two_distributions_share_one_scale() -> None:
    most = full_height([(1, 0, 3), (5, 5), ()])
    assert most == 80
    tall = draw_bars((1, 0, 3), most).bars
    assert [(bar.percent, bar.is_last) for bar in tall] == [(25, False), (0, False), (75, True)]
    assert tall[2].height == pytest.approx(3 * tall[0].height, abs=0.2)
    assert full_height([]) == 10
