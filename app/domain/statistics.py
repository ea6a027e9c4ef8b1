"""Small statistics with their published sources. Shares are given as 0 to 1.

None of them knows of clustering: answers about one practitioner resemble each other, so whoever
shows an interval of this module says so beside it and shows that of ``clustering`` too.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

#: The two-sided 95 % point of the normal distribution.
Z_95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Interval:
    """A lower and an upper limit: of a share between 0 and 1, of a difference between -1 and 1."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """A second share minus a first one, with its interval."""

    value: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class Pairs:
    """How many pairs had the outcome both times, only the first, only the second, neither."""

    both: int
    only_first: int
    only_second: int
    neither: int

    @property
    def n(self) -> int:
        """Return the number of pairs."""
        return self.both + self.only_first + self.only_second + self.neither


def wilson(successes: int, n: int, z: float = Z_95) -> Interval:
    """Give the Wilson score interval of ``successes`` out of ``n``; it ignores clustering.

    Raises ``ValueError`` when ``n`` is not positive, when ``successes`` lies outside 0 to ``n``,
    or when ``z`` is not positive.

    Source: Wilson EB. Probable inference, the law of succession, and statistical inference.
    J Am Stat Assoc 1927;22:209-212, without continuity correction; recommended for single
    proportions in Newcombe RG. Stat Med 1998;17:857-872 (method 3).
    """
    if n <= 0 or not 0 <= successes <= n or z <= 0:
        raise ValueError(f"no interval for {successes} of {n} with z {z}")
    return wilson_of_share(successes / n, n, z)


def wilson_of_share(share: float, n: float, z: float = Z_95) -> Interval:
    """Give the Wilson interval of a share over ``n`` answers, where ``n`` may be an effective one.

    Raises ``ValueError`` when ``n`` or ``z`` is not positive or ``share`` is outside 0 to 1.
    Source: as ``wilson``; with an effective number it is the design-effect interval of
    Korn EL, Graubard BI. Surv Methodol 1998;24:193-201, on Wilson's in place of Clopper's form.
    """
    if n <= 0 or not 0 <= share <= 1 or z <= 0:
        raise ValueError(f"no interval for a share of {share} of {n} with z {z}")
    spread = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    centre = share + z * z / (2 * n)
    scale = 1 + z * z / n
    return Interval(max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale))


def newcombe(first: tuple[int, int], second: tuple[int, int], z: float = Z_95) -> Difference:
    """Give the second share minus the first, of two groups that have nobody in common.

    Each group is (successes, n). It ignores clustering. Raises ``ValueError`` as ``wilson``.

    Source: Newcombe RG. Interval estimation for the difference between independent proportions.
    Stat Med 1998;17:873-890 (method 10: square-and-add of two Wilson intervals).
    """
    one, two = wilson(*first, z), wilson(*second, z)
    share_one, share_two = first[0] / first[1], second[0] / second[1]
    return square_and_add((share_one, one), (share_two, two))


def square_and_add(first: tuple[float, Interval], second: tuple[float, Interval]) -> Difference:
    """Give the second share minus the first from each one's own interval.

    Source: Newcombe RG. Stat Med 1998;17:873-890 (method 10); for intervals of any kind:
    Zou GY, Donner A. Stat Med 2008;27:1693-1702.
    """
    (share_one, one), (share_two, two) = first, second
    value = share_two - share_one
    below = sqrt((share_two - two.low) ** 2 + (one.high - share_one) ** 2)
    above = sqrt((two.high - share_two) ** 2 + (share_one - one.low) ** 2)
    return Difference(value, Interval(max(-1.0, value - below), min(1.0, value + above)))


def mcnemar(pairs: Pairs) -> float:
    """Give the exact two-sided p value of McNemar's test; 1 where no pair differs.

    Raises ``ValueError`` for a negative count. Source: McNemar Q. Psychometrika 1947;12:153-157,
    with the binomial distribution in place of its approximation.
    """
    _check(pairs)
    differing = pairs.only_first + pairs.only_second
    ways = tail = 1
    for k in range(min(pairs.only_first, pairs.only_second)):
        ways = ways * (differing - k) // (k + 1)
        tail += ways
    return min(1.0, 2 * tail / (1 << differing))


def newcombe_paired(pairs: Pairs, z: float = Z_95) -> Difference:
    """Give the second share minus the first, both of the same pairs.

    Raises ``ValueError`` for a negative count or no pair at all.

    Source: Newcombe RG. Improved confidence intervals for the difference between binomial
    proportions based on paired data. Stat Med 1998;17:2635-2650 (method 10: square-and-add with
    a continuity-corrected phi).
    """
    _check(pairs)
    n = pairs.n
    first, second = pairs.both + pairs.only_first, pairs.both + pairs.only_second
    one, two = wilson(first, n, z), wilson(second, n, z)
    value, phi = (second - first) / n, _phi(pairs)
    down, up = second / n - two.low, two.high - second / n
    first_down, first_up = first / n - one.low, one.high - first / n
    below = sqrt(max(0.0, down**2 - 2 * phi * down * first_up + first_up**2))
    above = sqrt(max(0.0, up**2 - 2 * phi * up * first_down + first_down**2))
    return Difference(value, Interval(max(-1.0, value - below), min(1.0, value + above)))


def _phi(pairs: Pairs) -> float:
    a, b, c, d = pairs.both, pairs.only_first, pairs.only_second, pairs.neither
    margins = (a + b) * (c + d) * (a + c) * (b + d)
    if margins == 0:
        return 0.0
    excess = a * d - b * c
    corrected = max(excess - pairs.n / 2, 0.0) if excess > 0 else excess
    return corrected / sqrt(margins)


def _check(pairs: Pairs) -> None:
    if min(pairs.both, pairs.only_first, pairs.only_second, pairs.neither) < 0:
        raise ValueError("a number of pairs cannot be negative")
