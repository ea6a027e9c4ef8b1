"""The hazard log as a page, with the last pass of each control where results of a run are given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.domain.hazards import Hazard, HazardStatus

STATUS_WORDS: Final[Mapping[HazardStatus, str]] = {
    HazardStatus.TESTED: "the control is built and tested; what is left is in the last lines",
    HazardStatus.PARTLY: "built and tested as far as software goes; what is left needs people,"
    " devices or a decision",
    HazardStatus.OPEN: "no control of the product; somebody else has to provide one",
}
NOT_RUN: Final = "not in the results given"
_BAD: Final = ("failed", "error")
_INTRO: Final = """\
# Hazard log

Made from `hazards.csv` by `grids assurance write`; change that file, not this page. Every test that
is named exists (`tests/contract/test_hazards.py`). With results of a test run,
`grids assurance hazards --results FILE` shows the last pass beside each test; this page, as it is
kept here, was made without one.

**No hazard is closed.** There is no clinical safety officer yet, so nobody has judged severity or
likelihood and nobody has accepted what is left. No initial or residual risk class is given: the
scale of DCB0129 is for that person to apply. Practice use only.
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one test ended in one run: ``passed``, ``failed``, ``error`` or ``skipped``."""

    test: str
    result: str
    at: datetime | None


def last_words(outcomes: Iterable[Outcome]) -> dict[str, str]:
    """Return what to say of each test: its last pass, or how its last run ended.

    A test with many cases passed in a run when some case passed and none failed. Outcomes may come
    from several runs; those without a time count as one run before all others.
    """
    runs: dict[str, dict[datetime | None, set[str]]] = {}
    for outcome in outcomes:
        runs.setdefault(outcome.test, {}).setdefault(outcome.at, set()).add(outcome.result)
    return {test: _say(by_time) for test, by_time in runs.items()}


def _say(by_time: Mapping[datetime | None, set[str]]) -> str:
    ended = [(at, _one_word(by_time[at])) for at in sorted(by_time, key=_order)]
    passes = [at for at, word in ended if word == "passed"]
    last_at, last = ended[-1]
    if last == "passed":
        return f"passed {_day(last_at)}"
    before = f"; last pass {_day(passes[-1])}" if passes else ""
    return f"**{last}** {_day(last_at)}{before}"


def _order(at: datetime | None) -> tuple[bool, str]:
    return (at is not None, at.isoformat() if at else "")


def _one_word(results: set[str]) -> str:
    return next((word for word in (*_BAD, "passed") if word in results), "skipped")


def _day(at: datetime | None) -> str:
    return f"on {at:%Y-%m-%d %H:%M}" if at else "at a time not given"


def render_hazard_log(
    hazards: Sequence[Hazard], last: Mapping[str, str] | None = None, intro: str = _INTRO
) -> str:
    """Return the log as markdown; ``last`` holds words by test, None where no run is shown."""
    return "\n".join((intro, *_summary(hazards), *(_section(each, last) for each in hazards)))


def _summary(hazards: Sequence[Hazard]) -> list[str]:
    counts = Counter(hazard.status for hazard in hazards)
    lines = ["| Status | Hazards | Meaning |", "|---|---:|---|"]
    lines += [f"| {key} | {counts[key]} | {words} |" for key, words in STATUS_WORDS.items()]
    lines.append(f"| all | {len(hazards)} | |\n")
    lines += ["| Id | Hazard | Owner | Status |", "|---|---|---|---|"]
    lines += [
        f"| [{h.id}](#{h.id.lower()}) | {h.hazard} | {h.owner} | {h.status} |" for h in hazards
    ]
    return [*lines, ""]


def _section(hazard: Hazard, last: Mapping[str, str] | None) -> str:
    lines = [
        f"## {hazard.id}\n",
        f"**{hazard.hazard}.** Status: {hazard.status}. Owner: {hazard.owner}.\n",
        f"- Cause: {hazard.cause}",
        f"- Effect: {hazard.effect}",
        f"- Control: {hazard.control}",
        *(_tested(test, last) for test in hazard.tests),
        f"- What is left: {hazard.residual}",
        "",
    ]
    return "\n".join(lines)


def _tested(test: str, last: Mapping[str, str] | None) -> str:
    said = "" if last is None else f": {last.get(test, NOT_RUN)}"
    return f"- Test: `{test}`{said}"
