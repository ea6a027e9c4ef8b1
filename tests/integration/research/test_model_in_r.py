"""The model that the R script fits, beside our own figures, on a simulated study.

Debian's R with ``lme4`` and ``haven``: the run of every test installs them, no other needs them.
"""

from __future__ import annotations

import json
import subprocess
from collections import defaultdict
from dataclasses import dataclass
from math import exp, log
from pathlib import Path
from random import Random

import pytest
from fixtures.research_rows import make_row, make_schema, make_table

from app.adapters.formats.csv_files import WideCsv
from app.adapters.formats.r_script import write_r_script
from app.domain.clustering import PUBLISHED_VARIANCE, Cluster, model
from app.domain.dataset_rows import StoredRow

PHASES = ("baseline", "with_grid")
#: Odds of the highest answer to every question in the first phase, and how grids multiply them.
ODDS, FACTOR = 0.5, 2.0
TOP, NOT_TOP = {"explain": 9, "listen": 9}, {"explain": 9, "listen": 8}
#: Each alone keeps an answer set out of the primary set, or makes it another kind.
OUTSIDE = (
    {"late": True},
    {"helped_by": '["parent"]'},
    {"interpreter": "family"},
    {"respondent": "parent_self"},
    {"occasion": "before"},
    {"phase": "sustain"},
    {"items": {"explain": 9, "listen": -97}},
    {"mode": "own_phone"},
    {"environment": "live"},
    {"demo": True},
    {"language": "cy"},
)
IN_R = """
source("read.R")
codes <- attr(wide$item_listen, "na_range")
told <- c(nrow(primary), sum(primary$top_score), lme4::fixef(fit),
          sqrt(diag(as.matrix(vcov(fit)))), odds_ratio, codes,
          sum(is.na(wide$item_listen)), sum(is.na(unclass(wide$item_listen))))
cat("\\nTOLD", paste0("[", paste(told, collapse = ","), "]"))
"""


@dataclass(frozen=True)
class Study:
    rows: list[StoredRow]
    clusters: list[Cluster]


def simulate(practitioners: int, each: int) -> Study:
    """Practitioners differ as published; what stands outside is at the top in the first phase."""
    draw, rows, found = Random(412), list[StoredRow](), list[Cluster]()
    for number in range(practitioners):
        own, counts = draw.gauss(0, PUBLISHED_VARIANCE**0.5), defaultdict(int)
        for phase, factor in zip(PHASES, (1.0, FACTOR), strict=True):
            odds = ODDS * factor * exp(own)
            for _ in range(each):
                top = draw.random() < odds / (1 + odds)
                counts[phase] += top
                rows.append(answer(number, len(rows), {"phase": phase}, top=top))
        found.append(Cluster(*((counts[phase], each) for phase in PHASES)))
        for outside in OUTSIDE:
            rows.append(answer(number, len(rows), {"phase": "baseline"} | outside, top=True))
    return Study(rows, found)


def answer(practitioner: int, number: int, changes: dict[str, object], *, top: bool) -> StoredRow:
    own = {
        "response_id": f"r-{number}",
        "encounter_id": f"e-{number}",
        "practitioner": f"p-{practitioner}",
        "helped_by": "[]",
        "items": TOP if top else NOT_TOP,
    }
    return make_row(**(own | changes))


def run_r(rows: list[StoredRow], folder: Path) -> tuple[list[float], str]:
    schema = make_schema()
    table = WideCsv(schema, folder)
    table.write(make_table(schema, rows))
    table.close()
    write_r_script(schema, folder)
    run = subprocess.run(
        ["Rscript", "-e", IN_R], cwd=folder, capture_output=True, text=True, check=True, timeout=120
    )
    return json.loads(run.stdout.rsplit("TOLD", 1)[1]), run.stdout + run.stderr


def test_the_model_of_the_script_agrees_with_ours(tmp_path: Path) -> None:
    """Theirs is for one practitioner, ours over all: with this variance a few per cent apart."""
    study = simulate(practitioners=30, each=40)
    (n, top, _, slope, _, spread, *more), said = run_r(study.rows, tmp_path)
    ours = model(study.clusters)
    assert ours is not None
    assert ours.odds_ratio is not None
    assert ours.odds_ratio_interval is not None
    assert "singular" not in said
    assert "failed to converge" not in said
    # Only the primary set of one kind is in it.
    assert (n, top) == (30 * 40 * 2, sum(c.first[0] + c.second[0] for c in study.clusters))
    # The same direction, the same size, and what was put in lies inside both.
    assert slope == pytest.approx(log(ours.odds_ratio), abs=0.05)
    limits = ours.odds_ratio_interval
    assert spread == pytest.approx((log(limits.high) - log(limits.low)) / 2 / 1.96, rel=0.25)
    odds_ratio, low, high = more[:3]
    assert odds_ratio == pytest.approx(exp(slope), rel=1e-6)
    assert low < FACTOR < high
    assert limits.low < FACTOR < limits.high
    # Why an answer is missing stays: a range of codes that haven takes for missing, all there.
    assert more[3:] == [-99, -91, 30, 0]


def test_the_script_counts_what_it_leaves_out(tmp_path: Path) -> None:
    _, said = run_r(simulate(practitioners=10, each=8).rows, tmp_path)
    kinds = [line.split("|") for line in said.splitlines() if "| made-up |" in line]
    assert [int(kind[0]) for kind in kinds] == [160, 10, 10, 10, 10]
    assert [part.strip() for part in kinds[0]][1:5] == ["NA", "training", "0", "made-up"]
