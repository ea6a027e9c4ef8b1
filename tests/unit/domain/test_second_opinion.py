"""Our statistics beside those of scipy and statsmodels, on 200 random data sets from one seed."""

from __future__ import annotations

import random
import warnings
from math import sqrt

import pytest

with warnings.catch_warnings():  # theirs, about each other
    warnings.simplefilter("ignore")
    import numpy as np
    import statsmodels.api as sm
    from scipy.stats import binomtest
    from statsmodels.stats.contingency_tables import mcnemar as their_mcnemar
    from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from app.domain.clustering import Cluster, describe, design_effect, intra_class, model
from app.domain.statistics import (
    Difference,
    Interval,
    Pairs,
    mcnemar,
    newcombe,
    newcombe_paired,
    wilson,
)

DATA_SETS = 200


def draws() -> list[random.Random]:
    return [random.Random(seed) for seed in range(DATA_SETS)]


def two_groups(draw: random.Random) -> tuple[tuple[int, int], tuple[int, int]]:
    n, m = draw.randint(1, 800), draw.randint(1, 800)
    return (draw.randint(0, n), n), (draw.randint(0, m), m)


def limits(interval: Interval) -> tuple[float, float]:
    return interval.low, interval.high


def test_wilson_equals_scipy_and_statsmodels() -> None:
    for draw in draws():
        successes, n = two_groups(draw)[0]
        ours = limits(wilson(successes, n))
        scipys = binomtest(successes, n).proportion_ci(method="wilson")
        assert ours == pytest.approx((scipys.low, scipys.high), abs=1e-12)
        assert ours == pytest.approx(proportion_confint(successes, n, method="wilson"), abs=1e-12)


def test_newcombe_equals_statsmodels() -> None:
    for draw in draws():
        first, second = two_groups(draw)
        theirs = confint_proportions_2indep(*second, *first, compare="diff", method="newcomb")
        assert limits(newcombe(first, second).interval) == pytest.approx(theirs, abs=1e-9)


def test_mcnemar_equals_statsmodels() -> None:
    for draw in draws():
        cells = [draw.randint(0, 60) for _ in range(4)]
        pairs = Pairs(*cells)
        theirs = their_mcnemar([[cells[0], cells[1]], [cells[2], cells[3]]], exact=True)
        assert mcnemar(pairs) == pytest.approx(theirs.pvalue, abs=1e-12)


def by_hand(a: int, b: int, c: int, d: int) -> tuple[float, float]:
    """Write method 10 once more, from the quadratic that Wilson's limits solve."""
    n, z2 = a + b + c + d, 1.959963984540054**2

    def roots(x: int) -> tuple[float, float]:
        found = np.roots([n + z2, -(2 * x + z2), x * x / n])
        return tuple(sorted(np.clip(found.real, 0, 1)))  # type: ignore[return-value]

    p1, p2 = (a + b) / n, (a + c) / n
    (l1, u1), (l2, u2) = roots(a + b), roots(a + c)
    margins, cross = (a + b) * (c + d) * (a + c) * (b + d), a * d - b * c
    top = cross - n / 2 if cross > n / 2 else min(cross, 0)
    phi = top / sqrt(margins) if margins else 0.0
    down = (p2 - l2) ** 2 - 2 * phi * (p2 - l2) * (u1 - p1) + (u1 - p1) ** 2
    up = (u2 - p2) ** 2 - 2 * phi * (u2 - p2) * (p1 - l1) + (p1 - l1) ** 2
    return p2 - p1 - sqrt(max(down, 0)), p2 - p1 + sqrt(max(up, 0))


def test_the_paired_interval_equals_one_written_from_the_quadratic() -> None:
    for draw in draws():
        cells = [draw.randint(0, 60) for _ in range(4)]
        if sum(cells) == 0:
            continue
        low, high = by_hand(*cells)
        ours = limits(newcombe_paired(Pairs(*cells)).interval)
        assert ours == pytest.approx((max(-1, low), min(1, high)), abs=1e-7)


def some_clusters(draw: random.Random) -> list[Cluster]:
    def group() -> tuple[int, int]:
        n = draw.randint(0, 14)
        return draw.randint(0, n), n

    return [Cluster(group(), group()) for _ in range(draw.randint(10, 20))]


def their_model(clusters: list[Cluster]) -> tuple[np.ndarray, np.ndarray]:
    rows = [
        (int(k < successes), phase, number)
        for number, cluster in enumerate(clusters)
        for phase, (successes, n) in enumerate((cluster.first, cluster.second))
        for k in range(n)
    ]
    answers, phases, numbers = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    fit = sm.GEE(
        answers,
        sm.add_constant(phases),
        groups=numbers,
        family=sm.families.Binomial(),
        cov_struct=sm.cov_struct.Independence(),
    ).fit(cov_type="bias_reduced")
    return fit.params, fit.bse


def test_the_clustered_model_equals_the_bias_reduced_gee_of_statsmodels() -> None:
    for draw in draws():
        clusters = some_clusters(draw)
        ours = model(clusters)
        assert ours is not None
        assert ours.odds_ratio is not None
        assert ours.odds_ratio_interval is not None
        params, errors = their_model(clusters)
        assert np.log(ours.odds_ratio) == pytest.approx(params[1], abs=1e-6)
        spread = np.log(ours.odds_ratio_interval.high) - np.log(ours.odds_ratio)
        assert spread / 1.959963984540054 == pytest.approx(errors[1], abs=1e-6)


def test_the_paired_interval_of_the_paper() -> None:
    # Newcombe 1998 (Stat Med 17:2635-2650), the table of worked examples: 36, 12, 2, 0.
    found = newcombe_paired(Pairs(both=36, only_first=2, only_second=12, neither=0))
    assert found.value == pytest.approx(0.2)
    assert [round(limit, 4) for limit in limits(found.interval)] == [0.0569, 0.3404]


def test_the_independent_interval_of_the_paper() -> None:
    # Newcombe 1998 (Stat Med 17:873-890), example (a): 56/70 and 48/80.
    found = newcombe((48, 80), (56, 70))
    assert [round(limit, 4) for limit in limits(found.interval)] == [0.0524, 0.3339]


def test_the_published_variance_widens_by_a_third() -> None:
    assert round(intra_class(), 3) == 0.042
    assert round(sqrt(design_effect([20] * 15)), 2) == 1.34


def test_the_sample_headline_loses_its_confidence() -> None:
    """41 % of 312 against 33 % of 284, 20 answers to a practitioner (rules of the room 2.6)."""
    p1, p2 = 94 / 284, 128 / 312
    pooled = (94 + 128) / (284 + 312)
    z = (p2 - p1) / sqrt(pooled * (1 - pooled) * (1 / 284 + 1 / 312))
    assert round(z, 1) == 2.0
    assert round(z / sqrt(design_effect([20] * 30)), 1) == 1.5
    clusters = even(94, 284, 128, 312, practitioners=9)
    found = describe(clusters)
    assert found.plain.interval.low > 0
    assert found.widened.interval.low < 0 < found.widened.interval.high


def even(first: int, n: int, second: int, m: int, *, practitioners: int) -> list[Cluster]:
    def part(whole: int, at: int) -> int:
        return whole * (at + 1) // practitioners - whole * at // practitioners

    return [
        Cluster((part(first, at), part(n, at)), (part(second, at), part(m, at)))
        for at in range(practitioners)
    ]


def test_few_practitioners_are_described_and_not_modelled() -> None:
    assert model(even(30, 100, 40, 100, practitioners=9)) is None
    assert model(even(30, 100, 40, 100, practitioners=10)) is not None


def test_a_phase_that_one_practitioner_fills_is_not_modelled() -> None:
    alone = [Cluster((5, 20), (4, 10)), *[Cluster((0, 0), (3, 9))] * 12]
    assert model(alone) is None
    assert describe(alone).clusters == 13


def test_a_share_at_the_end_has_no_odds_ratio() -> None:
    found = model([Cluster((0, 10), (5, 10))] * 10)
    assert found is not None
    assert (found.odds_ratio, found.odds_ratio_interval) == (None, None)
    assert found.change.value == pytest.approx(0.5)


def simulated(draw: random.Random, truth: tuple[float, float]) -> list[Cluster]:
    """Draw a study whose practitioners differ as published: logit variance 0.146."""

    def group(level: float, own: float) -> tuple[int, int]:
        share = 1 / (1 + np.exp(-(np.log(level / (1 - level)) + own)))
        return sum(draw.random() < share for _ in range(20)), 20

    owns = [draw.gauss(0, sqrt(0.146)) for _ in range(24)]
    return [Cluster(group(truth[0], own), group(truth[1], own)) for own in owns]


def test_a_simulated_study_comes_back_within_its_intervals() -> None:
    """The change is 10 points; 95 of 100 intervals should hold it, and never fewer than 90."""
    held = {"model": 0, "widened": 0}
    for draw in draws():
        clusters = simulated(draw, (0.33, 0.43))
        found, described = model(clusters), describe(clusters)
        assert found is not None
        held["model"] += holds(found.change, 0.1)
        held["widened"] += holds(described.widened, 0.1)
    assert held["model"] >= 0.9 * DATA_SETS
    assert held["widened"] >= 0.95 * DATA_SETS


def holds(found: Difference, truth: float) -> bool:
    return found.interval.low <= truth <= found.interval.high


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: mcnemar(Pairs(1, -1, 0, 0)), "negative"),
        (lambda: newcombe_paired(Pairs(0, 0, 0, 0)), "no interval"),
        (lambda: newcombe((1, 0), (1, 2)), "no interval"),
        (lambda: design_effect([0, 0]), "no cluster"),
        (lambda: intra_class(-1), "negative"),
        (lambda: describe([Cluster((1, 2), (0, 0))]), "has no answer"),
        (lambda: describe([Cluster((3, 2), (1, 2))]), "more successes"),
    ],
)
def test_what_cannot_be_is_refused(wrong: object, says: str) -> None:
    assert callable(wrong)
    with pytest.raises(ValueError, match=says):
        wrong()
