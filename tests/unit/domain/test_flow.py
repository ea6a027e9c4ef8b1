from __future__ import annotations

import pytest

from app.domain.flow import Flow, add_flows

FORMS = {
    "primary": 40,
    "complete_other": 4,
    "item_missing": 6,
    "declined": 8,
    "no_time": 20,
    "interrupted": 2,
}


def test_rates_have_the_denominators_that_they_name() -> None:
    flow = Flow(eligible=110, appointments=80, forms=FORMS)
    assert (flow.asked, flow.complete) == (60, 44)
    assert flow.response == pytest.approx(44 / 110)
    assert flow.refusal == pytest.approx(8 / 60)
    assert flow.completeness == pytest.approx(44 / 60)


def test_without_a_count_there_is_no_response_rate() -> None:
    assert Flow(eligible=None, appointments=80, forms=FORMS).response is None


def test_a_count_that_is_smaller_than_its_answers_gives_no_rate() -> None:
    assert Flow(eligible=43, appointments=80, forms=FORMS).response is None


def test_nobody_asked_means_no_rates() -> None:
    flow = Flow(eligible=9, appointments=9, forms={"no_time": 9})
    assert (flow.asked, flow.refusal, flow.completeness, flow.response) == (0, None, None, 0)


def test_flows_add_up_and_one_unknown_makes_the_sum_unknown() -> None:
    both = add_flows([Flow(10, 5, {"primary": 3}), Flow(20, 9, {"primary": 4, "declined": 1})])
    assert both == Flow(30, 14, {"declined": 1, "primary": 7})
    assert add_flows([both, Flow(None, 1)]).eligible is None
    assert add_flows([]) == Flow(None, 0)
