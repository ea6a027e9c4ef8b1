"""The public scorecard: what is not met stands as plain as what is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from app.content.grid import WordsTakenOver
from app.content.ownership import OWNERS, words_hash
from app.content.release import GridRelease, release_grid, thaw
from app.content.rule import RULES
from app.content.scorecard import Edition, Judged, Scorecard, criteria, score

_DAY = date(2026, 11, 22)


def _release(good: Any) -> GridRelease:
    root = good.write()
    line = release_grid(root, "made-up", note="First", today=_DAY)
    return thaw((root / f"_released/made-up/{line.number}.json").read_bytes())


def _card(good: Any, *, approved: bool = False) -> Scorecard:
    return score(_release(good), approved=approved)


def _judged(card: Scorecard, name: str) -> Judged:
    return next(judged for judged in card.criteria if judged.id == name)


def test_every_criterion_of_ipdas_is_listed_once() -> None:
    ids = [criterion.id for criterion in criteria()]
    wanted = [f"IP-Q{n}" for n in range(1, 7)] + [f"IP-C{n}" for n in range(1, 11)]
    assert [name for name in ids if name.startswith(("IP-Q", "IP-C"))] == wanted
    assert [name for name in ids if name.startswith("IP-K")] == [f"IP-K{n}" for n in range(1, 29)]
    assert len(ids) == len(set(ids))


def test_criteria_lean_on_rules_that_exist() -> None:
    by_rules = [criterion for criterion in criteria() if criterion.by in ("rules", "figures")]
    assert all(criterion.of for criterion in by_rules)
    assert {name for criterion in by_rules for name in criterion.of} <= set(RULES)


def test_unknown_and_own_draft_cells_make_a_criterion_partly_met(good: Any) -> None:
    card = _card(good)
    good_points = _judged(card, "IP-Q4")
    assert good_points.verdict == "partly"
    assert dict(good_points.counts) == {
        "cells": 3,
        "filled": 2,
        "unknown": 1,
        "waiting": 0,
        "our_draft": 0,
    }
    assert _judged(card, "IP-Q5").verdict == "met"


def test_what_needs_people_is_not_met_and_said_so(good: Any) -> None:
    card = _card(good)
    assert {judged.verdict for judged in card.criteria if judged.proof == "people"} == {"not_met"}
    assert _judged(card, "IP-K16").verdict == "not_met"


@pytest.mark.parametrize(("approved", "verdict"), [(False, "awaiting_a_person"), (True, "met")])
def test_review_is_met_by_approval_alone(approved: bool, verdict: str, good: Any) -> None:
    assert _judged(_card(good, approved=approved), "IP-K14").verdict == verdict


def test_what_is_asked_of_other_grids_does_not_apply(good: Any) -> None:
    card = _card(good)
    names = [judged.id for judged in card.criteria if judged.verdict == "not_applicable"]
    about_tests = [f"IP-C{n}" for n in (7, 8, 9, 10)] + [f"IP-K{n}" for n in range(24, 29)]
    about_fear = ["SM-F9", "SM-E3", *(f"SM-W{n}" for n in (11, 12, 15, 19, 20))]
    assert names == about_tests + about_fear


def test_words_that_nobody_made_their_own_are_not_met_and_the_rest_of_safety_is(good: Any) -> None:
    card = _card(good.make_sensitive())
    judged = {entry.id: entry.verdict for entry in card.criteria if entry.group == "safety"}
    assert judged.pop("SM-F9") == "not_met"
    assert set(judged.values()) == {"met"}
    assert dict(_judged(card, "SM-F9").counts) == {"clinician": 1, "lived-experience": 1}


def test_words_taken_over_by_both_are_met_and_by_one_are_not(good: Any) -> None:
    release = _release(good.make_sensitive())
    words = words_hash(release.voices.values())
    for by, verdict in ((OWNERS, "met"), (OWNERS[:1], "not_met"), (OWNERS[1:], "not_met")):
        grid = replace(release.grid, words_taken_over=WordsTakenOver(by, _DAY, words))
        card = score(replace(release, grid=grid), approved=True)
        assert _judged(card, "SM-F9").verdict == verdict


def test_criteria_on_figures_do_not_apply_where_none_is_drawn(good: Any) -> None:
    card = _card(good.make_sensitive())
    assert _judged(card, "IP-C5").verdict == "not_applicable"
    assert _judged(card, "IP-K3").verdict == "not_met"


def test_broken_release_is_not_met_and_counts_what_was_found(good: Any) -> None:
    release = _release(good)
    spoiled = release.voices["parent.en"]
    object.__setattr__(spoiled, "decision", "No question")
    judged = _judged(score(release, approved=False), "IP-Q2")
    assert (judged.verdict, dict(judged.counts)) == ("not_met", {"findings": 1})


def test_sources_cells_reading_ages_and_balance_are_counted(good: Any) -> None:
    card = _card(good)
    assert {used.source.id: used.uses for used in card.sources} == {"SRC-1": 1, "SRC-2": 30}
    assert card.cells["waiting"] == 3
    assert {age.voice for age in card.reading_ages} == {"young-person", "parent"}
    assert set(card.balances) == {"young-person.en", "parent.en"}
    reading = _judged(card, "IP-K21")
    assert reading.counts["highest"] == max(age.age for age in card.reading_ages)


def test_totals_add_up_and_history_is_in_order(good: Any) -> None:
    later, first = Edition(2, _DAY, "Second", True), Edition(1, _DAY, "First", False)
    card = score(_release(good), approved=False, history=[later, first])
    assert card.history == (first, later)
    assert card.totals("qualifying") == {"met": 5, "partly": 1}
    assert sum(card.totals("quality").values()) == 29
