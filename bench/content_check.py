"""How long the gate takes over 60 grids in 8 languages, against reading and parsing the files."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import yaml

from app.content.check import check_grids
from bench.content_generator import generate

GRIDS: Final = Path(__file__).resolve().parents[1] / "grids"
SLUG: Final = "low-mood-inside-nhs"
MANY: Final = 60
METHOD: Final = (
    f"grids check over {MANY} copies of one grid in 8 languages, both voices, on every core; best "
    "of 3. Floor: reading the same files and taking their events from the YAML parser in C, in one "
    "process."
)


def measure(grids: int = MANY, rounds: int = 3) -> list[dict[str, Any]]:
    """One figure: seconds for the whole folder, its floor and their ratio."""
    with tempfile.TemporaryDirectory() as folder:
        root = generate(GRIDS, SLUG, Path(folder) / "grids", grids=grids)
        value = _best(lambda: _check(root, grids), rounds)
        floor = _best(lambda: _parse_all(root), rounds)
    return [
        {
            "name": "content.check",
            "value": round(value, 2),
            "unit": "s",
            "floor": round(floor, 2),
            "ratio": round(value / floor, 2),
            "method": METHOD,
        }
    ]


def _check(root: Path, grids: int) -> None:
    reports = check_grids(root)
    if len(reports) != grids or not all(report.passes for report in reports):
        raise RuntimeError("the measured grids do not pass")


def _parse_all(root: Path) -> None:
    for path in root.rglob("*.yaml"):
        for _ in yaml.parse(path.read_bytes(), Loader=yaml.CSafeLoader):
            pass


def _best(work: Callable[[], None], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


if __name__ == "__main__":
    print(measure())
