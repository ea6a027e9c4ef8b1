"""SURE is counted by its own rule, and meets CollaboRATE nowhere."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

import collaborate_survey
from collaborate_survey import RULES, SURE, MixedInstruments, Response, count_group, count_yes, sure

ITEMS = [item for item, _ in SURE.items]


def form(*values: int, instrument: str = "sure-4", version: str = "1") -> Response:
    return Response(instrument, version, dict(zip(ITEMS, values, strict=False)))


def test_one_for_each_yes() -> None:
    assert count_yes(form(1, 1, 1, 1).items) == 4
    assert count_yes(form(0, 1, 0, 1).items) == 2
    assert count_yes(form(0, 0, 0, 0).items) == 0


@pytest.mark.parametrize("values", [(1, 1, 1), (1, 1, 1, -97), (-99, 0, 0, 0)])
def test_a_form_with_a_gap_has_no_count(values: tuple[int, ...]) -> None:
    assert count_yes(form(*values).items) is None
    assert sure.top_score(form(*values).items, SURE.id) is None
    assert sure.percent(form(*values).items, SURE.id) is None


@pytest.mark.parametrize("items", [{"sure": 2}, {"listen": 1}, {"sure": True}])
def test_what_is_not_an_answer_of_it_is_refused(items: Mapping[str, int]) -> None:
    with pytest.raises(ValueError, match="sure"):
        count_yes(items)


@pytest.mark.parametrize(
    ("by_yes", "percents"),
    [
        ((20, 54, 147, 272, 981), (1, 4, 10, 18, 67)),
        ((0, 1, 7, 10, 105), (0, 1, 6, 8, 85)),
    ],
)
def test_the_published_groups_come_back(by_yes: tuple[int, ...], percents: tuple[int, ...]) -> None:
    """Légaré 2010: 1,474 and 123 forms by their number of yes."""
    forms = [form(*([1] * yes + [0] * (4 - yes))) for yes, n in enumerate(by_yes) for _ in range(n)]
    found = count_group([*forms, form(1, 1, 1, -97)])
    assert (found.given, found.complete) == (sum(by_yes) + 1, sum(by_yes))
    assert found.by_yes == by_yes
    assert tuple(round(100 * n / found.complete) for n in found.by_yes) == percents
    assert found.unsure_percent is not None
    assert found.unsure_percent == pytest.approx(100 - 100 * by_yes[4] / sum(by_yes))


def test_nothing_is_pooled() -> None:
    with pytest.raises(MixedInstruments):
        count_group([form(1, 1, 1, 1), form(1, 1, 1, 1, version="2")])
    with pytest.raises(MixedInstruments):
        count_group([Response("collaborate-0-9", "1", {"explain": 9, "listen": 9, "include": 9})])
    with pytest.raises(ValueError, match="no responses"):
        count_group([])
    with pytest.raises(KeyError):
        collaborate_survey.top_score(form(1, 1, 1, 1).items, SURE.id)
    with pytest.raises(KeyError):
        sure.top_score({}, "collaborate-0-9")
    assert SURE.id not in collaborate_survey.INSTRUMENTS


def test_each_rule_has_a_source() -> None:
    assert {rule for rule in RULES if rule.startswith("SU-")} == {
        "SU-ITEMS", "SU-SCORE", "SU-CUT", "SU-MISSING", "SU-LICENCE",
    }  # fmt: skip
    assert all(RULES[rule].source for rule in RULES)
