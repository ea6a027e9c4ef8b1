"""wrk against one loopback address, bounded in time."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}


@dataclass(frozen=True)
class Load:
    """Answers a second, and seconds that 99 in 100 answers stayed under."""

    per_second: float
    p99: float
    requests: int
    seconds: float
    errors: int


def load(url: str, *, clients: int, seconds: int, script: Path | None = None) -> Load:
    """Ask for ``url`` with ``clients`` connections for ``seconds``."""
    command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--latency"]
    if script is not None:
        command += ["-s", str(script)]
    done = subprocess.run(
        [*command, url], capture_output=True, text=True, check=True, timeout=seconds + 30
    )
    return _read(done.stdout)


def _read(text: str) -> Load:
    total = re.search(r"(\d+) requests in ([\d.]+)(us|ms|s|m)", text)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s|m)", text)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    if not (total and p99 and rate):
        raise RuntimeError(text)
    other = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    socket_errors = [int(n) for n in re.findall(r"(?:connect|read|write|timeout) (\d+)", text)]
    return Load(
        per_second=float(rate[1]),
        p99=float(p99[1]) * UNITS[p99[2]],
        requests=int(total[1]),
        seconds=float(total[2]) * UNITS[total[3]],
        errors=int(other[1] if other else 0) + sum(socket_errors),
    )
