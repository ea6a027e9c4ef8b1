"""Small statistics with their published sources. Shares are given as 0 to 1."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

#: The two-sided 95 % point of the normal distribution.
Z_95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Interval:
    """A lower and an upper limit, both between 0 and 1."""

    low: float
    high: float


def wilson(successes: int, n: int, z: float = Z_95) -> Interval:
    """Give the Wilson score interval of ``successes`` out of ``n``.

    It ignores clustering: answers about one practitioner resemble each other, so whoever shows
    the interval says so beside it. Raises ``ValueError`` when ``n`` is not positive, when
    ``successes`` lies outside 0 to ``n``, or when ``z`` is not positive.

    Source: Wilson EB. Probable inference, the law of succession, and statistical inference.
    J Am Stat Assoc 1927;22:209-212, without continuity correction; recommended for single
    proportions in Newcombe RG. Stat Med 1998;17:857-872 (method 3).
    """
    if n <= 0 or not 0 <= successes <= n or z <= 0:
        raise ValueError(f"no interval for {successes} of {n} with z {z}")
    share = successes / n
    spread = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    centre = share + z * z / (2 * n)
    scale = 1 + z * z / n
    return Interval(max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale))
