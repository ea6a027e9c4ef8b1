"""Run every measurement, or those that are named, and write down what was seen."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

MODULES = (
    "page_grid",
    "pdf",
    "paper_load",
    "kept_paper",
    "answers",
    "exports",
    "capture_during_export",
    "reconnect",
    "soak",
    "start_time",
    "content_check",
    "desk",
    "lighthouse",
)
RESULTS = Path(__file__).resolve().parent.parent / "var" / "bench" / "results.json"


def main(names: list[str]) -> None:
    """Measure and print a table; figures of a run that named only some replace those alone."""
    found: list[dict[str, object]] = []
    for name in names or MODULES:
        print(f"measuring {name} ...", flush=True)
        for result in importlib.import_module(f"bench.{name}").measure():
            found.append(result if isinstance(result, dict) else result.as_json())
    _write(found, whole=not names)
    Console().print(_table(found))


def _write(found: list[dict[str, object]], *, whole: bool) -> None:
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    measured = {entry["name"] for entry in found}
    kept = [] if whole or not RESULTS.exists() else json.loads(RESULTS.read_text())
    kept = [entry for entry in kept if entry["name"] not in measured]
    RESULTS.write_text(json.dumps(kept + found, indent=2) + "\n", encoding="utf-8")


def _table(found: list[dict[str, object]]) -> Table:
    table = Table("name", "value", "floor", "ratio", "unit", "method")
    for entry in found:
        numbers = [f"{entry[key]:.4g}" for key in ("value", "floor", "ratio")]
        table.add_row(str(entry["name"]), *numbers, str(entry["unit"]), str(entry["method"]))
    return table


if __name__ == "__main__":
    main(sys.argv[1:])
