"""Whether answers still arrive in time while a file for research is being made.

The same load twice against the same service and the same full tables: alone, and while a process of
its own writes exports one after another, as nice as the service makes it. The figure is the ratio
of the two 99th percentiles. ``CAPTURE_SETS`` is how many answer sets each export reads.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from app.services.export_worker import NICE
from bench.answers import prepare
from bench.exports import fill
from bench.load import Load, load
from bench.result import Result
from bench.server import running

SETS = int(os.environ.get("CAPTURE_SETS", "100000"))
#: A busy clinic, not a flood: at the limit of the machine everything waits for everything.
CLIENTS: Final = 8
SECONDS: Final = 10
REQUESTS: Final = 12_000


def measure() -> Iterator[Result]:
    """Give the p99 of storing an answer set while exports run; the floor is the same without."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        path = folder / "var" / "grids.sqlite"
        path.parent.mkdir()
        fill(path, SETS)
        quiet, busy, files = _both(folder, path)
    method = (
        f"SQLite, wrk, {CLIENTS} clients, {SECONDS} s each; v the same without an export; {files}"
        f" exports of {SETS} answer sets meanwhile; {quiet.per_second:.0f} and"
        f" {busy.per_second:.0f} answers/s; {quiet.errors + busy.errors} errors"
    )
    yield Result("answer.p99.export", busy.p99 * 1000, "ms", quiet.p99 * 1000, method)


def _both(folder: Path, path: Path) -> tuple[Load, Load, int]:
    """Return the load alone, the load during exports, and how many exports were begun."""
    parts = [folder / "quiet", folder / "busy"]
    scripts = []
    for part in parts:
        part.mkdir()
        keys = folder / "var" / "keys"
        scripts.append(prepare(part, f"sqlite:///{path}", keys=keys, sets=REQUESTS)[1])
    with running(folder / "var") as address:
        quiet = load(f"{address}/", clients=CLIENTS, seconds=SECONDS, script=scripts[0])
        with exporting(path, folder) as begun:
            busy = load(f"{address}/", clients=CLIENTS, seconds=SECONDS, script=scripts[1])
        return quiet, busy, len(begun)


@contextmanager
def exporting(path: Path, folder: Path) -> Iterator[list[int]]:
    """Write one export after another in processes of their own; give the ids of those begun."""
    ended, begun = threading.Event(), list[int]()
    nice = ["nice", "-n", str(NICE)]  # as the service's own export workers
    command = [*nice, sys.executable, "-m", "bench.exports", "pseudonyms", str(path), str(folder)]

    def work() -> None:
        while not ended.is_set():
            with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
                begun.append(process.pid)
                while process.poll() is None and not ended.wait(0.05):
                    pass
                process.kill()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield begun
    finally:
        ended.set()
        thread.join()
