"""A grid's paper that is kept against a static file of the same size, by the same server."""

from __future__ import annotations

import shutil
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from app.settings import ROOT
from bench.load import load
from bench.result import Result
from bench.server import running

PATH = "/g/k7/1/handout.pdf?voice=young-person"
# A kind of file that is never compressed on its way, as a paper is not.
SAME = "vendor/same.woff2"
SECONDS, CLIENTS, TURNS = 3, 32, 3
LIKE = 0.01


def measure() -> Iterator[Result]:
    """Give papers a second; each side has its turns, because the cores are shared."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        static = folder / "static"
        shutil.copytree(ROOT / "static", static)
        with running(folder / "var") as address:
            body = urllib.request.urlopen(f"{address}{PATH}", timeout=60).read()
        (static / SAME).write_bytes(body)
        with running(folder / "var", static_dir=static) as address:
            yield _compare(address)


def _compare(address: str) -> Result:
    paper, file = f"{address}{PATH}", f"{address}/static/{SAME}"
    sizes = [len(urllib.request.urlopen(url, timeout=60).read()) for url in (paper, file)]
    if abs(sizes[0] - sizes[1]) > LIKE * sizes[1]:  # the address on the paper is another one
        raise RuntimeError(f"not the same size: {sizes}")
    ours: list[float] = []
    floor: list[float] = []
    for _ in range(TURNS):
        for url, found in ((paper, ours), (file, floor)):
            seen = load(url, clients=CLIENTS, seconds=SECONDS)
            if seen.errors:
                raise RuntimeError(f"errors under load: {seen.errors}")
            found.append(seen.per_second)
    method = f"wrk -t1 -c{CLIENTS}, best of {TURNS} turns of {SECONDS} s, {sizes[0]} bytes"
    return Result("kept_paper", max(ours), "papers/s", max(floor), method)
