"""Fixtures shared by every suite: a real database, the real application, a clock to set."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

pytest_plugins = [
    "fixtures.databases",
    "fixtures.service",
    "fixtures.capture",
    "fixtures.tablets",
    "fixtures.offline",
]
