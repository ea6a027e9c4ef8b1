"""The real service in a process of its own, on a free port, with a database to throw away."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GRIDS = Path(sys.executable).parent / "grids"
START_SECONDS = 60


def free_port() -> int:
    """Return a loopback port that nobody holds now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_up(url: str, process: subprocess.Popen[bytes]) -> None:
    """Return when ``url`` answers. Raises RuntimeError when the process ends first."""
    limit = time.monotonic() + START_SECONDS
    while time.monotonic() < limit:
        if process.poll() is not None:
            raise RuntimeError("the server ended before it answered")
        try:
            urllib.request.urlopen(url, timeout=1).close()
        except OSError:
            time.sleep(0.01)
        else:
            return
    raise RuntimeError("the server did not answer in time")


@contextmanager
def running(
    var_dir: Path, database_url: str = "", static_dir: Path = ROOT / "static"
) -> Iterator[str]:
    """Serve from ``var_dir`` and give the address; end that process, and no other, afterwards."""
    port = free_port()
    own = {"VAR_DIR": str(var_dir), "PORT": str(port), "DATABASE_URL": database_url}
    own["STATIC_DIR"] = str(static_dir)
    environment = os.environ | own
    process = subprocess.Popen(
        [str(GRIDS), "serve"], env=environment, cwd=ROOT, stdout=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until_up(f"{address}/healthz", process)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)
