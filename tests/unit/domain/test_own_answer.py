"""Who is asked for an own answer: the same rule as on the tablet."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from app.domain.own_answer import may_report_themselves
from app.domain.vocabulary import AgeBand

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("band", "minimum", "asked"),
    [
        ("0-4", 12, False),
        ("8-11", 12, False),
        ("8-11", 11, True),
        ("12-13", 12, True),
        ("12-13", 14, False),
        ("16-17", 16, True),
        ("18+", 18, True),
        (None, 16, True),
    ],
)
def test_a_band_counts_by_its_last_year(band: str | None, minimum: int, asked: bool) -> None:
    assert may_report_themselves(band, minimum) is asked


def test_the_tablet_asks_the_same_people() -> None:
    bands = [*AgeBand, None]
    script = """
      const { mayReportThemselves } = await import('./static/js/appointment-steps.js');
      const bands = JSON.parse(process.argv[1]);
      const plan = (age_band, minimum_age_self_report) =>
        ({ encounter: { age_band }, instrument: { minimum_age_self_report } });
      const asked = bands.map((band) =>
        Array.from({ length: 18 }, (_, age) => mayReportThemselves(plan(band, age))));
      console.log(JSON.stringify(asked));"""
    command = ["node", "--input-type=module", "-e", script, json.dumps(bands)]
    theirs = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    ours = [[may_report_themselves(band, age) for age in range(18)] for band in bands]
    assert json.loads(theirs.stdout) == ours
