"""The pages' own modules are tested by Node's test runner; this makes them part of the suite."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECONDS = 120


def test_javascript_modules() -> None:
    # Files by name: what `node --test FOLDER` means differs between Node 18, 20 and 22.
    files = sorted(str(path) for path in (ROOT / "tests" / "unit" / "js").glob("*.test.mjs"))
    assert files
    command = ["node", "--test", *files]
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        pytest.fail(f"no end after {SECONDS} s\n{(late.stdout or b'').decode(errors='replace')}")
    assert done.returncode == 0, done.stdout.decode(errors="replace")
