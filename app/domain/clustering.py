"""Answers about one practitioner resemble each other: what that does to an interval.

From 10 practitioners on the change between two phases is a generalised estimating equation; with
fewer, only a description that is widened by the design effect (rules of the room 2.6). Everything
works on counts per practitioner and phase. With one yes-or-no covariate and an independent working
correlation the estimates are the plain shares, so the sandwich has a closed form: it costs nothing
at a million answers, where a program that builds a matrix per cluster needs hours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log, pi, sqrt
from typing import Final

from app.domain.statistics import (
    Z_95,
    Difference,
    Interval,
    newcombe,
    square_and_add,
    wilson_of_share,
)

#: Between practitioners on the logit scale: Forcino 2018, PubMed 28678426 (0.146).
PUBLISHED_VARIANCE: Final = 0.146
#: Fewest practitioners for a model (rules of the room 2.6).
FEWEST_CLUSTERS: Final = 10


@dataclass(frozen=True, slots=True)
class Cluster:
    """One practitioner: (successes, n) in the first and in the second phase; n may be 0."""

    first: tuple[int, int]
    second: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Modelled:
    """A change that a model allowed to be clustered.

    ``odds_ratio`` is None where a share is 0 or 1.
    """

    change: Difference
    odds_ratio: float | None
    odds_ratio_interval: Interval | None
    clusters: int


@dataclass(frozen=True, slots=True)
class Described:
    """A change with the interval that ignores clustering and the one that is widened for it.

    ``first_effect`` and ``second_effect`` are the design effects of the two groups.
    """

    plain: Difference
    widened: Difference
    first_effect: float
    second_effect: float
    clusters: int


def intra_class(variance: float = PUBLISHED_VARIANCE) -> float:
    """Give the intra-class correlation on the latent scale of a logistic model, 0 to 1.

    Raises ``ValueError`` for a negative variance. Source: Eldridge SM, Ukoumunne OC, Carlin JB.
    Int Stat Rev 2009;77:378-394 (variance over variance plus pi squared over 3).
    """
    if variance < 0:
        raise ValueError("a variance cannot be negative")
    return variance / (variance + pi**2 / 3)


def design_effect(sizes: Iterable[int], correlation: float | None = None) -> float:
    """Give the factor by which clustering multiplies a variance; 1 without clustering.

    ``sizes`` are answers per cluster; empty ones count for nothing. Raises ``ValueError`` when
    all are. Source: Kish L. Survey Sampling, 1965; for unequal sizes the mean size is weighted by
    size: Eldridge SM, Ashby D, Kerry S. Int J Epidemiol 2006;35:1292-1300.
    """
    filled = [size for size in sizes if size > 0]
    if not filled:
        raise ValueError("no cluster holds an answer")
    held = intra_class() if correlation is None else correlation
    weighted = sum(size * size for size in filled) / sum(filled)
    return 1 + (weighted - 1) * held


def widened_wilson(successes: int, sizes: Sequence[int]) -> Interval:
    """Give the interval of a share over clusters of these sizes, widened by the design effect.

    Raises ``ValueError`` as ``design_effect`` and ``wilson_of_share``. Source: as those two.
    """
    n = sum(sizes)
    return wilson_of_share(successes / n if n else 0.0, n / design_effect(sizes))


def describe(clusters: Sequence[Cluster]) -> Described:
    """Describe the change from the first to the second phase, without a model.

    Raises ``ValueError`` when a phase has no answer. Source: ``newcombe``; widened by the
    ``design_effect`` of each phase, joined by ``square_and_add``.
    """
    first, second = _sum(clusters, "first"), _sum(clusters, "second")
    plain = newcombe(first, second)
    sizes = {part: [getattr(c, part)[1] for c in clusters] for part in ("first", "second")}
    sides = [
        (successes / n, widened_wilson(successes, sizes[part]))
        for part, (successes, n) in (("first", first), ("second", second))
    ]
    return Described(
        plain,
        square_and_add(sides[0], sides[1]),
        design_effect(sizes["first"]),
        design_effect(sizes["second"]),
        _filled(clusters),
    )


def model(clusters: Sequence[Cluster], z: float = Z_95) -> Modelled | None:
    """Model the change; None with fewer than 10 clusters or a phase that one cluster fills.

    A binomial generalised estimating equation with phase as its only covariate, an independent
    working correlation and the bias-reduced covariance. Raises ``ValueError`` for counts that
    cannot be.

    Source: Liang KY, Zeger SL. Biometrika 1986;73:13-22; covariance: Mancl LA, DeRouen TA.
    Biometrics 2001;57:126-134. Here the leverage of a cluster in a phase is its part of that
    phase's answers, so each residual is divided by one minus that part. The tests hold it against
    statsmodels' GEE with ``cov_type="bias_reduced"``.
    """
    if _filled(clusters) < FEWEST_CLUSTERS:
        return None
    groups = _sum(clusters, "first"), _sum(clusters, "second")
    if _one_fills(clusters, groups):
        return None
    shares = groups[0][0] / groups[0][1], groups[1][0] / groups[1][1]
    covariance = _bias_reduced(clusters, groups, shares)
    variance = covariance["11"] + covariance["22"] - 2 * covariance["12"]
    spread, value = z * sqrt(max(0.0, variance)), shares[1] - shares[0]
    change = Difference(value, Interval(max(-1.0, value - spread), min(1.0, value + spread)))
    return Modelled(change, *_odds_ratio(shares, covariance, z), _filled(clusters))


def _bias_reduced(
    clusters: Sequence[Cluster],
    groups: tuple[tuple[int, int], tuple[int, int]],
    shares: tuple[float, float],
) -> Mapping[str, float]:
    """Give the covariance of the two shares."""
    total = {"11": 0.0, "22": 0.0, "12": 0.0}
    for cluster in clusters:
        one = _influence(cluster.first, groups[0][1], shares[0])
        two = _influence(cluster.second, groups[1][1], shares[1])
        total["11"] += one * one
        total["22"] += two * two
        total["12"] += one * two
    return total


def _influence(counts: tuple[int, int], n: int, share: float) -> float:
    successes, own = counts
    return (successes - own * share) / (1 - own / n) / n


def _odds_ratio(
    shares: tuple[float, float], covariance: Mapping[str, float], z: float
) -> tuple[float | None, Interval | None]:
    """Carry the covariance over to the logit: the model is saturated, so this is exact."""
    if not all(0 < share < 1 for share in shares):
        return None, None
    slope_one, slope_two = (1 / (share * (1 - share)) for share in shares)
    log_odds = log(shares[1] / (1 - shares[1])) - log(shares[0] / (1 - shares[0]))
    variance = slope_one**2 * covariance["11"] + slope_two**2 * covariance["22"]
    spread = z * sqrt(max(0.0, variance - 2 * slope_one * slope_two * covariance["12"]))
    return exp(log_odds), Interval(exp(log_odds - spread), exp(log_odds + spread))


def _sum(clusters: Sequence[Cluster], part: str) -> tuple[int, int]:
    counts = [getattr(cluster, part) for cluster in clusters]
    if any(not 0 <= successes <= n for successes, n in counts):
        raise ValueError("a cluster has more successes than answers")
    successes, n = sum(c[0] for c in counts), sum(c[1] for c in counts)
    if n == 0:
        raise ValueError(f"the {part} phase has no answer")
    return successes, n


def _filled(clusters: Sequence[Cluster]) -> int:
    return sum(cluster.first[1] + cluster.second[1] > 0 for cluster in clusters)


def _one_fills(
    clusters: Sequence[Cluster], groups: tuple[tuple[int, int], tuple[int, int]]
) -> bool:
    return any(c.first[1] == groups[0][1] or c.second[1] == groups[1][1] for c in clusters)
