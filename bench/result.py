"""One figure: what was measured, beside what, and how."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import median


@dataclass(frozen=True)
class Result:
    """``value`` and ``floor`` share ``unit``; ``ratio`` is ours divided by the floor's."""

    name: str
    value: float
    unit: str
    floor: float
    method: str

    @property
    def ratio(self) -> float:
        """Return ours divided by the floor's."""
        return self.value / self.floor

    def as_json(self) -> dict[str, object]:
        """Return the entry of results.json."""
        rounded = {"value": round(self.value, 6), "floor": round(self.floor, 6)}
        return asdict(self) | rounded | {"ratio": round(self.ratio, 4)}


def middle(values: list[float]) -> float:
    """Return the median."""
    return float(median(values))
