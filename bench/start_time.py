"""How long the service takes to answer when started a second time."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.result import Result, middle
from bench.server import ROOT, free_port, running, wait_until_up

TIMES = 5
BARE = """
import sys, uvicorn
from fastapi import FastAPI
app = FastAPI()
@app.get("/healthz")
def healthz():
    return {"status": "ok"}
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
"""


def measure() -> Iterator[Result]:
    """Give seconds from the command to the first answer, beside a bare FastAPI process."""
    with tempfile.TemporaryDirectory() as scratch:
        var_dir = Path(scratch) / "var"
        _ours(var_dir)  # the first start makes database and keys
        ours = [_ours(var_dir) for _ in range(TIMES)]
    bare = [_bare() for _ in range(TIMES)]
    method = f"median of {TIMES} starts with data in place, against a bare FastAPI process"
    yield Result("start.time", middle(ours), "s", middle(bare), method)


def _ours(var_dir: Path) -> float:
    began = time.perf_counter()
    with running(var_dir):
        return time.perf_counter() - began


def _bare() -> float:
    port = free_port()
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", BARE, str(port)], cwd=ROOT)
    try:
        wait_until_up(f"http://127.0.0.1:{port}/healthz", process)
        return time.perf_counter() - began
    finally:
        process.terminate()
        process.wait(timeout=10)
