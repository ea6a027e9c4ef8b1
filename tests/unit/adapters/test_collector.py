"""The collector is asked seldom while rows pass, and as before afterwards, also after a fault."""

from __future__ import annotations

import gc
import subprocess
import sys

import pytest

from app.adapters.collector import SELDOM, seldom_collecting


@seldom_collecting()
def fail_inside() -> None:
    assert gc.get_threshold() == SELDOM
    raise OSError("full")


def test_it_is_seldom_inside_and_as_before_after_a_fault() -> None:
    before = gc.get_threshold()
    with pytest.raises(OSError, match="full"):
        fail_inside()
    assert gc.get_threshold() == before != SELDOM


def test_what_is_there_for_good_is_not_looked_at_again() -> None:
    told = (
        "import gc\nfrom app.adapters.collector import keep_for_good\n"
        "before = len(gc.get_objects())\nkeep_for_good((9000, 8, 7))\n"
        "print(len(gc.get_objects()) < before / 10, *gc.get_threshold())"
    )
    said = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["True", "9000", "8", "7"]
