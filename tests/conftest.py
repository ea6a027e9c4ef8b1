"""Fixtures shared by every suite: a real database, the real application, a clock to set."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

MEMORY = Path("/dev/shm")  # the machine's own memory folder, if it has one
ENOUGH = 4 * 1024**3


def _work_in_memory() -> None:
    """Put databases, profiles and papers of the tests where a flush costs nothing.

    The databases stay as strict as they are: a killed process is tested all the same, and a power
    cut cannot be tested here at all. On a busy disk the flushes were most of the time of a test.
    """
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK):
        return
    if shutil.disk_usage(MEMORY).free >= ENOUGH:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


_work_in_memory()

pytest_plugins = [
    "fixtures.databases",
    "fixtures.service",
    "fixtures.capture",
    "fixtures.tablets",
    "fixtures.offline",
]
