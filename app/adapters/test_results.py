"""Reading the results that a test run wrote with ``--junitxml``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

from app.domain.hazard_log import Outcome

_KINDS = {"failure": "failed", "error": "error", "skipped": "skipped"}


class ResultsUnreadable(ValueError):
    """The file is no result file of a test run."""


def read_results(path: Path) -> tuple[Outcome, ...]:
    """Return how each case ended; its test as ``tests/a/test_b.py::test_c``, without its case.

    Raise ``ResultsUnreadable`` where the file is missing, not XML, or of another kind.
    """
    try:
        # The file is one that our own test run wrote, named by whoever runs the command.
        root = ElementTree.parse(path).getroot()  # noqa: S314
    except (OSError, ElementTree.ParseError) as fault:
        raise ResultsUnreadable(f"{path}: {fault}") from fault
    suites = list(root.iter("testsuite"))
    if not suites:
        raise ResultsUnreadable(f"{path}: no test suite in it")
    return tuple(outcome for suite in suites for outcome in _of_suite(suite))


def _of_suite(suite: ElementTree.Element) -> Iterator[Outcome]:
    stamp = suite.get("timestamp")
    at = datetime.fromisoformat(stamp) if stamp else None
    for case in suite.iter("testcase"):
        file = case.get("classname", "").replace(".", "/") + ".py"
        name = case.get("name", "").partition("[")[0]
        results = [_KINDS[part.tag] for part in case if part.tag in _KINDS]
        yield Outcome(f"{file}::{name}", results[0] if results else "passed", at)
