"""Lighthouse on the pages a family meets first, against what the project asks of itself."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.result import Result, middle
from bench.server import ROOT, running

RUNS = 5
ATTEMPTS = 3
PAGES = {"front": "/", "grid": "/g/k7/1?voice=young-person"}
ASKED = {"performance": 98.0, "accessibility": 100.0}
FIRST_VISIT_KB = 120.0
BROWSER = "/usr/bin/chromium"
FLAGS = (
    "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
)
LIGHTHOUSE = ROOT / "bench" / "node_modules" / "lighthouse" / "cli" / "index.js"


def measure() -> Iterator[Result]:
    """Give the median of each category out of 100, and the bytes of a first visit in KB."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as address:
        for name, path in PAGES.items():
            seen = [_report(f"{address}{path}", Path(folder)) for _ in range(RUNS)]
            method = f"median of {RUNS} runs of Lighthouse's own phone, v what is asked for"
            for category, asked in ASKED.items():
                scores = [100 * one["categories"][category]["score"] for one in seen]
                yield Result(
                    f"lighthouse.{name}.{category}", middle(scores), "of 100", asked, method
                )
            weights = [one["audits"]["total-byte-weight"]["numericValue"] / 1024 for one in seen]
            method = "all bytes over the wire of a first visit, fonts too, v the most it may be"
            yield Result(f"first_visit.{name}", middle(weights), "KB", FIRST_VISIT_KB, method)


def _report(url: str, folder: Path) -> Any:
    out = folder / "lighthouse.json"
    command = ["node", str(LIGHTHOUSE), url, "--quiet", "--output=json", f"--output-path={out}"]
    command += [f"--only-categories={','.join(ASKED)}", f"--chrome-flags={FLAGS}"]
    # Nothing of a run goes anywhere: no error reporting, no browser but the one that is installed.
    environment = os.environ | {"CHROME_PATH": BROWSER, "CI": "1"}
    command.append("--no-enable-error-reporting")
    for _ in range(ATTEMPTS):
        out.unlink(missing_ok=True)
        subprocess.run(
            command, env=environment, check=False, timeout=180, stdout=subprocess.DEVNULL
        )
        report = json.loads(out.read_text()) if out.exists() else {}
        # A browser now and then records no trace at all; Lighthouse then asks to be run again.
        if report and "runtimeError" not in report:
            return report
    raise RuntimeError(f"Lighthouse gave no report of {url} in {ATTEMPTS} attempts")
