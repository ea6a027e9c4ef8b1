"""The hazard log names tests that exist: a control without a test is a hope."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest
from fixtures.source_tree import ROOT, is_test
from typer.testing import CliRunner

from app.adapters.test_results import ResultsUnreadable, read_results
from app.cli.assurance import HAZARDS, PAGES
from app.cli.commands import app
from app.domain.hazard_log import Outcome, last_words, render_hazard_log
from app.domain.hazards import COLUMNS, HazardLogBroken, HazardStatus, read_hazards

LOG = read_hazards((ROOT / HAZARDS).read_text(encoding="utf-8").splitlines())
HEAD = ",".join(COLUMNS)
GOOD = "HZ-01,a,b,c,d,tests/unit/test_x.py::test_y,e,f,tested"


def test_every_test_that_a_control_names_exists() -> None:
    named = {(hazard.id, test) for hazard in LOG for test in hazard.tests}
    assert {pair for pair in named if not is_test(pair[1])} == set()
    assert not is_test("tests/contract/test_hazards.py::test_that_is_not_there")
    assert not is_test(
        "tests/contract/test_not_there.py::test_every_test_that_a_control_names_exists"
    )


@pytest.mark.parametrize(
    "seed",
    [
        # rules of the room 3.2
        "wrong appointment is chosen by its code",
        "printer gives a family somebody else's paper",
        "PIN is seen",
        "withdrawal reaches a tablet late",
        "does not fit how bad things are",
        "interpreter or helper answers",
        "benefit is seen without its harm",
        # safe messaging, SM-E5
        "wrong number is shown",
        "stale or altered content",
        "false reassurance",
        "distress while reading",
        "parent learns what a young person tapped",
        "option is shown that is not offered",
        "nobody reads them",
        "leaving fails",
        "paper is left lying",
        "translation says something else",
        "hard to reach",
        # security, section 4
        "sees an answer that is not theirs",
        "attached to the wrong appointment",
        "lost without a word",
        "versions of an instrument",
        "paper differs from the screen",
        "export discloses",
        "readable on a lost tablet",
        "score is read as a clinical alarm",
        "help numbers are missing",
        # and what this product added
        "what is offered here is out of date",
    ],
)
def test_what_was_known_from_the_start_is_in_the_log(seed: str) -> None:
    assert [h.id for h in LOG if seed.lower() in h.hazard.lower()], seed


def test_ids_follow_each_other_without_a_hole() -> None:
    assert [hazard.id for hazard in LOG] == [f"HZ-{n:02d}" for n in range(1, len(LOG) + 1)]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["id,hazard", "HZ-01,a"], "the columns are"),
        ([HEAD, GOOD, GOOD], "twice"),
        ([HEAD, GOOD.replace(",e,", ",,")], "every column"),
        ([HEAD, GOOD + ",more"], "every column"),
        ([HEAD, GOOD.replace("HZ-01", "H1")], "no id"),
        ([HEAD, GOOD.replace("::test_y", "")], "not file::function"),
        ([HEAD, GOOD.replace("tested", "closed")], "no status"),
    ],
)
def test_a_broken_log_is_refused_with_its_line(rows: list[str], said: str) -> None:
    with pytest.raises(HazardLogBroken, match=re.escape(said)):
        read_hazards(rows)


def test_a_sound_log_is_read() -> None:
    [hazard] = read_hazards([HEAD, GOOD])
    assert (hazard.tests, hazard.status) == (("tests/unit/test_x.py::test_y",), HazardStatus.TESTED)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_the_one_that_its_source_makes(page: str) -> None:
    assert (ROOT / page).read_text(encoding="utf-8") == PAGES[page](ROOT), "grids assurance write"


def _at(day: int) -> datetime:
    return datetime(2026, 11, day, 10, 30)


def test_the_last_pass_is_that_of_the_last_run_that_passed() -> None:
    said = last_words(
        [
            Outcome("t::kept", "passed", _at(1)),
            Outcome("t::kept", "passed", _at(2)),
            Outcome("t::broke", "passed", _at(1)),
            Outcome("t::broke", "passed", _at(2)),  # one of its cases did, another did not
            Outcome("t::broke", "failed", _at(2)),
            Outcome("t::left_out", "skipped", _at(2)),
            Outcome("t::never", "error", None),
        ]
    )
    assert said == {
        "t::kept": "passed on 2026-11-02 10:30",
        "t::broke": "**failed** on 2026-11-02 10:30; last pass on 2026-11-01 10:30",
        "t::left_out": "**skipped** on 2026-11-02 10:30",
        "t::never": "**error** at a time not given",
    }


def test_results_of_a_run_stand_beside_their_tests(tmp_path: Path) -> None:
    first, second = LOG[0].tests[:2]
    cases = "".join(
        f'<testcase classname="{file[:-3].replace("/", ".")}" name="{name}[a]">{inside}</testcase>'
        for file, name, inside in (
            (*first.split("::"), ""),
            (*second.split("::"), '<failure message="no">...</failure>'),
        )
    )
    results, page = tmp_path / "results.xml", tmp_path / "log.md"
    stamp = "2026-11-22T10:30:00.123456+00:00"
    results.write_text(
        f'<testsuites><testsuite timestamp="{stamp}">{cases}</testsuite></testsuites>'
    )
    command = ["assurance", "hazards", "--results", str(results), "--to", str(page)]
    assert CliRunner().invoke(app, command).exit_code == 0
    lines = page.read_text(encoding="utf-8").splitlines()
    assert f"- Test: `{first}`: passed on 2026-11-22 10:30" in lines
    assert f"- Test: `{second}`: **failed** on 2026-11-22 10:30" in lines
    assert f"- Test: `{LOG[5].tests[0]}`: not in the results given" in lines


@pytest.mark.parametrize("content", [None, "not xml", "<other/>"])
def test_what_is_no_result_file_is_said(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "results.xml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ResultsUnreadable):
        read_results(path)
    done = CliRunner().invoke(app, ["assurance", "hazards", "--results", str(path)])
    assert (done.exit_code, "Not read" in done.output) == (1, True)


def test_without_results_no_run_is_claimed() -> None:
    assert re.findall(r"passed on \d|last pass on", render_hazard_log(LOG)) == []
