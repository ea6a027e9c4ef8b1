"""The table of faults, made from the tests: ``PYTHONPATH=.:tests python -m proof.matrix``.

A test stands in a row if it is marked ``@pytest.mark.fault(n, ...)`` or has ``fault_NN`` in its
name. It is read from the source, so that making the table runs nothing.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = "docs/fault-matrix.md"


@dataclass(frozen=True, slots=True)
class Fault:
    """One row: what goes wrong, what must hold, and what cannot be shown here."""

    name: str
    holds: str
    not_here: str = ""


FAULTS: Final[Mapping[int, Fault]] = {
    1: Fault(
        "The server is killed (kill -9) while it writes",
        "every receipt has its row, the database is whole, other sets are there whole or not",
    ),
    2: Fault(
        "Power loss",
        "as 1; a start with weakened flushing is refused",
        "Writes that were never flushed cannot be dropped on a machine without a disk of its own "
        "for it: what is shown is that every commit is flushed and that nothing weaker starts.",
    ),
    3: Fault(
        "The disk is full", "503, no receipt, the device keeps it, well again without restart"
    ),
    4: Fault(
        "A flush fails (EIO)",
        "nothing of the batch is called stored, and it is stored later",
        "The error is raised where the database reports it; the kernel's own is not injected, and "
        "PostgreSQL's stop after a failed flush is its own promise.",
    ),
    5: Fault("Cut before the server read the body", "no row; tried again; one row"),
    6: Fault(
        "Cut after the commit, before the reply", "the next try gets the same receipt; one row"
    ),
    7: Fault("Slow or half a reply", "nothing is known: kept, tried again"),
    8: Fault("A network's log-in page", "not counted as sent; staff are told what it is"),
    9: Fault("A firewall or proxy: 403, 413, 429, 5xx", "kept; waits; shown to staff"),
    10: Fault("Empty or altered body", "400, the device keeps it"),
    11: Fault("Replays, at once, later, out of order", "one row, one receipt"),
    12: Fault("The same id with other content", "409, the second copy in quarantine"),
    13: Fault("Two tabs of one tablet", "one sends, both show the same count"),
    14: Fault("Two tablets with one code", "two records, neither written over"),
    15: Fault("Tab, browser or battery ends in the middle", "kept as interrupted; sent again"),
    16: Fault("A new version arrives during an appointment", "no reload; the old page is heard"),
    17: Fault("The device's database closes", "opened again, or said to be not saved"),
    18: Fault("No room, private mode, no storage", "refused before anything is asked"),
    19: Fault("Storage thrown away or device wiped", "the missing number is named"),
    20: Fault("Somebody else signs in with sets waiting", "the queue belongs to the tablet"),
    21: Fault("Clocks days off, jumping back", "order by number; receipts hold; skew noted"),
    22: Fault("The database is locked", "waits to its limit, then 503; nothing lost, no 500"),
    23: Fault("PostgreSQL restarts or ends connections", "as 1; the next try is safe"),
    24: Fault("Broken content files", "the rest is served; the error names file and line"),
    25: Fault("Content changed on the disk", "that grid is left out and reported"),
    26: Fault("Words retired while sets wait", "taken under the old; unknown ones to quarantine"),
    27: Fault("The audit log is edited, cut or reordered", "found at the very row"),
    28: Fault("An older backup is put back", "copies are offered again until the set is whole"),
    29: Fault(
        "A migration breaks, or an older version starts", "refused or undone; rerun finishes"
    ),
    30: Fault("A paper crashes or takes too long", "answers are untouched; no partial file"),
    31: Fault("Export while writing, cut or disk full", "a partial file is never offered"),
    32: Fault("A rescue file, taken in twice", "all bytes there; the second adds nothing"),
    33: Fault(
        "500 tablets come back at once",
        "p99 under 2 s, none lost, none doubled",
        "With 100 tablets; 500 take minutes: `python -m bench reconnect` prints the figures.",
    ),
    34: Fault(
        "Eight hours of mixed faults",
        "every promise, flat memory, a restore drill in between",
        "In seconds; `make faults` is the long run with restores, `python -m bench soak` the one"
        " that looks at memory and files; below is what was last seen.",
    ),
}


def staged_by_fault(folder: Path) -> dict[int, tuple[str, ...]]:
    """Return the tests of each row, as ``file::function``, in order."""
    found: dict[int, set[str]] = {number: set() for number in FAULTS}
    for path in folder.rglob("test_*.py"):
        for test, numbers in staged_in(path.read_text(encoding="utf-8")):
            for number in numbers:
                name = path.relative_to(folder.parent).as_posix()
                found.setdefault(number, set()).add(f"{name}::{test}")
    return {number: tuple(sorted(tests)) for number, tests in sorted(found.items())}


def staged_in(source: str) -> Iterator[tuple[str, set[int]]]:
    """Yield each test of a file that names a fault, with the faults that it names."""
    if "fault" not in source:  # parsing every test would take seconds
        return
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            numbers = {int(n) for n in re.findall(r"fault_(\d\d)_", node.name)}
            numbers |= {n for mark in node.decorator_list for n in _marked(mark)}
            if numbers:
                yield node.name, numbers


def _marked(mark: ast.expr) -> Iterator[int]:
    if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.fault":
        yield from (ast.literal_eval(each) for each in mark.args)


def render(tests: Mapping[int, tuple[str, ...]], seen: str) -> str:
    """Return the page. ``seen``: what people wrote under it, which is kept as it is."""
    lines = [
        "# Faults, and the tests that stage them",
        "",
        "Made from the tests by `PYTHONPATH=.:tests .venv/bin/python -m proof.matrix`; a test",
        "compares the two. Every test named here runs in `make test` or, where it takes long, in",
        "`make test-long`. The promise behind all rows is that of [protocol.md](protocol.md); who",
        "checks it from outside is `tests/proof/checker.py`, itself proven by the broken servers",
        "and devices of `tests/faults/test_checker_proven.py`.",
        "",
        "| No. | Fault | Must hold | Staged by |",
        "|---:|---|---|---|",
    ]
    for number, fault in FAULTS.items():
        told = [f"`{test.removeprefix('tests/')}`" for test in tests[number]]
        cell = "<br>".join([*told, *([fault.not_here] if fault.not_here else [])])
        lines.append(f"| {number} | {fault.name} | {fault.holds} | {cell} |")
    return "\n".join(lines) + "\n" + seen


def written(page: str) -> str:
    """Return the part of the page that people write: from the first heading below the table."""
    at = page.find("\n## ")
    return page[at:] if at >= 0 else ""


def main() -> int:
    """Write the page anew."""
    path = ROOT / PAGE
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(render(staged_by_fault(ROOT / "tests"), written(before)), encoding="utf-8")
    print(f"Wrote {PAGE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
