"""Whether answers still arrive in time while a file for research is being made.

The same load against the same service and the same full tables, alone and while a process of its
own writes exports one after another, as nice as the service makes it: several times in alternation,
each first in turn, because others use the machine as well. The figure is the middle of the 99th
percentiles with exports over the middle of those without. ``CAPTURE_SETS`` is how many answer sets
each export reads.

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
from bench.result import Result, middle
from bench.server import running

SETS = int(os.environ.get("CAPTURE_SETS", "100000"))
#: A busy clinic, not a flood: at the limit of the machine everything waits for everything.
CLIENTS: Final = 8
SECONDS: Final = 5
#: Few enough to end before the service looks for nightly work, a minute after its start.
PAIRS: Final = 4
REQUESTS: Final = 3_000


def measure() -> Iterator[Result]:
    """Give the p99 of storing an answer set while exports run; the floor is the same without."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        path = folder / "var" / "grids.sqlite"
        path.parent.mkdir()
        fill(path, SETS)
        quiet, busy, files = _in_turn(folder, path)
    every = [*quiet, *busy]
    method = (
        f"SQLite, wrk, {CLIENTS} clients, middle of {PAIRS} times {SECONDS} s; v the same without"
        f" an export; {files} exports of {SETS} answer sets meanwhile;"
        f" {middle([each.per_second for each in quiet]):.0f} and"
        f" {middle([each.per_second for each in busy]):.0f} answers/s;"
        f" {sum(each.errors for each in every)} errors"
    )
    late, floor = (1000 * middle([each.p99 for each in part]) for part in (busy, quiet))
    yield Result("answer.p99.export", late, "ms", floor, method)


def _in_turn(folder: Path, path: Path) -> tuple[list[Load], list[Load], int]:
    """Return the loads alone, those during exports, and how many exports were begun."""
    scripts = _scripts(folder, path, 2 * PAIRS)
    quiet, busy, files = list[Load](), list[Load](), 0
    with running(folder / "var") as address:

        def alone() -> None:
            quiet.append(_load(address, next(scripts)))

        def beside() -> int:
            with exporting(path, folder) as begun:
                busy.append(_load(address, next(scripts)))
            return len(begun)

        for number in range(PAIRS):
            if number % 2:
                files += beside()
                alone()
            else:
                alone()
                files += beside()
    return quiet, busy, files


def _load(address: str, script: Path) -> Load:
    return load(f"{address}/", clients=CLIENTS, seconds=SECONDS, script=script)


def _scripts(folder: Path, path: Path, count: int) -> Iterator[Path]:
    """Return scripts of different answer sets, sealed before anything is measured."""
    made = []
    for number in range(count):
        part = folder / f"load-{number}"
        part.mkdir()
        keys = folder / "var" / "keys"
        made.append(prepare(part, f"sqlite:///{path}", keys=keys, sets=REQUESTS)[1])
    return iter(made)


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
